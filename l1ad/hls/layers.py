"""Layers of a frozen network as hls4ml is told of them: shapes, constants, every number format."""

from dataclasses import dataclass
from typing import Any

from l1ad.core.errors import ToolError
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Conv2D,
    Dense,
    FrozenNetwork,
    Layer,
    Padding,
    Pooling2D,
    PoolingFunction,
    Reshape,
    Shape,
    Weighted,
)
from l1ad.core.tensor import TensorType
from l1ad.hls.statements import activation_statements, mean_statements
from l1ad.hls.storage import stored_type

__all__ = ["INPUT_LAYER", "WRITTEN_LAYER", "Described", "computed_layers", "described_layers"]

INPUT_LAYER = "scaled"

WRITTEN_LAYER = "L1adWritten"
"""The layer of `written_layer`, whose C++ is given as statements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A layer as hls4ml's parsers describe it, and its part of hls4ml's configuration."""

    layer: dict[str, Any]
    config: dict[str, Any]


def computed_layers(network: FrozenNetwork) -> tuple[Layer, ...]:
    """List the layers that C++ computes, which are those it can be compared on.

    A reshape is another name for the same array.
    """
    return tuple(layer for layer in network.layers if not isinstance(layer, Reshape))


def described_layers(network: FrozenNetwork) -> list[Described]:
    """Describe the input and every layer.

    Raises:
        ToolError: If the network computes nothing.
    """
    computed = computed_layers(network)
    if not computed:
        raise ToolError("the network only gives its inputs another shape; there is nothing to build")
    found = [_input(network)]
    for layer, given in network.given():
        found.append(_described(layer, given))
        if layer is computed[-1]:
            break  # a reshape after it would change nothing: tensors leave the network flat
    return found


def _input(network: FrozenNetwork) -> Described:
    return Described(
        layer={"class_name": "InputLayer", "name": INPUT_LAYER, "input_shape": [network.n_inputs]},
        config={"Precision": {"result": str(stored_type(network.input_type))}},
    )


def _described(layer: Layer, given: TensorType) -> Described:
    precision = {"result": str(stored_type(layer.output_type(given)))}
    config: dict[str, Any] = {"Precision": precision, "Trace": True}
    if isinstance(layer, Reshape):
        described = {"class_name": "Reshape", "target_shape": list(layer.target_shape)}
        del config["Trace"]
    elif isinstance(layer, Activation):
        described = _activation(layer, given)
    elif isinstance(layer, Pooling2D):
        described = _pooling(layer, given)
        precision["accum"] = precision["result"]
    else:
        described = _weighted(layer)
        precision["weight"], precision["bias"] = str(layer.weight_type), str(layer.bias_type)
        precision["accum"] = str(layer.accumulator)
        if isinstance(layer, Conv2D):
            # All pixels at once. hls4ml lays out fewer as a dataflow, which no pipelined top level can call.
            config["ParallelizationFactor"] = layer.n_out // layer.n_filters
    return Described(layer={"name": layer.name, **described}, config=config)


def _weighted(layer: Weighted) -> dict[str, Any]:
    constants = {
        "weight_data": layer.weights_raw * float(layer.weight_type.lsb),
        "bias_data": layer.bias_raw * float(layer.bias_type.lsb),
    }
    if isinstance(layer, Dense):
        return {"class_name": "Dense", "n_in": layer.n_in, "n_out": layer.n_out, **constants}
    return {
        "class_name": "Conv2D",
        "filt_height": layer.kernel[0],
        "filt_width": layer.kernel[1],
        "n_chan": layer.input_shape[2],
        **_image(layer.input_shape, layer.result_shape, layer.strides),
        **_padding(layer),
        **constants,
    }


def _activation(layer: Activation, given: TensorType) -> dict[str, Any]:
    linear = layer.function is ActivationFunction.LINEAR
    # hls4ml removes a linear activation that casts to the type it is given, and with it its tap.
    removed = linear and layer.result.types[0] == stored_type(given)
    if layer.result.is_uniform and not removed:
        return {"class_name": "Activation", "activation": layer.function.value, "n_in": layer.n}
    return {"class_name": WRITTEN_LAYER, "statements": activation_statements(layer)}


def _pooling(layer: Pooling2D, given: TensorType) -> dict[str, Any]:
    if layer.function is PoolingFunction.AVERAGE:
        statements = mean_statements(layer, given)
        return {"class_name": WRITTEN_LAYER, "shape": list(layer.result_shape), "statements": statements}
    return {
        "class_name": "MaxPooling2D",
        "pool_height": layer.pool[0],
        "pool_width": layer.pool[1],
        **_image(layer.input_shape, layer.result_shape, layer.strides),
        **dict.fromkeys(_SIDES, 0),
    }


_SIDES = ("pad_top", "pad_bottom", "pad_left", "pad_right")


def _image(given: Shape, result: Shape, strides: tuple[int, int]) -> dict[str, Any]:
    return {
        "data_format": "channels_last",
        "in_height": given[0],
        "in_width": given[1],
        "out_height": result[0],
        "out_width": result[1],
        "n_filt": result[2],
        "stride_height": strides[0],
        "stride_width": strides[1],
    }


def _padding(layer: Conv2D) -> dict[str, int]:
    """Count the zeros that the convolution puts around its input; see `Padding`."""
    counts: list[int] = []
    for side in range(2):
        covered = (layer.result_shape[side] - 1) * layer.strides[side] + layer.kernel[side]
        zeros = max(covered - layer.input_shape[side], 0) if layer.padding is Padding.SAME else 0
        counts += [zeros // 2, zeros - zeros // 2]
    return dict(zip(_SIDES, counts, strict=True))
