"""From QKeras layers to frozen ones: every weight and format as an integer, or a refusal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.network import Activation, ActivationFunction, Layer
from l1ad.core.tensor import TensorType
from l1ad.training.backends.frozen_parts import Constants, passing_layer, weighted_layer

__all__ = ["frozen_layers"]


def frozen_layers(encoder: Any, input_type: TensorType) -> tuple[Layer, ...]:
    """Freeze the layers of an encoder up to its mean.

    Accumulators are made as narrow as interval arithmetic allows, so that no sum can lose a bit.

    Args:
        encoder: Keras model of QDense, QConv2D, QActivation, pooling and reshaping layers, quantisers with
            `alpha=1`.
        input_type: Format of the scaled inputs.

    Raises:
        NotExactError: If a layer or a quantiser is none that the firmware computes exactly.
    """
    layers: list[Layer] = []
    given = input_type
    for keras_layer in encoder.layers:
        kind = type(keras_layer).__name__
        if kind == "InputLayer":
            continue
        if kind in ("QDense", "QConv2D"):
            layer: Layer = weighted_layer(keras_layer, _constants(keras_layer), given)
        elif kind == "QActivation":
            layer = _activation(keras_layer)
        else:
            layer = passing_layer(keras_layer)
        layers.append(layer)
        given = layer.output_type(given)
    return tuple(layers)


def _constants(layer: Any) -> Constants:
    weight_type = _bits_type(layer.kernel_quantizer_internal, f"kernel of {layer.name!r}")
    bias_type = _bits_type(layer.bias_quantizer_internal, f"bias of {layer.name!r}")
    return Constants(
        weights_raw=_raw(layer.kernel_quantizer_internal(layer.kernel), weight_type, layer.name),
        weight_type=weight_type,
        bias_raw=_raw(layer.bias_quantizer_internal(layer.bias), bias_type, layer.name),
        bias_type=bias_type,
    )


def _activation(layer: Any) -> Activation:
    quantiser = layer.activation if not isinstance(layer.activation, str) else layer.quantizer
    kind = type(quantiser).__name__
    if kind == "quantized_relu":
        function = ActivationFunction.RELU
        slope, upper = float(quantiser.negative_slope), quantiser.relu_upper_bound
        if slope or upper is not None:
            raise NotExactError(f"activation {layer.name!r}: a slope or an upper bound does not freeze")
        result = FixedType.from_qkeras_relu(int(quantiser.bits), int(quantiser.integer))
    else:
        function = ActivationFunction.LINEAR
        result = _bits_type(quantiser, f"activation {layer.name!r}")
    n = int(np.prod(layer.output.shape[1:]))
    return Activation(name=layer.name, function=function, n=n, result=TensorType.uniform(result))


def _bits_type(quantiser: Any, what: str) -> FixedType:
    kind = type(quantiser).__name__
    if kind != "quantized_bits" or quantiser.alpha != 1:
        alpha = getattr(quantiser, "alpha", None)
        raise NotExactError(
            f"{what} is quantised by {kind} with alpha={alpha!r}; only quantized_bits with alpha=1 freezes"
        )
    return FixedType.from_qkeras_bits(
        int(quantiser.bits), int(quantiser.integer), keep_negative=bool(quantiser.keep_negative)
    )


def _raw(values: Any, kind: FixedType, layer: str) -> NDArray[np.int64]:
    scaled = np.asarray(values, dtype=np.float64) * 2.0**kind.fraction
    raw = np.rint(scaled)
    if not np.array_equal(raw, scaled):
        raise NotExactError(f"layer {layer!r}: a weight lies between two steps of {kind}")
    return raw.astype(np.int64)
