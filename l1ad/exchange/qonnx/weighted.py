"""Dense layers and convolutions of a graph, with what is multiplied and added after them folded in, exactly."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from l1ad.core.network import Conv2D, Dense, Padding, Shape, exact_accumulator, exact_conv_accumulator
from l1ad.core.tensor import TensorType
from l1ad.core.windows import window_indices
from l1ad.exchange.constants import Constants, held_exactly
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.formats import Scalars
from l1ad.exchange.qonnx.read import Node

__all__ = ["OpenLayer", "folded_normalisation", "padding_of"]

_QUANTISED_BITS = 32
_PLAIN_BITS = 16
_DOUBLE_BITS = 53
_FLOAT_BITS = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenLayer:
    """A layer with weights to which a scale or a bias may still be added.

    Attributes:
        node: The node with the weights.
        weights: Shape (n_in, n_out), or (kernel height, kernel width, channels, n_filters).
        bias: Shape (n_out,) or (n_filters,).
        quantised: Whether the weights have passed a quantiser.
        bias_quantised: Whether the bias has.
        image: Height, width and channels of what a convolution reads.
        strides: Its steps down and right.
        padding: What it does at the edges.
    """

    node: Node
    weights: Scalars
    bias: Scalars
    quantised: bool
    bias_quantised: bool = True
    image: Shape | None = None
    strides: tuple[int, int] = (1, 1)
    padding: Padding = Padding.VALID

    def followed_by(
        self, node: Node, scale: Scalars | None, shift: Scalars | None, *, quantised: bool = True
    ) -> "OpenLayer":
        """Multiply every sum by a scale and add a shift, each of shape (n_out,), by changing weights and bias.

        Raises:
            ModelFileError: If a product or a sum is not exact in floating point.
        """
        weights, bias = self.weights, self.bias
        if scale is not None and (scale != 1).any():
            if _significant_bits(weights) + _significant_bits(scale) > _DOUBLE_BITS:
                raise ModelFileError(f"{node}: does not fold exactly into the weights of {self.node}")
            weights, bias = weights * scale, _exactly(node, self.node, bias, scale, None)
        if shift is not None:
            bias = _exactly(node, self.node, bias, None, shift)
        return replace(self, weights=weights, bias=bias, bias_quantised=self.bias_quantised and quantised)

    def closed(self, name: str, given: TensorType) -> tuple[Dense | Conv2D, str | None]:
        """Make the layer, with the narrowest accumulator, and a note where float32 would not be exact.

        Raises:
            ModelFileError: If weights or bias are no fixed-point numbers.
        """
        weights = _held(self.weights, self.node, "weights", self.quantised)
        bias = _held(self.bias, self.node, "bias", self.bias_quantised)
        parts: dict[str, Any] = {
            "weights_raw": weights.raw,
            "weight_type": weights.kind,
            "bias_raw": bias.raw,
            "bias_type": bias.kind,
        }
        layer: Dense | Conv2D
        if self.image is None:
            layer = Dense(name=name, accumulator=exact_accumulator(given=given, **parts), **parts)
        else:
            place: dict[str, Any] = {
                "input_shape": self.image,
                "strides": self.strides,
                "padding": self.padding,
            }
            accumulator = exact_conv_accumulator(given=given, **parts, **place)
            layer = Conv2D(name=name, accumulator=accumulator, **parts, **place)
        if layer.accumulator.width <= _FLOAT_BITS:
            return layer, None
        return layer, (
            f"layer {name!r}: sums need {layer.accumulator.width} bits; programs that compute the graph in "
            f"float32, which holds {_FLOAT_BITS}, may round them where the network does not"
        )


def folded_normalisation(
    node: Node, epsilon: float, gamma: Scalars, beta: Scalars, mean: Scalars, variance: Scalars
) -> tuple[Scalars, Scalars]:
    """Turn a BatchNormalization into a scale and a shift per channel.

    Raises:
        ModelFileError: If a standard deviation is no rational number, or a result no binary fraction.
    """
    scales, shifts = [], []
    for channel in range(len(gamma)):
        under_root = Fraction(float(variance[channel])) + Fraction(float(np.float32(epsilon)))
        root = Fraction(math.isqrt(abs(under_root.numerator)), math.isqrt(under_root.denominator))
        scale = Fraction(float(gamma[channel])) / root if root else Fraction(0)
        shift = Fraction(float(beta[channel])) - Fraction(float(mean[channel])) * scale
        whole = root and root * root == under_root
        if not whole or any(Fraction(float(one)) != one for one in (scale, shift)):
            raise ModelFileError(
                f"{node}: channel {channel} multiplies by {float(gamma[channel]):.6g} / "
                f"sqrt({float(under_root):.6g}), which is no binary fraction; fold normalisations into the "
                "weights before these are quantised"
            )
        scales.append(float(scale))
        shifts.append(float(shift))
    return np.array(scales), np.array(shifts)


def padding_of(node: Node, shape: Shape, kernel: tuple[int, int], strides: tuple[int, int]) -> Padding:
    """Tell which padding the zeros around a convolution's image are.

    Raises:
        ModelFileError: If they are neither none nor those of Keras' SAME.
    """
    mode = node.word("auto_pad", "NOTSET")
    pads = node.numbers("pads", (0, 0, 0, 0))
    if mode == "SAME_UPPER":
        return Padding.SAME
    if mode not in ("NOTSET", "VALID"):
        raise ModelFileError(f"{node}: padding {mode} is not known; use explicit pads or SAME_UPPER")
    if mode == "VALID" or not any(pads):
        return Padding.VALID
    sides = zip(shape[:2], kernel, strides, strict=True)
    missing = [max((math.ceil(size / step) - 1) * step + k - size, 0) for size, k, step in sides]
    same = (*(one // 2 for one in missing), *(one - one // 2 for one in missing))
    if pads != same:
        raise ModelFileError(
            f"{node}: zeros {list(pads)} around an image of {shape[0]} x {shape[1]}; either none or "
            f"{list(same)}, as Keras' SAME puts them, can be imported"
        )
    window_indices(shape, kernel, strides, Padding.SAME)
    return Padding.SAME


def _held(values: Scalars, node: Node, what: str, quantised: bool) -> Constants:
    if not np.isfinite(values).all():
        raise ModelFileError(f"{node}: {what} that are not all finite numbers")
    held = held_exactly(values, most_bits=_QUANTISED_BITS if quantised else _PLAIN_BITS)
    if held is None and not quantised:
        raise ModelFileError(
            f"{node}: {what} in floating point, which no firmware holds; put a Quant on the {what}"
        )
    if held is None:
        raise ModelFileError(f"{node}: more than {_QUANTISED_BITS} bits are needed to hold the {what} exactly")
    return held


def _exactly(node: Node, layer: Node, bias: Scalars, scale: Scalars | None, shift: Scalars | None) -> Scalars:
    """Compute bias * scale + shift, or refuse what float64 does not hold."""
    if not all(np.isfinite(one).all() for one in (bias, scale, shift) if one is not None):
        raise ModelFileError(f"{node}: its constant is not all finite numbers")
    exact = [Fraction(float(one)) for one in bias]
    if scale is not None:
        exact = [one * Fraction(float(by)) for one, by in zip(exact, scale, strict=True)]
    if shift is not None:
        exact = [one + Fraction(float(by)) for one, by in zip(exact, shift, strict=True)]
    result = np.array([float(one) for one in exact])
    if any(Fraction(float(one)) != wanted for one, wanted in zip(result, exact, strict=True)):
        raise ModelFileError(f"{node}: does not fold exactly into the bias of {layer}")
    return result


def _significant_bits(values: Scalars) -> int:
    """Count the bits between the first and the last set one, of the number that has most."""
    if not np.isfinite(values).all():
        return _DOUBLE_BITS + 1
    mantissa = np.ldexp(np.frexp(np.abs(values))[0], _DOUBLE_BITS).astype(np.int64).reshape(-1)
    return max((_DOUBLE_BITS - ((one & -one).bit_length() - 1) for one in mantissa.tolist() if one), default=0)
