"""Real numbers held exactly as raw integers."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType

__all__ = ["Constants", "held_exactly", "rounded_to"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constants:
    """Weights or biases as the firmware holds them.

    Attributes:
        raw: Raw integers in units of `kind.lsb`, of any shape.
        kind: Number format that holds every one.
    """

    raw: NDArray[np.int64]
    kind: FixedType

    @property
    def values(self) -> NDArray[np.float64]:
        """The numbers themselves."""
        return np.asarray(np.ldexp(self.raw.astype(np.float64), -self.kind.fraction))


def held_exactly(values: NDArray[np.floating], *, most_bits: int) -> Constants | None:
    """Hold finite numbers in the narrowest signed type that has them all; None when that is too wide."""
    parts = [Fraction(float(value)) for value in values.reshape(-1)]
    nonzero = [part for part in parts if part]
    # The last set bit of each number; its denominator is a power of two.
    places = [part.denominator.bit_length() - 1 - _trailing_zeros(part.numerator) for part in nonzero]
    fraction = max(places, default=0)
    whole = [int(part * Fraction(2) ** fraction) for part in parts]
    width = 1 + max((max(one, -one - 1).bit_length() for one in whole), default=0)
    if width > most_bits:
        return None
    raw = np.array(whole, dtype=np.int64).reshape(values.shape)
    return Constants(raw=raw, kind=FixedType(width, width - fraction))


def rounded_to(kind: FixedType, values: NDArray[np.floating]) -> Constants:
    """Round finite numbers to the nearest step of a type, halves to even, and limit them to its range.

    Whatever modes the type has.
    """
    steps = np.rint(np.ldexp(values.astype(np.float64), kind.fraction))
    return Constants(raw=np.clip(steps, kind.raw_min, kind.raw_max).astype(np.int64), kind=kind)


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1
