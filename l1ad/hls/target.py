"""What the HLS project is built for."""

from dataclasses import dataclass
from enum import StrEnum

from l1ad.core.ports import Interface
from l1ad.core.units import Clock

__all__ = ["HlsTarget", "Strategy"]


class Strategy(StrEnum):
    """How hls4ml multiplies."""

    LATENCY = "latency"
    """All at once, each product on its own."""
    RESOURCE = "resource"
    """`reuse_factor` products share a multiplier, one after the other."""
    DISTRIBUTED_ARITHMETIC = "distributed_arithmetic"
    """All at once, as sums of shifted inputs that share their terms (da4ml)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsTarget:
    """A part, its clock and ports, and how hls4ml multiplies.

    Attributes:
        part: Xilinx part number.
        clock: Clock of the algorithm.
        interface: Input ports of the top level.
        strategy: How hls4ml multiplies.
        reuse_factor: Products that share a multiplier; 1 unless the strategy is `resource`.
    """

    part: str
    clock: Clock
    interface: Interface = Interface.GENERIC
    strategy: Strategy = Strategy.LATENCY
    reuse_factor: int = 1

    def __post_init__(self) -> None:
        if self.reuse_factor < 1:
            raise ValueError(f"a reuse factor of {self.reuse_factor} is none; 1 shares nothing")
        if self.reuse_factor > 1 and self.strategy is not Strategy.RESOURCE:
            raise ValueError(
                f"strategy {self.strategy.value} shares no multiplier; a reuse factor of {self.reuse_factor} "
                "goes with strategy resource"
            )
