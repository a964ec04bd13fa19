"""The constant part of a graph, computed: quantised, transposed and reshaped weights, scales, biases."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.formats import dequantised_spec, is_quant, quant_spec
from l1ad.exchange.qonnx.read import Node, OnnxModel

__all__ = ["Folded", "folded", "reshaped_to"]

Array = NDArray[Any]

_ELEMENTWISE = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Neg": np.negative}
_MOST_ELEMENTS = 1 << 24
_KEEPS_QUANTISED = ("Transpose", "Reshape", "Identity", "Squeeze", "Unsqueeze", "Cast")
_FLOATS = {1: np.float32, 11: np.float64}  # by ONNX's numbers


class Folded:
    """Arrays by name, which of them have passed a quantiser, and the nodes that depend on the input."""

    def __init__(self, model: OnnxModel) -> None:
        self.arrays: dict[str, Array] = dict(model.constants)
        self.quantised: set[str] = set()
        self.nodes: list[Node] = []


def folded(model: OnnxModel) -> Folded:
    """Compute every node that does not depend on the input, in its own floating-point type as a runtime does.

    Raises:
        ModelFileError: If such a node has an operator that is not known here.
    """
    found = Folded(model)
    for node in model.nodes:
        if any(name and name not in found.arrays for name in node.inputs):
            found.nodes.append(node)
            continue
        if len(node.outputs) != 1:
            raise ModelFileError(f"{model.where}: {node} gives {len(node.outputs)} constants")
        try:
            found.arrays[node.outputs[0]] = np.asarray(_computed(node, found.arrays))
        except (ValueError, TypeError, LookupError, ArithmeticError) as fault:
            raise ModelFileError(f"{node} cannot be computed ({fault})") from None
        if (
            is_quant(node)
            or node.op == "DequantizeLinear"
            or (node.op in _KEEPS_QUANTISED and node.inputs[0] in found.quantised)
        ):
            found.quantised.add(node.outputs[0])
    return found


def reshaped_to(node: Node, shape: tuple[int, ...], wanted: list[int]) -> tuple[int, ...]:
    """Resolve the target of a Reshape: 0 keeps a size, one -1 takes what is left."""
    keeps_zero = node.number("allowzero", 0)
    if any(size == 0 and (keeps_zero or axis >= len(shape)) for axis, size in enumerate(wanted)):
        raise ModelFileError(f"{node}: the shape {wanted} has a side without elements")
    sizes = [shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    known = int(np.prod([size for size in sizes if size != -1]))
    total = int(np.prod(shape))
    if sizes.count(-1) > 1 or known < 1 or total % known or (-1 not in sizes and known != total):
        raise ModelFileError(f"{node}: a tensor of shape {shape} cannot become {wanted}")
    return tuple(total // known if size == -1 else size for size in sizes)


def _computed(node: Node, arrays: dict[str, Array]) -> Array:
    if is_quant(node):
        return quant_spec(node, arrays).apply(_real(node, arrays[node.inputs[0]]))
    if node.domain not in ("", "ai.onnx"):
        raise ModelFileError(f"{node} from {node.domain!r}: its operator is not known for constants")
    given = [arrays[name] for name in node.inputs if name]
    if node.op == "Constant":
        return _constant(node)
    if node.op == "DequantizeLinear":
        spec = dequantised_spec(None, None, node, arrays, given[0].ndim)
        return np.asarray(given[0].astype(np.float64) * spec.scale, dtype=given[1].dtype)
    if node.op == "QuantizeLinear":
        spec = dequantised_spec(node, None, node, arrays, given[0].ndim)
        kind = given[2].dtype if len(given) > 2 else np.dtype(np.uint8)
        steps = np.round(_real(node, given[0]) / spec.scale.astype(given[0].dtype))
        return np.asarray(np.clip(steps, spec.low, spec.high), dtype=kind)
    if node.op == "Clip" and len(given) == 3 and given[0].dtype.kind in "iu":
        return np.clip(*given)
    if node.op in _ELEMENTWISE and len({one.dtype for one in given}) == 1 and given[0].dtype.kind == "f":
        if (
            np.prod([float(side) for side in np.broadcast_shapes(*(one.shape for one in given))])
            > _MOST_ELEMENTS
        ):
            raise ModelFileError(f"{node}: a constant of more elements than any firmware holds")
        with np.errstate(all="ignore"):  # what is not finite is refused where it is used
            return np.asarray(_ELEMENTWISE[node.op](*given))
    if node.op == "Transpose":
        return given[0].transpose(node.numbers("perm", tuple(reversed(range(given[0].ndim)))))
    if node.op == "Reshape":
        return given[0].reshape(reshaped_to(node, given[0].shape, [int(size) for size in given[1]]))
    if node.op == "Identity":
        return given[0]
    if node.op == "Cast" and given[0].dtype.kind == "f" and node.attributes.get("to") in _FLOATS:
        return given[0].astype(_FLOATS[node.attributes["to"]])
    if node.op in ("Squeeze", "Unsqueeze"):
        axes = tuple(int(axis) for axis in given[1]) if len(given) > 1 else node.numbers("axes", ())
        return np.expand_dims(given[0], axes) if node.op == "Unsqueeze" else np.squeeze(given[0], axes or None)
    raise ModelFileError(f"{node}: an operator that is not known for constants; fold the constants first")


def _constant(node: Node) -> Array:
    for name, value in node.attributes.items():
        if name == "value":
            return np.asarray(value)
        if name in ("value_float", "value_floats"):
            return np.asarray(value, dtype=np.float32)
        if name in ("value_int", "value_ints"):
            return np.asarray(value, dtype=np.int64)
    raise ModelFileError(f"{node}: a constant without a number")


def _real(node: Node, array: Array) -> NDArray[np.floating]:
    if array.dtype not in (np.float32, np.float64) or not np.isfinite(array).all():
        raise ModelFileError(f"{node}: quantises a constant of {array.dtype} that is not all finite numbers")
    return array
