"""Casts in floating point: rounding and overflow of whole numbers, as the hardware does them.

Values are in steps of the tensor they go to. They are exact as long as they and half a step fit the
floating-point type, which `proof.py` proves. Every operation may reuse the array it is given.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.tensor import TensorType
from l1ad.emulate.arrays import Array, ArrayHome
from l1ad.emulate.bounds import Interval

__all__ = ["Operation", "casts_to", "floored", "rectified", "scaled_by", "wrapped"]

Operation = Callable[[Array], Array]
"""What is done to values of shape (n_events, n_elements)."""


def casts_to(to: TensorType, before: Interval, fraction: int, home: ArrayHome) -> list[Operation]:
    """List what a cast does; what cannot matter is left out.

    Args:
        to: The number format(s) of the result; the values are in steps of `2**-to.fraction`.
        before: Bounds of the values before, as raw integers.
        fraction: Fraction bits of those bounds.
        home: Where the values will live.
    """
    each = to.of_each(len(before.low))
    # Elements without a bit come out zero in any mode: in company they cost no copy of the columns.
    any_mode = next((one for one in each if one.width), each[0])
    modes: dict[tuple[Rounding, Overflow], list[int]] = {}
    for index, one in enumerate(each):
        cast_as = one if one.width else any_mode
        modes.setdefault((cast_as.rounding, cast_as.overflow), []).append(index)
    parts = [
        (columns, _casts_of_one_mode([each[i] for i in columns], to, _of(before, columns), fraction, home))
        for columns in modes.values()
    ]
    if len(parts) == 1:
        return parts[0][1]
    return [_by_columns(parts, home)] if any(casts for _, casts in parts) else []


def _casts_of_one_mode(
    types: Sequence[FixedType], to: TensorType, before: Interval, fraction: int, home: ArrayHome
) -> list[Operation]:
    with_bits = next((one for one in types if one.width), types[0])
    fractions = np.array([one.fraction if one.width else to.fraction for one in types])
    steps = 2.0 ** (to.fraction - fractions)
    casts: list[Operation] = []
    if (fraction > fractions).any():
        casts.append(_ROUNDINGS[with_bits.rounding](home))
    # Bounds in steps of each element, a step wider for what rounding adds.
    scale = 2.0 ** (fractions - fraction)
    low, high = np.floor(before.low * scale) - 1, np.ceil(before.high * scale) + 1
    casts += _overflow(types, with_bits.overflow, low, high, home)
    if not casts or (steps == 1).all():
        return casts
    return [scaled_by(1 / steps, home), *casts, scaled_by(steps, home)]


def _overflow(
    types: Sequence[FixedType],
    overflow: Overflow,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    home: ArrayHome,
) -> list[Operation]:
    least = np.array([one.raw_min for one in types], dtype=np.float64)
    most = np.array([one.raw_max for one in types], dtype=np.float64)
    leaves = (low < least) | (high > most)
    if not leaves.any():
        return []
    if overflow is Overflow.WRAP:
        # What cannot leave wraps in a range of its own, no wider than it needs: wide types of other
        # elements would take bits that the proof does not count.
        reach = 2.0 ** np.frexp(np.maximum(np.maximum(-low, high + 1), 1))[1]
        width = 2.0 ** np.array([one.width for one in types])
        return [wrapped(np.where(leaves, least, -reach), np.where(leaves, width, 2 * reach), home)]
    if overflow is Overflow.SAT_ZERO:
        return [_zeroed(least, most, home)]
    return [_clipped(least, most, home)]


def _of(interval: Interval, columns: list[int]) -> Interval:
    return Interval(low=interval.low[columns], high=interval.high[columns])


def _by_columns(parts: list[tuple[list[int], list[Operation]]], home: ArrayHome) -> Operation:
    """Do to some elements one thing and to others another."""
    xp = home.namespace
    indices = [home.indices(np.array(columns)) for columns, _ in parts]
    order = np.argsort(np.concatenate([columns for columns, _ in parts]))
    back = home.indices(order)

    def apply(values: Array) -> Array:
        pieces = []
        for index, (_, casts) in zip(indices, parts, strict=True):
            piece = xp.take(values, index, axis=1)
            for cast in casts:
                piece = cast(piece)
            pieces.append(piece)
        return xp.take(xp.concat(pieces, axis=1), back, axis=1)

    return apply


def _clipped(low: NDArray[np.float64], high: NDArray[np.float64], home: ArrayHome) -> Operation:
    xp, least, most = home.namespace, home.constant(low), home.constant(high)
    if isinstance(least, float) and isinstance(most, float):
        if home.in_memory:
            return lambda values: np.clip(values, least, most, out=values)
        return lambda values: xp.clip(values, least, most)
    # Of two bounds one may be shared and the other not, which not every library takes.
    lowest, highest = home.matrix(low), home.matrix(high)
    return lambda values: xp.minimum(xp.maximum(values, lowest), highest)


def wrapped(low: NDArray[np.float64], modulus: NDArray[np.float64], home: ArrayHome) -> Operation:
    """Cut high bits off: bring values into [low, low + modulus)."""
    xp, least, period = home.namespace, home.constant(low), home.constant(modulus)
    return lambda values: values - xp.floor((values - least) / period) * period


def _zeroed(low: NDArray[np.float64], high: NDArray[np.float64], home: ArrayHome) -> Operation:
    xp, least, most = home.namespace, home.constant(low), home.constant(high)
    return lambda values: values * xp.astype((values >= least) & (values <= most), home.real)


def scaled_by(factor: NDArray[np.float64] | float, home: ArrayHome) -> Operation:
    """Multiply by powers of two."""
    constant = home.constant(factor)

    def scale(values: Array) -> Array:
        values *= constant
        return values

    return scale


_IN_PLACE = {"floor": np.floor, "round": np.rint, "trunc": np.trunc}


def _of_one(home: ArrayHome, name: str) -> Operation:
    """Take a function of one array by its name in the standard; NumPy's puts the result in its place."""
    if home.in_memory:
        in_place = _IN_PLACE[name]
        return lambda values: in_place(values, out=values)
    function: Operation = getattr(home.namespace, name)
    return function


