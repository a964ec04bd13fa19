"""Families of autoencoders that studies compare, each a small class that registers itself."""
