"""Configuration of the studies, one module for each."""
