"""Layers as they stand in `trigger.json`."""

from typing import Any

import numpy as np

from l1ad.core.fixed import FixedType
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Conv2D,
    Dense,
    Layer,
    Padding,
    Pooling2D,
    PoolingFunction,
    Reshape,
    Weighted,
)
from l1ad.core.tensor import TensorType

__all__ = ["layer_document", "layer_from"]


def layer_document(layer: Layer) -> dict[str, Any]:
    """Lay a layer out for JSON."""
    if isinstance(layer, Activation):
        return {
            "name": layer.name, "layer": "activation", "function": layer.function.value, "n": layer.n,
            "result_type": layer.result.spelling,
        }  # fmt: skip
    if isinstance(layer, Reshape):
        return {
            "name": layer.name, "layer": "reshape", "input_shape": list(layer.input_shape),
            "target_shape": list(layer.target_shape),
        }  # fmt: skip
    if isinstance(layer, Pooling2D):
        return {
            "name": layer.name, "layer": "pooling", "function": layer.function.value,
            "input_shape": list(layer.input_shape), "pool": list(layer.pool), "strides": list(layer.strides),
        }  # fmt: skip
    if isinstance(layer, Dense):
        return {"name": layer.name, "layer": "dense", **_weights_document(layer)}
    return {
        "name": layer.name, "layer": "conv2d", "input_shape": list(layer.input_shape),
        "strides": list(layer.strides), "padding": layer.padding.value, **_weights_document(layer),
    }  # fmt: skip


def _weights_document(layer: Weighted) -> dict[str, Any]:
    return {
        "weight_type": str(layer.weight_type), "bias_type": str(layer.bias_type),
        "accumulator_type": str(layer.accumulator), "bias_raw": layer.bias_raw.tolist(),
        "weights_raw": layer.weights_raw.tolist(),
    }  # fmt: skip


def layer_from(part: dict[str, Any]) -> Layer:
    """Read a layer.

    Raises:
        KeyError: If a part is missing.
        ValueError: If a part is none that a layer has.
    """
    kind, name = part["layer"], part["name"]
    if kind == "activation":
        return Activation(
            name=name, function=ActivationFunction(part["function"]), n=part["n"],
            result=TensorType.from_spelling(part["result_type"]),
        )  # fmt: skip
    if kind == "reshape":
        shapes = tuple(part["input_shape"]), tuple(part["target_shape"])
        return Reshape(name=name, input_shape=shapes[0], target_shape=shapes[1])
    if kind == "pooling":
        return Pooling2D(
            name=name, function=PoolingFunction(part["function"]), input_shape=tuple(part["input_shape"]),
            pool=_pair(part["pool"]), strides=_pair(part["strides"]),
        )  # fmt: skip
    if kind == "dense":
        return Dense(name=name, **_weights_from(part))
    if kind == "conv2d":
        return Conv2D(
            name=name, input_shape=tuple(part["input_shape"]), strides=_pair(part["strides"]),
            padding=Padding(part["padding"]), **_weights_from(part),
        )  # fmt: skip
    raise ValueError(f"layer {name!r} is of unknown kind {kind!r}")


def _weights_from(part: dict[str, Any]) -> dict[str, Any]:
    return {
        "weights_raw": np.array(part["weights_raw"], dtype=np.int64),
        "weight_type": FixedType.from_cpp(part["weight_type"]),
        "bias_raw": np.array(part["bias_raw"], dtype=np.int64),
        "bias_type": FixedType.from_cpp(part["bias_type"]),
        "accumulator": FixedType.from_cpp(part["accumulator_type"]),
    }


def _pair(sizes: list[int]) -> tuple[int, int]:
    first, second = sizes
    return first, second