def floored(home: ArrayHome) -> Operation:
    """Round towards minus infinity."""
    return _of_one(home, "floor")


def rectified(home: ArrayHome) -> Operation:
    """Replace what is negative by zero."""
    xp = home.namespace
    if home.in_memory:
        return lambda values: np.maximum(values, 0.0, out=values)
    return lambda values: xp.clip(values, 0.0, None)


def _to_even(home: ArrayHome) -> Operation:
    return _of_one(home, "round")


def _half_up(home: ArrayHome) -> Operation:
    xp = home.namespace
    return lambda values: xp.floor(values + 0.5)


def _half_down(home: ArrayHome) -> Operation:
    xp = home.namespace
    return lambda values: xp.ceil(values - 0.5)


def _half_away(home: ArrayHome) -> Operation:
    xp = home.namespace
    return lambda values: xp.trunc(values + xp.sign(values) * 0.5)


def _half_to_zero(home: ArrayHome) -> Operation:
    xp = home.namespace
    return lambda values: xp.sign(values) * xp.ceil(xp.abs(values) - 0.5)


def _to_zero(home: ArrayHome) -> Operation:
    return _of_one(home, "trunc")


_ROUNDINGS: dict[Rounding, Callable[[ArrayHome], Operation]] = {
    Rounding.TRN: floored,
    Rounding.TRN_ZERO: _to_zero,
    Rounding.RND: _half_up,
    Rounding.RND_ZERO: _half_to_zero,
    Rounding.RND_INF: _half_away,
    Rounding.RND_MIN_INF: _half_down,
    Rounding.RND_CONV: _to_even,
}
