"""The network as far as it is read: its layers, and where in a graph's tensor each of its elements lies."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.names import check_identifier
from l1ad.core.network import Activation, ActivationFunction, Layer, Reshape, Shape
from l1ad.core.tensor import TensorType
from l1ad.core.trace import RESERVED_NAMES
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.constants import Folded
from l1ad.exchange.qonnx.formats import QuantSpec, step_bits
from l1ad.exchange.qonnx.order import spread
from l1ad.exchange.qonnx.pending import Pending, types_of
from l1ad.exchange.qonnx.read import Node
from l1ad.exchange.qonnx.weighted import OpenLayer

__all__ = ["State"]


@dataclass(slots=True, kw_only=True, eq=False)
class State:
    """What has been read.

    Attributes:
        tensor: The graph's tensor that has been reached.
        index: For each element of that tensor, its place in the network's flat tensor; in the tensor's
            shape, the batch not counted. A graph's images are channels first, the network's channels last.
        input_type: Number format(s) of the network's input, once they are known.
        given: Number format(s) of what has been reached, once they are known.
        shape: Shape that the network gives it.
        layers: Layers read.
        open: A layer with weights that may still change.
        pending: Nodes that wait for a Quant.
        notes: What is to be told.
        constants: The constant part of the graph.
        tensors: Names of the graph's tensors, which later layers may have.
    """

    tensor: str
    index: NDArray[np.int64]
    input_type: TensorType | None
    given: TensorType | None
    shape: Shape
    constants: Folded
    layers: list[Layer] = field(default_factory=list)
    open: OpenLayer | None = None
    pending: Pending = field(default_factory=Pending)
    notes: list[str] = field(default_factory=list)
    tensors: frozenset[str] = frozenset()

    def known_type(self, node: Node) -> TensorType:
        """Give the number format(s) of what has been reached.

        Raises:
            ModelFileError: If nothing has told them yet.
        """
        if self.given is None:
            raise ModelFileError(
                f"{node} reads the input, whose number format nothing tells; put a Quant on it, or "
                "give input_type"
            )
        return self.given

    def add(self, layer: Layer, node: Node) -> None:
        """Append a layer that a node asks for."""
        given = self.known_type(node)
        layer.check_input(given)
        try:
            self.given, self.shape = layer.output_type(given), layer.output_shape(self.shape)
        except ValueError as fault:
            raise ModelFileError(f"{node}: {fault}") from None
        self.layers.append(layer)

    def constant(self, node: Node, place: int) -> NDArray[Any]:
        """Give an input of a node that must be constant."""
        if len(node.inputs) <= place:
            raise ModelFileError(f"{node}: has {len(node.inputs)} inputs; {place + 1} are wanted")
        if node.inputs[place] not in self.constants.arrays:
            raise ModelFileError(
                f"{node}: {node.inputs[place]!r} depends on the input, where a constant is wanted"
            )
        return self.constants.arrays[node.inputs[place]]

    def is_quantised(self, node: Node, place: int) -> bool:
        """Tell whether a constant input of a node has passed a quantiser."""
        return node.inputs[place] in self.constants.quantised

    def operand(self, node: Node) -> tuple[NDArray[Any], int]:
        """Give the constant of a node with one tensor and one constant, and its place."""
        places = [place for place, name in enumerate(node.inputs) if name in self.constants.arrays]
        if len(node.inputs) != 2 or len(places) != 1:
            raise ModelFileError(
                f"{node}: joins {len(node.inputs)} tensors; a tensor and a constant are wanted"
            )
        return self.constants.arrays[node.inputs[places[0]]], places[0]

    def name_for(self, kind: str) -> str:
        """Name a layer by the tensor reached, else by its kind and number.

        The tensor's name is taken where C++ can bear it and the elements are those of the layer, in order.
        """
        taken = RESERVED_NAMES | {layer.name for layer in self.layers}
        if self.tensor not in taken and self.in_order and _is_identifier(self.tensor):
            return self.tensor
        number = 1
        while f"{kind}_{number}" in taken | self.tensors:
            number += 1
        return f"{kind}_{number}"

    @property
    def in_order(self) -> bool:
        """Whether the graph's tensor and the network's have their elements in one order, images aside."""
        channels_last = self.index.transpose(1, 2, 0) if self.index.ndim == 3 else self.index
        wanted = np.arange(self.index.size)
        return any(np.array_equal(one.reshape(-1), wanted) for one in (self.index, channels_last))

    def settle(self, node: Node) -> None:
        """Close what is open, before something that is no part of it."""
        if self.open is not None:
            kind = "dense" if self.open.image is None else "conv"
            layer, note = self.open.closed(self.name_for(kind), self.known_type(node))
            self.open = None
            self.notes += [note] if note else []
            self.add(layer, node)

    def settle_relu(self, node: Node) -> None:
        """Close what is open, and a ReLU without a Quant: its result needs no bit that its input has not."""
        self.settle(node)
        if self.pending.needs_quant:
            raise ModelFileError(f"{node} stands after {self.pending.needs_quant} without a Quant between them")
        if self.pending.relu:
            self.pending = Pending()
            self._activate(ActivationFunction.RELU, self.known_type(node), node)

    def settle_shape(self, node: Node) -> None:
        """Close what is open before the tensor gets another shape; a ReLU may wait beyond."""
        self.settle(node)
        if self.pending.needs_quant:
            raise ModelFileError(f"{node} stands after {self.pending.needs_quant} without a Quant between them")

    def quantise(self, node: Node, spec: QuantSpec, tensor: str) -> None:
        """Read a quantiser, with what waits for it, as an activation; or as the type of the network's input."""
        self.settle(node)
        result = self._result(node, spec)
        self.tensor = tensor
        if self.given is None:
            if self.pending.relu:
                raise ModelFileError(
                    f"{node}: the input's number format is not known before its ReLU; give input_type"
                )
            self.input_type = self.given = result
        elif self.layers or self.pending.relu or not _same_values(self.given, result, self.index.size):
            function = ActivationFunction.RELU if self.pending.relu else ActivationFunction.LINEAR
            self._activate(function, result, node)
        self.pending = Pending()

    def _activate(self, function: ActivationFunction, result: TensorType, node: Node) -> None:
        name = self.name_for("relu" if function is ActivationFunction.RELU else "quant")
        self.add(Activation(name=name, function=function, n=self.index.size, result=result), node)

    def _result(self, node: Node, spec: QuantSpec) -> TensorType:
        scale = spread(spec.scale, self.index.shape, node)
        given = None if self.given is None else self.given.of_each(self.index.size)
        if spec.given_scale is not None:
            finest = int(step_bits(spec.given_scale).min())
            if given is None or max(one.fraction for one in given) > finest:
                raise ModelFileError(f"{node}: what it is given has finer steps than it says")
        spec = QuantSpec(
            where=spec.where, scale=scale, low=spec.low, high=spec.high, mode=spec.mode, bipolar=spec.bipolar
        )
        types = types_of(self.pending, spec, self.index.shape)
        each = np.empty(self.index.size, dtype=object)
        each[self.index.reshape(-1)] = types.reshape(-1)
        if self.pending.wrap is not None or self.pending.zeroed is not None:
            # They stand for a cast only on whole steps; otherwise rounding would have come before.
            coarse = given is not None and all(
                before.fraction <= one.fraction or not one.width
                for before, one in zip(given, each, strict=True)
            )
            if not coarse or self.pending.half is not None:
                raise ModelFileError(
                    f"{node}: a wrap or a limit to zero comes before the rounding; round first"
                )
        try:
            return TensorType((each[0],)) if all(one == each[0] for one in each) else TensorType(tuple(each))
        except ValueError as fault:
            raise ModelFileError(f"{node}: {fault}") from None

    def as_image(self, node: Node, *, channels_last: bool) -> Shape:
        """Make the network hold an image of what the graph holds; give its height, width and channels.

        Raises:
            ModelFileError: If the tensor is no image, or its elements lie in another order.
        """
        if self.index.ndim != 3:
            raise ModelFileError(f"{node} reads a tensor of shape {self.index.shape}, which is no image")
        last = self.index if channels_last else self.index.transpose(1, 2, 0)
        flat, wanted = last.reshape(-1), np.arange(last.size)
        shape = tuple(int(side) for side in last.shape)
        if not np.array_equal(flat, wanted):
            self._reorder_input(node, flat)
        if self.shape != shape:
            self.add(Reshape(name=self.name_for("image"), input_shape=self.shape, target_shape=shape), node)
        return shape

    def as_vector(self, node: Node) -> NDArray[np.int64]:
        """Make the network hold a vector; give the place of each of the graph's elements in it."""
        if self.index.ndim != 1:
            raise ModelFileError(f"{node} reads a tensor of shape {self.index.shape}; flatten it first")
        if len(self.shape) != 1:
            flat = (self.index.size,)
            self.add(Reshape(name=self.name_for("flatten"), input_shape=self.shape, target_shape=flat), node)
        return self.index

    def _reorder_input(self, node: Node, flat: NDArray[np.int64]) -> None:
        """Take the network's input in the order of the first image it becomes."""
        self.known_type(node)
        if self.layers or self.input_type is None:
            raise ModelFileError(
                f"{node}: reads an image whose elements were made in another order, channels first; "
                "only the network's input can be taken in another order"
            )
        each = self.input_type.of_each(flat.size)
        if not self.input_type.is_uniform:
            self.input_type = self.given = TensorType(tuple(each[place] for place in flat))
        moved = np.empty(flat.size, dtype=np.int64)
        moved[flat] = np.arange(flat.size)
        self.index = moved[self.index]
        self.notes.append(
            "the network reads its inputs row by row, channels last; the graph's input is of another order"
        )


def _is_identifier(name: str) -> bool:
    try:
        check_identifier(name, "layer name")
    except ValueError:
        return False
    return True


def _same_values(one: TensorType, other: TensorType, n: int) -> bool:
    """Tell whether two types hold the same numbers, whatever they round."""
    pairs = zip(one.of_each(n), other.of_each(n), strict=True)
    return all((a.width, a.integer, a.signed) == (b.width, b.integer, b.signed) for a, b in pairs)
