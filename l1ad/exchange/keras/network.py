"""Keras models as frozen networks, integer for integer what Keras computes; Keras itself is not needed."""

import math
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from l1ad.core.errors import DataError
from l1ad.core.fixed import FixedType
from l1ad.core.network import Activation, ActivationFunction, Pooling2D, PoolingFunction, Reshape
from l1ad.core.tensor import TensorType
from l1ad.exchange.chosen_types import ChosenTypes, type_for_range
from l1ad.exchange.growing_network import GrowingNetwork
from l1ad.exchange.imported import Imported, ModelFileError
from l1ad.exchange.keras.chain import chain_to
from l1ad.exchange.keras.file import read_keras
from l1ad.exchange.keras.layers import (
    ACTIVATIONS,
    DENSE,
    NORMALISATIONS,
    NOTHING_AT_INFERENCE,
    POOLINGS,
    WEIGHTED,
    check_arithmetic,
    check_kind,
    pool_options,
    target_shape,
    written_activation,
)
from l1ad.exchange.keras.quantisers import quantiser_spelled
from l1ad.exchange.keras.records import KerasLayer
from l1ad.exchange.keras.spelling import Spelling, spelled
from l1ad.exchange.keras.weighted import held_weights, weighted_layer
from l1ad.exchange.scaler import InputCorrection

__all__ = ["network_from_keras"]

_FLOAT32_BITS = 24


def network_from_keras(
    path: Path,
    *,
    input_type: TensorType,
    weights: Path | None = None,
    output: str | None = None,
    types: ChosenTypes | None = None,
    correction: InputCorrection | None = None,
) -> Imported:
    """Import a Keras or QKeras model of Keras 2 or Keras 3.

    Quantised layers become the integers that Keras uses at inference. Sums keep every bit; an activation
    without a quantiser of its own does too. Images enter flat, row by row, channels last.

    Args:
        path: A `.keras` archive, a whole model in HDF5, or the `.json` of an architecture.
        input_type: Number format(s) of the scaled inputs.
        weights: The weights that go with a `.json`.
        output: Name of the layer whose output is wanted, e.g. the mean of a variational encoder; the only
            output of the model unless told.
        types: Number formats for what the model holds in floating point; without it that is refused.
        correction: From the inputs as the firmware scales them to those the model was trained on; put into the
            weights of the first layer, which must be dense and in floating point.

    Raises:
        ModelFileError: If a file is none of these, or the model does what is not computed exactly here.
        NotExactError: If a sum is too wide to emulate.
    """
    chain = chain_to(read_keras(path, weights), output)
    shape = chain.input_shape
    n_inputs = math.prod(shape)
    for layer in chain.layers:
        check_kind(layer)
    check_arithmetic(chain.source)
    if not input_type.is_uniform and len(input_type.types) != n_inputs:
        raise ModelFileError(
            f"{path}: {len(input_type.types)} input types are given for {n_inputs} inputs of the model"
        )
    types = types or ChosenTypes()
    _check_choices(types, chain.layers, input_type, n_inputs)
    network = GrowingNetwork(n_inputs=n_inputs, input_type=input_type, events=types.calibration)
    building = _Building(network, types, correction)
    if len(shape) > 1:
        building.reshape(chain.source.name, shape)
    layers = [layer for layer in chain.layers if layer.kind not in NOTHING_AT_INFERENCE]
    for layer, after in zip_longest(layers, layers[1:]):
        building.add(layer, after)
    if not building.network.layers:
        raise ModelFileError(
            f"{path}: nothing is left to compute of {', '.join(one.name for one in chain.layers)}"
        )
    return Imported(network=building.network.frozen(), notes=tuple(building.notes))


def _check_choices(
    types: ChosenTypes, layers: Sequence[KerasLayer], input_type: TensorType, n_inputs: int
) -> None:
    """Refuse choices that no layer would follow, and events that are none of the input type."""
    kinds = {layer.name: layer.kind for layer in layers}
    for name, chosen in types.layers.items():
        kind = kinds.get(name)
        followed = (*WEIGHTED, *ACTIVATIONS) if chosen.weight is None and chosen.bias is None else WEIGHTED
        if kind is None:
            raise ModelFileError(f"types are chosen for layer {name!r}; imported are {', '.join(kinds)}")
        if kind not in followed:
            raise ModelFileError(f"types are chosen for layer {name!r}, but a {kind} has no such types")
    if types.calibration is None:
        return
    if types.calibration.shape[1] != n_inputs:
        raise DataError(
            f"calibration events have {types.calibration.shape[1]} inputs, the model has {n_inputs}"
        )
    low, high = input_type.raw_bounds(n_inputs)
    if (types.calibration < low).any() or (types.calibration > high).any():
        raise DataError(f"calibration events lie outside {input_type.spelling}; scaled raw inputs are wanted")


