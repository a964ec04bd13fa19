"""The network of an hls4ml project while it is put together: one call of a layer after the other."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.names import cpp_identifier
from l1ad.core.network import Activation, ActivationFunction, Layer, Reshape, Shape
from l1ad.core.tensor import TensorType
from l1ad.core.trace import RESERVED_NAMES
from l1ad.exchange.hls4ml.source import Config, Hls4mlSource
from l1ad.exchange.hls4ml.weights import read_constants
from l1ad.exchange.imported import ModelFileError

__all__ = ["Call", "Chain", "holds", "same_values"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of a layer: `function<templates...>(arguments...)`, with the name its layer goes by."""

    source: Hls4mlSource
    function: str
    templates: tuple[str, ...]
    arguments: tuple[str, ...]
    name: str

    @property
    def config(self) -> Config:
        """The layer's configuration: the last template argument."""
        return self.source.config(self.templates[-1])

    def value(self, name: str, default: int | None = None) -> int:
        """Evaluate a number of the configuration."""
        return self.source.value(self.config, name, default)

    def refused(self, why: str) -> ModelFileError:
        """Make the error that refuses this call."""
        return ModelFileError(f"{self.source.root}: layer {self.name!r} (nnet::{self.function}): {why}")


class Chain:
    """Layers so far, and what the next one is given.

    Attributes:
        layers: The layers.
        given: Number format(s) of the last result.
        shape: Its shape.
        declared: Type of the C++ array it stands in; every element's number format lies within.
        notes: Losses and choices so far.
    """

    def __init__(self, given: FixedType, n: int) -> None:
        self.layers: list[Layer] = []
        self.given = TensorType.uniform(given)
        self.shape: Shape = (n,)
        self.declared = given
        self.notes: list[str] = []

    @property
    def n(self) -> int:
        """Number of elements of the last result."""
        return math.prod(self.shape)

    def unique(self, name: str) -> str:
        """Make a layer's name that C++ knows and nothing else has."""
        try:
            safe = cpp_identifier(name)
        except ValueError:
            safe = f"layer_{len(self.layers) + 1}"
        taken = RESERVED_NAMES | {layer.name for layer in self.layers}
        return next(
            one for one in (safe, *(f"{safe}_{k}" for k in range(2, len(taken) + 3))) if one not in taken
        )

    def append(self, layer: Layer) -> None:
        """Add a layer; the shape it reads is met by reshaping, which C++ does without a word."""
        self.shape = layer.output_shape(self.shape)
        self.given = layer.output_type(self.given)
        self.layers.append(layer)

    def reshape(self, shape: Shape, call: Call) -> None:
        """Give the last result the shape that the next layer reads it in."""
        if math.prod(shape) != self.n:
            raise call.refused(f"it reads {math.prod(shape)} values but is given {self.n}")
        if shape != self.shape:
            name = self.unique("flatten" if len(shape) == 1 else "reshape")
            self.append(Reshape(name=name, input_shape=self.shape, target_shape=shape))

    def cast(self, name: str, to: FixedType) -> None:
        """Cast the last result, unless that changes no value it can have."""
        if not all(holds(to, one) for one in self.given.types):
            self.append_cast(name, to)

    def append_cast(self, name: str, to: FixedType) -> None:
        """Cast the last result."""
        function, result = ActivationFunction.LINEAR, TensorType.uniform(to)
        self.append(Activation(name=self.unique(name), function=function, n=self.n, result=result))

    def constants(
        self, call: Call, argument: int, kind: str, count: int
    ) -> tuple[NDArray[np.int64], FixedType]:
        """Read the weights, bias or scale that stand as an argument of a call."""
        name = call.arguments[argument]
        raw, to, notes = read_constants(call.source, name, kind=kind, config=call.config, count=count)
        self.notes.extend(notes)
        return raw, to


def same_values(one: FixedType, other: FixedType) -> bool:
    """Tell whether two types hold the same numbers, whatever they do with others."""
    return (one.width, one.integer, one.signed) == (other.width, other.integer, other.signed)


def holds(wide: FixedType, narrow: FixedType) -> bool:
    """Tell whether a type holds every number of another."""
    if not narrow.width:
        return True
    scale = 1 << max(0, wide.fraction - narrow.fraction)
    return wide.fraction >= narrow.fraction and all(
        wide.holds_raw(end * scale) for end in (narrow.raw_min, narrow.raw_max)
    )
