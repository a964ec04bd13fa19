"""How long logic is assumed to take: the model by which the Verilog is cut into pipeline stages."""

from dataclasses import dataclass

__all__ = ["DelayModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayModel:
    """Delays before placement: assumptions by kind of logic, never a measurement.

    Attributes:
        period_ns: Length of a clock cycle.
        net_ns: Wire between two levels of logic.
        lut_ns: One look-up table.
        carry_in_ns: Into a carry chain and out of it.
        carry_bit_ns: Each bit of a carry chain.
        margin: Fraction of the period kept free for jitter, clock-to-output and set-up time.
    """

    period_ns: float
    net_ns: float
    lut_ns: float
    carry_in_ns: float
    carry_bit_ns: float
    margin: float

    @property
    def usable_ns(self) -> float:
        """The part of a cycle that logic may take."""
        return self.period_ns * (1 - self.margin)

    def adder(self, width: int) -> float:
        """Give the delay of a sum, a difference or a comparison of `width` bits."""
        return self.net_ns + self.lut_ns + self.carry_in_ns + self.carry_bit_ns * width

    def logic(self, levels: int = 1) -> float:
        """Give the delay of look-up tables in a row."""
        return levels * (self.net_ns + self.lut_ns)
