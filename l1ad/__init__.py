"""Anomaly-detection triggers for FPGAs: firmware that equals its emulator bit for bit."""

__all__ = ["__version__"]

__version__ = "0.1.0"
