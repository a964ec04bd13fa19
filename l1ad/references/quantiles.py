"""Quantiles of a score that follow another variable: boosted trees, each event judged by a fit to others."""

import math

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from l1ad.core.errors import DataError

__all__ = ["cross_fitted_quantiles", "fitted_quantiles"]

Reals = NDArray[np.float64]

_ITERATIONS = 60
_DEGREE = 2
_LEAF_SHARE = 0.2
_TAIL_OF_LEAF = 20
"""Events above the quantile that a leaf has on average; fewer let the cut follow single events."""


def fitted_quantiles(
    scores: Reals, variable: Reals, judged: Reals, *, kept: float, seed: int
) -> NDArray[np.float64]:
    """Fit the quantile that a fraction `kept` of the scores exceeds, and read it elsewhere.

    Boosted trees that minimise the pinball loss (Koenker & Bassett, Econometrica 46 (1978) 33), in
    scikit-learn, on what a parabola of ln(1 + score) in the logarithm of the variable leaves: trees go in
    steps, and where the score rises within a leaf they would cut its upper end away. A leaf has at least a
    fifth of the events, and 20 above the quantile: narrower ones follow a resonance and take most of it away
    (seen: of 49 signal events above the 10 % cut, leaves of 1 % left 26 as an excess, of 20 % left 35).

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
    trend = np.polynomial.Polynomial.fit(shown, values, _DEGREE)
    # Threads that wait for each other at every split take four times the time of one on a busy machine.
    with threadpool_limits(1, user_api="openmp"):
        trees = HistGradientBoostingRegressor(
            loss="quantile", quantile=1 - kept, max_iter=_ITERATIONS, min_samples_leaf=leaf, max_leaf_nodes=8,
            early_stopping=False, random_state=seed,
        ).fit(shown[:, None], values - trend(shown))  # fmt: skip
        # Beyond what it was fitted to a parabola says nothing.
        within = np.clip(asked, shown.min(), shown.max())
        return np.asarray(np.expm1(trend(within) + trees.predict(within[:, None])), dtype=np.float64)


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
