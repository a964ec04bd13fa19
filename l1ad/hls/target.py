"""What the firmware is built for."""

from dataclasses import dataclass

from l1ad.core.units import Clock

__all__ = ["HlsTarget"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsTarget:
    """A part, its clock, and how long the algorithm may take on it.

    Attributes:
        part: Xilinx part number.
        clock: Clock of the algorithm.
        latency_budget_cycles: Cycles allowed from input to accept bit.
    """

    part: str
    clock: Clock
    latency_budget_cycles: int
