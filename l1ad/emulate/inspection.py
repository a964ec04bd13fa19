"""What an algorithm's number formats can and cannot hold: proven ranges, headroom, and witnesses."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.network import Activation, Dense
from l1ad.core.trace import SCALED_INPUTS, SCORE
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.bounds import Interval, before_cast_bounds
from l1ad.emulate.casts import Cast, casts, values_before_casts
from l1ad.emulate.compare import crafted_extremes

__all__ = ["TensorReport", "Witness", "inspect"]

_ROUNDS = 40
_TRIED_ELEMENTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """An event that takes a value out of its format.

    Attributes:
        element: Element of the tensor.
        value: Value just before the cast, as a real number.
        limit: End of the format that it passes.
        inputs_raw: The event, hardware integers.
    """

    element: int
    value: float
    limit: float
    inputs_raw: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorReport:
    """One tensor of an algorithm.

    Attributes:
        tensor: Its name.
        kind: `scaling`, `dense`, `relu`, `linear` or `score`.
        shape: Its elements, or `inputs x outputs` of a dense layer.
        weight_type: Format of the weights, empty without weights.
        result_type: Format of the result; the first element's where they differ.
        low: Lowest value that the bounds allow before the cast, over all elements.
        high: Highest.
        headroom_bits: High bits that no value within the bounds uses; 0 where values can leave the format.
        sparsity: Fraction of zero weights.
        multiplications: Non-zero weights.
        ebops: Weight bits times input bits, summed over the non-zero weights, as HGQ counts for uniform
            types (arXiv:2405.00645).
        leaving: Elements whose bounds leave the format, so that overflow cannot be excluded.
        overflow: What happens to such values: the overflow mode.
        witness: An event that does leave it, when the search found one.
    """

    tensor: str
    kind: str
    shape: str
    weight_type: str
    result_type: str
    low: float
    high: float
    headroom_bits: int
    sparsity: float | None
    multiplications: int
    ebops: int
    leaving: int
    overflow: str
    witness: Witness | None


def inspect(trigger: TriggerAlgorithm) -> list[TensorReport]:
    """Bound every cast of an algorithm and look for events that leave a format.

    A tensor with `leaving == 0` is proven: no input that the layout allows overflows it. Where the bounds
    leave a format, the witness is searched by moving one input at a time; none found proves nothing.
    """
    known = before_cast_bounds(trigger)
    layers = {layer.name: layer for layer in trigger.network.layers}
    reports = []
    input_bits = max(one.width for one in trigger.scaling.result.types)
    for cast in casts(trigger):
        layer = layers.get(cast.tensor)
        interval, first = known[cast.tensor], cast.type_of(0)
        outside = _leaving(cast, interval)
        step = 2.0**-cast.fraction
        weights = layer.weights_raw if isinstance(layer, Dense) else np.zeros((0, 0), dtype=np.int64)
        used = int(np.count_nonzero(weights))
        weight_bits = layer.weight_type.width if isinstance(layer, Dense) else 0
        reports.append(
            TensorReport(
                tensor=cast.tensor,
                kind=_kind(cast, layer),
                shape=f"{layer.n_in} x {layer.n_out}" if isinstance(layer, Dense) else str(cast.n_elements),
                weight_type=str(layer.weight_type) if isinstance(layer, Dense) else "",
                result_type=str(first),
                low=float(interval.low.min()) * step,
                high=float(interval.high.max()) * step,
                headroom_bits=0 if len(outside) else _headroom(cast, interval),
                sparsity=layer.sparsity if isinstance(layer, Dense) else None,
                multiplications=used,
                ebops=used * weight_bits * input_bits,
                leaving=len(outside),
                overflow=first.overflow.value,
                witness=_witness(trigger, cast, interval, outside),
            )
        )
        input_bits = max(one.width for one in cast.result.types)
    return reports


def _kind(cast: Cast, layer: Dense | Activation | None) -> str:
    if isinstance(layer, Dense):
        return "dense"
    if isinstance(layer, Activation):
        return layer.function.value
    return {SCALED_INPUTS: "scaling", SCORE: "score"}[cast.tensor]


def _limits(cast: Cast, element: int) -> tuple[float, float]:
    """Give the ends of an element's format in raw integers with the cast's fraction, plus half a step.

    Within half a step beyond the end some rounding modes still come back inside.
    """
    one = cast.type_of(element)
    step = 2.0 ** (cast.fraction - one.fraction)
    return (one.raw_min - 0.5) * step, (one.raw_max + 0.5) * step


def _leaving(cast: Cast, interval: Interval) -> list[int]:
    """List the elements whose bounds leave the format, the furthest out first."""
    excess = []
    for element in range(cast.n_elements):
        low, high = _limits(cast, element)
        out = max(low - int(interval.low[element]), int(interval.high[element]) - high)
        if out > 0:
            excess.append((-out, element))
    return [element for _, element in sorted(excess)]


def _headroom(cast: Cast, interval: Interval) -> int:
    """Count the high bits to spare in every element."""
    spare = []
    for element in range(cast.n_elements):
        one = cast.type_of(element)
        scale = 2.0 ** (one.fraction - cast.fraction)
        low, high = float(interval.low[element]) * scale, float(interval.high[element]) * scale
        narrower = 0
        while (
            narrower < one.width - 1
            and low >= one.raw_min / 2 ** (narrower + 1)
            and high < (one.raw_max + 1) / 2 ** (narrower + 1)
        ):
            narrower += 1
        spare.append(narrower)
    return min(spare)


def _witness(trigger: TriggerAlgorithm, cast: Cast, interval: Interval, outside: list[int]) -> Witness | None:
    for element in outside[:_TRIED_ELEMENTS]:
        low, high = _limits(cast, element)
        for sign, limit in ((1, high), (-1, low)):
            end = interval.high[element] if sign > 0 else -interval.low[element]
            if end <= sign * limit:
                continue
            event, reached = _climb(trigger, cast.tensor, element, sign, limit)
            if sign * reached > sign * limit:
                step, one = 2.0**-cast.fraction, cast.type_of(element)
                edge = one.raw_max if sign > 0 else one.raw_min
                return Witness(
                    element=element,
                    value=reached * step,
                    limit=float(edge * one.lsb),
                    inputs_raw=tuple(int(value) for value in event),
                )
    return None


def _climb(
    trigger: TriggerAlgorithm, tensor: str, element: int, sign: int, limit: float
) -> tuple[NDArray[np.int64], int]:
    """Move one input at a time to an end of its range, the best one each round, until the limit is passed."""
    layout = trigger.layout
    candidates = crafted_extremes(layout)
    best, reached = candidates[0], None
    for _ in range(_ROUNDS):
        values = sign * values_before_casts(trigger, candidates)[tensor][:, element]
        leader = int(np.argmax(values))
        if reached is not None and values[leader] <= reached:
            break
        best, reached = candidates[leader], int(values[leader])
        if reached > sign * limit:
            break
        candidates = np.repeat(best[None], 3 * layout.n_inputs, axis=0)
        for index in range(layout.n_inputs):
            ends = (layout.raw_min[index], layout.raw_max[index], 0)
            candidates[3 * index : 3 * index + 3, index] = ends
    return best, sign * (reached or 0)
