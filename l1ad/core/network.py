"""The frozen network: a chain of layers in raw integers, a number format for every tensor."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.convolution import Conv2D, exact_conv_accumulator
from l1ad.core.layers import Activation, ActivationFunction, Dense, Reshape, Shape, exact_accumulator
from l1ad.core.pooling import Pooling2D, PoolingFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trace import RESERVED_NAMES
from l1ad.core.windows import Padding

__all__ = [
    "Activation",
    "ActivationFunction",
    "Conv2D",
    "Dense",
    "FrozenNetwork",
    "Layer",
    "Padding",
    "Pooling2D",
    "PoolingFunction",
    "Reshape",
    "Shape",
    "Weighted",
    "exact_accumulator",
    "exact_conv_accumulator",
]

Weighted = Dense | Conv2D
"""Layers with weights: both have `sum`, `terms`, `weights_raw`, `bias_raw` and `accumulator`."""

Layer = Dense | Conv2D | Pooling2D | Reshape | Activation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrozenNetwork:
    """A chain of layers from the scaled inputs to the encoder mean.

    Attributes:
        n_inputs: Number of inputs.
        input_type: Number format(s) of the inputs.
        layers: The layers, first to last.
    """

    n_inputs: int
    input_type: TensorType
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("a network needs at least one layer")
        self.input_type.of_each(self.n_inputs)
        if len({layer.name for layer in self.layers}) != len(self.layers):
            raise ValueError(f"two layers share a name: {[layer.name for layer in self.layers]}")
        if taken := sorted({layer.name for layer in self.layers} & RESERVED_NAMES):
            raise ValueError(f"no layer can be called {taken[0]!r}: another tensor is; give it another name")
        shape: Shape = (self.n_inputs,)
        width = self.n_inputs
        for layer, given in self.given():
            if layer.n_in != width:
                raise ValueError(f"layer {layer.name!r} takes {layer.n_in} values but is given {width}")
            shape = layer.output_shape(shape)
            layer.check_input(given)
            width = layer.n_out
        self.output_type.of_each(width)

    def given(self) -> Iterator[tuple[Layer, TensorType]]:
        """Yield each layer with the number format(s) of what it is given."""
        given = self.input_type
        for layer in self.layers:
            yield layer, given
            given = layer.output_type(given)

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return self.layers[-1].n_out

    @property
    def types(self) -> dict[str, TensorType]:
        """Number format(s) of each layer's result, by its name, in order."""
        return {layer.name: layer.output_type(given) for layer, given in self.given()}

    @property
    def shapes(self) -> dict[str, Shape]:
        """Shape of each layer's result, by its name, in order."""
        shape: Shape = (self.n_inputs,)
        found: dict[str, Shape] = {}
        for layer in self.layers:
            shape = found[layer.name] = layer.output_shape(shape)
        return found

    @property
    def output_type(self) -> TensorType:
        """Number format(s) of the outputs."""
        return self.types[self.layers[-1].name]

    def trace(self, inputs_raw: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Compute every layer on scaled inputs of shape (n_events, n_inputs).

        Returns:
            Raw integers after each layer by its name, in order, shape (n_events, n_out).
        """
        current = inputs_raw
        traced: dict[str, NDArray[np.int64]] = {}
        for layer, given in self.given():
            current = layer.apply(current, given)
            traced[layer.name] = current
        return traced
