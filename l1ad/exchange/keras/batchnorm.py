"""Batch normalisation as one factor and one shift for each channel, folded into the layer before it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.layers import epsilon, kernel_and_bias
from l1ad.exchange.keras.powers import quantised_statistic
from l1ad.exchange.keras.records import KerasLayer

__all__ = ["FoldedFloats", "Normalisation", "folded_before_quantising", "normalisation_of"]

_ROUNDING = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Normalisation:
    """`x * factor + shift` for each channel.

    Attributes:
        name: Name of the layer.
        factor: gamma / sqrt(variance + epsilon), shape (n_channels,).
        shift: beta - mean * factor, shape (n_channels,).
        is_exact: Whether every factor is a power of two or zero, and float32 rounded none on the way.
    """

    name: str
    factor: NDArray[np.float64]
    shift: NDArray[np.float64]
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoldedFloats:
    """Weights of a layer that folds its normalisation in before it quantises.

    Attributes:
        kernel: In float32.
        bias: In float32.
        kernel_doubt: How far Keras's own float32 may lie from `kernel`: the order of its operations is its own.
        bias_doubt: How far it may lie from `bias`.
    """

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    kernel_doubt: NDArray[np.float32]
    bias_doubt: NDArray[np.float32]


def normalisation_of(layer: KerasLayer, n_channels: int) -> Normalisation:
    """Read a `BatchNormalization`, or a `QBatchNormalization` with its statistics quantised, at inference.

    Raises:
        ModelFileError: If statistics are missing, or quantised as is not known.
    """
    gamma, beta, mean, variance = _statistics(layer, n_channels)
    if layer.kind == "QBatchNormalization":
        gamma = _quantised(layer, "gamma", gamma, positive=True)
        beta = _quantised(layer, "beta", beta, positive=False)
        mean = _quantised(layer, "mean", mean, positive=False)
        variance = _quantised(layer, "variance", variance, positive=True)
    root = _root(layer, variance)
    single = gamma / root
    inverse = layer.config.get("inverse_quantizer")
    if inverse is not None:
        single = quantised_statistic(single, inverse, f"inverse of {layer.name!r}", positive=True)
    is_exact = _is_power_or_zero(single) and (inverse is not None or _is_power_or_zero(root))
    factor = single.astype(np.float64)
    if not is_exact and inverse is None:  # float32 is no authority then
        factor = gamma / np.sqrt(variance.astype(np.float64) + epsilon(layer))
    shift = beta.astype(np.float64) - mean.astype(np.float64) * factor
    return Normalisation(name=layer.name, factor=factor, shift=shift, is_exact=is_exact)


def folded_before_quantising(layer: KerasLayer) -> FoldedFloats:
    """Fold as `QDenseBatchnorm` and `QConv2DBatchnorm` do at inference, whichever their folding mode.

    kernel * gamma / sqrt(variance + epsilon), and gamma * (bias - mean) / sqrt(variance + epsilon) + beta.
    """
    kernel, bias = kernel_and_bias(layer)
    gamma, beta, mean, variance = _statistics(layer, kernel.shape[-1])
    bias = np.zeros_like(mean) if bias is None else bias
    inverse = gamma / _root(layer, variance)
    folded = (inverse * kernel, inverse * (bias - mean) + beta)
    terms = np.abs(inverse) * (np.abs(bias) + np.abs(mean)) + np.abs(beta)
    return FoldedFloats(
        kernel=folded[0],
        bias=folded[1],
        kernel_doubt=4 * np.float32(_ROUNDING) * np.abs(folded[0]),
        bias_doubt=4 * np.float32(_ROUNDING) * terms,
    )


def _quantised(
    layer: KerasLayer, what: str, values: NDArray[np.float32], *, positive: bool
) -> NDArray[np.float32]:
    option = f"{what}_quantizer"
    if option not in layer.config:
        raise ModelFileError(
            f"layer {layer.name!r} does not say its {option}, and QKeras's default is not none"
        )
    return quantised_statistic(values, layer.config[option], f"{what} of {layer.name!r}", positive=positive)


def _root(layer: KerasLayer, variance: NDArray[np.float32]) -> NDArray[np.float32]:
    root: NDArray[np.float32] = np.sqrt(variance + np.float32(epsilon(layer)))
    if (root == 0).any():
        raise ModelFileError(f"layer {layer.name!r} divides by zero: a variance and epsilon are both zero")
    return root


def _statistics(layer: KerasLayer, n_channels: int) -> tuple[NDArray[np.float32], ...]:
    """Read gamma, beta, mean and variance; 1 and 0 stand for the first two where they are switched off."""
    neutral = {"gamma": np.ones(n_channels, np.float32), "beta": np.zeros(n_channels, np.float32)}
    absent = {"gamma": not layer.config.get("scale", True), "beta": not layer.config.get("center", True)}
    read = []
    for role in ("gamma", "beta", "moving_mean", "moving_variance"):
        values = neutral[role] if absent.get(role) else layer.weights.get(role)
        if values is None or values.shape != (n_channels,):
            shape = "none" if values is None else f"shape {values.shape}"
            raise ModelFileError(
                f"layer {layer.name!r}: {role} of {n_channels} channels is wanted, the file holds {shape}"
            )
        read.append(values)
    if (read[3] < 0).any():
        raise ModelFileError(f"layer {layer.name!r}: a variance is negative")
    return tuple(read)


def _is_power_or_zero(values: NDArray[np.float32]) -> bool:
    return bool(np.isin(np.abs(np.frexp(values)[0]), (0.0, 0.5)).all())
