"""MatMul, Gemm, Conv, and what is added to their sums or multiplies them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.windows import result_sides
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.formats import Scalars
from l1ad.exchange.qonnx.order import CHANNELS_LAST, arranged_index, spread
from l1ad.exchange.qonnx.read import Node
from l1ad.exchange.qonnx.state import State
from l1ad.exchange.qonnx.weighted import OpenLayer, folded_normalisation, padding_of

__all__ = ["read_affine", "read_convolution", "read_matrix", "read_normalisation"]


def read_matrix(node: Node, state: State) -> None:
    """Read MatMul and Gemm as a dense layer."""
    state.settle_relu(node)
    weights = state.constant(node, 1).astype(np.float64)
    if weights.ndim != 2 or node.number("transA", 0):
        raise ModelFileError(f"{node}: multiplies by an array of shape {weights.shape}; a matrix is wanted")
    weights = weights.T if node.number("transB", 0) else weights
    places = state.as_vector(node)
    if len(weights) != len(places):
        raise ModelFileError(f"{node}: a matrix of shape {weights.shape} for {len(places)} inputs")
    rows = np.empty_like(weights)
    rows[places] = weights
    n_out = weights.shape[1]
    layer = OpenLayer(node=node, weights=rows, bias=np.zeros(n_out), quantised=state.is_quantised(node, 1))
    alpha, beta = (_factor(node, name) for name in ("alpha", "beta"))
    state.open = layer.followed_by(node, np.full(n_out, alpha), None)
    state.index = np.arange(n_out)
    if len(node.inputs) > 2 and node.inputs[2]:
        bias = _of_each_sum(state.constant(node, 2), state, node) * beta
        state.open = state.open.followed_by(node, None, bias, quantised=state.is_quantised(node, 2))


def read_convolution(node: Node, state: State) -> None:
    """Read Conv; its kernel is (filters, channels, height, width), or channels last as its images are."""
    state.settle_relu(node)
    last = node.domain == CHANNELS_LAST
    shape = state.as_image(node, channels_last=last)
    kernel = state.constant(node, 1).astype(np.float64)
    dilated = any(one != 1 for one in node.numbers("dilations", ()))
    if kernel.ndim != 4 or node.number("group", 1) != 1 or dilated:
        raise ModelFileError(f"{node}: a kernel of shape {kernel.shape} in groups or dilated is not known")
    kernel = np.moveaxis(kernel, -1, 1) if last else kernel
    if kernel.shape[1] != shape[2]:
        raise ModelFileError(f"{node}: a kernel for {kernel.shape[1]} channels reads {shape[2]}")
    sides, strides = (kernel.shape[2], kernel.shape[3]), node.pair("strides", (1, 1))
    padding = padding_of(node, shape, sides, strides)
    layer = OpenLayer(
        node=node,
        weights=np.ascontiguousarray(kernel.transpose(2, 3, 1, 0)),
        bias=np.zeros(len(kernel)),
        quantised=state.is_quantised(node, 1),
        image=shape,
        strides=strides,
        padding=padding,
    )
    result = (*result_sides(shape, sides, strides, padding), len(kernel))
    state.index = arranged_index(result, channels_last=last)
    if len(node.inputs) > 2 and node.inputs[2]:
        bias = state.constant(node, 2).astype(np.float64)
        layer = layer.followed_by(node, None, bias, quantised=state.is_quantised(node, 2))
    state.open = layer


def read_affine(node: Node, state: State) -> None:
    """Read Add, Sub, Mul and Div with a constant: into the layer before, or half a step before a rounding."""
    operand, place = state.operand(node)
    if place == 0 and node.op in ("Sub", "Div"):
        raise ModelFileError(f"{node}: takes the tensor from a constant; only the other way round is known")
    if state.open is None:
        _wait(node, state, operand)
        return
    each = _of_each_sum(operand, state, node)
    if node.op in ("Add", "Sub"):
        shift = each if node.op == "Add" else -each
        state.open = state.open.followed_by(node, None, shift, quantised=state.is_quantised(node, place))
        return
    odd = np.frexp(np.abs(each))[0] != 0.5
    if node.op == "Div" and odd.any():
        raise ModelFileError(f"{node}: divides by {each[odd][0]:g}, which is no power of two")
    state.open = state.open.followed_by(node, each if node.op == "Mul" else 1 / each, None)


def read_normalisation(node: Node, state: State) -> None:
    """Read BatchNormalization into the layer before."""
    if state.open is None:
        raise ModelFileError(
            f"{node}: a normalisation can only be folded into the layer with weights before it"
        )
    epsilon = node.attributes.get("epsilon", 1e-5)
    if len(node.inputs) != 5 or not isinstance(epsilon, float) or node.number("training_mode", 0):
        raise ModelFileError(f"{node}: not a normalisation by fixed numbers")
    # Channels are the second axis, and the last in the channels-last domain.
    sides = [1] * (state.index.ndim - 1)
    parts = [state.constant(node, place).reshape(-1) for place in range(1, 5)]
    shaped = [
        one.reshape(*sides, -1) if node.domain == CHANNELS_LAST else one.reshape(-1, *sides) for one in parts
    ]
    each = [_of_each_sum(one, state, node) for one in shaped]
    state.open = state.open.followed_by(node, *folded_normalisation(node, epsilon, *each))


def _wait(node: Node, state: State, operand: NDArray[Any]) -> None:
    """Keep an addition that no layer can take for the Quant that follows."""
    if node.op not in ("Add", "Sub"):
        raise ModelFileError(f"{node}: a factor can only be folded into the layer with weights before it")
    half = spread(operand.astype(np.float64), state.index.shape, node)
    state.pending = state.pending.moved(node, half if node.op == "Add" else -half)


def _factor(node: Node, name: str) -> float:
    value = node.attributes.get(name, 1.0)
    if not isinstance(value, float | int):
        raise ModelFileError(f"{node}: attribute {name!r} is {value!r}, not a number")
    return float(value)


def _of_each_sum(constant: NDArray[Any], state: State, node: Node) -> Scalars:
    """Give one number for each sum of the open layer, from a constant that goes with the graph's tensor."""
    each = spread(constant.astype(np.float64), state.index.shape, node)
    if each.ndim == 1 or state.open is None:
        return np.asarray(each)
    by_place = np.empty((each.size // len(state.open.bias), len(state.open.bias)))
    by_place.reshape(-1)[state.index.reshape(-1)] = each.reshape(-1)
    if (by_place != by_place[0]).any():
        raise ModelFileError(f"{node}: its constant differs from place to place of an image")
    return np.asarray(by_place[0])
