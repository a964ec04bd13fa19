"""From hardware integers to the network's inputs: subtract an offset, shift by a power of two, cast."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.integer import INT64_SAFE_BITS, shift_raw
from l1ad.core.layout import InputLayout
from l1ad.core.tensor import TensorType

__all__ = ["Scaling", "lossless_working_type"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Input scaling `(x - offset) >> shift`, computed in one number format and cast to another.

    The shift keeps the working type, so bits can fall off its low end before the cast rounds: for
    whole numbers 35 >> 6 in `ap_fixed<18,13>` is 0.53125, not 0.546875 (as in the AXOL1TL firmware,
    `GTADModel_emulator_v6.cpp`, `_scaleNNInputs`). A negative shift multiplies.

    Attributes:
        layout: The inputs, for their ranges and names.
        offsets: Subtracted constants in hardware units, one per input; refused unless exact.
        shifts: Bits to shift right by, one per input.
        working: Number format in which difference and shift are computed.
        result: Number format(s) of the network's inputs.
    """

    layout: InputLayout
    offsets: tuple[float, ...]
    shifts: tuple[int, ...]
    working: FixedType
    result: TensorType

    def __post_init__(self) -> None:
        n = self.layout.n_inputs
        if len(self.offsets) != n or len(self.shifts) != n:
            raise ValueError(f"{len(self.offsets)} offsets and {len(self.shifts)} shifts for {n} inputs")
        self.result.of_each(n)
        _check_shifts(self.layout, self.shifts)
        if self.working.width > INT64_SAFE_BITS:
            raise NotExactError(
                f"the working type {self.working} is wider than the {INT64_SAFE_BITS} bits that are emulated"
            )
        if self.working.fraction < 0:
            raise NotExactError(f"{self.working} has no bit for one hardware step; give it more width")
        for field, offset, shift in zip(self.layout.fields, self.offsets, self.shifts, strict=True):
            self.working.exact_raw(offset, what=f"offset {offset:g} of {field.name!r}")
            for end in (field.raw_min, field.raw_max):
                self.working.exact_raw(end, what=f"{field.name!r} at its end {end}")
                difference = Fraction(end) - Fraction(offset)
                self.working.exact_raw(difference, what=f"{field.name!r} less its offset")
                if shift < 0:
                    scaled = difference * 2**-shift
                    self.working.exact_raw(scaled, what=f"{field.name!r} times {2**-shift}")

    @property
    def offsets_raw(self) -> NDArray[np.int64]:
        """Offsets as raw integers of the working type, shape (n_inputs,)."""
        return np.array([self.working.exact_raw(offset) for offset in self.offsets], dtype=np.int64)

    @property
    def lossless_before_cast(self) -> bool:
        """Whether no bit falls off in a shift, so that only the cast to the input type rounds."""
        spare = self.working.fraction
        return all(shift <= spare for shift in self.shifts) and all(
            (Fraction(offset) / Fraction(2) ** shift / self.working.lsb).denominator == 1
            for offset, shift in zip(self.offsets, self.shifts, strict=True)
        )

    def as_real(self, inputs_raw: NDArray[np.integer]) -> NDArray[np.float64]:
        """Scale to real numbers without any number format, for comparisons with float models."""
        steps = 2.0 ** np.array(self.shifts, dtype=np.float64)
        return np.asarray((inputs_raw - np.array(self.offsets)) / steps)

    def apply(self, inputs_raw: NDArray[np.integer]) -> NDArray[np.int64]:
        """Scale hardware integers of shape (n_events, n_inputs) to raw integers of `result`.

        Inputs outside the ranges of the layout are not covered: `InputLayout.check` refuses them.

        Raises:
            NotExactError: If the inputs are not integers.
        """
        if inputs_raw.dtype.kind not in "iu":
            raise NotExactError(f"inputs are {inputs_raw.dtype}, not hardware integers")
        return self.result.cast(self.shifted(inputs_raw), fraction=self.working.fraction)

    def difference(self, inputs_raw: NDArray[np.integer]) -> NDArray[np.int64]:
        """Give inputs less their offsets, raw integers of the working type."""
        return (inputs_raw.astype(np.int64) << self.working.fraction) - self.offsets_raw

    def shifted(self, inputs_raw: NDArray[np.integer]) -> NDArray[np.int64]:
        """Give what the cast to the network's inputs is given, raw integers of the working type."""
        shifted = self.difference(inputs_raw)
        for shift in sorted(set(self.shifts) - {0}):
            columns = [index for index, one in enumerate(self.shifts) if one == shift]
            shifted[:, columns] = shift_raw(shifted[:, columns], shift)
        return shifted


_MOST_FRACTION_BITS = 32


def lossless_working_type(layout: InputLayout, offsets: Sequence[float], shifts: Sequence[int]) -> FixedType:
    """Find a working type in which no difference overflows and no shift loses a bit.

    Raises:
        NotExactError: If an offset has so many fraction bits (0.1 has 55) that it is none for hardware.
    """
    _check_shifts(layout, shifts)
    largest, fraction = 1, 0
    for field, offset, shift in zip(layout.fields, offsets, shifts, strict=True):
        offset_bits = Fraction(offset).denominator.bit_length() - 1
        if offset_bits > _MOST_FRACTION_BITS:
            raise NotExactError(
                f"offset {offset:g} of {field.name!r} has {offset_bits} fraction bits; round it, e.g. to "
                f"{round(offset * 16) / 16:g}"
            )
        fraction = max(fraction, offset_bits + max(0, shift))
        for end in (field.raw_min, field.raw_max):
            largest = max(largest, abs(end), math.ceil(abs(end - offset) * 2.0 ** max(0, -shift)))
    integer = largest.bit_length() + 1
    return FixedType(integer + fraction, integer)


def _check_shifts(layout: InputLayout, shifts: Sequence[int]) -> None:
    for field, shift in zip(layout.fields, shifts, strict=True):
        if not isinstance(shift, int) or abs(shift) > INT64_SAFE_BITS:
            raise NotExactError(
                f"a shift of {field.name!r} by {shift} is none of hardware; whole numbers of bits, up to "
                f"{INT64_SAFE_BITS}, are"
            )
