"""The frozen network: layers in raw integers and a number format for every tensor."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.integer import INT64_SAFE_BITS, requantize
from l1ad.core.names import check_identifier
from l1ad.core.tensor import TensorType

__all__ = ["Activation", "ActivationFunction", "Dense", "FrozenNetwork", "Layer", "exact_accumulator"]


class ActivationFunction(StrEnum):
    """What an activation layer does before it casts."""

    LINEAR = "linear"
    """Nothing: the layer only requantises."""
    RELU = "relu"
    """max(x, 0)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dense:
    """A dense layer `x @ weights + bias`, its result held in the accumulator without rounding.

    Attributes:
        name: Name of the layer, unique in the network.
        weights_raw: Raw integers in units of `weight_type.lsb`, shape (n_in, n_out).
        weight_type: Number format of the weights.
        bias_raw: Raw integers in units of `bias_type.lsb`, shape (n_out,).
        bias_type: Number format of the bias.
        accumulator: Number format of the sum and of the layer's result.
    """

    name: str
    weights_raw: NDArray[np.int64]
    weight_type: FixedType
    bias_raw: NDArray[np.int64]
    bias_type: FixedType
    accumulator: FixedType

    def __post_init__(self) -> None:
        check_identifier(self.name, "layer name")
        for array in ("weights_raw", "bias_raw"):
            object.__setattr__(self, array, _constant_integers(getattr(self, array), self.name))
        if self.weights_raw.ndim != 2 or self.bias_raw.shape != self.weights_raw.shape[1:]:
            raise ValueError(
                f"layer {self.name!r}: weights of shape {self.weights_raw.shape} and bias of shape "
                f"{self.bias_raw.shape} do not belong together"
            )
        for what, raw, kind in (
            ("weight", self.weights_raw, self.weight_type), ("bias", self.bias_raw, self.bias_type),
        ):  # fmt: skip
            if raw.size and not (kind.holds_raw(int(raw.min())) and kind.holds_raw(int(raw.max()))):
                raise NotExactError(
                    f"layer {self.name!r}: a {what} lies outside {kind} "
                    f"(raw {raw.min()} to {raw.max()}, allowed {kind.raw_min} to {kind.raw_max})"
                )

    @property
    def n_in(self) -> int:
        """Number of inputs."""
        return int(self.weights_raw.shape[0])

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return int(self.weights_raw.shape[1])

    @property
    def sparsity(self) -> float:
        """Fraction of weights that are zero."""
        return float(np.mean(self.weights_raw == 0))

    def output_type(self) -> TensorType:
        """Give the number format of the result."""
        return TensorType.uniform(self.accumulator)

    def check_input(self, given: TensorType) -> None:
        """Refuse an accumulator that would round or saturate: only then does the order of sums not matter."""
        if self.accumulator.overflow is not Overflow.WRAP:
            raise NotExactError(
                f"layer {self.name!r}: accumulator {self.accumulator} saturates, so that its result would "
                "depend on the order of the sum; use AP_WRAP, and saturate in the activation that follows"
            )
        product_fraction = given.fraction + self.weight_type.fraction
        if self.accumulator.fraction < max(product_fraction, self.bias_type.fraction):
            raise NotExactError(
                f"layer {self.name!r}: accumulator {self.accumulator} drops fraction bits of the products "
                f"({product_fraction}) or of the bias ({self.bias_type.fraction})"
            )
        widest = max(one.width + given.fraction - one.fraction for one in given.of_each(self.n_in))
        growth = self.n_in.bit_length() + self.accumulator.fraction - product_fraction
        bias_bits = self.bias_type.width + self.accumulator.fraction - self.bias_type.fraction
        if max(widest + self.weight_type.width + growth, bias_bits) >= INT64_SAFE_BITS:
            raise NotExactError(
                f"layer {self.name!r}: sums of {given.spelling} times {self.weight_type} need more than "
                f"{INT64_SAFE_BITS} bits, more than is emulated; use narrower types"
            )

    def apply(self, raw: NDArray[np.int64], given: TensorType) -> NDArray[np.int64]:
        """Compute the layer on raw integers of shape (n_events, n_in), exactly, modulo the accumulator."""
        fraction = self.accumulator.fraction
        align = fraction - given.fraction - self.weight_type.fraction
        total = (raw @ self.weights_raw << align) + (self.bias_raw << (fraction - self.bias_type.fraction))
        return requantize(total, fraction=fraction, to=self.accumulator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An activation followed by a cast to its result type.

    Attributes:
        name: Name of the layer, unique in the network.
        function: What is applied before the cast.
        n: Number of elements.
        result: Number format(s) of the result.
    """

    name: str
    function: ActivationFunction
    n: int
    result: TensorType

    def __post_init__(self) -> None:
        check_identifier(self.name, "layer name")
        self.result.of_each(self.n)

    @property
    def n_in(self) -> int:
        """Number of inputs."""
        return self.n

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return self.n

    def output_type(self) -> TensorType:
        """Give the number format(s) of the result."""
        return self.result

    def check_input(self, given: TensorType) -> None:
        """Accept any input: a cast knows what to do with every value."""

    def apply(self, raw: NDArray[np.int64], given: TensorType) -> NDArray[np.int64]:
        """Compute the layer on raw integers of shape (n_events, n)."""
        positive = np.maximum(raw, 0) if self.function is ActivationFunction.RELU else raw
        return self.result.cast(positive, fraction=given.fraction)


Layer = Dense | Activation


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
        width, given = self.n_inputs, self.input_type
        for layer in self.layers:
            if layer.n_in != width:
                raise ValueError(f"layer {layer.name!r} takes {layer.n_in} values but is given {width}")
            layer.check_input(given)
            width, given = layer.n_out, layer.output_type()

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return self.layers[-1].n_out

    @property
    def output_type(self) -> TensorType:
        """Number format(s) of the outputs."""
        return self.layers[-1].output_type()

    def trace(self, inputs_raw: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Compute every layer on scaled inputs of shape (n_events, n_inputs).

        Returns:
            Raw integers after each layer by its name, in order, shape (n_events, n_out).
        """
        given, current = self.input_type, inputs_raw
        traced: dict[str, NDArray[np.int64]] = {}
        for layer in self.layers:
            current = layer.apply(current, given)
            given = layer.output_type()
            traced[layer.name] = current
        return traced


def _constant_integers(array: NDArray[np.int64], layer: str) -> NDArray[np.int64]:
    """Copy raw integers into an array that nobody changes."""
    if array.dtype.kind not in "iu":
        raise ValueError(f"layer {layer!r}: weights and bias are raw integers, not {array.dtype}")
    constant = array.astype(np.int64)
    constant.flags.writeable = False
    return constant


def exact_accumulator(
    *,
    given: TensorType,
    weights_raw: NDArray[np.int64],
    weight_type: FixedType,
    bias_raw: NDArray[np.int64],
    bias_type: FixedType,
) -> FixedType:
    """Find the narrowest signed type that holds every sum a dense layer can reach.

    By interval arithmetic: each weight meets the end of its input's range that takes the sum furthest.
    Partial sums may leave the type on the way and come back, in any order: two's complement sums are
    exact modulo its width.
    """
    low, high = given.raw_bounds(weights_raw.shape[0])
    fraction = max(given.fraction + weight_type.fraction, bias_type.fraction)
    align = fraction - given.fraction - weight_type.fraction
    weights, bias = weights_raw.astype(object), bias_raw.astype(object) << (fraction - bias_type.fraction)
    ends = np.stack([weights * low.astype(object)[:, None], weights * high.astype(object)[:, None]])
    highest = int(((ends.max(axis=0).sum(axis=0) << align) + bias).max(initial=0))
    lowest = int(((ends.min(axis=0).sum(axis=0) << align) + bias).min(initial=0))
    width = max(highest.bit_length(), (-lowest - 1).bit_length() if lowest < 0 else 0) + 1
    return FixedType(width, width - fraction)
