"""How large every tensor can get, by interval arithmetic from the ranges of the layout."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Conv2D,
    Dense,
    Pooling2D,
    Weighted,
)
from l1ad.core.score import ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trace import SCALED_INPUTS, SCORE
from l1ad.core.trigger import TriggerAlgorithm

__all__ = ["BEFORE_SCORE", "DIFFERENCE", "Interval", "before_cast_bounds", "bounds", "cast_interval", "sum_of"]

# Layers are named by identifiers: what holds a colon is none of them.
DIFFERENCE = "scaled_inputs:difference"
BEFORE_SCORE = "score:before"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interval:
    """Lowest and highest raw integer of each element of a tensor, shape (n_elements,)."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @property
    def magnitude(self) -> int:
        """Largest absolute raw integer of any element."""
        return max(abs(int(self.low.min())), abs(int(self.high.max())))


def sum_of(layer: str) -> str:
    """Name the sums of a layer with weights, before the accumulator wraps."""
    return f"{layer}:sum"


def bounds(trigger: TriggerAlgorithm) -> dict[str, Interval]:
    """Bound every tensor of an algorithm for all inputs that its layout allows.

    Returns:
        Interval by tensor, in order: `DIFFERENCE` (before the shift), `scaled_inputs`, each layer (those
        with weights also as `NAME:sum`, before the accumulator wraps), and `BEFORE_SCORE`.
        Elements are taken as independent, so an interval can be wider than what can really occur.
    """
    scaling, layout = trigger.scaling, trigger.layout
    ends = np.stack([layout.raw_min, layout.raw_max])
    difference, shifted = (
        Interval(low=low, high=high) for low, high in (scaling.difference(ends), scaling.shifted(ends))
    )
    current = cast_interval(shifted, scaling.working.fraction, scaling.result)
    found = {DIFFERENCE: difference, SCALED_INPUTS: current}
    for layer, given in trigger.network.given():
        if isinstance(layer, Dense | Conv2D):
            total = _sums(layer, current, given)
            found[sum_of(layer.name)] = total
            current = cast_interval(total, layer.accumulator.fraction, layer.output_type(given))
        elif isinstance(layer, Activation):
            current = cast_interval(_activated(layer, current), given.fraction, layer.result)
        elif isinstance(layer, Pooling2D):
            current = _pooled(layer, current, given)
        found[layer.name] = current
    return {**found, BEFORE_SCORE: _before_score(trigger, current)}


def before_cast_bounds(trigger: TriggerAlgorithm) -> dict[str, Interval]:
    """Bound what each cast of `casts.casts` is given, by the name of the tensor that results."""
    known = bounds(trigger)
    low, high = trigger.scaling.shifted(np.stack([trigger.layout.raw_min, trigger.layout.raw_max]))
    found = {SCALED_INPUTS: Interval(low=low, high=high)}
    current = known[SCALED_INPUTS]
    for layer in trigger.network.layers:
        if isinstance(layer, Dense | Conv2D):
            found[layer.name] = known[sum_of(layer.name)]
        elif isinstance(layer, Activation):
            found[layer.name] = _activated(layer, current)
        else:  # nothing is cast
            found[layer.name] = known[layer.name]
        current = known[layer.name]
    return {**found, SCORE: known[BEFORE_SCORE]}


def cast_interval(values: Interval, fraction: int, to: TensorType) -> Interval:
    """Bound what a cast makes of an interval; see `TensorType.cast_bounds`."""
    low, high = to.cast_bounds(values.low, values.high, fraction=fraction)
    return Interval(low=low, high=high)


def _sums(layer: Weighted, given: Interval, given_type: TensorType) -> Interval:
    low, high = (layer.terms(end[None])[0] for end in (given.low, given.high))
    least, most = layer.sum.bounds(low, high, given_type.fraction)
    return Interval(low=least.reshape(-1), high=most.reshape(-1))


def _activated(layer: Activation, given: Interval) -> Interval:
    if layer.function is ActivationFunction.RELU:
        return Interval(low=np.maximum(given.low, 0), high=np.maximum(given.high, 0))
    return given


def _pooled(layer: Pooling2D, given: Interval, given_type: TensorType) -> Interval:
    # The maximum and the mean both grow with every element, so the ends are reached together.
    low, high = (layer.apply(end[None], given_type)[0] for end in (given.low, given.high))
    return Interval(low=low, high=high)


def _before_score(trigger: TriggerAlgorithm, mean: Interval) -> Interval:
    if trigger.score.function is ScoreFunction.OUTPUT:
        return mean
    largest = np.maximum(np.abs(mean.low), np.abs(mean.high))
    return Interval(low=np.zeros(1, dtype=np.int64), high=np.array([np.sum(largest**2)], dtype=np.int64))
