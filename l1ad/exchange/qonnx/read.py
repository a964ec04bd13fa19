"""An ONNX file as plain values: nodes in order, constants, one input, one output; whatever else is refused."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.quant import quant_function

if TYPE_CHECKING:
    from onnx import FunctionProto, GraphProto, ModelProto, NodeProto, ValueInfoProto

__all__ = ["Node", "OnnxModel", "read_model"]

_MOST_ELEMENTS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node.

    Attributes:
        op: Its operator.
        domain: Where the operator is from; empty for ONNX itself.
        name: Its name, or that of its first result.
        inputs: Names of what it reads; empty where an optional one is left out.
        outputs: Names of what it gives.
        attributes: Numbers, strings, lists of them, arrays.
    """

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        return f"node {self.name!r} ({self.op})"

    def number(self, name: str, default: int) -> int:
        """Give an attribute that is a whole number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int):
            raise ModelFileError(f"{self}: attribute {name!r} is {value!r}, not a whole number")
        return value

    def numbers(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Give an attribute that is a list of whole numbers."""
        value = self.attributes.get(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(one, int) for one in value):
            raise ModelFileError(f"{self}: attribute {name!r} is {value!r}, not a list of whole numbers")
        return tuple(value)

    def pair(self, name: str, default: tuple[int, int]) -> tuple[int, int]:
        """Give an attribute that is two whole numbers from 1 up."""
        values = self.numbers(name, default)
        if len(values) != 2 or min(values) < 1:
            raise ModelFileError(f"{self}: {name} {list(values)}; two whole numbers from 1 up are wanted")
        return values[0], values[1]

    def word(self, name: str, default: str) -> str:
        """Give an attribute that is a word."""
        value = self.attributes.get(name, default)
        if not isinstance(value, bytes | str):
            raise ModelFileError(f"{self}: attribute {name!r} is {value!r}, not a word")
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OnnxModel:
    """What a file holds, as far as the wanted output depends on it.

    Attributes:
        where: The file, for messages.
        nodes: Nodes, each after those it reads from.
        constants: Arrays by name.
        input_name: The one tensor that is given.
        input_shape: Its shape, the batch not counted.
        output: The tensor that is wanted.
        metadata: What the file says of itself.
    """

    where: str
    nodes: tuple[Node, ...]
    constants: dict[str, NDArray[Any]]
    input_name: str
    input_shape: tuple[int, ...]
    output: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_model(path: Path, output: str | None) -> OnnxModel:
    """Read a file.

    Args:
        path: The file.
        output: The tensor that is wanted, any of the graph; None for the only output.

    Raises:
        ModelFileError: If it is no ONNX file, keeps data in other files, goes in circles, has not one input,
            or does not have the output.
        ToolError: If the package `onnx` is missing.
    """
    where = str(path)
    model = _loaded(path)
    graph = model.graph
    _check_functions(model.functions, where)
    if not graph.node:
        raise ModelFileError(f"{where}: the graph has no nodes")
    constants = dict(_constants(graph, where))
    nodes = [_node(node, where) for node in graph.node]
    given = [one for one in graph.input if one.name not in constants]
    if len(given) != 1:
        names = ", ".join(one.name for one in given) or "none"
        raise ModelFileError(f"{where}: {len(given)} inputs ({names}); a network with one is wanted")
    outputs = [one.name for one in graph.output]
    if output is None and len(outputs) != 1:
        raise ModelFileError(
            f"{where}: {len(outputs)} outputs ({', '.join(outputs) or 'none'}); name the one that is wanted, "
            "e.g. output='mean'"
        )
    wanted = outputs[0] if output is None else output
    return OnnxModel(
        where=where,
        nodes=_ancestors(nodes, wanted, {given[0].name, *constants}, where),
        constants=constants,
        input_name=given[0].name,
        input_shape=_shape(given[0], where),
        output=wanted,
        metadata={one.key: one.value for one in model.metadata_props},
    )


def _loaded(path: Path) -> "ModelProto":
    try:
        import onnx
    except ImportError as missing:
        raise ToolError(f"QONNX is read by the package onnx ({missing}); install l1ad[onnx]") from None
    try:
        # Data in other files is not fetched: a path in a foreign file could lead anywhere.
        return onnx.load_model_from_string(path.read_bytes())
    except OSError as fault:
        raise ModelFileError(f"{path}: {fault.strerror or fault}") from None
    except Exception as fault:  # protobuf raises a class of its own for each fault
        raise ModelFileError(f"{path}: not an ONNX file ({fault})") from None


