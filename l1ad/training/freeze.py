"""From the trained encoder to the frozen network: every weight and format as an integer, or a refusal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Dense,
    FrozenNetwork,
    Layer,
    exact_accumulator,
)
from l1ad.core.tensor import TensorType
from l1ad.core.trace import Trace

__all__ = ["frozen_encoder", "keras_trace"]


def frozen_encoder(encoder: Any, input_type: TensorType) -> FrozenNetwork:
    """Freeze a quantised encoder up to its mean.

    Accumulators are made as narrow as interval arithmetic allows, so that no sum can lose a bit.

    Args:
        encoder: Keras model of QDense and QActivation layers with `alpha=1` quantisers.
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
        if kind == "QDense":
            layer: Layer = _dense(keras_layer, given)
        elif kind == "QActivation":
            layer = _activation(keras_layer)
        else:
            raise NotExactError(f"layer {keras_layer.name!r} is a {kind}; only QDense and QActivation freeze")
        layers.append(layer)
        given = layer.output_type(given)
    return FrozenNetwork(n_inputs=encoder.input_shape[1], input_type=input_type, layers=tuple(layers))


def keras_trace(encoder: Any, network: FrozenNetwork, scaled_raw: NDArray[np.int64]) -> Trace:
    """Run the quantised Keras encoder itself and read every layer as raw integers.

    Args:
        encoder: The Keras model that `network` was frozen from.
        network: For the number formats.
        scaled_raw: Scaled inputs as raw integers, shape (n_events, n_inputs).

    Raises:
        NotExactError: If a Keras value lies between two steps of its format.
    """
    import keras

    taps = keras.Model(encoder.inputs, [encoder.get_layer(layer.name).output for layer in network.layers])
    inputs = scaled_raw.astype(np.float32) * np.float32(2.0**-network.input_type.fraction)
    outputs = taps.predict(inputs, batch_size=16_384, verbose=0)
    outputs = [outputs] if len(network.layers) == 1 else outputs
    trace: Trace = {}
    for (name, kind), values in zip(network.types.items(), outputs, strict=True):
        scaled = values.astype(np.float64) * 2.0**kind.fraction
        raw = np.rint(scaled)
        if not np.array_equal(raw, scaled):
            event, element = np.argwhere(raw != scaled)[0]
            raise NotExactError(
                f"event {event}, layer {name!r}, element {element}: Keras gives "
                f"{values[event, element]!r}, which is no step of {kind.spelling}"
            )
        trace[name] = raw.astype(np.int64)
    return trace


def _dense(layer: Any, given: TensorType) -> Dense:
    weight_type = _bits_type(layer.kernel_quantizer_internal, f"kernel of {layer.name!r}")
    bias_type = _bits_type(layer.bias_quantizer_internal, f"bias of {layer.name!r}")
    weights_raw = _raw(layer.kernel_quantizer_internal(layer.kernel), weight_type, layer.name)
    bias_raw = _raw(layer.bias_quantizer_internal(layer.bias), bias_type, layer.name)
    accumulator = exact_accumulator(
        given=given, weights_raw=weights_raw, weight_type=weight_type, bias_raw=bias_raw, bias_type=bias_type
    )
    return Dense(
        name=layer.name, weights_raw=weights_raw, weight_type=weight_type,
        bias_raw=bias_raw, bias_type=bias_type, accumulator=accumulator,
    )  # fmt: skip


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
    return Activation(
        name=layer.name, function=function, n=int(layer.output.shape[1]), result=TensorType.uniform(result)
    )


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
