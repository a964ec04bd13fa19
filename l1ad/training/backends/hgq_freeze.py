"""From HGQ2 layers to frozen ones: every weight as an integer, every value in the type it learned."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError, NotExactError
from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.network import Activation, ActivationFunction, FrozenNetwork, Layer
from l1ad.core.scaling import Scaling
from l1ad.core.tensor import TensorType
from l1ad.training.backends.frozen_parts import Constants, passing_layer, weighted_layer

__all__ = ["frozen_network", "mean_bits", "weighted_layers"]

_MOST_FRACTION_BITS = 24
_ROUNDING = {"RND": Rounding.RND, "RND_CONV": Rounding.RND_CONV, "TRN": Rounding.TRN}
_OVERFLOW = {"SAT": Overflow.SAT, "SAT_SYM": Overflow.SAT_SYM, "WRAP": Overflow.WRAP}


def weighted_layers(encoder: Any) -> list[Any]:
    """List the layers with weights, first to last."""
    return [layer for layer in encoder.layers if type(layer).__name__ in ("QDense", "QConv2D")]


def mean_bits(encoder: Any) -> Any:
    """Give the bits of each element of the encoder mean, sign included, as a tensor."""
    return encoder.layers[-1].bits


def frozen_network(encoder: Any, scaling: Scaling) -> tuple[Scaling, FrozenNetwork]:
    """Freeze an encoder up to its mean.

    A layer of HGQ2 casts what it reads; a frozen layer casts what it gives. So the first layer's cast
    becomes the scaling's, and every other that of the activation before it; where pooling or reshaping
    lies between the two, the activation keeps every bit and the cast becomes a layer `NAME_inputs`.

    Args:
        encoder: Keras model of HGQ2's QDense and QConv2D, ReLU, pooling and reshaping, `Quantizer` last.
        scaling: Offsets and shifts; its result type is replaced.

    Raises:
        NotExactError: If a layer or a quantiser is none that the firmware computes exactly.
        DataError: If no bit is left of a whole tensor.
    """
    chain = [layer for layer in encoder.layers if type(layer).__name__ != "InputLayer"]
    readers = weighted_layers(encoder)
    input_type = _read_type(readers[0], "scaled inputs")
    layers: list[Layer] = []
    given, cast = input_type, input_type
    for layer, follower in zip(chain, [*chain[1:], None], strict=True):
        frozen: list[Layer] = []
        if layer in readers:
            wanted = _read_type(layer, f"inputs of {layer.name!r}")
            if cast is not wanted and cast != wanted:
                frozen.append(
                    _activation(f"{layer.name}_inputs", ActivationFunction.LINEAR, wanted, layer.input)
                )
            frozen.append(weighted_layer(layer, _constants(layer), wanted))
        elif type(layer).__name__ == "ReLU":
            result = _read_type(follower, layer.name) if follower in readers else given
            frozen.append(_activation(layer.name, ActivationFunction.RELU, result, layer.output))
        elif layer is chain[-1]:
            result = _types(layer, layer.output.shape[1:], layer.name)
            frozen.append(_activation(layer.name, ActivationFunction.LINEAR, result, layer.output))
        else:
            frozen.append(passing_layer(layer))
        for one in frozen:
            given = one.output_type(given)
        layers += frozen
        cast = given
    network = FrozenNetwork(n_inputs=encoder.input_shape[1], input_type=input_type, layers=tuple(layers))
    return replace(scaling, result=input_type), network


def _read_type(reader: Any, what: str) -> TensorType:
    return _types(reader.iq, reader.input.shape[1:], what)


def _activation(name: str, function: ActivationFunction, result: TensorType, tensor: Any) -> Activation:
    return Activation(name=name, function=function, n=int(np.prod(tensor.shape[1:])), result=result)


def _types(quantiser: Any, shape: Any, what: str) -> TensorType:
    """Read the types that a quantiser learned, one for each element of a tensor of a shape."""
    inner = quantiser.quantizer
    if inner.round_mode not in _ROUNDING or inner.overflow_mode not in _OVERFLOW:
        raise NotExactError(
            f"{what}: cast with {inner.round_mode} and {inner.overflow_mode}, which no ap_fixed has"
        )
    sizes = (1, *(int(size) for size in shape))
    k, i, f = (np.broadcast_to(np.asarray(one), sizes).ravel().astype(int).tolist() for one in inner.kif)
    rounding, overflow = _ROUNDING[inner.round_mode], _OVERFLOW[inner.overflow_mode]
    types = tuple(
        FixedType.from_kif(*one, rounding=rounding, overflow=overflow) for one in zip(k, i, f, strict=True)
    )
    if not any(one.width for one in types):
        raise DataError(
            f"no bit is left of the {what}: the encoder says nothing any more; lower training.compression.beta"
        )
    return TensorType(types)


def _constants(layer: Any) -> Constants:
    weights_raw, weight_type = _integers(np.asarray(layer.qkernel), f"kernel of {layer.name!r}")
    bias_raw, bias_type = _integers(np.asarray(layer.qbias), f"bias of {layer.name!r}")
    return Constants(weights_raw=weights_raw, weight_type=weight_type, bias_raw=bias_raw, bias_type=bias_type)


def _integers(values: NDArray[np.floating], what: str) -> tuple[NDArray[np.int64], FixedType]:
    """Find the narrowest type that holds all values, and the values in its steps."""
    exact = values.astype(np.float64)
    if not exact.any():
        return np.zeros(values.shape, np.int64), FixedType(1, 1)
    for fraction in range(-_MOST_FRACTION_BITS, _MOST_FRACTION_BITS + 1):
        raw = np.rint(exact * 2.0**fraction)
        if np.array_equal(raw * 2.0**-fraction, exact):
            largest = int(max(raw.max(), -raw.min() - 1, 0))
            width = largest.bit_length() + 1
            return raw.astype(np.int64), FixedType(width, width - fraction)
    raise NotExactError(f"{what}: values of more than {_MOST_FRACTION_BITS} fraction bits")
