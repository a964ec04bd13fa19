"""Layers as QONNX nodes: weighted sums, pooling, shapes, activations."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.integer import INT64_SAFE_BITS, requantize
from l1ad.core.network import (
    ActivationFunction,
    Conv2D,
    Dense,
    Layer,
    Pooling2D,
    PoolingFunction,
    Reshape,
    Weighted,
)
from l1ad.core.tensor import TensorType
from l1ad.exchange.qonnx.casts import cast, rounded
from l1ad.exchange.qonnx.graph import Graph, Value, arranged, exact_dtype, power_of_two

__all__ = ["write_layer"]


def write_layer(graph: Graph, layer: Layer, value: Value, result: TensorType) -> Value:
    """Write one layer; the tensor it gives carries the layer's name and has the fraction bits of `result`.

    Raises:
        NotExactError: If floating point does not hold the layer's sums.
    """
    graph.scope = layer.name
    if isinstance(layer, Dense | Conv2D):
        value = _weighted(graph, layer, value)
    elif isinstance(layer, Pooling2D):
        value = _pooled(graph, layer, value)
    elif isinstance(layer, Reshape):
        value = graph.as_flat(value)
        if len(layer.target_shape) == 3:
            value = graph.as_image(value, layer.target_shape)
    else:
        if layer.function is ActivationFunction.RELU:
            low, high = (np.maximum(end, 0) for end in (value.low, value.high))
            value = replace(graph.apply("Relu", value), low=low, high=high)
        value = cast(graph, value, layer.result)
    return graph.named(_in_steps(value, result.fraction), layer.name)


def _in_steps(value: Value, fraction: int) -> Value:
    """Count a value's range in other steps, which hold it exactly; the tensor stays."""
    finer = fraction - value.fraction
    low, high = (end << finer if finer >= 0 else end >> -finer for end in (value.low, value.high))
    return replace(value, fraction=fraction, low=low, high=high)


def _weighted(graph: Graph, layer: Weighted, value: Value) -> Value:
    """Write sums over a layer's terms, and the cut into its accumulator where one can leave it."""
    if isinstance(layer, Conv2D):
        low, high = (np.append(end, 0)[layer.window_indices()] for end in value.flat_ends)
    else:
        low, high = (end[None, :] for end in value.flat_ends)
    reach = np.maximum(np.abs(low), np.abs(high))
    drops = layer.sum.drops_bits(value.fraction)
    total = (_sums_of_rounded if drops else _exact_sums)(graph, layer, value, reach)
    low, high = layer.sum.bounds(low, high, value.fraction)
    low, high = (arranged(end.reshape(layer.n_out), total.shape) for end in (low, high))
    total = replace(total, fraction=layer.accumulator.fraction, low=low, high=high)
    if layer.accumulator.raw_min <= int(low.min()) and int(high.max()) <= layer.accumulator.raw_max:
        return total
    return cast(graph, total, TensorType.uniform(layer.accumulator))


def _exact_sums(graph: Graph, layer: Weighted, value: Value, reach: NDArray[np.int64]) -> Value:
    """Write sums that lose nothing: a product of matrices, or a convolution.

    Args:
        graph: Where to.
        layer: The layer.
        value: What it is given.
        reach: Largest absolute raw integer of each term, shape (positions, n_terms).

    Returns:
        The sums; their range is left to the caller.
    """
    weights_raw, products = layer.sum.weights_raw, value.fraction + layer.weight_type.fraction
    fraction = max(products, layer.bias_type.fraction)
    # Whatever the order of the sum: the magnitudes of all products and of the bias together.
    largest = (reach @ np.abs(weights_raw)).max(axis=0) << (fraction - products)
    largest += np.abs(layer.bias_raw) << (fraction - layer.bias_type.fraction)
    dtype = max(
        exact_dtype(max(int(largest.max()), value.magnitude), fraction, f"a sum of layer {layer.name!r}"),
        *(_dtype_of(*constant) for constant in _constants_of(layer)),
    )
    value = graph.in_dtype(value, dtype)
    if isinstance(layer, Conv2D) and dtype == "float32":
        return _convolved(graph, layer, value)
    weights, bias = (
        _constant(graph, raw, kind, what, dtype)
        for (raw, kind), what in zip(_constants_of(layer), ("weights", "bias"), strict=True)
    )
    terms = graph.as_flat(value)
    shape: tuple[int, ...] = (layer.n_out,)
    if isinstance(layer, Conv2D):
        # ONNX Runtime convolves no float64: the windows, as rows of a matrix.
        terms = graph.gathered(terms, layer.window_indices())
        shape = (len(reach), layer.n_filters)
    product = graph.node("MatMul", [terms.name, weights], shape, dtype)
    zeros = np.zeros(shape, dtype=np.int64)
    total = replace(terms, name=graph.node("Add", [product, bias], shape, dtype), low=zeros, high=zeros)
    return graph.reshaped(total, (layer.n_out,)) if len(shape) == 2 else total


def _convolved(graph: Graph, layer: Conv2D, value: Value) -> Value:
    if len(value.shape) == 1:
        value = graph.as_image(value, layer.input_shape)
    weights_raw = np.ascontiguousarray(layer.weights_raw.transpose(3, 2, 0, 1))
    weights = _constant(graph, weights_raw, layer.weight_type, "weights", "float32")
    bias = _constant(graph, layer.bias_raw, layer.bias_type, "bias", "float32")
    height, width, filters = layer.result_shape
    name = graph.node(
        "Conv", [value.name, weights, bias], (filters, height, width), "float32",
        kernel_shape=layer.kernel, strides=layer.strides, pads=_pads(layer),
    )  # fmt: skip
    zeros = np.zeros((filters, height, width), dtype=np.int64)
    return replace(value, name=name, low=zeros, high=zeros)


