"""How far one order of things agrees with another, with interval, probability and groups."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, kendalltau, rankdata, spearmanr

from l1ad.core.errors import DataError
from l1ad.metrics.ranks import Bounded

__all__ = [
    "RankCorrelation",
    "corrected",
    "kendall",
    "rank_correlation",
    "spearman",
    "spearman_of_events",
]

_RESAMPLINGS = 2_000

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankCorrelation:
    """Rank correlation of two figures of the same things.

    Attributes:
        spearman: Spearman's coefficient with its bootstrap interval over things.
        kendall: Kendall's τ-b.
        p_value: Probability of a Spearman coefficient so far from 0 without any relation, two-sided.
        n: Things.
    """

    spearman: Bounded
    kendall: float
    p_value: float
    n: int


def rank_correlation(first: Reals, second: Reals, rng: np.random.Generator) -> RankCorrelation:
    """Correlate two figures by rank; infinite ones stand at the ends of the order.

    Where all values of one are alike nothing is ranked: the coefficients are 0, and the probability is 1. The
    interval is the central 68.27 % of a bootstrap over things.

    Args:
        first: One a thing, shape (n,).
        second: The other, same things in the same order.
        rng: Source of the resampling.

    Raises:
        DataError: If there are fewer than three things, other numbers of both, or a value is NaN.
    """
    _check(first, second)
    n, x, y = len(first), rankdata(first), rankdata(second)
    drawn = rng.integers(n, size=(_RESAMPLINGS, n))
    resampled = _row_correlations(rankdata(x[drawn], axis=1), rankdata(y[drawn], axis=1))
    varies = np.ptp(x) > 0 and np.ptp(y) > 0
    return RankCorrelation(
        spearman=Bounded.of_resampled(float(_row_correlations(x[None], y[None])[0]), resampled),
        kendall=float(kendalltau(x, y).statistic) if varies else 0.0,
        p_value=float(spearmanr(x, y).pvalue) if varies else 1.0,
        n=n,
    )


def spearman(first: Reals, second: Reals) -> float:
    """Find Spearman's coefficient, ties at their mean rank; 0 where one of both never varies."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first, second).statistic)


def spearman_of_events(first: Reals, second: Reals) -> Bounded:
    """Find Spearman's coefficient of many events, with a 68.27 % interval for which nothing is resampled.

    Fisher's transformation with the variance (1 + ρ²/2) / (n − 3) of Bonett & Wright, Psychometrika 65 (2000)
    23 *(from memory)*. Where one of both never varies the interval is everything from −1 to 1.

    Args:
        first: A number of each event, shape (n_events,).
        second: Another, shape (n_events,).

    Raises:
        DataError: If there are fewer than five events.
    """
    if len(first) < 5:
        raise DataError(f"{len(first)} events have no correlation with an interval; at least 5 do")
    rho = spearman(first, second)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return Bounded(value=rho, low=-1.0, high=1.0)
    half = math.sqrt((1 + rho**2 / 2) / (len(first) - 3))
    bound = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, rho)))
    return Bounded(value=rho, low=math.tanh(bound - half), high=math.tanh(bound + half))


def kendall(first: Reals, second: Reals, groups: Sequence[object]) -> float:
    """Find Kendall's τ-b over pairs of one group alone; 0 where no pair is told apart.

    It asks whether the order is right among things that are alike otherwise: pairs across groups
    do not count.

    Args:
        first: One a thing, shape (n,).
        second: The other.
        groups: Group of each; of a single one, this is `scipy.stats.kendalltau`.
    """
    _check(first, second)
    alike = np.array([[a == b for b in groups] for a in groups])
    rows, columns = np.nonzero(np.triu(alike, 1))
    x, y = (np.sign(ranks[rows] - ranks[columns]) for ranks in (rankdata(first), rankdata(second)))
    told_apart = float(np.sqrt(np.sum(x != 0)) * np.sqrt(np.sum(y != 0)))
    return float(np.sum(x * y)) / told_apart if told_apart else 0.0


def corrected(p_values: Sequence[float]) -> tuple[float, ...]:
    """Correct probabilities for their number: below 0.05, at most one in twenty of those found is by chance.

    Benjamini & Yekutieli, Ann. Stat. 29 (2001) 1165, as `scipy.stats.false_discovery_control`: valid however
    the tests depend on one another, as metrics of one training do.

    Args:
        p_values: One a test, at least one.
    """
    return tuple(float(one) for one in np.atleast_1d(false_discovery_control(list(p_values), method="by")))


def _row_correlations(x: Reals, y: Reals) -> Reals:
    """Correlate row by row, shape (n_rows,); 0 where a row does not vary."""
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    size = np.sqrt(np.sum(x * x, axis=1) * np.sum(y * y, axis=1))
    found = np.divide(np.sum(x * y, axis=1), size, out=np.zeros(len(x)), where=size > 0)
    return np.asarray(np.clip(found, -1, 1))


def _check(first: Reals, second: Reals) -> None:
    if first.shape != second.shape or first.ndim != 1 or len(first) < 3:
        raise DataError(
            f"figures of shapes {first.shape} and {second.shape}; two of the same things are wanted, "
            "at least three"
        )
    if np.isnan(first).any() or np.isnan(second).any():
        thing = int(np.argmax(np.isnan(first) | np.isnan(second)))
        raise DataError(f"thing {thing} has the figures {first[thing]} and {second[thing]}; NaN has no rank")
