"""Number formats of the firmware, with the meaning C++ gives them in `ap_fixed`."""

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from l1ad.core.errors import NotExactError

__all__ = ["FixedType", "Overflow", "Rounding"]

_CPP = re.compile(
    r"^\s*ap_(?P<unsigned>u?)fixed\s*<\s*(?P<width>\d+)\s*,\s*(?P<integer>-?\d+)\s*"
    r"(?:,\s*(?P<rounding>\w+)\s*(?:,\s*(?P<overflow>\w+)\s*(?:,\s*(?P<saturated_bits>\d+)\s*)?)?)?>\s*$",
    re.ASCII,
)
_CPP_INTEGER = re.compile(r"^\s*ap_(?P<unsigned>u?)int\s*<\s*(?P<width>\d+)\s*>\s*$", re.ASCII)


_MOST_BITS = 600
_MOST_BITS_WRITTEN = 200


class Rounding(StrEnum):
    """How bits below the last fraction bit are dropped, as C++ spells it (UG1399, `ap_q_mode`)."""

    TRN = "AP_TRN"
    """Towards minus infinity: the bits are cut off."""
    TRN_ZERO = "AP_TRN_ZERO"
    """Towards zero."""
    RND = "AP_RND"
    """To nearest, halves towards plus infinity."""
    RND_ZERO = "AP_RND_ZERO"
    """To nearest, halves towards zero."""
    RND_INF = "AP_RND_INF"
    """To nearest, halves away from zero."""
    RND_MIN_INF = "AP_RND_MIN_INF"
    """To nearest, halves towards minus infinity."""
    RND_CONV = "AP_RND_CONV"
    """To nearest, halves to even."""


class Overflow(StrEnum):
    """What becomes of a value outside the range, as C++ spells it (UG1399, `ap_o_mode`)."""

    WRAP = "AP_WRAP"
    """The high bits are cut off."""
    SAT = "AP_SAT"
    """The nearest end of the range."""
    SAT_SYM = "AP_SAT_SYM"
    """As SAT, and a signed type does not go below minus its maximum."""
    SAT_ZERO = "AP_SAT_ZERO"
    """Zero."""


