"""The quantisation library that a configuration names."""

from l1ad.config.model import Backend
from l1ad.training.backends.floating import FloatBackend
from l1ad.training.backends.hgq import HgqBackend
from l1ad.training.backends.interface import QuantisationBackend
from l1ad.training.backends.qkeras import QKerasBackend

__all__ = ["backend_called"]


def backend_called(name: Backend) -> QuantisationBackend:
    """Give the backend of a name."""
    known: dict[str, QuantisationBackend] = {
        "qkeras": QKerasBackend(),
        "hgq": HgqBackend(),
        "float": FloatBackend(),
    }
    return known[name]
