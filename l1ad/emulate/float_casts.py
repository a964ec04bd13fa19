"""Casts in floating point: rounding and overflow of whole numbers, in place, as the hardware does them.

Values are in steps of the target type, so that rounding is to whole numbers. They are exact as long as
they and half a step fit the floating-point type, which `fast.py` proves.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.emulate.bounds import Interval

__all__ = ["InPlace", "casts_to", "floored", "rectified", "scaled_by", "wrapped"]

Float = NDArray[Any]
InPlace = Callable[[Float], None]


def casts_to(one: FixedType, ends: Interval, *, rounds: bool) -> list[InPlace]:
    """List what a cast does to values in steps of its type; what cannot matter is left out."""
    casts: list[InPlace] = [_ROUNDINGS[one.rounding]] if rounds else []
    low, high = float(one.raw_min), float(one.raw_max)
    if one.raw_min <= int(ends.low.min()) and int(ends.high.max()) <= one.raw_max:
        return casts
    if one.overflow is Overflow.WRAP:
        return [*casts, wrapped(low, 2.0**one.width)]
    if one.overflow is Overflow.SAT_ZERO:
        return [*casts, _zeroing(low, high)]
    if one.overflow is Overflow.SAT_SYM and one.signed and one.width > 1:
        low = -high
    return [*casts, _clipping(low, high)]


def _clipping(low: float, high: float) -> InPlace:
    def clip(values: Float) -> None:
        np.clip(values, low, high, out=values)

    return clip


def wrapped(low: float, modulus: float) -> InPlace:
    """Cut high bits off: bring values into [low, low + modulus)."""

    def wrap(values: Float) -> None:
        values -= np.floor((values - low) / modulus) * modulus

    return wrap


def _zeroing(low: float, high: float) -> InPlace:
    def zero(values: Float) -> None:
        values[(values < low) | (values > high)] = 0

    return zero


def scaled_by(factor: float) -> InPlace:
    """Multiply by a power of two."""

    def scale(values: Float) -> None:
        values *= factor

    return scale


def floored(values: Float) -> None:
    """Round towards minus infinity."""
    np.floor(values, out=values)


def rectified(values: Float) -> None:
    """Replace what is negative by zero."""
    np.maximum(values, 0, out=values)


def _to_even(values: Float) -> None:
    np.rint(values, out=values)


def _half_up(values: Float) -> None:
    values += 0.5
    np.floor(values, out=values)


def _half_down(values: Float) -> None:
    values -= 0.5
    np.ceil(values, out=values)


def _half_away(values: Float) -> None:
    values += np.copysign(np.asarray(0.5, dtype=values.dtype), values)
    np.trunc(values, out=values)


def _half_to_zero(values: Float) -> None:
    signs = np.copysign(np.asarray(1, dtype=values.dtype), values)
    np.abs(values, out=values)
    values -= 0.5
    np.ceil(values, out=values)
    values *= signs


def _to_zero(values: Float) -> None:
    np.trunc(values, out=values)


_ROUNDINGS: dict[Rounding, InPlace] = {
    Rounding.TRN: floored,
    Rounding.TRN_ZERO: _to_zero,
    Rounding.RND: _half_up,
    Rounding.RND_ZERO: _half_to_zero,
    Rounding.RND_INF: _half_away,
    Rounding.RND_MIN_INF: _half_down,
    Rounding.RND_CONV: _to_even,
}
