"""Dense layers and convolutions of Keras with their weights as integers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.network import Conv2D, Dense, Shape, exact_accumulator, exact_conv_accumulator
from l1ad.core.tensor import TensorType
from l1ad.exchange.chosen_types import ChosenTypes
from l1ad.exchange.constants import Constants, held_exactly
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.batchnorm import (
    Normalisation,
    folded_before_quantising,
    normalisation_of,
)
from l1ad.exchange.keras.layers import (
    CONVOLUTIONS,
    FOLDING,
    check_normalised_axis,
    convolution_options,
    kernel_and_bias,
)
from l1ad.exchange.keras.quantisers import Quantiser, quantiser_of
from l1ad.exchange.keras.records import KerasLayer
from l1ad.exchange.scaler import InputCorrection

__all__ = ["HeldWeights", "held_weights", "weighted_layer"]

_MOST_EXACT_BITS = 24
"""What Keras's own float32 carries: a folded constant that needs more was rounded there already."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldWeights:
    """Weights and bias as integers, with a sentence for every choice and loss."""

    weights: Constants
    bias: Constants
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    """Weights or bias on the way: held already, or still to be rounded to a chosen type."""

    what: str
    values: NDArray[np.floating]
    held: Constants | None


def held_weights(
    layer: KerasLayer,
    normalisation: KerasLayer | None,
    types: ChosenTypes,
    correction: InputCorrection | None = None,
) -> HeldWeights:
    """Quantise the weights of a layer by its own quantisers, fold a normalisation in, round what is left.

    Args:
        layer: A layer with weights.
        normalisation: The batch normalisation that follows it directly.
        types: What the user allows for numbers in floating point.
        correction: Of the layer's inputs, when they are those of the model.

    Raises:
        ModelFileError: If a number is in floating point and nothing is chosen for it, or a choice is made for
            what has a quantiser of its own.
    """
    notes: list[str] = []
    kernel, bias = _quantised(layer, notes)
    if correction is not None:
        kernel, bias = _corrected(layer.name, kernel, bias, correction)
    if normalisation is not None:
        rank = kernel.values.ndim  # that of a dense or convolution kernel is that of its result, with events
        check_normalised_axis(normalisation, rank)
        kernel, bias = _folded(kernel, bias, normalisation_of(normalisation, kernel.values.shape[-1]))
    after = "" if normalisation is None else f" with {normalisation.name!r} folded in"
    held: list[Constants] = []
    for part, choose, given in (
        (kernel, types.weights, types.of(layer.name).weight),
        (bias, types.bias, types.of(layer.name).bias),
    ):
        if part.held is None:
            constants, note = choose(layer.name, part.values, after)
            notes.append(note)
        elif given is not None:
            raise ModelFileError(
                f"layer {layer.name!r}: {given} is chosen for a {part.what} that the model itself holds in "
                f"{part.held.kind}; leave the choice out"
            )
        else:
            constants = part.held
        held.append(constants)
    return HeldWeights(weights=held[0], bias=held[1], notes=tuple(notes))


def weighted_layer(
    layer: KerasLayer, name: str, held: HeldWeights, given: TensorType, shape: Shape
) -> Dense | Conv2D:
    """Build the layer with the narrowest accumulator that holds every sum exactly.

    Raises:
        ModelFileError: If the layer does not fit what it is given.
    """
    weights, bias = held.weights, held.bias
    if layer.kind not in CONVOLUTIONS:
        if shape != weights.raw.shape[:1]:
            raise ModelFileError(
                f"layer {layer.name!r} has {weights.raw.shape[0]} weights for each output but is given the "
                f"shape {shape}; put a Flatten before it, or check that the weights are those of this model"
            )
        accumulator = exact_accumulator(
            given=given,
            weights_raw=weights.raw,
            weight_type=weights.kind,
            bias_raw=bias.raw,
            bias_type=bias.kind,
        )
        return Dense(
            name=name, weights_raw=weights.raw, weight_type=weights.kind, bias_raw=bias.raw,
            bias_type=bias.kind, accumulator=accumulator,
        )  # fmt: skip
    strides, padding = convolution_options(layer)
    if len(shape) != 3 or shape[2] != weights.raw.shape[2]:
        raise ModelFileError(
            f"layer {layer.name!r} has a kernel of shape {weights.raw.shape} but is given the shape {shape}"
        )
    accumulator = exact_conv_accumulator(
        given=given, input_shape=shape, weights_raw=weights.raw, weight_type=weights.kind, bias_raw=bias.raw,
        bias_type=bias.kind, strides=strides, padding=padding,
    )  # fmt: skip
    return Conv2D(
        name=name, input_shape=shape, weights_raw=weights.raw, weight_type=weights.kind, bias_raw=bias.raw,
        bias_type=bias.kind, accumulator=accumulator, strides=strides, padding=padding,
    )  # fmt: skip


