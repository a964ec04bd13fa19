"""Pooling: the maximum or the mean over the windows of an image."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.integer import shift_raw
from l1ad.core.layers import Shape, check_given_shape, check_shape
from l1ad.core.names import check_identifier
from l1ad.core.tensor import TensorType, covering_type
from l1ad.core.windows import Padding, result_sides, window_indices

__all__ = ["Pooling2D", "PoolingFunction"]


class PoolingFunction(StrEnum):
    """What becomes of the elements of a window."""

    MAX = "max"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooling2D:
    """The maximum or the mean of each window of each channel; windows stay inside the image.

    A mean is exact: windows have a power of two of elements, and the result gains that many fraction bits.

    Attributes:
        name: Name of the layer, unique in the network.
        function: Maximum or mean.
        input_shape: Height, width and channels of the input.
        pool: Height and width of the window.
        strides: Steps down and right.
    """

    name: str
    function: PoolingFunction
    input_shape: Shape
    pool: tuple[int, int]
    strides: tuple[int, int]

    def __post_init__(self) -> None:
        check_identifier(self.name, "layer name")
        check_shape(self.input_shape, self.name)
        if len(self.input_shape) != 3:
            raise ValueError(f"layer {self.name!r}: {self.input_shape} is no image, e.g. (18, 14, 1)")
        elements = math.prod(self.pool)
        if self.function is PoolingFunction.AVERAGE and elements & (elements - 1):
            raise NotExactError(
                f"layer {self.name!r}: the mean of {self.pool[0]} x {self.pool[1]} elements is exact in no "
                "number of bits; use windows of a power of two of elements"
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
    def result_shape(self) -> Shape:
        """Height, width and channels of the result."""
        sides = result_sides(self.input_shape, self.pool, self.strides, Padding.VALID)
        return (*sides, self.input_shape[2])

    @property
    def grown_bits(self) -> int:
        """Fraction bits that the result has more than the input."""
        return math.prod(self.pool).bit_length() - 1 if self.function is PoolingFunction.AVERAGE else 0

    def window_indices(self) -> NDArray[np.int64]:
        """List the flat input elements that each output is made of, shape (n_out, elements of a window)."""
        channels = self.input_shape[2]
        plane = (*self.input_shape[:2], 1)
        places = window_indices(plane, self.pool, self.strides, Padding.VALID) * channels
        return np.asarray((places[:, None, :] + np.arange(channels)[None, :, None]).reshape(self.n_out, -1))

    def output_shape(self, given: Shape) -> Shape:
        """Give the shape of the result."""
        check_given_shape(given, self.input_shape, self.name)
        return self.result_shape

    def output_type(self, given: TensorType) -> TensorType:
        """Give the number format(s) of the result: what holds every element of the window."""
        if given.is_uniform:
            return TensorType.uniform(_finer(given.types[0], self.grown_bits))
        each = given.of_each(self.n_in)
        windows = self.window_indices()
        return TensorType(
            tuple(_finer(covering_type([each[i] for i in row]), self.grown_bits) for row in windows)
        )

    def check_input(self, given: TensorType) -> None:
        """Refuse means too wide to emulate; `TensorType` says how wide."""
        self.output_type(given)

    def apply(self, raw: NDArray[np.int64], given: TensorType) -> NDArray[np.int64]:
        """Compute the layer on raw integers of shape (n_events, n_in)."""
        windows = raw[:, self.window_indices()]
        if self.function is PoolingFunction.AVERAGE:
            pooled, fraction = windows.sum(axis=2), given.fraction + self.grown_bits
        else:
            pooled, fraction = windows.max(axis=2), given.fraction
        # The finest elements may lie in no window: then the result is coarser, and the bits are zero.
        return np.asarray(shift_raw(pooled, fraction - self.output_type(given).fraction))


def _finer(one: FixedType, bits: int) -> FixedType:
    return FixedType(one.width + bits, one.integer, one.signed)
