"""What each operator of a graph means for the network that is read from it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from l1ad.core.network import Pooling2D, PoolingFunction
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.constants import reshaped_to
from l1ad.exchange.qonnx.formats import is_quant, quant_spec
from l1ad.exchange.qonnx.order import CHANNELS_LAST, arranged_index, spread
from l1ad.exchange.qonnx.read import Node
from l1ad.exchange.qonnx.state import State
from l1ad.exchange.qonnx.sums import read_affine, read_convolution, read_matrix, read_normalisation

__all__ = ["read_node"]

_STANDARD = ("", "ai.onnx")
_FLOAT, _DOUBLE = 1, 11  # ONNX's numbers for these types


def read_node(node: Node, state: State) -> None:
    """Take one node with one tensor that depends on the input into the network.

    Raises:
        ModelFileError: If firmware does not compute it exactly, or it is not known here.
    """
    if is_quant(node):
        state.quantise(node, quant_spec(node, state.constants.arrays), node.outputs[0])
        return
    reader = _OPERATORS.get(node.op)
    channels_last = node.domain == CHANNELS_LAST and node.op in _WITH_CHANNELS_LAST
    if (node.domain, node.op) == ("qonnx.custom_op.general", "MaxPoolNHWC"):
        reader = _pooled
    elif node.domain not in _STANDARD and not channels_last:
        reader = None
    if reader is None:
        place = f" of {node.domain!r}" if node.domain not in _STANDARD else ""
        raise ModelFileError(
            f"{node}: the operator{place} is not known; known are Quant, IntQuant, Trunc, "
            f"{', '.join(_OPERATORS)}"
        )
    reader(node, state)
    state.tensor = node.outputs[0]


def _passed(node: Node, state: State) -> None:
    """Let values pass: Identity, Dropout at work, Cast between floating-point types."""
    state.settle(node)
    to_float = node.op != "Cast" or node.attributes.get("to") in (_FLOAT, _DOUBLE)
    if not to_float or (node.op == "Dropout" and len(node.inputs) > 2):
        raise ModelFileError(f"{node}: does not let its values pass as they are")


def _relu(node: Node, state: State) -> None:
    state.settle_relu(node)
    state.pending = replace(state.pending, relu=True)


def _clip(node: Node, state: State) -> None:
    """Read Clip, Max and Min with constants as limits that a Quant makes a number format of."""
    state.settle(node)
    if node.op == "Clip":
        names = (*node.inputs[1:], "", "")[:2]
        low, high = (state.constant(node, place) if name else None for place, name in enumerate(names, start=1))
    else:
        limit, _ = state.operand(node)
        low, high = (limit, None) if node.op == "Max" else (None, limit)
    low, high = (
        None if one is None else spread(one.astype(np.float64), state.index.shape, node) for one in (low, high)
    )
    state.pending = state.pending.limited(low, high)


def _pooled(node: Node, state: State) -> None:
    """Read MaxPool, AveragePool and the global ones, without padding."""
    state.settle_relu(node)
    last = node.domain not in _STANDARD
    shape = state.as_image(node, channels_last=last)
    if node.op.startswith("Global"):
        pool = strides = shape[0], shape[1]
    else:
        pool, strides = node.pair("kernel_shape", (0, 0)), node.pair("strides", (1, 1))
    pads, dilations = any(node.numbers("pads", ())), any(one != 1 for one in node.numbers("dilations", ()))
    whole = all((size - side) % step == 0 for size, side, step in zip(shape, pool, strides, strict=False))
    padded = pads or node.word("auto_pad", "NOTSET") not in ("NOTSET", "VALID")
    if padded or dilations or (node.number("ceil_mode", 0) and not whole):
        raise ModelFileError(f"{node}: pooling with padding or dilation is not known")
    state.tensor = node.outputs[0]
    layer = Pooling2D(
        name=state.name_for("pool"),
        function=PoolingFunction.MAX if "Max" in node.op else PoolingFunction.AVERAGE,
        input_shape=shape,
        pool=pool,
        strides=strides,
    )
    state.index = arranged_index(layer.result_shape, channels_last=last)
    state.add(layer, node)


def _transposed(node: Node, state: State) -> None:
    state.settle_shape(node)
    perm = node.numbers("perm", ())
    if sorted(perm) != list(range(state.index.ndim + 1)) or perm[0] != 0:
        raise ModelFileError(f"{node}: axes {list(perm)}; the events must stay the first")
    state.index = state.index.transpose([axis - 1 for axis in perm[1:]])


def _reshaped(node: Node, state: State) -> None:
    """Read Reshape and Flatten, which keep the order of the elements."""
    state.settle_shape(node)
    shape = state.index.shape
    if node.op == "Flatten":
        if node.number("axis", 1) != 1:
            raise ModelFileError(f"{node}: flattens events together")
        state.index = state.index.reshape(-1)
        return
    # The size of the batch may be any number: exporters write the one they traced with.
    batch, *inner = (int(size) for size in state.constant(node, 1).reshape(-1))
    if not inner or (-1 in inner and batch == -1):
        raise ModelFileError(f"{node}: the shape {[batch, *inner]} does not keep the events first")
    sizes = [shape[axis] if size == 0 and axis < len(shape) else size for axis, size in enumerate(inner)]
    state.index = state.index.reshape(reshaped_to(node, (state.index.size,), sizes))


_OPERATORS: Mapping[str, Callable[[Node, State], None]] = {
    "Add": read_affine, "Sub": read_affine, "Mul": read_affine, "Div": read_affine,
    "BatchNormalization": read_normalisation, "MatMul": read_matrix, "Gemm": read_matrix,
    "Conv": read_convolution, "MaxPool": _pooled, "AveragePool": _pooled, "GlobalMaxPool": _pooled,
    "GlobalAveragePool": _pooled, "Relu": _relu, "Clip": _clip, "Max": _clip, "Min": _clip,
    "Transpose": _transposed, "Reshape": _reshaped, "Flatten": _reshaped, "Identity": _passed,
    "Dropout": _passed, "Cast": _passed,
}  # fmt: skip

_WITH_CHANNELS_LAST = ("Conv", "MaxPool", "BatchNormalization")
