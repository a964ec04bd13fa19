"""Where elements lie: a graph's images are channels first, the network's tensors flat, channels last."""

import math

import numpy as np
from numpy.typing import NDArray

from l1ad.core.network import Shape
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.formats import Scalars
from l1ad.exchange.qonnx.read import Node

__all__ = ["CHANNELS_LAST", "arranged_index", "spread"]

CHANNELS_LAST = "qonnx.custom_op.channels_last"
"""Domain of the operators whose images are channels last in the graph, too."""


def arranged_index(shape: Shape, *, channels_last: bool) -> NDArray[np.int64]:
    """Number the elements of a layer's result, (height, width, channels), in the graph's shape."""
    places = np.arange(math.prod(shape)).reshape(shape)
    return places if channels_last else np.moveaxis(places, -1, 0)


def spread(constant: Scalars, shape: tuple[int, ...], node: Node) -> Scalars:
    """Bring a constant that goes with a tensor into the tensor's shape, the batch not counted."""
    if constant.ndim > len(shape):
        if constant.shape[0] != 1:
            raise ModelFileError(f"{node}: a constant of shape {constant.shape} differs from event to event")
        constant = constant[0]
    try:
        return np.broadcast_to(constant, shape)
    except ValueError:
        raise ModelFileError(
            f"{node}: a constant of shape {constant.shape} does not go with a tensor of shape {shape}"
        ) from None