def _quantised(layer: KerasLayer, notes: list[str]) -> tuple[_Part, _Part]:
    """Read weights and bias and quantise them as the layer does."""
    of_kernel = quantiser_of(layer.config.get("kernel_quantizer"), f"kernel of {layer.name!r}", of_kernel=True)
    of_bias = quantiser_of(layer.config.get("bias_quantizer"), f"bias of {layer.name!r}")
    if layer.kind in FOLDING:
        folded = folded_before_quantising(layer)
        for what, quantiser, values, doubt in (
            ("weights", of_kernel, folded.kernel, folded.kernel_doubt),
            ("biases", of_bias, folded.bias, folded.bias_doubt),
        ):
            notes += _doubts(layer.name, what, quantiser, values, doubt)
        kernel, bias = folded.kernel, folded.bias
    else:
        kernel, given_bias = kernel_and_bias(layer)
        if given_bias is None:
            zeros = Constants(raw=np.zeros(kernel.shape[-1], dtype=np.int64), kind=FixedType(1, 1))
            return _part("weight", kernel, of_kernel), _Part(what="bias", values=zeros.values, held=zeros)
        bias = given_bias
    return _part("weight", kernel, of_kernel), _part("bias", bias, of_bias)


def _part(what: str, values: NDArray[np.float32], quantiser: Quantiser | None) -> _Part:
    held = None if quantiser is None else quantiser.constants(values)
    return _Part(what=what, values=values if held is None else held.values, held=held)


def _corrected(name: str, kernel: _Part, bias: _Part, by: InputCorrection) -> tuple[_Part, _Part]:
    """Put a correction of the inputs into the weights: W @ (factor * x + shift) + b."""
    if by.factor.shape != kernel.values.shape[:1]:
        raise ModelFileError(
            f"layer {name!r} has {kernel.values.shape[0]} inputs, the correction has {by.factor.shape[0]}"
        )
    if kernel.held is not None or (bias.held is not None and np.any(bias.values)):
        raise ModelFileError(
            f"layer {name!r}: its weights have quantisers of their own, so the inputs cannot be corrected in "
            "them; scale the inputs as in the training"
        )
    weights = kernel.values.astype(np.float64)
    return (
        _Part(what="weight", values=weights * by.factor[:, None], held=None),
        _Part(what="bias", values=bias.values + by.shift @ weights, held=None),
    )


def _folded(kernel: _Part, bias: _Part, by: Normalisation) -> tuple[_Part, _Part]:
    """Fold a normalisation in; what stays exact stays held."""
    products = kernel.values.astype(np.float64) * by.factor
    sums = bias.values.astype(np.float64) * by.factor + by.shift
    exact = by.is_exact
    held = held_exactly(products, most_bits=_MOST_EXACT_BITS) if exact and kernel.held is not None else None
    held_bias = held_exactly(sums, most_bits=_MOST_EXACT_BITS) if exact and bias.held is not None else None
    return (
        _Part(what="weight", values=products, held=held),
        _Part(what="bias", values=sums, held=held_bias),
    )


def _doubts(
    name: str, what: str, quantiser: Quantiser | None, values: NDArray[np.float32], doubt: NDArray[np.float32]
) -> Sequence[str]:
    """Tell when Keras's float32 may round folded numbers to the other of two steps."""
    if quantiser is None:
        return []
    below, above = (quantiser.constants(one).values for one in (values - doubt, values + doubt))
    undecided = int(np.count_nonzero(below != above))
    if not undecided:
        return []
    return [
        f"layer {name!r}: {undecided} of {values.size} folded {what} lie so near to the middle between two "
        "steps that Keras's float32 may round them to the other one"
    ]