def _pads(layer: Conv2D) -> list[int]:
    """Count the zeros around the image: above, left, below, right; none when the padding is VALID."""
    indices = layer.window_indices()
    rows, columns = layer.result_shape[:2]
    if not (indices < 0).any():
        return [0, 0, 0, 0]
    sides = zip(layer.input_shape[:2], (rows, columns), layer.kernel, layer.strides, strict=True)
    missing = [max((n - 1) * stride + kernel - size, 0) for size, n, kernel, stride in sides]
    before = [one // 2 for one in missing]
    return before + [one - half for one, half in zip(missing, before, strict=True)]


def _sums_of_rounded(graph: Graph, layer: Weighted, value: Value, reach: NDArray[np.int64]) -> Value:
    """Write sums of which each product, and the bias, is brought to the accumulator's steps on its own."""
    weights_raw, accumulator = layer.sum.weights_raw, layer.accumulator
    fraction = value.fraction + layer.weight_type.fraction
    products_reach = reach[:, :, None] * np.abs(weights_raw)
    wide = FixedType(INT64_SAFE_BITS, INT64_SAFE_BITS - accumulator.fraction, True, accumulator.rounding)
    bias_raw = requantize(layer.bias_raw, fraction=layer.bias_type.fraction, to=wide)
    steps = requantize(products_reach, fraction=fraction, to=wide) + 1
    dropped = max(0, fraction - accumulator.fraction)
    largest = max(
        value.magnitude, int(products_reach.max()) + (1 << dropped), 2 * int(steps.max()) + 2,
        int((steps.sum(axis=1) + np.abs(bias_raw)).max()),
    )  # fmt: skip
    what = f"a sum of layer {layer.name!r}"
    dtype = max(exact_dtype(largest, fraction, what), _dtype_of(weights_raw, layer.weight_type))
    terms = graph.in_dtype(graph.as_flat(value), dtype)
    if isinstance(layer, Conv2D):
        terms = graph.gathered(terms, layer.window_indices())
    terms = graph.reshaped(terms, (*reach.shape, 1))
    weights = _constant(graph, weights_raw, layer.weight_type, "weights", dtype)
    name = graph.node("Mul", [terms.name, weights], products_reach.shape, dtype)
    products = Value(name=name, dtype=dtype, fraction=fraction, low=-products_reach, high=products_reach)
    if dropped:
        products = rounded(graph, products, accumulator.rounding, np.full(products.shape, accumulator.fraction))
    summed = graph.reduced("ReduceSum", products, 1)
    total = replace(terms, name=summed, low=-steps.sum(axis=1), high=steps.sum(axis=1))
    total = graph.apply("Add", total, bias_raw * power_of_two(-accumulator.fraction))
    return graph.reshaped(total, (layer.n_out,))


def _constants_of(layer: Weighted) -> list[tuple[NDArray[np.int64], FixedType]]:
    return [(layer.sum.weights_raw, layer.weight_type), (layer.bias_raw, layer.bias_type)]


def _dtype_of(raw: NDArray[np.int64], kind: FixedType) -> str:
    return exact_dtype(int(np.abs(raw).max()), kind.fraction, f"a constant of {kind}")


def _constant(graph: Graph, raw: NDArray[np.int64], kind: FixedType, what: str, dtype: str) -> str:
    """Write weights or a bias with their number format; more bits than float32 holds go without `Quant`."""
    values = raw * power_of_two(-kind.fraction)
    if _dtype_of(raw, kind) == "float64":
        return graph.tensor_constant(values, what)
    # One signed bit is -1 and +1 to qonnx, so that it is written as two.
    bits = max(kind.width, 1 + int(kind.signed))
    stored = graph.tensor_constant(values.astype(np.float32), what)
    name = graph.quant(
        stored, raw.shape, power_of_two(-kind.fraction), bits, signed=kind.signed, of_events=False
    )
    if dtype == "float32":
        return name
    from onnx import TensorProto

    return graph.node("Cast", [name], raw.shape, dtype, of_events=False, to=TensorProto.DOUBLE)


def _pooled(graph: Graph, layer: Pooling2D, value: Value) -> Value:
    """Write the maximum or the mean of windows; float64 takes standard reductions, which know it."""
    average = layer.function is PoolingFunction.AVERAGE
    indices = layer.window_indices()
    low, high = (end[indices].sum(axis=1) if average else end[indices].max(axis=1) for end in value.flat_ends)
    fraction = value.fraction + layer.grown_bits
    reach = int(np.maximum(*(np.abs(end) for end in value.flat_ends))[indices].sum(axis=1).max())
    dtype = exact_dtype(max(reach if average else 0, value.magnitude), fraction, f"a mean of {layer.name!r}")
    value = graph.in_dtype(value, dtype)
    if dtype == "float64":
        windows = graph.gathered(graph.as_flat(value), indices)
        name = graph.reduced("ReduceMean" if average else "ReduceMax", windows, 1)
        return replace(value, name=name, fraction=fraction, low=low, high=high)
    if len(value.shape) == 1:
        value = graph.as_image(value, layer.input_shape)
    height, width, channels = layer.result_shape
    shape = (channels, height, width)
    op = "AveragePool" if average else "MaxPool"
    name = graph.node(op, [value.name], shape, dtype, kernel_shape=layer.pool, strides=layer.strides)
    low, high = (arranged(end, shape) for end in (low, high))
    return replace(value, name=name, fraction=fraction, low=low, high=high)
