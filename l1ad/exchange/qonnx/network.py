"""QONNX in: graphs of quantised networks, as Brevitas, QKeras converters, qonnx itself and we write them.

Only chains of what firmware computes exactly are taken; everything else is refused by name. Numbers are
fixed-point: scales are powers of two, zero points 0. Sums are exact: accumulators are as wide as they need.
"""

import math
from pathlib import Path

import numpy as np

from l1ad.core.network import FrozenNetwork
from l1ad.core.tensor import TensorType
from l1ad.exchange.imported import Imported, ModelFileError
from l1ad.exchange.qonnx.constants import folded
from l1ad.exchange.qonnx.operators import read_node
from l1ad.exchange.qonnx.patterns import Readers, is_half_step, read_branches, read_linear_quantiser
from l1ad.exchange.qonnx.read import Node, OnnxModel, read_model
from l1ad.exchange.qonnx.state import State

__all__ = ["network_from_qonnx"]

_TRIGGER_KEY = "l1ad.algorithm_digest"


def network_from_qonnx(
    path: Path, *, input_type: TensorType | None = None, output: str | None = None
) -> Imported:
    """Read a network from a QONNX file.

    Taken are Quant (IntQuant, Trunc, and QuantizeLinear with DequantizeLinear) on the input, on weights, on
    biases and after layers; MatMul, Gemm, Conv, with Add, Mul and BatchNormalization after them folded in
    where that is exact; Relu, MaxPool, AveragePool, Flatten, Reshape, Transpose. The network holds images
    channels last, and takes its input so, whatever the order in the graph; a note says where that matters.
    Constants without a Quant are taken if 16 bits hold them: floating-point weights are none of the kind.

    Args:
        path: The file.
        input_type: Number format(s) of the input, in the order of the graph's elements; None takes them
            from the first Quant.
        output: Name of the tensor that is wanted, e.g. the mean of a variational encoder; None for the
            graph's only output.

    Returns:
        The network and notes; on the tensors they share it gives the integers that qonnx computes.

    Raises:
        ModelFileError: If the file is none, or holds what is not exact in fixed-point numbers or not known.
        NotExactError: If a layer's sums are wider than is emulated.
        ToolError: If the package `onnx` is missing.
    """
    model = read_model(path, output)
    if _TRIGGER_KEY in model.metadata and output is None:
        raise ModelFileError(
            f"{path}: is a whole trigger algorithm of l1ad, with input scaling and score; load its trigger.json"
        )
    n = math.prod(model.input_shape)
    try:
        state = State(
            tensor=model.input_name,
            index=np.arange(n).reshape(model.input_shape),
            input_type=input_type,
            given=input_type,
            shape=(n,),
            constants=folded(model),
            tensors=frozenset(name for node in model.nodes for name in node.outputs),
        )
        last = _followed(model, state)
        return _finished(last, state, n)
    except ModelFileError as fault:
        raise ModelFileError(f"{path}: {fault}") from None


def _followed(model: OnnxModel, state: State) -> Node:
    """Follow the chain of nodes from the input to the output; give the last."""
    readers = Readers(state.constants.nodes)
    node: Node | None = None
    while state.tensor != model.output:
        following = readers.of(state.tensor)
        if not following:
            raise ModelFileError(f"the output {model.output!r} does not depend on {state.tensor!r}")
        node = following[0]
        try:
            if len(following) > 1:
                read_branches(following, readers, state)
            else:
                _read_single(node, readers, state)
        except (ValueError, TypeError, LookupError, ArithmeticError) as fault:
            raise ModelFileError(f"{node} cannot be read ({fault})") from None
    if node is None:
        raise ModelFileError(f"the output {model.output!r} is the input itself; there is nothing to compute")
    return node


def _read_single(node: Node, readers: Readers, state: State) -> None:
    """Read a node that alone reads what has been reached, and nothing else that depends on the input."""
    arrays = state.constants.arrays
    others = [name for name in node.inputs if name and name != state.tensor and name not in arrays]
    if others or node.inputs.count(state.tensor) > 1:
        second = repr(others[0]) if others else "it again"
        raise ModelFileError(f"{node}: reads {state.tensor!r} and {second}; only chains are imported")
    if sum(bool(name) for name in node.outputs) != 1:
        raise ModelFileError(f"{node}: gives {len(node.outputs)} tensors; only chains are imported")
    if node.op == "QuantizeLinear":
        read_linear_quantiser(node, readers, state)
        return
    if is_half_step(node, readers, state):
        state.settle(node)
    read_node(node, state)


def _finished(last: Node, state: State, n_inputs: int) -> Imported:
    """Close the network after its last node."""
    state.settle_relu(last)
    if state.index.ndim == 1:
        state.as_vector(last)
    if not state.in_order:
        raise ModelFileError(f"{last}: gives its elements in an order that the network does not have")
    if not state.layers or state.input_type is None:
        raise ModelFileError(f"{last}: the graph quantises its input and computes nothing")
    try:
        network = FrozenNetwork(n_inputs=n_inputs, input_type=state.input_type, layers=tuple(state.layers))
    except ValueError as fault:
        raise ModelFileError(f"its layers do not fit together ({fault})") from None
    return Imported(network=network, notes=tuple(state.notes))
