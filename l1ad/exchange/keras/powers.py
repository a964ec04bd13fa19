"""The power-of-two quantisers of QKeras, on the statistics of a batch normalisation."""

import numpy as np
from numpy.typing import NDArray

from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.quantisers import quantiser_of
from l1ad.exchange.keras.spelling import Spelling, spelled

__all__ = ["quantised_statistic"]

_EPSILON = np.float32(1e-7)
_UNCERTAIN = 1e-5


def quantised_statistic(
    values: NDArray[np.float32], written: object, where: str, *, positive: bool
) -> NDArray[np.float32]:
    """Quantise a statistic as `QBatchNormalization` does; as it is where there is no quantiser.

    Args:
        values: Shape (n_channels,).
        written: The quantiser in any form that Keras files hold.
        where: Layer and option, for messages.
        positive: Whether it scales (gamma, variance, inverse); QKeras reads `alpha=None` of these as auto_po2.
    """
    spelling = spelled(written, where)
    if spelling is None:
        return values
    if spelling.name in ("quantized_po2", "quantized_relu_po2"):
        return _powers(values, spelling)
    quantiser = quantiser_of(written, where, of_kernel=positive)
    return values if quantiser is None else quantiser.constants(values).values.astype(np.float32)


def _powers(values: NDArray[np.float32], spelling: Spelling) -> NDArray[np.float32]:
    """Round to the nearest power of two, as `_clip_power_of_two` does with its default rounding."""
    spelling.refuse_unless("use_stochastic_rounding", False, None, 0, why="its result is left to chance")
    spelling.refuse_unless("qnoise_factor", 1.0, why="it mixes in what was not quantised; set it to 1")
    spelling.refuse_unless("log2_rounding", "rnd", why="only rounding to the nearest exponent is known")
    of_relu = spelling.name == "quantized_relu_po2"
    if of_relu:
        spelling.refuse_unless("negative_slope", 0.0, None, why="only a slope of 0 is known")
        if (values < 0).any():
            raise ModelFileError(f"{spelling.where}: {spelling} of a negative number is not imported")
    lowest, highest = _exponents(spelling, signed=not of_relu)
    largest = spelling.arguments.get("max_value")
    sizes = np.maximum(np.abs(values), _EPSILON)
    sizes = sizes if largest is None else np.minimum(sizes, np.float32(spelling.number("max_value", 0)))
    step = 2 if spelling.whole("quadratic_approximation", 0) else 1
    octaves = np.log2(sizes.astype(np.float64)) / step
    if (np.abs(octaves - np.floor(octaves) - 0.5) < _UNCERTAIN).any():
        raise ModelFileError(
            f"{spelling.where}: a value lies so closely between two powers of two that float32 may decide "
            "either way"
        )
    exponents = step * np.clip(np.rint(octaves), lowest, highest)
    exponents = np.where(np.abs(values) < _EPSILON, lowest, exponents)
    powers = np.exp2(exponents).astype(np.float32)
    return np.asarray(np.where(values < 0, -powers, powers))


def _exponents(spelling: Spelling, *, signed: bool) -> tuple[int, int]:
    """Give the lowest and highest exponent, as `_get_min_max_exponents` does."""
    largest = spelling.arguments.get("max_value")
    sign_of_exponent = int(largest is None or spelling.number("max_value", 0) > 1)
    bits = spelling.whole("bits", 8) - int(signed) - sign_of_exponent
    if not 0 <= bits <= 6:
        raise ModelFileError(f"{spelling.where}: {spelling} has exponents of {bits} bits; 0 to 6 are imported")
    highest = 2**bits - 1
    return -(2**bits), 2 * (highest // 2) if spelling.whole("quadratic_approximation", 0) else highest
