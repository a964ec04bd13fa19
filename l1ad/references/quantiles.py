"""Quantiles of a score that follow another variable, each event judged by a fit to others."""

import math

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from scipy import optimize, special
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from l1ad.core.errors import DataError

__all__ = ["cross_fitted_quantiles", "fitted_quantiles"]

Reals = NDArray[np.float64]

_ITERATIONS = 60
_DEGREE = 3
_SMOOTHING = 0.05
"""Width over which the kink of the pinball loss is rounded, in standard deviations of the residuals."""
_LEAF_SHARE = 0.2
_TAIL_OF_LEAF = 20
"""Events above the quantile that a leaf has on average; fewer let the cut follow single events."""


def fitted_quantiles(
    scores: Reals, variable: Reals, judged: Reals, *, kept: float, seed: int
) -> NDArray[np.float64]:
    """Fit the quantile that a fraction `kept` of the scores exceeds, and read it elsewhere.

    A curve first: the same quantile of ln(1 + score), as a polynomial of the third degree in the logarithm of
    the variable. On what it leaves, boosted trees that minimise the pinball loss (Koenker & Bassett,
    Econometrica 46 (1978) 33), in scikit-learn; alone they would go in steps, and where the score rises
    within a leaf they would cut its upper end away. A leaf has at least a fifth of the events, and 20 above the
    quantile: narrower ones follow a resonance and take most of it away.

    Args:
        scores: Scores, at least 0, shape (n,).
        variable: What they depend on, above 0, shape (n,).
        judged: Values of the variable at which the quantile is wanted, shape (m,).
        kept: Fraction of the scores above the quantile.
        seed: Of the trees.

    Raises:
        DataError: If there are too few events to find the quantile anywhere, or a score is negative.
    """
    leaf = math.ceil(max(_TAIL_OF_LEAF / kept, _LEAF_SHARE * len(scores)))
    if len(scores) < leaf:
        raise DataError(
            f"{len(scores)} events do not tell which scores {100 * kept:g} % exceed; at least {leaf} are needed"
        )
    if (scores < 0).any():
        raise DataError(f"a score is {scores.min():g}; scores of at least 0 are cut on here")
    shown, asked, values = np.log(variable), np.log(judged), np.log1p(scores)
    trend = _quantile_curve(shown, values, 1 - kept)
    # Threads that wait for each other at every split take four times the time of one on a busy machine.
    with threadpool_limits(1, user_api="openmp"):
        trees = HistGradientBoostingRegressor(
            loss="quantile", quantile=1 - kept, max_iter=_ITERATIONS, min_samples_leaf=leaf, max_leaf_nodes=8,
            early_stopping=False, random_state=seed,
        ).fit(shown[:, None], values - trend(shown))  # fmt: skip
        # Beyond what it was fitted to a curve says nothing.
        within = np.clip(asked, shown.min(), shown.max())
        return np.asarray(np.expm1(trend(within) + trees.predict(within[:, None])), dtype=np.float64)


def _quantile_curve(shown: Reals, values: Reals, quantile: float) -> Polynomial:
    """Fit a polynomial that a fraction `quantile` of the values lies below.

    The pinball loss with its kink rounded (He et al., J. Econometrics 232 (2023) 367; from memory), which is
    smooth, convex and minimised in milliseconds; the linear programme without takes seconds for 16,000 values.
    """
    start = Polynomial.fit(shown, values, _DEGREE)
    left = values - start(shown)
    width = _SMOOTHING * float(left.std()) or 1.0
    # A domain of −1 to 1, as the start has it, keeps the powers apart.
    middle, half = (shown.max() + shown.min()) / 2, np.ptp(shown) / 2 or 1.0
    powers = np.vander((shown - middle) / half, _DEGREE + 1, increasing=True)

    def loss(curve: Reals) -> tuple[float, Reals]:
        apart = (left - powers @ curve) / width
        slope = quantile - special.expit(-apart)
        rounded = quantile * apart + np.logaddexp(0.0, -apart)
        return float(rounded.mean()), -(powers.T @ slope) / (width * len(left))

    offset = np.r_[np.quantile(left, quantile), np.zeros(_DEGREE)]
    found = optimize.minimize(loss, offset, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return start + Polynomial(found, domain=start.domain)


def cross_fitted_quantiles(
    scores: Reals, variable: Reals, *, kept: float, folds: int, seed: int
) -> NDArray[np.float64]:
    """Give each event the quantile at its place of a fit that has not seen it.

    Events are dealt into parts at random; those of a part are judged by a fit to all others.

    Args:
        scores: Scores, at least 0, shape (n,).
        variable: What they depend on, above 0, shape (n,).
        kept: Fraction of the scores above the quantile.
        folds: Parts, at least two.
        seed: Of the parts and the trees.

    Returns:
        The cut of each event, shape (n,); it passes where its score is larger.
    """
    if folds < 2:
        raise ValueError(f"{folds} parts leave no others to fit to; give at least 2")
    part = np.random.default_rng(seed).permutation(len(scores)) % folds
    cuts = np.empty(len(scores))
    for number in range(folds):
        own = part == number
        cuts[own] = fitted_quantiles(scores[~own], variable[~own], variable[own], kept=kept, seed=seed)
    return cuts
