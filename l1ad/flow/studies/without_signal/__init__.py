"""Metrics that need no signal."""
