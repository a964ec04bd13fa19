"""Whether a rate stays the same from slice to slice: tests with p-values instead of looking."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import UnresolvedRateError
from l1ad.rates.intervals import ONE_SIGMA
from l1ad.rates.series import Series, binomial_variance, group_starts
from l1ad.rates.stream import Stream
from l1ad.rates.weighted import RateEstimate, WeightedCount

__all__ = ["Constancy", "Outlier", "Trend", "constancy", "linear_trend", "lumi_bootstrap", "outliers"]

Reals = NDArray[np.float64]

_DRAWS = 2**22


@dataclass(frozen=True, slots=True, kw_only=True)
class Constancy:
    """Likelihood-ratio test that one share passes everywhere.

    Attributes:
        n_slices: Slices that were compared, after putting neighbours together.
        g: The statistic, as χ² with one degree of freedom less than slices.
        p_value: How often a constant rate would deviate as much; 1 for a single slice.
    """

    n_slices: int
    g: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Linear trend of a rate along the axis of a series.

    Attributes:
        slope: Relative change of the rate for one unit of the axis, from its mean over all events.
        error: Standard error of the slope, whether there is one or not.
        z: Score statistic, in standard deviations of a rate without trend.
        p_value: How often a rate without trend would give as much on either side.
    """

    slope: float
    error: float
    z: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """A slice that deviates by more than the number of slices explains.

    Attributes:
        title: Its name.
        where: Its place on the axis.
        effective_pass: Events that passed, of equal weight.
        expected: As many as had passed at the rate of the whole series.
        p_value: How often the most deviating of all slices would deviate as much, by Bonferroni.
    """

    title: str
    where: float
    effective_pass: float
    expected: float
    p_value: float


def constancy(series: Series) -> Constancy:
    """Test whether the rate is the same in all slices.

    The G test of a table of slices by passed and not, with the correction of Williams, Biometrika 63 (1976) 33
    *(from memory)*, and effective numbers where weights differ. Neighbours are put together until
    `LEAST_EXPECTED` of each kind are expected. It sees any deviation, and so a trend less well than
    `linear_trend`.
    """
    share = series.share if len(series.titles) else 0.0
    enough = series.effective()[0] * min(share, 1 - share) if 0 < share < 1 else np.zeros(len(series.titles))
    starts = group_starts(enough)
    merged = Series(
        titles=tuple(series.titles[one] for one in starts), where=series.where[starts],
        counted=_added(series.counted, starts), passed=_added(series.passed, starts),
    )  # fmt: skip
    if len(starts) < 2:
        return Constancy(n_slices=len(starts), g=0.0, p_value=1.0)
    n_events, passing = merged.effective()
    table = np.stack([passing, n_events - passing])
    g = float(stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic)
    total, rows = float(n_events.sum()), table.sum(axis=1)
    small = (total * float((1 / n_events).sum()) - 1) * (total * float((1 / rows).sum()) - 1)
    g /= 1 + small / (6 * total * (len(starts) - 1))
    return Constancy(n_slices=len(starts), g=g, p_value=float(stats.chi2.sf(g, len(starts) - 1)))


def linear_trend(series: Series) -> Trend:
    """Fit rate = mean · (1 + slope · (x - mean x)) and test whether the slope is zero.

    The test is that of Cochran & Armitage (Biometrics 11 (1955) 375 *(from memory)*), the score test of a
    logistic or a Poisson regression. Events are independent: what makes those of one lumi section alike shows
    up as a trend too often. For a rate that grows exponentially the slope is that of the straight line.

    Raises:
        UnresolvedRateError: If nothing passes, or everything, or all events lie at one place.
    """
    if not 0 < series.passed.sum().n_events < series.counted.sum().n_events:
        raise UnresolvedRateError("no event passes, or every one does: no trend can be seen")
    weight, passed = series.counted.weight, series.passed.weight
    away = series.where - np.average(series.where, weights=weight)
    spread = float(weight @ away**2)
    if not spread > 0:
        raise UnresolvedRateError(
            f"all events lie at {series.where[0]:g}: no trend can be seen; give two slices"
        )
    score, total = float(passed @ away), float(passed.sum())
    z = score / math.sqrt(series.spread * float(series.counted.squared @ away**2))
    # The slope is the mean place of the events that pass, over the variance of the place of all events.
    unit, mean = float(weight.sum()) / spread, score / total
    error = (
        unit * math.sqrt(float(binomial_variance(series.counted, series.passed) @ (away - mean) ** 2)) / total
    )
    return Trend(slope=unit * mean, error=error, z=z, p_value=float(2 * stats.norm.sf(abs(z))))


