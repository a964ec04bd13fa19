"""What the firmware is built for."""

from dataclasses import dataclass

from l1ad.core.units import Clock

__all__ = ["HlsTarget"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsTarget:
    """A part and its clock.

    Attributes:
        part: Xilinx part number.
        clock: Clock of the algorithm.
    """

    part: str
    clock: Clock
