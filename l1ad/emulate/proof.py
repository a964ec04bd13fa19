"""Which floating-point type, if any, computes an algorithm without ever rounding."""

from collections.abc import Iterator

import numpy as np

from l1ad.core.fixed import Overflow
from l1ad.core.network import Conv2D, Dense, FrozenNetwork
from l1ad.core.trace import SCALED_INPUTS
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.bounds import (
    BEFORE_SCORE,
    DIFFERENCE,
    Interval,
    before_cast_bounds,
    bounds,
    cast_interval,
)
from l1ad.emulate.casts import casts

__all__ = ["casts_each_product", "exact_dtype"]

_EXACT_BITS = {"float32": 24, "float64": 53}
# Weights are scaled by three of them at once: 90 + 24 bits stay below 2**127, and far below 2**1023.
_MOST_POINT = {"float32": 30, "float64": 300}


def exact_dtype(trigger: TriggerAlgorithm, known: dict[str, Interval] | None = None) -> str | None:
    """Find the narrowest floating-point type that holds every integer of the computation.

    A float32 holds every integer up to 2^24, a float64 up to 2^53. While every product and every partial
    sum, in any order, stays below, sums in floating point are exact.

    Args:
        trigger: The algorithm.
        known: Its `bounds`, if they are at hand.

    Returns:
        `float32`, `float64`, or None: then only integers will do.
    """
    if casts_each_product(trigger.network):
        return None
    known = bounds(trigger) if known is None else known
    largest = max(*_of_scaling(trigger, known), *_of_sums(trigger, known), *_of_casts(trigger))
    # One bit to spare, for the half that rounding adds; casts to finer steps move the point only.
    for dtype, bits in _EXACT_BITS.items():
        if largest < 1 << (bits - 1) and _furthest_point(trigger) <= _MOST_POINT[dtype]:
            return dtype
    return None


def _furthest_point(trigger: TriggerAlgorithm) -> int:
    """Find how far from the bits of a number its point lies at most; the exponent has to hold it."""
    types = [*trigger.scaling.result.types, trigger.scaling.working, trigger.score.result]
    for layer, given in trigger.network.given():
        types += layer.output_type(given).types
        if isinstance(layer, Dense | Conv2D):
            types += [layer.weight_type, layer.bias_type]
    return max(max(abs(one.fraction), abs(one.integer)) for one in types)


def _of_scaling(trigger: TriggerAlgorithm, known: dict[str, Interval]) -> Iterator[int]:
    """Give the integers of the input scaling: inputs, offsets and their differences."""
    layout, scaling = trigger.layout, trigger.scaling
    fraction = scaling.working.fraction
    yield int(np.abs(layout.raw_min).max()) << fraction
    yield int(np.abs(layout.raw_max).max()) << fraction
    yield int(np.abs(scaling.offsets_raw).max())
    yield known[DIFFERENCE].magnitude << max(0, -min(scaling.shifts))


def _of_sums(trigger: TriggerAlgorithm, known: dict[str, Interval]) -> Iterator[int]:
    """Give the integers of every layer: sums in any order, pooled values, squares."""
    current = known[SCALED_INPUTS]
    for layer, given in trigger.network.given():
        if isinstance(layer, Dense | Conv2D):
            # Any order of the sum: the magnitudes of all products and the bias together.
            reach = np.maximum(np.abs(current.low), np.abs(current.high))
            fraction = layer.accumulator.fraction
            products = layer.terms(reach[None])[0] @ np.abs(layer.sum.weights_raw)
            grown = fraction - given.fraction - layer.weight_type.fraction
            bias = np.abs(layer.bias_raw) << (fraction - layer.bias_type.fraction)
            yield int(((products << grown) + bias).max())
        current = known[layer.name]
        yield current.magnitude
    yield known[BEFORE_SCORE].magnitude


def _of_casts(trigger: TriggerAlgorithm) -> Iterator[int]:
    """Give the integers of every cast: what it gives, and where it wraps what it is given, in its own steps."""
    before = before_cast_bounds(trigger)
    for cast in casts(trigger):
        interval = before[cast.tensor]
        yield cast_interval(interval, cast.fraction, cast.result).magnitude
        finer = max(0, cast.result.fraction - cast.fraction)
        if any(one.overflow in (Overflow.WRAP, Overflow.SAT_ZERO) for one in cast.result.types):
            yield interval.magnitude << finer


def casts_each_product(network: FrozenNetwork) -> bool:
    """Tell whether an accumulator casts its products one by one, which no matrix product does."""
    return any(
        isinstance(layer, Dense | Conv2D) and layer.sum.drops_bits(given.fraction)
        for layer, given in network.given()
    )
