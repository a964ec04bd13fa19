"""What can go wrong, in classes a caller may act on; the command line shows each as one sentence."""

__all__ = [
    "ConfigError",
    "DataError",
    "DivergenceError",
    "L1adError",
    "NotExactError",
    "ToolError",
    "TriggerFileError",
    "UnresolvedRateError",
]


class L1adError(Exception):
    """A fault of the input or of the machine, told in one sentence; the command line exits with 1."""


class ConfigError(L1adError):
    """A configuration file that says something unknown, missing or out of range."""


class DataError(L1adError):
    """Events that are missing, of another shape, out of range or not finite."""


class NotExactError(L1adError):
    """A constant or a sum that its number format cannot hold without loss."""


class TriggerFileError(L1adError):
    """A `trigger.json` that is not one, was changed by hand, or disagrees with another artefact."""


class ToolError(L1adError):
    """An external tool that is missing or failed."""


class DivergenceError(L1adError):
    """Two implementations of one algorithm that gave different integers."""


class UnresolvedRateError(L1adError, ValueError):
    """A rate that the sample is too small to resolve."""