def _check_functions(functions: "Iterable[FunctionProto]", where: str) -> None:
    """Let pass the function that our own exports carry; another one could mean anything by `Quant`."""
    for function in functions:
        ours = quant_function().SerializeToString(deterministic=True)
        if function.SerializeToString(deterministic=True) != ours:
            raise ModelFileError(
                f"{where}: defines a function {function.domain}.{function.name} of its own; "
                "inline its functions first (onnx.inliner)"
            )


def _constants(graph: "GraphProto", where: str) -> Iterator[tuple[str, NDArray[Any]]]:
    from onnx import TensorProto, numpy_helper

    if graph.sparse_initializer:
        raise ModelFileError(f"{where}: {graph.sparse_initializer[0].values.name!r} is sparse; make it dense")
    for tensor in graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
            raise ModelFileError(
                f"{where}: {tensor.name!r} lies in another file; save the model as one file "
                "(onnx.save without external data)"
            )
        try:
            yield tensor.name, numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError) as fault:
            raise ModelFileError(f"{where}: constant {tensor.name!r} cannot be read ({fault})") from None


def _node(node: "NodeProto", where: str) -> Node:
    from onnx import AttributeProto, TensorProto, helper, numpy_helper

    name = node.name or (node.output[0] if node.output else "")
    attributes: dict[str, Any] = {}
    for one in node.attribute:
        if one.type == AttributeProto.TENSOR:
            if one.t.data_location == TensorProto.EXTERNAL:
                raise ModelFileError(f"{where}: node {name!r} keeps a constant in another file; save it as one")
            attributes[one.name] = numpy_helper.to_array(one.t)
        elif one.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS) or one.ref_attr_name:
            raise ModelFileError(f"{where}: node {name!r} ({node.op_type}) holds a graph of its own")
        else:
            attributes[one.name] = helper.get_attribute_value(one)
    return Node(
        op=node.op_type, domain=node.domain, name=name, inputs=tuple(node.input), outputs=tuple(node.output),
        attributes=attributes,
    )  # fmt: skip


def _ancestors(nodes: list[Node], output: str, given: set[str], where: str) -> tuple[Node, ...]:
    """List the nodes that an output depends on, each after those it reads from."""
    giver: dict[str, Node] = {}
    for node in nodes:
        for name in node.outputs:
            if name in giver or name in given:
                raise ModelFileError(f"{where}: tensor {name!r} is given twice, the second time by {node}")
            if name:
                giver[name] = node
    if output not in giver:
        raise ModelFileError(f"{where}: no node gives a tensor {output!r}")
    ordered: dict[tuple[str, ...], Node] = {}
    # Depth first, without recursion: foreign graphs can be deep. A node is opened, and closed after its givers.
    opened: set[tuple[str, ...]] = set()
    stack = [(giver[output], False)]
    while stack:
        node, close = stack.pop()
        key = node.outputs
        if close:
            ordered[key] = node
            continue
        if key in ordered:
            continue
        if key in opened:
            raise ModelFileError(f"{where}: the graph goes in circles through {node}")
        opened.add(key)
        stack.append((node, True))
        for name in node.inputs:
            if name and name not in given:
                if name not in giver:
                    raise ModelFileError(f"{where}: {node} reads {name!r}, which nothing gives")
                if giver[name].outputs not in ordered:
                    stack.append((giver[name], False))
    return tuple(ordered.values())


def _shape(tensor: "ValueInfoProto", where: str) -> tuple[int, ...]:
    sizes = [one.dim_value for one in tensor.type.tensor_type.shape.dim]
    if len(sizes) < 2 or any(size < 1 for size in sizes[1:]):
        raise ModelFileError(
            f"{where}: input {tensor.name!r} has the shape {sizes}; every size but the batch must be known, "
            "e.g. (1, 57)"
        )
    if np.prod([float(size) for size in sizes[1:]]) > _MOST_ELEMENTS:
        raise ModelFileError(
            f"{where}: input {tensor.name!r} has the shape {sizes}, more than any trigger reads"
        )
    return tuple(sizes[1:])
