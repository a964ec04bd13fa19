"""Rates in trigger terms: streams, budgets, intervals, thresholds."""
