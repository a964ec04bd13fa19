"""A QONNX graph while it is written: nodes, constants, and of every tensor the range its values can have.

Tensors hold real numbers, `raw * 2**-fraction`. A vector has shape (n,), an image (channels, height, width)
as ONNX's convolution wants it; the event axis comes before. Ranges are raw integers in the tensor's steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.exchange.qonnx.quant import DOMAIN

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["EVENTS", "Graph", "Value", "arranged", "exact_dtype", "power_of_two"]

EVENTS = "n_events"

_MANTISSA = {"float32": 24, "float64": 53}
_SMALLEST_STEP = {"float32": 120, "float64": 1000}  # fraction bits; below lie numbers that processors flush


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Value:
    """A tensor of the graph.

    Attributes:
        name: Its name.
        dtype: `float32` or `float64`.
        fraction: Fraction bits of its raw integers.
        low: Lowest raw integer of each element, in the tensor's shape.
        high: Highest.
    """

    name: str
    dtype: str
    fraction: int
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape, the events not counted."""
        return self.low.shape

    @property
    def magnitude(self) -> int:
        """Largest absolute raw integer of any element."""
        return max(abs(int(self.low.min())), abs(int(self.high.max())))

    @property
    def flat_ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Lowest and highest raw integers, listed channels last."""
        images = len(self.shape) == 3
        low, high = (np.moveaxis(end, 0, -1) if images else end for end in (self.low, self.high))
        return low.reshape(-1), high.reshape(-1)


class Graph:
    """Nodes, constants and tensors in the order they are written; the same calls give the same bytes."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self.tensors: dict[str, tuple[str, tuple[int | str, ...]]] = {}
        self.scope = ""
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._numbers: dict[str, int] = {}

    def constant(self, array: NDArray[Any], what: str) -> str:
        """Add a constant, one number where all are equal, and give its name."""
        array = np.ascontiguousarray(array)
        if array.size and (array == array.flat[0]).all() and array.dtype.kind in "fb":
            array = array.flat[0].reshape(())
        return self.tensor_constant(array, what)

    def tensor_constant(self, array: NDArray[Any], what: str) -> str:
        """Add a constant in the shape it has, and give its name; a layer's same one is kept once."""
        key = (f"{self.scope}/{what} {array.dtype}", array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self._named(what)
            self.constants[self._known[key]] = np.array(array, order="C")
        return self._known[key]

    def node(
        self, op: str, inputs: Sequence[str], shape: tuple[int, ...], dtype: str, *, domain: str = "",
        of_events: bool = True, **attributes: Any,
    ) -> str:  # fmt: skip
        """Add a node of one result, its shape without the events, and give the result's name."""
        from onnx import helper

        result = self._named(op)
        self.nodes.append(helper.make_node(op, inputs, [result], name=result, domain=domain, **attributes))
        self.tensors[result] = (dtype, (EVENTS, *shape) if of_events else shape)
        return result

    def apply(self, op: str, value: Value, *constants: NDArray[Any], **attributes: Any) -> Value:
        """Add a node that works element by element on a value and on constants of its dtype; ranges stay."""
        others = [self.constant(np.asarray(one, dtype=value.dtype), "constant") for one in constants]
        name = self.node(op, [value.name, *others], value.shape, value.dtype, **attributes)
        return replace(value, name=name)

    def quant(
        self, name: str, shape: tuple[int, ...], scale: NDArray[np.float64], bits: int, *, signed: bool,
        narrow: bool = False, mode: str = "ROUND", of_events: bool = True,
    ) -> str:  # fmt: skip
        """Add a node `Quant` and give the result's name."""
        constants = [
            self.constant(np.asarray(scale, dtype=np.float32), "scale"),
            self.constant(np.zeros(1, dtype=np.float32), "zeropt"),
            self.constant(np.array([bits], dtype=np.float32), "bitwidth"),
        ]
        return self.node(
            "Quant", [name, *constants], shape, "float32", domain=DOMAIN, of_events=of_events,
            signed=int(signed), narrow=int(narrow), rounding_mode=mode,
        )  # fmt: skip

    def in_dtype(self, value: Value, dtype: str) -> Value:
        """Convert to `float32` or `float64` where it is not already."""
        if value.dtype == dtype:
            return value
        from onnx import helper

        to = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return replace(value, name=self.node("Cast", [value.name], value.shape, dtype, to=to), dtype=dtype)

    def reduced(self, op: str, value: Value, axis: int) -> str:
        """Add a reduction over one axis, the events not counted, and give the result's name."""
        shape = value.shape[:axis] + value.shape[axis + 1 :]
        axes = self.constant(np.array([axis + 1], dtype=np.int64), "axes")
        return self.node(op, [value.name, axes], shape, value.dtype, keepdims=0)

    def gathered(self, value: Value, indices: NDArray[np.int64]) -> Value:
        """Pick elements of a flat value, of the shape of `indices`; -1 is a zero."""
        if (indices < 0).any():
            pads = self.constant(np.array([0, 0, 0, 1], dtype=np.int64), "pads")
            name = self.node("Pad", [value.name, pads], (value.low.size + 1,), value.dtype)
            indices = np.where(indices < 0, value.low.size, indices)
            low, high = (np.append(end, 0) for end in (value.low, value.high))
            value = replace(value, name=name, low=low, high=high)
        places = self.tensor_constant(indices.astype(np.int64), "indices")
        name = self.node("Gather", [value.name, places], indices.shape, value.dtype, axis=1)
        return replace(value, name=name, low=value.low[indices], high=value.high[indices])

    def named(self, value: Value, name: str) -> Value:
        """Give a value the name it is to be found by."""
        if name in self.tensors:
            raise NotExactError(f"a tensor of the graph is named {name!r} already; rename the layer")
        if "/" not in value.name:  # it has such a name already
            value = self.apply("Identity", value)
        last = self.nodes[-1]
        self.tensors[name] = self.tensors.pop(value.name)
        last.output[0] = last.name = name
        return replace(value, name=name)

    def as_flat(self, value: Value) -> Value:
        """Flatten an image row by row, channels last, as l1ad holds every tensor."""
        if len(value.shape) == 1:
            return value
        low, high = (np.moveaxis(end, 0, -1) for end in (value.low, value.high))
        name = self.node("Transpose", [value.name], low.shape, value.dtype, perm=[0, 2, 3, 1])
        return self.reshaped(replace(value, name=name, low=low, high=high), (low.size,))

    def as_image(self, value: Value, shape: tuple[int, ...]) -> Value:
        """Make an image of (height, width, channels), held channels first, from a flat value."""
        image = self.reshaped(value, shape)
        low, high = (np.moveaxis(end, -1, 0) for end in (image.low, image.high))
        name = self.node("Transpose", [image.name], low.shape, value.dtype, perm=[0, 3, 1, 2])
        return replace(image, name=name, low=low, high=high)

    def reshaped(self, value: Value, shape: tuple[int, ...]) -> Value:
        """Give a value another shape, its elements in the same order."""
        wanted = self.constant(np.array([-1, *shape], dtype=np.int64), "shape")
        name = self.node("Reshape", [value.name, wanted], shape, value.dtype)
        return replace(value, name=name, low=value.low.reshape(shape), high=value.high.reshape(shape))

    def _named(self, what: str) -> str:
        stem = f"{self.scope}/{what}"
        number = self._numbers.get(stem, 0)
        self._numbers[stem] = number + 1
        return f"{stem}_{number}"


def exact_dtype(magnitude: int, fraction: int, what: str) -> str:
    """Find the narrowest floating-point type that holds raw integers up to a magnitude.

    Raises:
        NotExactError: If not even float64 holds them.
    """
    for dtype, bits in _MANTISSA.items():
        if magnitude < 1 << bits and abs(fraction) < _SMALLEST_STEP[dtype]:
            return dtype
    raise NotExactError(
        f"{what} reaches raw integers of {magnitude.bit_length()} bits, {fraction} of them after the point; "
        f"ONNX computes in floating point, which holds {_MANTISSA['float64']}, so use narrower types"
    )


def power_of_two(exponents: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Give 2**exponent, exactly."""
    return np.ldexp(1.0, exponents)


def arranged(flat: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Bring what is listed element by element, channels last, into the shape of a graph's tensor."""
    if len(shape) == 1:
        return flat
    return np.moveaxis(flat.reshape(*shape[1:], shape[0]), -1, 0)
