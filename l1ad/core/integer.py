"""Raw-integer arithmetic as the hardware does it: casts between number formats, bit for bit.

A fixed-point number is held as its raw integer and the number of its fraction bits. `int64` carries
raw integers of up to 62 bits; wider ones are computed with Python's own integers (`object` arrays),
slower and as exact.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding

__all__ = ["INT64_SAFE_BITS", "RawArray", "requantize", "rounded_raw", "shift_raw"]

RawArray = NDArray[Any]
"""Raw integers: `int64`, or `object` with Python integers where 62 bits do not do."""

INT64_SAFE_BITS = 62
"""Bits of magnitude that survive a sum of two terms in `int64`."""


def requantize(raw: RawArray, *, fraction: int, to: FixedType) -> RawArray:
    """Cast raw integers to another number format, as assigning to an `ap_fixed` variable does.

    First the fraction is rounded, then the range is enforced (UG1399, `ap_q_mode` and `ap_o_mode`).

    Args:
        raw: Raw integers of any shape.
        fraction: Fraction bits of `raw`.
        to: The number format of the result, with its rounding and overflow mode.

    Returns:
        Raw integers in units of `to.lsb`, `int64` where its width allows, `object` otherwise.

    Raises:
        TypeError: If `raw` holds floating-point numbers.
    """
    rounded = rounded_raw(raw, fraction=fraction, to=to)
    limited = _limited(rounded.reshape(-1), to).reshape(rounded.shape)
    return limited.astype(np.int64) if to.width <= INT64_SAFE_BITS else limited


def rounded_raw(raw: RawArray, *, fraction: int, to: FixedType) -> RawArray:
    """Round raw integers to the steps of a number format, before its range is looked at.

    Args:
        raw: Raw integers of any shape.
        fraction: Fraction bits of `raw`.
        to: The number format whose steps and rounding mode count; its width does not.

    Returns:
        Raw integers in units of `to.lsb`, `int64`, or `object` where 62 bits could not do on the way.
    """
    dropped = fraction - to.fraction
    values = _widened(raw, left=max(0, -dropped), right=max(0, dropped))
    values = _rounded(values, dropped, to.rounding) if dropped > 0 else values << -dropped
    return values.reshape(np.shape(raw))


def shift_raw(raw: RawArray, shift: int) -> RawArray:
    """Shift right by `shift` bits (left when negative) without leaving the type; low bits fall off."""
    return raw >> shift if shift >= 0 else raw << -shift


def _widened(raw: RawArray, *, left: int, right: int) -> RawArray:
    """Change to Python integers when an `int64` could overflow on the way."""
    values = np.asarray(raw).reshape(-1)
    if values.dtype == object:
        return values
    if values.dtype.kind not in "iub":
        raise TypeError(f"raw integers are wanted, not {values.dtype}")
    values = values.astype(np.int64, copy=False)
    largest = max((abs(int(values.max())), abs(int(values.min()))), default=0) if values.size else 0
    if largest.bit_length() + left > INT64_SAFE_BITS or right > INT64_SAFE_BITS:
        return values.astype(object)
    return values


def _rounded(raw: RawArray, dropped: int, rounding: Rounding) -> RawArray:
    """Drop the last `dropped` (at least one) bits by the given rule."""
    floor = raw >> dropped
    if rounding is Rounding.TRN:
        return floor
    remainder = raw - (floor << dropped)
    half = 1 << (dropped - 1)
    if rounding is Rounding.TRN_ZERO:
        up = (remainder > 0) & (raw < 0)
    elif rounding is Rounding.RND:
        up = remainder >= half
    elif rounding is Rounding.RND_MIN_INF:
        up = remainder > half
    elif rounding is Rounding.RND_INF:
        up = (remainder > half) | ((remainder == half) & (raw >= 0))
    elif rounding is Rounding.RND_ZERO:
        up = (remainder > half) | ((remainder == half) & (raw < 0))
    else:
        up = (remainder > half) | ((remainder == half) & ((floor & 1) == 1))
    result: RawArray = floor + up.astype(np.int64)
    return result


def _limited(raw: RawArray, to: FixedType) -> RawArray:
    """Bring values into the range of a number format by its overflow mode."""
    low, high = to.raw_min, to.raw_max
    # Bounds beyond int64 can only be met by Python integers; no int64 value reaches them.
    values = raw if to.width <= INT64_SAFE_BITS else raw.astype(object)
    if to.overflow is Overflow.WRAP:
        modulus = 1 << to.width
        return ((values - low) & (modulus - 1)) + low
    if to.overflow is Overflow.SAT_ZERO:
        return np.where((values < low) | (values > high), 0, values)
    return np.clip(values, low, high)
