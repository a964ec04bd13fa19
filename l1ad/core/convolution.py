"""Convolution over images: sums over the windows of a flat tensor."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.layers import Shape, check_given_shape, check_shape
from l1ad.core.linear import WeightedSum, checked_constants, narrowest_accumulator
from l1ad.core.names import check_identifier
from l1ad.core.tensor import TensorType
from l1ad.core.windows import Padding, result_sides, window_indices

__all__ = ["Conv2D", "exact_conv_accumulator"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conv2D:
    """A two-dimensional convolution (a correlation, as everywhere in machine learning), channels last.

    Attributes:
        name: Name of the layer, unique in the network.
        input_shape: Height, width and channels of the input.
        weights_raw: Raw integers, shape (kernel height, kernel width, channels, n_filters).
        weight_type: Number format of the weights.
        bias_raw: Raw integers, shape (n_filters,).
        bias_type: Number format of the bias.
        accumulator: Number format of the sum and of the layer's result; see `WeightedSum`.
        strides: Steps down and right.
        padding: What happens at the edges.
    """

    name: str
    input_shape: Shape
    weights_raw: NDArray[np.int64]
    weight_type: FixedType
    bias_raw: NDArray[np.int64]
    bias_type: FixedType
    accumulator: FixedType
    strides: tuple[int, int] = (1, 1)
    padding: Padding = Padding.VALID

    def __post_init__(self) -> None:
        check_identifier(self.name, "layer name")
        check_shape(self.input_shape, self.name)
        shape = self.weights_raw.shape
        if len(shape) != 4 or len(self.input_shape) != 3 or shape[2] != self.input_shape[2]:
            raise ValueError(
                f"layer {self.name!r}: a kernel of shape {shape} does not go with inputs of {self.input_shape}"
            )
        if self.bias_raw.shape != shape[3:] or not self.weights_raw.size:
            raise ValueError(f"layer {self.name!r}: bias of shape {self.bias_raw.shape} for {shape[3]} filters")
        weights = checked_constants(self.weights_raw, self.weight_type, self.name, "weight")
        object.__setattr__(self, "weights_raw", weights)
        object.__setattr__(
            self, "bias_raw", checked_constants(self.bias_raw, self.bias_type, self.name, "bias")
        )
        self.window_indices()  # refuses what has no windows

    @property
    def n_in(self) -> int:
        """Number of inputs."""
        return math.prod(self.input_shape)

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return math.prod(self.result_shape)

    @property
    def n_filters(self) -> int:
        """Number of filters: channels of the result."""
        return int(self.weights_raw.shape[3])

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the kernel."""
        return int(self.weights_raw.shape[0]), int(self.weights_raw.shape[1])

    @property
    def result_shape(self) -> Shape:
        """Height, width and filters of the result."""
        return (*result_sides(self.input_shape, self.kernel, self.strides, self.padding), self.n_filters)

    @property
    def sum(self) -> WeightedSum:
        """The arithmetic of the layer, over the elements of one window."""
        return WeightedSum(
            weights_raw=self.weights_raw.reshape(-1, self.n_filters), weight_type=self.weight_type,
            bias_raw=self.bias_raw, bias_type=self.bias_type, accumulator=self.accumulator,
        )  # fmt: skip

    def window_indices(self) -> NDArray[np.int64]:
        """List the flat input elements of each window, shape (positions, kernel elements); -1 is a zero."""
        return window_indices(self.input_shape, self.kernel, self.strides, self.padding)

    def output_shape(self, given: Shape) -> Shape:
        """Give the shape of the result."""
        check_given_shape(given, self.input_shape, self.name)
        return self.result_shape

    def output_type(self, given: TensorType) -> TensorType:  # noqa: ARG002 -- the accumulator decides alone
        """Give the number format of the result."""
        return TensorType.uniform(self.accumulator)

    def check_input(self, given: TensorType) -> None:
        """Refuse what would not be exact."""
        self.sum.check(given, self.name)

    def terms(self, raw: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the values that each sum runs over: of shape (n_events, positions, kernel elements)."""
        padded = np.concatenate([raw, np.zeros((len(raw), 1), dtype=raw.dtype)], axis=1)
        return np.asarray(padded[:, self.window_indices()])

    def apply(self, raw: NDArray[np.int64], given: TensorType) -> NDArray[np.int64]:
        """Compute the layer on raw integers of shape (n_events, n_in)."""
        total = self.sum.of(self.terms(raw), given.fraction)
        return self.sum.wrapped(total.reshape(len(raw), self.n_out))


def exact_conv_accumulator(
    *,
    given: TensorType,
    input_shape: Shape,
    weights_raw: NDArray[np.int64],
    weight_type: FixedType,
    bias_raw: NDArray[np.int64],
    bias_type: FixedType,
    strides: tuple[int, int] = (1, 1),
    padding: Padding = Padding.VALID,
) -> FixedType:
    """Find the narrowest signed type that holds every sum a convolution can reach, exactly."""
    low, high = given.raw_bounds(math.prod(input_shape))
    kernel = (int(weights_raw.shape[0]), int(weights_raw.shape[1]))
    indices = window_indices(input_shape, kernel, strides, padding)
    low, high = (np.append(end, 0)[indices] for end in (low, high))
    return narrowest_accumulator(
        low, high, given_fraction=given.fraction, weights_raw=weights_raw.reshape(-1, weights_raw.shape[3]),
        weight_type=weight_type, bias_raw=bias_raw, bias_type=bias_type,
    )  # fmt: skip
