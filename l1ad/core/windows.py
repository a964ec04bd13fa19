"""Windows that slide over an image, as lists of the flat elements they hold."""

import math
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from l1ad.core.layers import Shape

__all__ = ["Padding", "result_sides", "window_indices"]


class Padding(StrEnum):
    """What happens at the edges of an image."""

    VALID = "valid"
    """Windows stay inside."""
    SAME = "same"
    """Zeros are put around it, as Keras does: of an odd number the extra one goes below and right."""


def result_sides(
    shape: Shape, kernel: tuple[int, int], strides: tuple[int, int], padding: Padding
) -> tuple[int, int]:
    """Count the windows down and across an image of shape (height, width, channels)."""
    down, across = (_positions(*one, padding) for one in zip(shape[:2], kernel, strides, strict=True))
    return down, across


@lru_cache(maxsize=64)
def window_indices(
    shape: Shape, kernel: tuple[int, int], strides: tuple[int, int], padding: Padding
) -> NDArray[np.int64]:
    """List the flat elements of every window of an image, in the order of a kernel's elements.

    Returns:
        Shape (positions, kernel elements x channels); -1 where the window lies in the padding.

    Raises:
        ValueError: If the kernel does not fit into the image.
    """
    height, width, channels = shape
    rows = _starts(height, kernel[0], strides[0], padding)[:, None] + np.arange(kernel[0])
    columns = _starts(width, kernel[1], strides[1], padding)[:, None] + np.arange(kernel[1])
    row, column = rows[:, None, :, None, None], columns[None, :, None, :, None]
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    indices = np.where(inside, (row * width + column) * channels + np.arange(channels), -1)
    result = np.ascontiguousarray(indices.reshape(len(rows) * len(columns), -1), dtype=np.int64)
    result.flags.writeable = False
    return result


def _positions(size: int, kernel: int, stride: int, padding: Padding) -> int:
    return math.ceil(size / stride) if padding is Padding.SAME else (size - kernel) // stride + 1


def _starts(size: int, kernel: int, stride: int, padding: Padding) -> NDArray[np.int64]:
    """Give the first element of each window along one side; negative inside the padding."""
    if min(kernel, stride) < 1 or (padding is Padding.VALID and kernel > size):
        raise ValueError(f"windows of {kernel} in steps of {stride} do not fit into a side of {size}")
    positions = _positions(size, kernel, stride, padding)
    before = max((positions - 1) * stride + kernel - size, 0) // 2 if padding is Padding.SAME else 0
    return np.arange(positions) * stride - before
