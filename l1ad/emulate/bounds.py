"""How large every tensor can get, by interval arithmetic from the ranges of the layout."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.integer import requantize, shift_raw
from l1ad.core.network import Activation, ActivationFunction, Dense
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm

__all__ = ["Interval", "before_cast_bounds", "bounds", "cast_interval"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interval:
    """Lowest and highest raw integer of each element of a tensor, shape (n_elements,)."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @property
    def magnitude(self) -> int:
        """Largest absolute raw integer of any element."""
        return max(abs(int(self.low.min())), abs(int(self.high.max())))


def bounds(trigger: TriggerAlgorithm) -> dict[str, Interval]:
    """Bound every tensor of an algorithm for all inputs that its layout allows.

    Returns:
        Interval by tensor, in order: `difference` (before the shift), `scaled_inputs`, for each dense
        layer `NAME:sum` (before the accumulator wraps) and `NAME`, each activation, and `sum_of_squares`.
        Elements are taken as independent, so an interval can be wider than what can really occur.
    """
    scaling = trigger.scaling
    fraction = scaling.working.fraction
    difference = Interval(
        low=(trigger.layout.raw_min << fraction) - scaling.offsets_raw,
        high=(trigger.layout.raw_max << fraction) - scaling.offsets_raw,
    )
    shifted = _shifted(difference, scaling.shifts)
    current, given = cast_interval(shifted, fraction, scaling.result), scaling.result
    found = {"difference": difference, "scaled_inputs": current}
    for layer in trigger.network.layers:
        if isinstance(layer, Dense):
            total = _sums(layer, current, given)
            found[f"{layer.name}:sum"] = total
            current = cast_interval(total, layer.accumulator.fraction, layer.output_type())
        else:
            current = cast_interval(_activated(layer, current), given.fraction, layer.result)
        given = layer.output_type()
        found[layer.name] = current
    largest = np.maximum(np.abs(current.low), np.abs(current.high))
    found["sum_of_squares"] = Interval(
        low=np.zeros(1, dtype=np.int64), high=np.array([np.sum(largest**2)], dtype=np.int64)
    )
    return found


def before_cast_bounds(trigger: TriggerAlgorithm) -> dict[str, Interval]:
    """Bound what each cast of `casts.casts` is given, by the name of the tensor that results."""
    known = bounds(trigger)
    scaling = trigger.scaling
    found = {"scaled_inputs": _shifted(known["difference"], scaling.shifts)}
    current = known["scaled_inputs"]
    for layer in trigger.network.layers:
        found[layer.name] = (
            known[f"{layer.name}:sum"] if isinstance(layer, Dense) else _activated(layer, current)
        )
        current = known[layer.name]
    return {**found, "score": known["sum_of_squares"]}


def cast_interval(values: Interval, fraction: int, to: TensorType) -> Interval:
    """Bound what a cast makes of an interval.

    Rounding and saturation keep the order of values, so the ends decide. A type that wraps or zeroes
    keeps it only while nothing is outside; beyond, all its values are possible.
    """
    n = len(values.low)
    low, high = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for index, one in enumerate(to.of_each(n)):
        step = to.fraction - one.fraction
        wide = FixedType(62, 62 - one.fraction, True, one.rounding, Overflow.SAT)
        ends = requantize(np.array([values.low[index], values.high[index]]), fraction=fraction, to=wide)
        inside = one.raw_min <= ends[0] and ends[1] <= one.raw_max
        if inside or one.overflow in (Overflow.SAT, Overflow.SAT_SYM):
            ends = requantize(ends, fraction=one.fraction, to=one)
        else:
            ends = np.array([one.raw_min, one.raw_max])
        low[index], high[index] = ends[0] << step, ends[1] << step
    return Interval(low=low, high=high)


def _shifted(difference: Interval, shifts: tuple[int, ...]) -> Interval:
    return Interval(
        low=np.array([shift_raw(x, s) for x, s in zip(difference.low, shifts, strict=True)]),
        high=np.array([shift_raw(x, s) for x, s in zip(difference.high, shifts, strict=True)]),
    )


def _sums(layer: Dense, given: Interval, given_type: TensorType) -> Interval:
    fraction = layer.accumulator.fraction
    align = fraction - given_type.fraction - layer.weight_type.fraction
    ends = np.stack([layer.weights_raw * given.low[:, None], layer.weights_raw * given.high[:, None]])
    bias = layer.bias_raw << (fraction - layer.bias_type.fraction)
    return Interval(
        low=(ends.min(axis=0).sum(axis=0) << align) + bias,
        high=(ends.max(axis=0).sum(axis=0) << align) + bias,
    )


def _activated(layer: Activation, given: Interval) -> Interval:
    if layer.function is ActivationFunction.RELU:
        return Interval(low=np.maximum(given.low, 0), high=np.maximum(given.high, 0))
    return given
