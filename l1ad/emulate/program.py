"""An algorithm as a list of array operations, in floating point that is proven exact."""

from itertools import pairwise

import numpy as np

from l1ad.core.fixed import Overflow
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Conv2D,
    Dense,
    Layer,
    Pooling2D,
    PoolingFunction,
    Reshape,
    Weighted,
)
from l1ad.core.score import ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trace import SCALED_INPUTS
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.arrays import Array, ArrayHome
from l1ad.emulate.bounds import BEFORE_SCORE, Interval, sum_of
from l1ad.emulate.float_casts import Operation, casts_to, floored, rectified, scaled_by, wrapped

__all__ = ["program", "widest_tensor"]


def program(trigger: TriggerAlgorithm, known: dict[str, Interval], home: ArrayHome) -> list[Operation]:
    """List the operations from hardware integers to score words.

    Args:
        trigger: The algorithm.
        known: Its `bounds`.
        home: Where the events live.

    Returns:
        Operations to be done one after the other, from shape (n_events, n_inputs) to (n_events,).
    """
    operations = _scaling(trigger, home)
    values = known[SCALED_INPUTS]
    network = list(trigger.network.given())
    first = network[0][0]
    if isinstance(first, Activation):
        operations += _point_moved(trigger.scaling.result.fraction, first.result.fraction, home)
    following = [after for _, (after, _) in pairwise(network)]
    for (layer, given), after in zip(network, [*following, None], strict=True):
        # A layer with weights gives its sums in steps of what follows, so that they need no scaling.
        folded = after.result.fraction if isinstance(after, Activation) else None
        operations += _layer(layer, given, folded, known, values, home)
        values = known[layer.name]
    return [*operations, *_score(trigger, known, home)]


def widest_tensor(trigger: TriggerAlgorithm) -> int:
    """Count the elements of the widest array on the way, for one event."""
    widths = [trigger.layout.n_inputs]
    for layer in trigger.network.layers:
        widths.append(layer.n_out)
        if isinstance(layer, Conv2D | Pooling2D):
            widths.append(layer.window_indices().size)
    return max(widths)


def _scaling(trigger: TriggerAlgorithm, home: ArrayHome) -> list[Operation]:
    scaling, xp = trigger.scaling, home.namespace
    shifts = 2.0 ** -np.array(scaling.shifts, dtype=np.float64)
    # Where bits fall off, first in steps of the working type, which drops them.
    steps = 2.0 ** (scaling.result.fraction if scaling.lossless_before_cast else scaling.working.fraction)
    multiplier = home.constant(shifts * steps)
    subtrahend = home.constant(np.array(scaling.offsets) * shifts * steps)

    def scaled(inputs_raw: Array) -> Array:
        values = xp.astype(inputs_raw, home.real)
        values *= multiplier
        values -= subtrahend
        return values

    operations: list[Operation] = [scaled]
    if not scaling.lossless_before_cast:
        operations += [
            floored(home),
            scaled_by(2.0 ** (scaling.result.fraction - scaling.working.fraction), home),
        ]
    low, high = scaling.shifted(np.stack([trigger.layout.raw_min, trigger.layout.raw_max]))
    before = Interval(low=low, high=high)
    return operations + casts_to(scaling.result, before, scaling.working.fraction, home)


def _layer(
    layer: Layer,
    given: TensorType,
    folded: int | None,
    known: dict[str, Interval],
    values: Interval,
    home: ArrayHome,
) -> list[Operation]:
    """List the operations of one layer; `folded` is the fraction that the activation after it works in."""
    if isinstance(layer, Reshape):
        return [] if folded is None else _point_moved(given.fraction, folded, home)
    if isinstance(layer, Dense | Conv2D):
        return _weighted(layer, given, layer.accumulator.fraction if folded is None else folded, known, home)
    fraction = layer.output_type(given).fraction
    if isinstance(layer, Pooling2D):
        moved = [] if folded is None else _point_moved(fraction, folded, home)
        return [*_pooled(layer, given.fraction, fraction, home), *moved]
    # What is before an activation already comes in its steps.
    moved = [] if folded is None else _point_moved(fraction, folded, home)
    return [*_activated(layer, given, values, home), *moved]


