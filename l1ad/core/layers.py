"""Layers of a frozen network: raw integers in, raw integers out, exactly as the firmware computes them.

Every tensor is flat, of shape (n_events, n_elements); images are flattened row by row, channels last.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.linear import WeightedSum, checked_constants, narrowest_accumulator
from l1ad.core.names import check_identifier
from l1ad.core.tensor import TensorType

__all__ = ["Activation", "ActivationFunction", "Dense", "Reshape", "Shape", "exact_accumulator"]

_MOST_ELEMENTS = 1 << 20

Shape = tuple[int, ...]
"""Shape of a tensor, the events not counted: (n,) or (height, width, channels)."""


class ActivationFunction(StrEnum):
    """What an activation layer does before it casts."""

    LINEAR = "linear"
    """Nothing: the layer only requantises."""
    RELU = "relu"
    """max(x, 0)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dense:
    """A dense layer `x @ weights + bias`, its result held in the accumulator.

    Attributes:
        name: Name of the layer, unique in the network.
        weights_raw: Raw integers in units of `weight_type.lsb`, shape (n_in, n_out). Weights with bit
            widths of their own are held by one type that has them all; the integers say the rest.
        weight_type: Number format of the weights.
        bias_raw: Raw integers in units of `bias_type.lsb`, shape (n_out,).
        bias_type: Number format of the bias.
        accumulator: Number format of the sum and of the layer's result; see `WeightedSum`.
    """

    name: str
    weights_raw: NDArray[np.int64]
    weight_type: FixedType
    bias_raw: NDArray[np.int64]
    bias_type: FixedType
    accumulator: FixedType

    def __post_init__(self) -> None:
        check_identifier(self.name, "layer name")
        if self.weights_raw.ndim != 2 or self.bias_raw.shape != self.weights_raw.shape[1:]:
            raise ValueError(
                f"layer {self.name!r}: weights of shape {self.weights_raw.shape} and bias of shape "
                f"{self.bias_raw.shape} do not belong together"
            )
        if not self.weights_raw.size:
            raise ValueError(f"layer {self.name!r}: weights of shape {self.weights_raw.shape} are none")
        weights = checked_constants(self.weights_raw, self.weight_type, self.name, "weight")
        object.__setattr__(self, "weights_raw", weights)
        object.__setattr__(
            self, "bias_raw", checked_constants(self.bias_raw, self.bias_type, self.name, "bias")
        )

    @property
    def n_in(self) -> int:
        """Number of inputs."""
        return int(self.weights_raw.shape[0])

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return int(self.weights_raw.shape[1])

    @property
    def sum(self) -> WeightedSum:
        """The arithmetic of the layer."""
        return WeightedSum(
            weights_raw=self.weights_raw, weight_type=self.weight_type, bias_raw=self.bias_raw,
            bias_type=self.bias_type, accumulator=self.accumulator,
        )  # fmt: skip

    def output_shape(self, given: Shape) -> Shape:
        """Give the shape of the result."""
        if len(given) != 1:
            raise ValueError(f"layer {self.name!r} is given {given}; flatten it first")
        return (self.n_out,)

    def output_type(self, given: TensorType) -> TensorType:  # noqa: ARG002 -- the accumulator decides alone
        """Give the number format of the result."""
        return TensorType.uniform(self.accumulator)

    def check_input(self, given: TensorType) -> None:
        """Refuse what would not be exact."""
        self.sum.check(given, self.name)

    def terms(self, raw: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the values that each sum runs over: of shape (n_events, 1, n_in)."""
        return raw[:, None, :]

    def apply(self, raw: NDArray[np.int64], given: TensorType) -> NDArray[np.int64]:
        """Compute the layer on raw integers of shape (n_events, n_in)."""
        return self.sum.wrapped(self.sum.of(raw, given.fraction))


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An activation followed by a cast to its result type.

    Attributes:
        name: Name of the layer, unique in the network.
        function: What is applied before the cast.
        n: Number of elements.
        result: Number format(s) of the result.
    """

    name: str
    function: ActivationFunction
    n: int
    result: TensorType

    def __post_init__(self) -> None:
        check_identifier(self.name, "layer name")
        check_shape((self.n,), self.name)
        self.result.of_each(self.n)

    @property
    def n_in(self) -> int:
        """Number of inputs."""
        return self.n

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return self.n

    def output_shape(self, given: Shape) -> Shape:
        """Give the shape of the result."""
        return given

    def output_type(self, given: TensorType) -> TensorType:  # noqa: ARG002 -- the cast decides alone
        """Give the number format(s) of the result."""
        return self.result

    def check_input(self, given: TensorType) -> None:
        """Accept any input: a cast knows what to do with every value."""

    def apply(self, raw: NDArray[np.int64], given: TensorType) -> NDArray[np.int64]:
        """Compute the layer on raw integers of shape (n_events, n)."""
        positive = np.maximum(raw, 0) if self.function is ActivationFunction.RELU else raw
        return self.result.cast(positive, fraction=given.fraction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshape:
    """Another shape for the same numbers: a flat list made an image, or an image flattened.

    Attributes:
        name: Name of the layer, unique in the network.
        input_shape: Shape before.
        target_shape: Shape after, with as many elements.
    """

    name: str
    input_shape: Shape
    target_shape: Shape

    def __post_init__(self) -> None:
        check_identifier(self.name, "layer name")
        for shape in (self.input_shape, self.target_shape):
            check_shape(shape, self.name)
        if math.prod(self.input_shape) != math.prod(self.target_shape):
            raise ValueError(
                f"layer {self.name!r}: {self.input_shape} has not the elements of {self.target_shape}"
            )

    @property
    def n_in(self) -> int:
        """Number of elements."""
        return math.prod(self.input_shape)

    @property
    def n_out(self) -> int:
        """Number of elements."""
        return math.prod(self.target_shape)

    def output_shape(self, given: Shape) -> Shape:
        """Give the shape of the result."""
        check_given_shape(given, self.input_shape, self.name)
        return self.target_shape

    def output_type(self, given: TensorType) -> TensorType:
        """Give the number format(s) of the result: those of the input."""
        return given

    def check_input(self, given: TensorType) -> None:
        """Accept any input."""

    def apply(self, raw: NDArray[np.int64], given: TensorType) -> NDArray[np.int64]:  # noqa: ARG002
        """Return the same integers: tensors are held flat."""
        return raw


def check_shape(shape: Shape, layer: str) -> None:
    """Refuse a shape that no tensor has."""
    if not shape or any(not isinstance(size, int) or size < 1 for size in shape):
        raise ValueError(f"layer {layer!r}: {shape} is not the shape of a tensor, e.g. (18, 14, 1)")
    if math.prod(shape) > _MOST_ELEMENTS:
        raise ValueError(f"layer {layer!r}: a tensor of shape {shape} has more than {_MOST_ELEMENTS} elements")


def check_given_shape(given: Shape, wanted: Shape, layer: str) -> None:
    """Refuse a tensor of another shape than the layer reads."""
    if given != wanted:
        raise ValueError(f"layer {layer!r} reads a tensor of shape {wanted} but is given {given}")


def exact_accumulator(
    *,
    given: TensorType,
    weights_raw: NDArray[np.int64],
    weight_type: FixedType,
    bias_raw: NDArray[np.int64],
    bias_type: FixedType,
) -> FixedType:
    """Find the narrowest signed type that holds every sum a dense layer can reach, exactly."""
    low, high = given.raw_bounds(weights_raw.shape[0])
    return narrowest_accumulator(
        low, high, given_fraction=given.fraction, weights_raw=weights_raw, weight_type=weight_type,
        bias_raw=bias_raw, bias_type=bias_type,
    )  # fmt: skip
