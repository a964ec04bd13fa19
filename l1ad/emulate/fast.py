"""The fast engine: exact integer arithmetic in floating point, where a proof says that nothing rounds.

A float32 holds every integer up to 2^24, a float64 up to 2^53. Interval arithmetic bounds each product
and each partial sum of an algorithm; while the bounds stay below, matrix products in floating point are
exact whatever the order of their sums, and run at the speed of the machine's linear algebra.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from l1ad.core.fixed import Overflow
from l1ad.core.machine import usable_cores
from l1ad.core.network import Activation, ActivationFunction, Dense
from l1ad.core.progress import Progress, silent
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.bounds import Interval, bounds
from l1ad.emulate.float_casts import InPlace, casts_to, floored, rectified, scaled_by, wrapped

__all__ = ["FastEngine", "fast_engine"]

Float = NDArray[Any]

_BLOCK_BYTES = 1 << 19  # the widest tensor of a block stays in a core's second-level cache
_EXACT_BITS = {"float32": 24, "float64": 53}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FastEngine:
    """An algorithm made ready to run on many events.

    Attributes:
        dtype: The floating-point type that the proof allows: `float32` or `float64`.
        multiplier: Per input, 2**-shift in steps of the input type.
        subtrahend: Per input, the offset in the same steps.
        casts: In-place casts of the scaled inputs.
        stages: For each dense layer its weights and bias, in steps of what follows, and the casts after it.
        score_casts: In-place casts of the sum of squares.
        score_scale: Brings the sum of squares to steps of the score word.
    """

    dtype: str
    multiplier: Float
    subtrahend: Float
    casts: tuple[InPlace, ...]
    stages: tuple[tuple[Float, Float, tuple[InPlace, ...]], ...]
    score_casts: tuple[InPlace, ...]
    score_scale: float

    def scores(self, inputs_raw: NDArray[np.integer], *, progress: Progress = silent) -> NDArray[np.int64]:
        """Score events on every core; `inputs_raw` must lie within the layout."""
        n_events = len(inputs_raw)
        result = np.empty(n_events, dtype=np.int64)
        widest = max(len(self.multiplier), *(len(bias) for _, bias, _ in self.stages))
        size = max(256, _BLOCK_BYTES // (widest * np.dtype(self.dtype).itemsize))
        blocks = [slice(start, start + size) for start in range(0, n_events, size)]

        def run(block: slice) -> int:
            result[block] = self._score_block(inputs_raw[block])
            return int(min(block.stop, n_events))

        # One thread a block; the linear algebra must not start threads of its own beside them.
        with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(usable_cores()) as pool:
            for done in pool.map(run, blocks):
                progress(done, n_events, "")
        return result

    def _score_block(self, inputs_raw: NDArray[np.integer]) -> Float:
        values = np.multiply(inputs_raw, self.multiplier, dtype=self.dtype)
        values -= self.subtrahend
        for cast in self.casts:
            cast(values)
        for weights, bias, casts in self.stages:
            values = values @ weights
            values += bias
            for cast in casts:
                cast(values)
        total: Float = np.einsum("ij,ij->i", values, values)
        total *= self.score_scale
        for cast in self.score_casts:
            cast(total)
        return total


@lru_cache(maxsize=8)  # an algorithm is a constant; streams ask for its engine at every block
def fast_engine(trigger: TriggerAlgorithm) -> FastEngine | None:
    """Make an algorithm ready, or return None where no floating-point type is proven exact."""
    if not _expressible(trigger):
        return None
    known = bounds(trigger)
    dtype = _exact_dtype(trigger, known)
    if dtype is None:
        return None
    scaling = trigger.scaling
    step = 2.0**scaling.result.fraction
    shifts = 2.0 ** -np.array(scaling.shifts, dtype=np.float64)
    difference = known["difference"]
    unit = 2.0**scaling.working.fraction
    casts: list[InPlace] = []
    if not scaling.lossless_before_cast:
        floor = 2.0 ** (scaling.working.fraction - scaling.result.fraction)
        casts += [scaled_by(floor), floored, scaled_by(1 / floor)]
    ends = Interval(
        low=np.floor(difference.low / unit * shifts * step - 1).astype(np.int64),
        high=np.ceil(difference.high / unit * shifts * step + 1).astype(np.int64),
    )
    casts += casts_to(scaling.result.types[0], ends, rounds=scaling.working.fraction > scaling.result.fraction)
    return FastEngine(
        dtype=dtype,
        multiplier=(shifts * step).astype(dtype),
        subtrahend=(np.array(scaling.offsets) * shifts * step).astype(dtype),
        casts=tuple(casts),
        stages=_stages(trigger, known, dtype),
        score_casts=tuple(_score_casts(trigger, known)),
        score_scale=2.0 ** (trigger.score.result.fraction - 2 * trigger.network.output_type.fraction),
    )


def _expressible(trigger: TriggerAlgorithm) -> bool:
    """Tell whether the network is dense layers with at most one activation each, and one type a tensor."""
    types = [trigger.scaling.result, *(layer.output_type() for layer in trigger.network.layers)]
    layers = trigger.network.layers
    chained = isinstance(layers[0], Dense) and all(
        isinstance(one, Dense) or isinstance(before, Dense) for before, one in pairwise(layers)
    )
    return chained and all(one.is_uniform for one in types)


def _exact_dtype(trigger: TriggerAlgorithm, known: dict[str, Interval]) -> str | None:
    """Find the narrowest floating-point type that holds every integer of the computation."""
    largest = [known["difference"].magnitude << max(0, -min(trigger.scaling.shifts))]
    given = known["scaled_inputs"]
    for layer in trigger.network.layers:
        if isinstance(layer, Dense):
            # Any order of the sum: the magnitudes of all products and the bias together.
            reach = np.maximum(np.abs(given.low), np.abs(given.high))
            fraction = layer.accumulator.fraction
            terms = np.abs(layer.weights_raw).T @ reach
            grown = fraction - _product_fraction(trigger, layer)
            bias = np.abs(layer.bias_raw) << (fraction - layer.bias_type.fraction)
            largest.append(int(((terms << grown) + bias).max()))
        given = known[layer.name]
    largest.append(known["sum_of_squares"].magnitude)
    # One bit to spare, for the half that rounding adds; casts to finer steps move the point only.
    for dtype, bits in _EXACT_BITS.items():
        if max(largest) < 1 << (bits - 1):
            return dtype
    return None


def _product_fraction(trigger: TriggerAlgorithm, layer: Dense) -> int:
    given = trigger.network.input_type
    for one in trigger.network.layers:
        if one is layer:
            break
        given = one.output_type()
    return given.fraction + layer.weight_type.fraction


def _stages(
    trigger: TriggerAlgorithm, known: dict[str, Interval], dtype: str
) -> tuple[tuple[Float, Float, tuple[InPlace, ...]], ...]:
    layers = trigger.network.layers
    given = trigger.network.input_type
    stages: list[tuple[Float, Float, tuple[InPlace, ...]]] = []
    for index, layer in enumerate(layers):
        if not isinstance(layer, Dense):
            given = layer.output_type()
            continue
        following = layers[index + 1] if index + 1 < len(layers) else None
        activation = following if isinstance(following, Activation) else None
        result = layer.output_type() if activation is None else activation.result
        # Weights in steps of the result, so that the product needs no scaling of its own.
        step = 2.0 ** (result.fraction - given.fraction - layer.weight_type.fraction)
        weights = (layer.weights_raw * step).astype(dtype)
        bias = (layer.bias_raw * 2.0 ** (result.fraction - layer.bias_type.fraction)).astype(dtype)
        casts = _accumulator_casts(layer, known, result)
        if activation is not None:
            casts += _activation_casts(layer, activation, known)
        stages.append((weights, bias, tuple(casts)))
        given = layer.output_type()
    return tuple(stages)


def _accumulator_casts(layer: Dense, known: dict[str, Interval], result: TensorType) -> list[InPlace]:
    total, accumulator = known[f"{layer.name}:sum"], layer.accumulator
    if accumulator.raw_min <= int(total.low.min()) and int(total.high.max()) <= accumulator.raw_max:
        return []
    step = 2.0 ** (result.fraction - accumulator.fraction)
    return [wrapped(accumulator.raw_min * step, 2.0**accumulator.width * step)]


def _activation_casts(layer: Dense, activation: Activation, known: dict[str, Interval]) -> list[InPlace]:
    one, given = activation.result.types[0], known[layer.name]
    casts: list[InPlace] = []
    low, high = given.low, given.high
    relu = activation.function is ActivationFunction.RELU
    # Saturating to an unsigned type is a relu already: what is negative becomes zero.
    if relu and not (not one.signed and one.overflow in (Overflow.SAT, Overflow.SAT_SYM)):
        casts.append(rectified)
        low, high = np.maximum(low, 0), np.maximum(high, 0)
    scale = 2.0 ** (one.fraction - layer.accumulator.fraction)
    ends = Interval(
        low=np.floor(low * scale - 1).astype(np.int64), high=np.ceil(high * scale + 1).astype(np.int64)
    )
    return casts + casts_to(one, ends, rounds=layer.accumulator.fraction > one.fraction)


def _score_casts(trigger: TriggerAlgorithm, known: dict[str, Interval]) -> list[InPlace]:
    fraction, one = 2 * trigger.network.output_type.fraction, trigger.score.result
    high = int(np.ceil(known["sum_of_squares"].high[0] * 2.0 ** (one.fraction - fraction))) + 1
    ends = Interval(low=np.zeros(1, dtype=np.int64), high=np.array([high]))
    return casts_to(one, ends, rounds=fraction > one.fraction)