@dataclass(frozen=True, slots=True)
class FixedType:
    """An `ap_fixed<W,I>` or `ap_ufixed<W,I>` number format.

    `integer` counts the bits left of the binary point and, as in C++, includes the
    sign bit when there is one; it may be negative or larger than `width`. One unit of
    the raw integer is `2**(integer - width)`. C++ defaults: AP_TRN, AP_WRAP.

    No bits at all, `ap_ufixed<0,0>`, is the type of an element that is always zero, as HGQ prunes them.
    C++ has no such type; here it stands only among the types of a tensor's elements.
    """

    width: int
    integer: int
    signed: bool = True
    rounding: Rounding = Rounding.TRN
    overflow: Overflow = Overflow.WRAP

    def __post_init__(self) -> None:
        if max(self.width, abs(self.integer)) > _MOST_BITS:
            raise ValueError(
                f"a number format of {self.width} bits, {self.integer} of them before the point, is none of "
                f"hardware; up to {_MOST_BITS} are known"
            )
        if self.width < 1 and (self.width, self.integer, self.signed) != (0, 0, False):
            raise ValueError(f"a number format needs at least one bit, not {self.width}")

    @classmethod
    def from_cpp(cls, text: str) -> "FixedType":
        """Read a C++ spelling such as `ap_fixed<16,6,AP_RND_CONV,AP_SAT>` or `ap_uint<8>`.

        Raises:
            ValueError: If `text` is no such type, or asks for saturated bits in wrap mode
                (the fifth parameter), which no implementation here has.
        """
        if whole := _CPP_INTEGER.match(text):
            width = min(int(whole["width"]), _MOST_BITS + 1)
            return cls(width, width, signed=not whole["unsigned"])
        match = _CPP.match(text)
        if match is None:
            raise ValueError(
                f"{text!r} is not an ap_fixed or ap_ufixed type, e.g. 'ap_fixed<16,6,AP_RND_CONV,AP_SAT>'"
            )
        if max(int(match["width"]), abs(int(match["integer"]))) > _MOST_BITS_WRITTEN:
            raise ValueError(f"{text!r} has more bits than hardware; up to {_MOST_BITS_WRITTEN} are known")
        if int(match["saturated_bits"] or 0):
            raise ValueError(f"{text!r} asks for saturated bits in wrap mode; only 0 is known here")
        try:
            rounding = Rounding(match["rounding"] or Rounding.TRN)
            overflow = Overflow(match["overflow"] or Overflow.WRAP)
        except ValueError as unknown:
            known = ", ".join([*Rounding, *Overflow])
            raise ValueError(f"{text!r}: {unknown}; known modes are {known}") from None
        return cls(int(match["width"]), int(match["integer"]), not match["unsigned"], rounding, overflow)

    @classmethod
    def from_qkeras_bits(cls, bits: int, integer: int, *, keep_negative: bool = True) -> "FixedType":
        """Read QKeras `quantized_bits(bits, integer, alpha=1)`, whose `integer` leaves out the sign bit."""
        return cls(bits, integer + int(keep_negative), keep_negative, Rounding.RND_CONV, Overflow.SAT)

    @classmethod
    def from_qkeras_relu(cls, bits: int, integer: int) -> "FixedType":
        """Read QKeras `quantized_relu(bits, integer)`: unsigned, so `integer` means the same in both."""
        return cls(bits, integer, False, Rounding.RND_CONV, Overflow.SAT)

    @classmethod
    def from_kif(
        cls,
        keep_negative: int,
        integer: int,
        fraction: int,
        *,
        rounding: Rounding = Rounding.RND,
        overflow: Overflow = Overflow.WRAP,
    ) -> "FixedType":
        """Read HGQ's k, i, f: `W = k + i + f`, `I = k + i`; its defaults are RND and WRAP.

        With no bit left it is the type that is always zero.
        """
        k = int(keep_negative)
        if k + integer + fraction <= 0:
            return cls(0, 0, False, rounding, overflow)
        return cls(k + integer + fraction, k + integer, bool(k), rounding, overflow)

    @property
    def kif(self) -> tuple[int, int, int]:
        """Sign bits, integer bits without the sign, fraction bits: HGQ's spelling."""
        return int(self.signed), self.integer - int(self.signed), self.fraction

    @property
    def fraction(self) -> int:
        """Bits right of the point; negative when the last bits before the point are missing too."""
        return self.width - self.integer

    @property
    def raw_min(self) -> int:
        """Lowest raw integer that a value of this type can be.

        AP_SAT_SYM keeps a signed type from the lowest one that its bits could hold; one bit is too few for
        that, and the ap_types headers saturate it as AP_SAT.
        """
        if not self.signed:
            return 0
        if self.overflow is Overflow.SAT_SYM and self.width > 1:
            return -self.raw_max
        return -(1 << (self.width - 1))

    @property
    def raw_max(self) -> int:
        """Highest raw integer the bits can hold."""
        return (1 << (self.width - int(self.signed))) - 1

    @property
    def lsb(self) -> Fraction:
        """Value of one unit of the raw integer."""
        return Fraction(2) ** -self.fraction

    def holds_raw(self, raw: int) -> bool:
        """Tell whether a raw integer lies in the range."""
        return self.raw_min <= raw <= self.raw_max

    def exact_raw(self, value: float | Fraction, *, what: str | None = None) -> int:
        """Give the raw integer that stands for `value` without any loss.

        Args:
            value: Any real number.
            what: What it is, for the message; "the constant" and its value unless told.

        Raises:
            NotExactError: If the value lies between two steps or outside the range.
        """
        what = what or f"the constant {float(value):g}"
        if not math.isfinite(value):
            raise NotExactError(f"{what} is {float(value)}; a finite number is wanted")
        scaled = Fraction(value) / self.lsb
        if scaled.denominator != 1:
            becomes = float((scaled.numerator // scaled.denominator) * self.lsb)
            raise NotExactError(
                f"{what} is not exact in {self}: it would become {becomes:g}; "
                "give the type a fraction bit or round the constant"
            )
        if not self.holds_raw(scaled.numerator):
            low, high = float(self.raw_min * self.lsb), float(self.raw_max * self.lsb)
            raise NotExactError(
                f"{what} is outside {self}, which holds {low:g} to {high:g}; give the type more integer bits"
            )
        return scaled.numerator

    def __str__(self) -> str:
        modes = (
            ""
            if (self.rounding, self.overflow) == (Rounding.TRN, Overflow.WRAP)
            else (f",{self.rounding.value},{self.overflow.value}")
        )
        return f"ap_{'' if self.signed else 'u'}fixed<{self.width},{self.integer}{modes}>"