def outliers(series: Series, *, level: float = 0.05) -> tuple[Outlier, ...]:
    """Name the slices whose rate is not that of the whole series.

    Tails are binomial at the share of the whole series, so they hold for slices of few events; effective
    numbers where weights differ. A slice with much of the events is compared with itself, which hides it.

    Args:
        series: Slices, not put together.
        level: How often a stable series may name any, at most.
    """
    share = series.share if len(series.titles) else 0.0
    if not 0 < share < 1:
        return ()
    n_events, passing = series.effective()
    above = np.where(passing > 0, stats.beta.cdf(share, np.maximum(passing, 1e-9), n_events - passing + 1), 1.0)
    stopped = np.maximum(n_events - passing, 0)
    below = np.where(stopped > 0, stats.beta.sf(share, passing + 1, np.maximum(stopped, 1e-9)), 1.0)
    p_value = np.minimum(1.0, 2 * np.minimum(above, below) * len(passing))
    return tuple(
        Outlier(
            title=series.titles[one], where=float(series.where[one]), effective_pass=float(passing[one]),
            expected=float(share * n_events[one]), p_value=float(p_value[one]),
        )
        for one in np.flatnonzero(p_value < level)
    )  # fmt: skip


def lumi_bootstrap(
    series: Series,
    stream: Stream,
    rng: np.random.Generator,
    *,
    replicas: int = 2000,
    coverage: float = ONE_SIGMA,
) -> RateEstimate:
    """Estimate the rate of all slices from how the slices differ, not the events.

    Events of one lumi section share its pile-up and its detector, so whole sections are drawn again, with
    replacement; the interval holds the middle of the replicas (percentiles; Efron & Tibshirani 1993, chapter
    13 *(from memory)*). It is too narrow with few sections, and where only few of them pass any event.

    Args:
        series: Events by lumi section.
        stream: What they are a sample of.
        rng: Source of the draws.
        replicas: Samples drawn again.
        coverage: Coverage of the interval.

    Raises:
        UnresolvedRateError: If there are fewer than two sections, or fewer than two in which an event passes.
    """
    n_slices, some = len(series.titles), int(np.count_nonzero(series.passed.n_events))
    if min(n_slices, some) < 2:
        raise UnresolvedRateError(
            f"{n_slices} sections, {some} of them with an event that passes, do not tell how sections differ; "
            "at least two are needed"
        )
    khz, shares = stream.rate_hz / 1000, []
    for start in range(0, replicas, block := max(1, _DRAWS // n_slices)):
        size = min(block, replicas - start)
        drawn = rng.multinomial(n_slices, np.full(n_slices, 1 / n_slices), size=size)
        shares.append((drawn @ series.passed.weight) / (drawn @ series.counted.weight))
    tail = (1 - coverage) / 2
    low, high = np.quantile(np.concatenate(shares), [tail, 1 - tail])
    passed = series.passed.sum()
    return RateEstimate(
        n_pass=int(passed.n_events), effective_pass=float(passed.weight**2 / passed.squared),
        rate_khz=series.share * khz, low_khz=float(low) * khz, high_khz=float(high) * khz,
    )  # fmt: skip


def _added(counted: WeightedCount, starts: NDArray[np.int64]) -> WeightedCount:
    if not len(starts):
        return counted
    return WeightedCount(
        n_events=np.add.reduceat(counted.n_events, starts),
        weight=np.add.reduceat(counted.weight, starts),
        squared=np.add.reduceat(counted.squared, starts),
    )