class _Building:
    """Turns one Keras layer after another into layers of the network."""

    def __init__(self, network: GrowingNetwork, types: ChosenTypes, correction: InputCorrection | None) -> None:
        self.network = network
        self.types = types
        self.correction = correction
        self.notes: list[str] = []
        self._folded: KerasLayer | None = None

    def add(self, layer: KerasLayer, after: KerasLayer | None) -> None:
        """Add what a layer computes; `after` is the next one, which may be folded into it."""
        if layer is self._folded:
            return
        if self.correction is not None and layer.kind not in (*DENSE, "Flatten", "Reshape"):
            raise ModelFileError(
                f"layer {layer.name!r} ({layer.kind}) comes before any dense layer, in whose weights alone "
                "the inputs can be corrected"
            )
        if layer.kind in WEIGHTED:
            self._weighted(layer, after)
        elif layer.kind in NORMALISATIONS:
            raise ModelFileError(
                f"layer {layer.name!r} ({layer.kind}) does not follow directly on a dense layer or convolution "
                "without an activation; only into such a one it is folded"
            )
        elif layer.kind in ACTIVATIONS:
            self._activation(layer, layer.name)
        elif layer.kind in POOLINGS:
            self._pooling(layer)
        else:
            n = self.network.n
            self.reshape(layer.name, (n,) if layer.kind == "Flatten" else target_shape(layer, n))

    def reshape(self, name: str, shape: tuple[int, ...]) -> None:
        """Give the tensor another shape, unless it has it."""
        before = self.network.shape
        if shape != before:
            self.network.add(lambda own: Reshape(name=own, input_shape=before, target_shape=shape), name)

    def _weighted(self, layer: KerasLayer, after: KerasLayer | None) -> None:
        function = spelled(layer.config.get("activation"), f"activation of {layer.name!r}")
        plain = function is None or function.name == "linear"
        self._folded = after if plain and after is not None and after.kind in NORMALISATIONS else None
        held = held_weights(layer, self._folded, self.types, self.correction)
        self.correction = None
        self.notes += held.notes
        network = self.network
        network.add(lambda own: weighted_layer(layer, own, held, network.given, network.shape), layer.name)
        self._note_width(layer.name)
        if not plain or self.types.of(layer.name).result is not None:
            self._activation(layer, f"{layer.name}_{'linear' if function is None else function.name}")

    def _note_width(self, name: str) -> None:
        reach = max(abs(int(self.network.low.min())), abs(int(self.network.high.max())))
        if reach.bit_length() > _FLOAT32_BITS:
            self.notes.append(
                f"layer {name!r}: sums can take {reach.bit_length()} bits and a sign; they are exact here, "
                f"where Keras's own float32 rounds beyond {_FLOAT32_BITS}"
            )

    def _activation(self, layer: KerasLayer, name: str) -> None:
        function = spelled(written_activation(layer), f"activation of {layer.name!r}")
        chosen = self.types.of(layer.name).result
        if function is None or function.name == "linear":
            if chosen is not None:
                self._cast(layer.name, name, ActivationFunction.LINEAR, chosen, "as given")
        elif function.name == "relu":
            self._float_relu(layer.name, name, chosen)
        else:
            self._quantised(layer.name, name, function, chosen)

    def _quantised(self, layer: str, name: str, function: Spelling, chosen: FixedType | None) -> None:
        quantiser = quantiser_spelled(function)
        result = quantiser.activation_type()
        if chosen is not None:
            raise ModelFileError(
                f"layer {layer!r}: {chosen} is chosen for a result that {function} gives; leave the choice out"
            )
        self._add_activation(name, quantiser.function, TensorType.uniform(result))

    def _float_relu(self, layer: str, name: str, chosen: FixedType | None) -> None:
        bits = self.types.activation_bits
        if chosen is not None:
            self._cast(layer, name, ActivationFunction.RELU, chosen, "as given")
        elif bits is not None:
            _, high, source = self.network.range_of_result()
            kind = type_for_range(0, max(0, high), fraction=self.network.given.fraction, bits=bits)
            self._cast(layer, name, ActivationFunction.RELU, kind, f"{bits} bits, by {source}")
        else:
            exact = TensorType(tuple(_not_negative(one) for one in self.network.given.types))
            self._add_activation(name, ActivationFunction.RELU, exact)

    def _cast(self, layer: str, name: str, function: ActivationFunction, kind: FixedType, how: str) -> None:
        step = float(kind.lsb)
        self._add_activation(name, function, TensorType.uniform(kind))
        self.notes.append(f"layer {layer!r}: result held in {kind} ({how}), in steps of {step:g}")

    def _add_activation(self, name: str, function: ActivationFunction, result: TensorType) -> None:
        n = self.network.n
        self.network.add(lambda own: Activation(name=own, function=function, n=n, result=result), name)

    def _pooling(self, layer: KerasLayer) -> None:
        function = PoolingFunction.MAX if layer.kind == "MaxPooling2D" else PoolingFunction.AVERAGE
        pool, strides = pool_options(layer)
        shape = self.network.shape
        self.network.add(
            lambda own: Pooling2D(name=own, function=function, input_shape=shape, pool=pool, strides=strides),
            layer.name,
        )


def _not_negative(kind: FixedType) -> FixedType:
    """Give the narrowest type of max(x, 0) for every x of a type."""
    if not kind.signed:
        return FixedType(kind.width, kind.integer, False)
    return (
        FixedType(kind.width - 1, kind.integer - 1, False)
        if kind.width > 1
        else FixedType(1, kind.integer, False)
    )
