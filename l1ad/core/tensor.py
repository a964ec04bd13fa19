"""The number formats of a tensor: one for all its elements, or one for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.integer import INT64_SAFE_BITS, RawArray, requantize, rounded_raw

__all__ = ["TensorType", "covering_type"]


@dataclass(frozen=True, slots=True)
class TensorType:
    """Number formats of a one-dimensional tensor (the event axis not counted).

    `types` holds one entry when all elements share it, else one entry per element, as HGQ2 learns them.
    Raw integers of a tensor are always in units of `2**-fraction`, the finest step of its elements,
    so that elements of different types can be added as they stand.
    """

    types: tuple[FixedType, ...]

    def __post_init__(self) -> None:
        if not self.types:
            raise ValueError("a tensor needs at least one number format")
        if len(self.types) == 1 and not self.types[0].width:
            raise ValueError(f"{self.types[0]} has no bit; only single elements of a tensor can be always zero")
        for one in self.types:
            if one.width + self.fraction - one.fraction > INT64_SAFE_BITS:
                raise ValueError(
                    f"{one} is too wide: raw integers of more than {INT64_SAFE_BITS} bits are not emulated"
                )

    @classmethod
    def uniform(cls, one: FixedType) -> "TensorType":
        """Give every element the same number format."""
        return cls((one,))

    @classmethod
    def from_spelling(cls, spelling: str | Sequence[str]) -> "TensorType":
        """Read one C++ spelling, or a list with one for each element."""
        spellings = [spelling] if isinstance(spelling, str) else spelling
        return cls(tuple(FixedType.from_cpp(one) for one in spellings))

    @property
    def spelling(self) -> str | list[str]:
        """One C++ spelling, or a list with one for each element."""
        return str(self.types[0]) if self.is_uniform else [str(one) for one in self.types]

    @property
    def is_uniform(self) -> bool:
        """Whether all elements share one number format."""
        return len(self.types) == 1

    @property
    def fraction(self) -> int:
        """Fraction bits of the tensor's raw integers: those of its finest element."""
        return max(one.fraction for one in self.types)

    def of_each(self, n_elements: int) -> tuple[FixedType, ...]:
        """List the type of every element.

        Raises:
            ValueError: If the tensor has types for another number of elements.
        """
        if self.is_uniform:
            return self.types * n_elements
        if len(self.types) != n_elements:
            raise ValueError(f"{len(self.types)} number formats were given for {n_elements} elements")
        return self.types

    def raw_bounds(self, n_elements: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the lowest and highest raw integer of every element, in units of `2**-fraction`."""
        each = self.of_each(n_elements)
        steps = [1 << (self.fraction - one.fraction) for one in each]
        low = np.array([one.raw_min * step for one, step in zip(each, steps, strict=True)], dtype=np.int64)
        high = np.array([one.raw_max * step for one, step in zip(each, steps, strict=True)], dtype=np.int64)
        return low, high

    def cast(self, raw: RawArray, *, fraction: int) -> RawArray:
        """Cast raw integers of shape (n_events, n_elements) with `fraction` fraction bits to these types."""
        if self.is_uniform:
            return requantize(raw, fraction=fraction, to=self.types[0])
        result = np.empty(raw.shape, dtype=np.int64)
        for one, columns in self.groups(raw.shape[1]):
            cast = requantize(raw[:, columns], fraction=fraction, to=one)
            result[:, columns] = cast << (self.fraction - one.fraction)
        return result

    def cast_bounds(
        self, low: NDArray[np.int64], high: NDArray[np.int64], *, fraction: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bound what a cast makes of values between `low` and `high`, each of shape (n_elements,).

        Rounding and saturation keep the order of values, so the ends decide. A type that wraps or zeroes
        keeps it only while nothing is outside; beyond, all its values are possible.
        """
        least, most = np.empty(len(low), dtype=np.int64), np.empty(len(low), dtype=np.int64)
        for one, elements in self.groups(len(low)):
            ends = rounded_raw(np.stack([low[elements], high[elements]]), fraction=fraction, to=one)
            inside = (one.raw_min <= ends[0]) & (ends[1] <= one.raw_max)
            saturated = np.clip(ends, one.raw_min, one.raw_max)
            if one.overflow not in (Overflow.SAT, Overflow.SAT_SYM):
                saturated = np.where(inside, saturated, np.array([[one.raw_min], [one.raw_max]]))
            step = self.fraction - one.fraction
            least[elements], most[elements] = saturated[0] << step, saturated[1] << step
        return least, most

    def groups(self, n_elements: int) -> list[tuple[FixedType, NDArray[np.int64]]]:
        """List each different type with the elements that have it."""
        if self.is_uniform:
            return [(self.types[0], np.arange(n_elements))]
        elements: dict[FixedType, list[int]] = {}
        for index, one in enumerate(self.of_each(n_elements)):
            elements.setdefault(one, []).append(index)
        return [(one, np.array(columns)) for one, columns in elements.items()]


def covering_type(types: Iterable[FixedType]) -> FixedType:
    """Find the narrowest type that holds every value of several types exactly, of one bit at least."""
    used = [one for one in types if one.width] or [FixedType(1, 1, signed=False)]
    signed = any(one.signed for one in used)
    integer = max(one.integer + int(signed and not one.signed) for one in used)
    return FixedType(integer + max(one.fraction for one in used), integer, signed)