def _point_moved(fraction: int, to: int, home: ArrayHome) -> list[Operation]:
    return [] if fraction == to else [scaled_by(2.0 ** (to - fraction), home)]


def _weighted(
    layer: Weighted, given: TensorType, fraction: int, known: dict[str, Interval], home: ArrayHome
) -> list[Operation]:
    xp, summed = home.namespace, layer.sum
    step = 2.0 ** (fraction - given.fraction - layer.weight_type.fraction)
    weights = home.matrix(summed.weights_raw * step)
    bias = home.matrix(summed.bias_raw * 2.0 ** (fraction - layer.bias_type.fraction))
    windows = layer.window_indices() if isinstance(layer, Conv2D) else None
    pads = windows is not None and bool((windows < 0).any())
    flat = None if windows is None else home.indices(np.where(windows < 0, layer.n_in, windows).reshape(-1))

    def summed_up(values: Array) -> Array:
        n_events = values.shape[0]
        if flat is not None:
            if pads:
                zeros = xp.zeros((n_events, 1), dtype=values.dtype, device=home.device)
                values = xp.concat([values, zeros], axis=1)
            values = xp.reshape(xp.take(values, flat, axis=1), (-1, weights.shape[0]))
        values = values @ weights
        values += bias
        return values if flat is None else xp.reshape(values, (n_events, -1))

    total, accumulator = known[sum_of(layer.name)], layer.accumulator
    if accumulator.raw_min <= int(total.low.min()) and int(total.high.max()) <= accumulator.raw_max:
        return [summed_up]
    unit = 2.0 ** (fraction - accumulator.fraction)
    low, modulus = np.array([accumulator.raw_min * unit]), np.array([2.0**accumulator.width * unit])
    return [summed_up, wrapped(low, modulus, home)]


def _pooled(layer: Pooling2D, given_fraction: int, fraction: int, home: ArrayHome) -> list[Operation]:
    xp, windows = home.namespace, layer.window_indices()
    flat = home.indices(windows.reshape(-1))
    average = layer.function is PoolingFunction.AVERAGE

    def pooled(values: Array) -> Array:
        taken = xp.reshape(xp.take(values, flat, axis=1), (values.shape[0], *windows.shape))
        return xp.sum(taken, axis=2) if average else xp.max(taken, axis=2)

    # A sum of n elements is their mean in steps n times finer.
    return [pooled, *_point_moved(given_fraction + layer.grown_bits, fraction, home)]


def _activated(layer: Activation, given: TensorType, values: Interval, home: ArrayHome) -> list[Operation]:
    operations: list[Operation] = []
    if layer.function is ActivationFunction.RELU:
        # Saturating to an unsigned type is a relu already: what is negative becomes zero.
        saturating = (Overflow.SAT, Overflow.SAT_SYM)
        if any(one.signed or one.overflow not in saturating for one in layer.result.types):
            operations.append(rectified(home))
            values = Interval(low=np.maximum(values.low, 0), high=np.maximum(values.high, 0))
    return operations + casts_to(layer.result, values, given.fraction, home)


def _score(trigger: TriggerAlgorithm, known: dict[str, Interval], home: ArrayHome) -> list[Operation]:
    xp, score = home.namespace, trigger.score
    squares = score.function is ScoreFunction.SUM_OF_SQUARES

    def total(values: Array) -> Array:
        return xp.vecdot(values, values)[:, None] if squares else values

    fraction = score.fraction(trigger.network.output_type)
    casts = casts_to(TensorType.uniform(score.result), known[BEFORE_SCORE], fraction, home)
    return [
        total,
        *_point_moved(fraction, score.result.fraction, home),
        *casts,
        lambda values: xp.astype(values[:, 0], xp.int64),
    ]
