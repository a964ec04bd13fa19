"""The scales that `quantized_bits(alpha="auto_po2")` finds: a power of two for each output channel."""

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.exchange.constants import Constants
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.spelling import Spelling

__all__ = ["auto_scaled"]

_EPSILON = np.float32(1e-7)
"""`keras.backend.epsilon()`; nobody who changes it finds it in the file."""

_ROUNDS = 5
_UNCERTAIN = 1e-5
"""Part of an octave about the middle between two powers of two where float32 sums could decide either way."""


def auto_scaled(values: NDArray[np.float32], spelling: Spelling, steps: FixedType) -> Constants:
    """Quantise weights with the scales that QKeras would find in them, at inference as in training.

    As `quantized_bits.__call__` for a string alpha: starting from the largest weight of each channel, five
    rounds of least squares, each rounded to a power of two; then round half away from zero, symmetric.
    What training stored as `post_training_scale` is used as it is.

    Args:
        values: Weights, the last axis that of the channels.
        spelling: The quantiser.
        steps: Its number format for a scale of one.

    Returns:
        Weights in one format that holds the steps of every channel.

    Raises:
        ModelFileError: If a stored scale is no power of two, or one lies too closely between two to tell.
    """
    # In units of 2**integer, as QKeras computes; exact.
    given = np.ldexp(values, -(steps.integer - 1)).astype(np.float32)
    levels = 2 * steps.raw_max
    stored = spelling.arguments.get("post_training_scale")
    if stored is None:
        scale = _found(given, levels, spelling)
    else:
        scale = _power_of_two(stored, spelling) / np.float32(2.0 ** (steps.width - 1))
    whole = _rounded(given, scale, levels)
    exponents = np.broadcast_to(np.log2(scale).astype(np.int64), whole.shape)  # exact for powers of two
    used = exponents[whole != 0]
    lowest, highest = (int(used.min()), int(used.max())) if used.size else (0, 0)
    raw = np.where(whole != 0, whole << np.where(whole != 0, exponents - lowest, 0), 0)
    width = steps.width + highest - lowest
    return Constants(raw=raw, kind=FixedType(width, width + lowest + steps.integer - 1))


def _found(given: NDArray[np.float32], levels: int, spelling: Spelling) -> NDArray[np.float32]:
    """Find the scales; those of a vector are shared at first and then one for each element, as QKeras does."""
    axes = tuple(range(given.ndim - 1)) if given.ndim > 1 else (0,)
    largest = np.abs(given).max(axis=axes, keepdims=True) * np.float32(2)
    scale = _nearest_power(largest / np.float32(levels), spelling)
    for _ in range(_ROUNDS):
        whole = _rounded(given, scale, levels).astype(np.float32)
        products, squares = given * whole, whole * whole
        if given.ndim > 1:
            products, squares = (np.mean(one, axis=axes, keepdims=True) for one in (products, squares))
        scale = _nearest_power(products / (squares + _EPSILON), spelling)
    return scale


def _rounded(given: NDArray[np.float32], scale: NDArray[np.float32], levels: int) -> NDArray[np.int64]:
    """Round to steps of the scale, halves away from zero, in float32 as QKeras does."""
    steps = np.floor(np.abs(given) / scale + np.float32(0.5))
    return (np.sign(given) * np.minimum(steps, np.float32(levels / 2))).astype(np.int64)


def _nearest_power(scale: NDArray[np.float32], spelling: Spelling) -> NDArray[np.float32]:
    octaves = np.log2((scale + _EPSILON).astype(np.float64))
    if (np.abs(octaves - np.floor(octaves) - 0.5) < _UNCERTAIN).any():
        raise ModelFileError(
            f"{spelling.where}: a scale of {spelling} lies so closely between two powers of two that float32 "
            "may decide either way; save the model with alpha=1, or with post_training_scale"
        )
    return np.exp2(np.rint(octaves)).astype(np.float32)


def _power_of_two(stored: object, spelling: Spelling) -> NDArray[np.float32]:
    try:
        scale = np.asarray(stored, dtype=np.float32)
    except (TypeError, ValueError):
        scale = np.zeros(1, dtype=np.float32)
    if not scale.size or not (
        np.isfinite(scale).all() and (scale > 0).all() and (np.frexp(scale)[0] == 0.5).all()
    ):
        raise ModelFileError(f"{spelling.where}: the post_training_scale of {spelling.name} is no power of two")
    return scale
