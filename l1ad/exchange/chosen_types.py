"""Number formats for a float model: chosen by the user, outright or as a number of bits."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ConfigError
from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import requantize
from l1ad.exchange.constants import Constants, rounded_to
from l1ad.exchange.imported import ModelFileError

__all__ = ["ChosenTypes", "LayerTypes", "constants_by_range", "type_for_range"]

_MOST_BITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTypes:
    """Number formats of one layer; None where nothing is said.

    Attributes:
        weight: Of the weights.
        bias: Of the bias.
        result: Of the layer's result, its activation included; it rounds and limits as its modes say.
    """

    weight: FixedType | None = None
    bias: FixedType | None = None
    result: FixedType | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChosenTypes:
    """What the user allows where a Keras model has floating-point numbers.

    Given as a number of bits, the place of the point is found from the range: of weights and biases so
    that the largest error is smallest, of activations so that nothing is cut off, neither within the bounds
    that interval arithmetic proves nor, when calibration events are given, on these events.

    Attributes:
        weight_bits: Bits of float weights, the sign included; None refuses them.
        bias_bits: Bits of float biases, the sign included; None refuses them.
        activation_bits: Bits of the results of float activation functions; None keeps every bit.
        layers: Number formats by the name of the layer in the Keras model; they come before the bits.
        calibration: Scaled inputs as raw integers of the network's input type, shape (n_events, n_inputs).
    """

    weight_bits: int | None = None
    bias_bits: int | None = None
    activation_bits: int | None = None
    layers: Mapping[str, LayerTypes] = field(default_factory=dict)
    calibration: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        for name in ("weight_bits", "bias_bits", "activation_bits"):
            bits = getattr(self, name)
            if bits is not None and not 1 <= bits <= _MOST_BITS:
                raise ConfigError(f"{name} is {bits}; 1 to {_MOST_BITS} bits can be chosen")
        events = self.calibration
        if events is not None and (events.ndim != 2 or not len(events) or events.dtype.kind not in "iu"):
            raise ConfigError(
                f"calibration events are {events.dtype} of shape {events.shape}; raw integers of shape "
                "(events, inputs) are wanted"
            )

    @staticmethod
    def read_layers(spellings: Mapping[str, Mapping[str, str]]) -> dict[str, LayerTypes]:
        """Read formats by layer, e.g. `{"dense_1": {"weight": "ap_fixed<8,2>", "result": "ap_ufixed<8,4>"}}`.

        Raises:
            ConfigError: If a key or a spelling is unknown.
        """
        layers = {}
        for layer, types in spellings.items():
            unknown = sorted(set(types) - {"weight", "bias", "result"})
            if unknown:
                raise ConfigError(
                    f"types of layer {layer!r}: unknown key {unknown[0]!r}; known are weight, bias, result"
                )
            try:
                layers[layer] = LayerTypes(**{key: FixedType.from_cpp(text) for key, text in types.items()})
            except ValueError as fault:
                raise ConfigError(f"types of layer {layer!r}: {fault}") from None
        return layers

    def of(self, layer: str) -> LayerTypes:
        """Give the formats chosen outright for a layer."""
        return self.layers.get(layer, LayerTypes())

    def weights(self, layer: str, values: NDArray[np.floating], after: str = "") -> tuple[Constants, str]:
        """Hold float weights, and say how and with what loss; `after` says what they come from."""
        return self._held(layer, values, "weight", after)

    def bias(self, layer: str, values: NDArray[np.floating], after: str = "") -> tuple[Constants, str]:
        """Hold a float bias, and say how and with what loss; `after` says what it comes from."""
        return self._held(layer, values, "bias", after)

    def _held(self, layer: str, values: NDArray[np.floating], what: str, after: str) -> tuple[Constants, str]:
        kind: FixedType | None = getattr(self.of(layer), what)
        bits: int | None = getattr(self, f"{what}_bits")
        if kind is None and bits is None:
            raise ModelFileError(
                f"layer {layer!r}: its {what}{after} is in floating point, which no firmware holds; choose a "
                f"number format for it, by {what}_bits or outright, e.g. 'ap_fixed<8,2>'"
            )
        held = rounded_to(kind, values) if kind is not None else constants_by_range(values, bits or 1)
        error = float(np.abs(held.values - values).max(initial=0.0))
        how = "as given" if kind is not None else "by range"
        return held, f"layer {layer!r}: {what}{after} rounded to {held.kind} ({how}), largest error {error:.3g}"


def constants_by_range(values: NDArray[np.floating], bits: int) -> Constants:
    """Hold float constants in a signed type of `bits` bits, the point where the largest error is smallest."""
    largest = float(np.abs(values).max(initial=0.0))
    above = math.frexp(largest)[1] + 1 if largest else 1
    candidates = [rounded_to(FixedType(bits, integer), values) for integer in range(above - 1, above + 2)]
    return min(candidates, key=lambda held: float(np.abs(held.values - values).max(initial=0.0)))


def type_for_range(low: int, high: int, *, fraction: int, bits: int) -> FixedType:
    """Find the finest type of `bits` bits that rounds every number of a range without limiting any.

    Args:
        low: Lowest raw integer; from zero up the type is unsigned.
        high: Highest raw integer.
        fraction: Fraction bits of both.
        bits: Width of the type.

    Raises:
        ConfigError: If one bit is asked to hold negative numbers.
    """
    signed = low < 0
    if signed and bits < 2:
        raise ConfigError(f"{bits} bit cannot hold results from {low} to {high} in steps of 2**{-fraction}")
    above = max(-low, high, 1).bit_length() - fraction  # every number is smaller than 2**above
    candidates = [
        FixedType(bits, integer, signed, Rounding.RND_CONV, Overflow.SAT) for integer in range(above, above + 3)
    ]
    return next((kind for kind in candidates if not _limits(kind, low, high, fraction)), candidates[-1])


def _limits(kind: FixedType, low: int, high: int, fraction: int) -> bool:
    """Tell whether a type cuts off an end of a range, after rounding it."""
    ends = np.array([low, high], dtype=object)
    wide = FixedType(kind.width + 8, kind.integer + 8, True, kind.rounding, kind.overflow)
    held = requantize(ends, fraction=fraction, to=kind)
    return not np.array_equal(held, requantize(ends, fraction=fraction, to=wide))
