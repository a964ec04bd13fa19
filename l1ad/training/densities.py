"""Densities of single features, as negative logarithms that stay finite in float32 however far off they are."""

import math
from functools import cache
from typing import Any

import numpy as np

__all__ = [
    "bernoulli",
    "gaussian",
    "log_normal_with_zeros",
    "poisson",
    "truncated_discrete_gaussian",
    "truncated_gaussian",
]

_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)
_LEAST_DIFFERENCE = 1e-7
"""Below this two logarithms of float32 are not told apart."""
_TABULATED_COUNTS = 16
"""Counts from which two terms of Stirling's series are exact in float32."""


def log_normal_with_zeros(values: Any, location: Any, width: Any, zero_logit: Any, *, smallest: Any) -> Any:
    """−ln of a log-normal density beside a share of zeros, clipped to 0 below `smallest`.

    Cerri et al., arXiv:1811.10276, section 4, "clipped log-normal": a zero has the probability f, any other
    value the density (1 − f) LogN(x; µ, σ).

    Args:
        values: Values of at least 0, shape (n_events, n_features).
        location: µ, the mean of ln x, same shape.
        width: σ of ln x, same shape.
        zero_logit: ln f/(1 − f), same shape.
        smallest: Values below it are zero, positive, shape (n_features,).
    """
    from keras import ops

    logarithm = ops.log(ops.maximum(values, smallest))
    density = logarithm + gaussian(logarithm, location, width)
    return ops.where(values < smallest, ops.softplus(-zero_logit), ops.softplus(zero_logit) + density)


def gaussian(values: Any, mean: Any, width: Any) -> Any:
    """−ln N(x; µ, σ²), each of shape (n_events, n_features)."""
    from keras import ops

    return 0.5 * ops.square((values - mean) / width) + ops.log(width) + _HALF_LOG_TWO_PI


def truncated_gaussian(values: Any, mean: Any, width: Any, *, low: Any, high: Any) -> Any:
    """−ln of a Gaussian that has nothing outside its support and one in it.

    The mean may lie outside. What the squares of distances to the mean and to the nearest end have in common
    is left out before they are subtracted, not after.

    Args:
        values: Values in the support, shape (n_events, n_features).
        mean: µ before it is cut, same shape.
        width: σ before it is cut, same shape.
        low: Lower end of the support, shape (n_features,).
        high: Upper end, same shape.
    """
    from keras import ops

    distance = ops.abs(values - mean) / width
    near, beyond = _beyond_nearest_end(values, mean, width, distance, low=low, high=high)
    inside = _log_scaled_interval((low - mean) / width, (high - mean) / width, (high - low) / width)
    return 0.5 * beyond * (beyond + 2 * near) + ops.log(width) + _HALF_LOG_TWO_PI + inside


def truncated_discrete_gaussian(counts: Any, mean: Any, width: Any, *, low: Any, high: Any) -> Any:
    """−ln of the probability that a truncated Gaussian has in the bin of a whole number.

    P(n) = [Φ((n + ½ − µ)/σ) − Φ((n − ½ − µ)/σ)] over the same from the first bin to the last (Cerri et al.,
    arXiv:1811.10276, section 4; there without an upper end).

    Args:
        counts: Whole numbers from `low` to `high`, shape (n_events, n_features).
        mean: µ before it is cut, same shape.
        width: σ before it is cut, same shape.
        low: Lowest whole number, shape (n_features,).
        high: Highest, same shape.
    """
    from keras import ops

    left, right = (counts - 0.5 - mean) / width, (counts + 0.5 - mean) / width
    distance = ops.maximum(ops.maximum(left, -right), 0.0)
    first, last = low - 0.5, high + 0.5
    near, beyond = _beyond_nearest_end(counts, mean, width, distance, low=first, high=last, half_bin=0.5)
    all_bins = _log_scaled_interval((first - mean) / width, (last - mean) / width, (last - first) / width)
    this_bin = _log_scaled_interval(left, right, 1.0 / width)
    return 0.5 * beyond * (beyond + 2 * near) + all_bins - this_bin


def bernoulli(flags: Any, logit: Any) -> Any:
    """−ln of the probability of a flag, 0 or 1, of which 1 has the probability 1/(1 + exp(−logit))."""
    from keras import ops

    return ops.softplus(ops.where(flags > 0.5, -logit, logit))


