"""Frozen layers from Keras layers whose constants are known as integers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.network import (
    Conv2D,
    Dense,
    Layer,
    Padding,
    Pooling2D,
    PoolingFunction,
    Reshape,
    exact_accumulator,
    exact_conv_accumulator,
)
from l1ad.core.tensor import TensorType

__all__ = ["Constants", "passing_layer", "weighted_layer"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constants:
    """Weights and bias of a layer as raw integers of their types, in the shapes Keras gives them."""

    weights_raw: NDArray[np.int64]
    weight_type: FixedType
    bias_raw: NDArray[np.int64]
    bias_type: FixedType


def weighted_layer(layer: Any, constants: Constants, given: TensorType) -> Dense | Conv2D:
    """Freeze a dense layer or a convolution with the narrowest accumulator that loses nothing."""
    parts: dict[str, Any] = {
        "weights_raw": constants.weights_raw, "weight_type": constants.weight_type,
        "bias_raw": constants.bias_raw, "bias_type": constants.bias_type,
    }  # fmt: skip
    if constants.weights_raw.ndim == 2:
        return Dense(name=layer.name, accumulator=exact_accumulator(given=given, **parts), **parts)
    parts["input_shape"] = tuple(int(size) for size in layer.input.shape[1:])
    parts["strides"] = (int(layer.strides[0]), int(layer.strides[1]))
    parts["padding"] = Padding(layer.padding)
    return Conv2D(name=layer.name, accumulator=exact_conv_accumulator(given=given, **parts), **parts)


def passing_layer(layer: Any) -> Layer:
    """Freeze a layer without constants: reshaping or pooling.

    Raises:
        NotExactError: If it is another layer, or a pooling that leaves the image.
    """
    kind = type(layer).__name__
    given = tuple(int(size) for size in layer.input.shape[1:])
    if kind in ("Reshape", "Flatten"):
        result = tuple(int(size) for size in layer.output.shape[1:])
        return Reshape(name=layer.name, input_shape=given, target_shape=result)
    functions = {"MaxPooling2D": PoolingFunction.MAX, "AveragePooling2D": PoolingFunction.AVERAGE}
    if kind not in functions:
        raise NotExactError(
            f"layer {layer.name!r} is a {kind}; dense layers, convolutions, their activations, pooling and "
            "reshaping freeze"
        )
    if layer.padding != "valid":
        raise NotExactError(f"pooling {layer.name!r} has padding {layer.padding!r}; only 'valid' freezes")
    return Pooling2D(
        name=layer.name, function=functions[kind], input_shape=given,
        pool=(int(layer.pool_size[0]), int(layer.pool_size[1])),
        strides=(int(layer.strides[0]), int(layer.strides[1])),
    )  # fmt: skip
