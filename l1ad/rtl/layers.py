"""Layers of a frozen network as logic, integer for integer as `core` computes them."""

from collections.abc import Sequence

from l1ad.core.fixed import FixedType
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Dense,
    Layer,
    Pooling2D,
    PoolingFunction,
    Reshape,
    Weighted,
)
from l1ad.core.tensor import TensorType
from l1ad.rtl.adders import weighted_sums
from l1ad.rtl.casts import cast
from l1ad.rtl.circuit import Circuit, Term

__all__ = ["layer_logic"]


def layer_logic(circuit: Circuit, layer: Layer, values: Sequence[Term], given: TensorType) -> list[Term]:
    """Add a layer to a circuit.

    Args:
        circuit: Takes the wires, in a block of the layer's name.
        layer: The layer.
        values: What it is given, in units of `given`.
        given: Number format(s) of that.

    Returns:
        Its results, in units of its output type.
    """
    circuit.block = layer.name
    if isinstance(layer, Reshape):
        return list(values)
    if isinstance(layer, Activation):
        return _activated(circuit, layer, values, given)
    if isinstance(layer, Pooling2D):
        return _pooled(circuit, layer, values, given)
    return _weighted(circuit, layer, values, given)


def _activated(circuit: Circuit, layer: Activation, values: Sequence[Term], given: TensorType) -> list[Term]:
    rectified = layer.function is ActivationFunction.RELU
    results = []
    for index, (value, one) in enumerate(zip(values, layer.result.of_each(layer.n), strict=True)):
        name = f"{layer.name}_{index}"
        raw = (
            cast(circuit, name, value, fraction=given.fraction, to=one, rectified=rectified) if one.width else 0
        )
        results.append(Term(raw, layer.result.fraction - one.fraction if one.width else 0))
    return results


def _pooled(circuit: Circuit, layer: Pooling2D, values: Sequence[Term], given: TensorType) -> list[Term]:
    average = layer.function is PoolingFunction.AVERAGE
    # The result has the fraction bits of its finest element, which may be fewer than the input's.
    spare = given.fraction + layer.grown_bits - layer.output_type(given).fraction
    results = []
    for index, window in enumerate(layer.window_indices().tolist()):
        name = f"{layer.name}_{index}"
        terms = [values[one] for one in window]
        if average:
            pooled = circuit.total(name, terms)
        else:
            pooled = terms[0]
            for number, one in enumerate(terms[1:], start=1):
                pooled = circuit.larger(f"{name}_max{number}", pooled, one)
        results.append(_dropped(circuit, f"{name}_whole", pooled, spare))
    return results


def _dropped(circuit: Circuit, name: str, term: Term, bits: int) -> Term:
    """Tell a value in coarser units; the bits that fall away are zero."""
    return circuit.floor(name, term, bits) if bits > 0 else Term(term.wire, term.shift - bits)


def _weighted(circuit: Circuit, layer: Weighted, values: Sequence[Term], given: TensorType) -> list[Term]:
    if isinstance(layer, Dense):
        return _sums(circuit, layer, layer.name, values, given)
    results: list[Term] = []
    for position, window in enumerate(layer.window_indices().tolist()):
        terms = [values[one] if one >= 0 else Term(0, 0) for one in window]
        results += _sums(circuit, layer, f"{layer.name}_p{position}", terms, given)
    return results


def _sums(circuit: Circuit, layer: Weighted, name: str, terms: Sequence[Term], given: TensorType) -> list[Term]:
    """Sum one window, or the one there is, and bring the sums into the accumulator."""
    one, accumulator = layer.sum, layer.accumulator
    if one.drops_bits(given.fraction):
        totals = _coarse_sums(circuit, layer, name, terms, given)
    else:
        align = accumulator.fraction - given.fraction - layer.weight_type.fraction
        up = accumulator.fraction - layer.bias_type.fraction
        kernel, aligned = one.weights_raw, [Term(term.wire, term.shift + align) for term in terms]
        totals = weighted_sums(circuit, name, aligned, kernel, [int(b) << up for b in one.bias_raw])
    return [_held(circuit, f"{name}_{column}_acc", total, accumulator) for column, total in enumerate(totals)]


def _coarse_sums(
    circuit: Circuit, layer: Weighted, name: str, terms: Sequence[Term], given: TensorType
) -> list[Term]:
    """Cast each product and the bias to the accumulator's steps before the sum, as `dense_latency` does."""
    one, fraction = layer.sum, given.fraction + layer.weight_type.fraction
    wide = FixedType(300, 300 - layer.accumulator.fraction, True, layer.accumulator.rounding)
    columns: list[list[Term]] = [[] for _ in one.bias_raw]
    for row, (term, weights) in enumerate(zip(terms, one.weights_raw, strict=True)):
        products = weighted_sums(circuit, f"{name}_r{row}", [term], weights[None, :], [0] * len(weights))
        for column, product in enumerate(products):
            if weights[column]:
                rounded = cast(circuit, f"{name}_r{row}_{column}", product, fraction=fraction, to=wide)
                columns[column].append(Term(rounded, 0))
    for column, bias in enumerate(one.bias_raw):
        constant = cast(circuit, "", Term(int(bias), 0), fraction=layer.bias_type.fraction, to=wide)
        columns[column].append(Term(constant, 0))
    return [circuit.total(f"{name}_{column}", terms) for column, terms in enumerate(columns)]


def _held(circuit: Circuit, name: str, total: Term, accumulator: FixedType) -> Term:
    """Wrap a sum that can leave the accumulator; an exact accumulator holds every one."""
    if total.shift < 0:
        raise ValueError(f"{name}: a sum in steps finer than those of {accumulator}")
    shift = min(total.shift, accumulator.width - 1)
    if isinstance(total.wire, int):
        whole = total.wire << total.shift
        held = circuit.wrapped(name, whole, accumulator.raw_min, accumulator.raw_max)
        return Term(held, 0)
    wire = total.wire
    if total.shift > shift:  # more zeros at the low end than the accumulator has bits
        return Term(0, 0)
    low, high = -(1 << (accumulator.width - 1 - shift)), (1 << (accumulator.width - 1 - shift)) - 1
    if not accumulator.signed:
        low, high = 0, (1 << (accumulator.width - shift)) - 1
    return Term(circuit.wrapped(name, wire, low, high), shift)