def poisson(counts: Any, rate: Any) -> Any:
    """−ln of the Poisson probability of whole numbers, at a positive rate; both (n_events, n_features).

    As the deviance n ln(n/λ) − n + λ, which does not cancel where n is near λ, and the rest of ln n!, which
    depends on n alone (Loader, Fast and accurate computation of binomial probabilities, 2000).
    """
    from keras import ops

    counted = ops.maximum(counts, 1.0)
    deviance = counts * ops.log(counted / rate) - (counts - rate)
    few = ops.take(_rest_of_log_factorial(), ops.cast(ops.minimum(counts, _TABULATED_COUNTS - 1.0), "int32"))
    many = 0.5 * ops.log(2 * math.pi * counted) + 1.0 / (12.0 * counted) - 1.0 / (360.0 * counted**3)
    return deviance + ops.where(counts < _TABULATED_COUNTS, few, many)


def _beyond_nearest_end(
    values: Any, mean: Any, width: Any, distance: Any, *, low: Any, high: Any, half_bin: float = 0.0
) -> tuple[Any, Any]:
    """Split distances to the mean, in σ: to the end of the support nearest to it, and from there on.

    With the mean inside the support the first is 0.
    """
    from keras import ops

    above, below = (low - mean) / width, (mean - high) / width
    beyond = ops.where(above > 0, (values - half_bin - low) / width, distance)
    beyond = ops.where(below > 0, (high - values - half_bin) / width, beyond)
    return ops.maximum(ops.maximum(above, below), 0.0), beyond


def _log_scaled_interval(left: Any, right: Any, extent: Any) -> Any:
    """Give ln(Φ(right) − Φ(left)) + ½d², d being the distance from 0 to the interval: no tail underflows.

    The extent, right − left, is given too, as far out the two ends are one number of float32.
    """
    from keras import ops

    near = ops.maximum(ops.maximum(left, -right), 0.0)
    holds_zero = near <= 0.0
    # Both branches are computed, and neither may give a NaN where the other is taken.
    central = ops.erf(right / math.sqrt(2)) - ops.erf(left / math.sqrt(2))
    central = ops.log(0.5 * ops.where(holds_zero, ops.maximum(central, _LEAST_DIFFERENCE), 1.0))
    far = near + extent
    log_near, log_far = _log_scaled_tail(near), _log_scaled_tail(far)
    fall = 0.5 * extent * (far + near) + log_near - log_far
    tail = log_near + ops.log(-ops.expm1(-ops.maximum(fall, _LEAST_DIFFERENCE)))
    return ops.where(holds_zero, central, tail)


def _log_scaled_tail(distance: Any) -> Any:
    """Give ln Φ(−d) + ½d² for d of at least 0."""
    from keras import ops

    t = 1.0 / (1.0 + distance / math.sqrt(8))
    s = 2.0 * t - 1.0
    polynomial = 0.0
    for coefficient in reversed(_tail_coefficients()):
        polynomial = polynomial * s + coefficient
    return ops.log(t) + polynomial


@cache
def _tail_coefficients() -> tuple[float, ...]:
    """Fit ln(½ erfcx(z)) − ln t, with t = 2/(2 + z), by powers of 2t − 1.

    The form of Numerical Recipes, section 6.2; the coefficients are interpolated from SciPy's function.
    """
    from numpy.polynomial import Chebyshev, Polynomial
    from scipy.special import erfcx

    def wanted(t: Any) -> Any:
        return np.log(0.5 * erfcx(2 / t - 2)) - np.log(t)

    fit = Chebyshev.interpolate(wanted, 12, domain=[0, 1])
    return tuple(fit.convert(kind=Polynomial, domain=[0, 1], window=[-1, 1]).coef.tolist())


@cache
def _rest_of_log_factorial() -> Any:
    """Tabulate ln n! − (n ln n − n) for small n, from SciPy's in double precision."""
    from scipy.special import gammaln, xlogy

    counts = np.arange(_TABULATED_COUNTS)
    return (gammaln(counts + 1) - xlogy(counts, counts) + counts).astype(np.float32)
