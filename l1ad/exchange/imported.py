"""What every import gives: the frozen network, and in words whatever was lost or chosen on the way."""

from dataclasses import dataclass

from l1ad.core.errors import L1adError
from l1ad.core.network import FrozenNetwork

__all__ = ["Imported", "ModelFileError"]


class ModelFileError(L1adError):
    """A model file that is none, or that holds what the firmware does not compute exactly."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Imported:
    """A network read from a foreign file.

    Attributes:
        network: The frozen network.
        notes: One sentence for every loss and every choice; empty when the import is exact.
    """

    network: FrozenNetwork
    notes: tuple[str, ...] = ()
