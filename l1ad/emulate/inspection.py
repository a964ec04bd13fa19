"""What an algorithm's number formats can and cannot hold: proven ranges, headroom, and witnesses."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.integer import rounded_raw
from l1ad.core.network import Activation, Conv2D, Dense, Layer, Pooling2D, Weighted
from l1ad.core.tensor import TensorType
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
        kind: `scaling`, `dense`, `conv2d`, `pooling2d`, `reshape`, `relu`, `linear` or `score`.
        shape: Its elements, `inputs x outputs` of a dense layer, or the image before and after.
        weight_type: Format of the weights, empty without weights.
        result_type: Format of the result, or how many different ones its elements have.
        low: Lowest value that the bounds allow before the cast, over all elements.
        high: Highest.
        headroom_bits: High bits that no value within the bounds uses; 0 where values can leave the format.
        sparsity: Fraction of zero weights.
        multiplications: Products with weights that are not zero, all positions of a convolution counted.
        ebops: Bits of the input times bits of the weight, summed over all products, as HGQ counts them: of
            a constant, the bits from its first to its last that is set (arXiv:2405.00645, section 3).
        leaving: Elements whose bounds leave the format, so that overflow cannot be excluded. Elements
            without a bit are zero by design and not counted.
        overflow: What happens to such values: the overflow mode of the element furthest out.
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
    """Bound every tensor of an algorithm and look for events that leave a format.

    A tensor with `leaving == 0` is proven: no input that the layout allows overflows it. Where the bounds
    leave a format, the witness is searched by moving one input at a time; none found proves nothing.
    """
    known = before_cast_bounds(trigger)
    layers = {layer.name: (layer, given) for layer, given in trigger.network.given()}
    return [
        _report(trigger, cast, known[cast.tensor], *layers.get(cast.tensor, (None, None)))
        for cast in casts(trigger)
    ]


def _report(
    trigger: TriggerAlgorithm, cast: Cast, interval: Interval, layer: Layer | None, given: TensorType | None
) -> TensorReport:
    weighted = layer if isinstance(layer, Dense | Conv2D) else None
    each, step = cast.types(), 2.0**-cast.fraction
    outside = _leaving(cast, interval)
    overflow = each[outside[0]] if outside else each[0]
    products, ebops = (0, 0) if weighted is None or given is None else _products(weighted, given)
    return TensorReport(
        tensor=cast.tensor,
        kind=_kind(cast, layer),
        shape=_shape(cast, layer),
        weight_type="" if weighted is None else str(weighted.weight_type),
        result_type=_spelling(cast.result),
        low=float(interval.low.min()) * step,
        high=float(interval.high.max()) * step,
        headroom_bits=0 if outside else _headroom(cast, interval),
        sparsity=None if weighted is None else weighted.sum.sparsity,
        multiplications=products,
        ebops=ebops,
        leaving=len(outside),
        overflow=overflow.overflow.value,
        witness=_witness(trigger, cast, interval, outside),
    )


def _kind(cast: Cast, layer: Layer | None) -> str:
    if isinstance(layer, Activation):
        return layer.function.value
    if layer is None:
        return {SCALED_INPUTS: "scaling", SCORE: "score"}[cast.tensor]
    return type(layer).__name__.lower()


def _shape(cast: Cast, layer: Layer | None) -> str:
    if isinstance(layer, Dense):
        return f"{layer.n_in} x {layer.n_out}"
    if isinstance(layer, Conv2D | Pooling2D):
        before, after = (" x ".join(map(str, shape)) for shape in (layer.input_shape, layer.result_shape))
        return f"{before} to {after}"
    return str(cast.n_elements)


def _spelling(result: TensorType) -> str:
    """Name the one type of a tensor, or how many there are and how wide."""
    if result.is_uniform:
        return str(result.types[0])
    widths = [one.width for one in result.types]
    return f"{len(set(result.types))} types of {min(widths)} to {max(widths)} bits"


def _products(layer: Weighted, given: TensorType) -> tuple[int, int]:
    """Count the products with weights that are not zero, and their EBOPs."""
    widths = np.array([one.width for one in given.of_each(layer.n_in)])
    weights = layer.sum.weights_raw
    used = layer.terms(np.ones((1, layer.n_in), dtype=np.int64))[0] @ (weights != 0)
    bits = layer.terms(widths[None])[0] @ _enclosed_bits(weights)
    return int(used.sum()), int(bits.sum())


def _enclosed_bits(weights_raw: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the bits from the first to the last that is set, of the magnitude of each weight."""
    magnitude = np.abs(weights_raw)
    lowest = magnitude & -magnitude
    spans = np.where(magnitude > 0, magnitude // np.maximum(lowest, 1), 0)
    return np.ceil(np.log2(spans + 1.0)).astype(np.int64)  # exact: spans are odd and far below 2^53


def _leaving(cast: Cast, interval: Interval) -> list[int]:
    """List the elements whose bounds leave the format once rounded, the furthest out first."""
    excess = np.zeros(cast.n_elements)
    for one, elements in cast.result.groups(cast.n_elements):
        if not one.width:
            continue
        low, high = (
            rounded_raw(end[elements], fraction=cast.fraction, to=one) for end in (interval.low, interval.high)
        )
        out = np.maximum(one.raw_min - low, high - one.raw_max)
        excess[elements] = np.maximum(out, 0) * float(one.lsb)
    order = np.argsort(-excess, kind="stable")
    return [int(element) for element in order if excess[element] > 0]


def _headroom(cast: Cast, interval: Interval) -> int:
    """Count the high bits to spare in every element that has bits."""
    spare = []
    for one, elements in cast.result.groups(cast.n_elements):
        low = int(rounded_raw(interval.low[elements], fraction=cast.fraction, to=one).min())
        high = int(rounded_raw(interval.high[elements], fraction=cast.fraction, to=one).max())
        fitting = (
            bits
            for bits in range(one.width)
            if all(
                replace(one, width=one.width - bits, integer=one.integer - bits).holds_raw(x)
                for x in (low, high)
            )
        )
        if one.width:
            spare.append(max(fitting, default=0))
    return min(spare, default=0)


def _witness(trigger: TriggerAlgorithm, cast: Cast, interval: Interval, outside: list[int]) -> Witness | None:
    for element in outside[:_TRIED_ELEMENTS]:
        one = cast.types()[element]
        for sign, end, edge in (
            (1, interval.high[element], one.raw_max), (-1, interval.low[element], one.raw_min),
        ):  # fmt: skip

            def leaves(value: int, sign: int = sign, edge: int = edge, one: FixedType = one) -> bool:
                return (
                    sign * int(rounded_raw(np.array([value]), fraction=cast.fraction, to=one)[0]) > sign * edge
                )

            if not leaves(int(end)):
                continue
            event, reached = _climb(trigger, cast.tensor, element, sign, leaves)
            if leaves(reached):
                return Witness(
                    element=element,
                    value=reached * 2.0**-cast.fraction,
                    limit=float(edge * one.lsb),
                    inputs_raw=tuple(int(value) for value in event),
                )
    return None


def _climb(
    trigger: TriggerAlgorithm, tensor: str, element: int, sign: int, leaves: Callable[[int], bool]
) -> tuple[NDArray[np.int64], int]:
    """Move one input at a time to an end of its range, the best one each round, until the format is left."""
    layout = trigger.layout
    candidates = crafted_extremes(layout)
    best, reached = candidates[0], None
    for _ in range(_ROUNDS):
        values = sign * values_before_casts(trigger, candidates)[tensor][:, element]
        leader = int(np.argmax(values))
        if reached is not None and values[leader] <= reached:
            break
        best, reached = candidates[leader], int(values[leader])
        if leaves(sign * reached):
            break
        candidates = np.repeat(best[None], 3 * layout.n_inputs, axis=0)
        for index in range(layout.n_inputs):
            ends = (layout.raw_min[index], layout.raw_max[index], 0)
            candidates[3 * index : 3 * index + 3, index] = ends
    return best, sign * (reached or 0)
