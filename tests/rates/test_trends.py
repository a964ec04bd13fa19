"""Tests of constancy: p-values are even where nothing changes, and small where something does."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import UnresolvedRateError
from l1ad.rates.intervals import clopper_pearson
from l1ad.rates.series import Series, group_starts
from l1ad.rates.stream import ZeroBiasStream
from l1ad.rates.trends import constancy, linear_trend, lumi_bootstrap, outliers
from l1ad.rates.weighted import WeightedCount

STREAM = ZeroBiasStream(2340)
KHZ = STREAM.rate_hz / 1000
Reals = NDArray[np.float64]


def binomial(rng: np.random.Generator, n_events: NDArray[np.int64], share: Reals) -> Series:
    """Draw how many of the events of each slice pass."""
    passed = rng.binomial(n_events, share).astype(np.int64)
    return series_of(n_events, passed)


def series_of(n_events: NDArray[np.int64], passed: NDArray[np.int64], weight: float = 1.0) -> Series:
    every, passing = (
        WeightedCount.of(np.repeat(np.arange(len(one)), one), np.full(one.sum(), weight), len(one))
        for one in (n_events, passed)
    )
    titles = tuple(f"section {one}" for one in range(len(n_events)))
    return Series(titles=titles, where=np.arange(float(len(n_events))), counted=every, passed=passing)


def weighted(
    rng: np.random.Generator,
    n_events: NDArray[np.int64],
    share: Reals,
    *,
    light: tuple[float, float] = (0.8, 0.3),
) -> Series:
    """Draw events of which the passing ones are mostly of the light kind, as enrichment makes them."""
    which = np.repeat(np.arange(len(n_events)), n_events)
    passed = rng.random(len(which)) < share[which]
    weights = np.where(rng.random(len(which)) < np.where(passed, *light), 0.2, 1.5)
    return Series(
        titles=tuple(map(str, range(len(n_events)))), where=np.arange(float(len(n_events))),
        counted=WeightedCount.of(which, weights, len(n_events)),
        passed=WeightedCount.of(which[passed], weights[passed], len(n_events)),
    )  # fmt: skip


STABLE = [
    (binomial, 40, 2000, 0.01), (binomial, 10, 300, 0.4), (binomial, 200, 100, 0.02),
    (weighted, 20, 1000, 0.05), (weighted, 8, 800, 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("draw", "n_slices", "mean", "share"), STABLE)
@pytest.mark.parametrize("test", [constancy, linear_trend])
def test_p_values_of_a_stable_rate_are_even(
    draw: Callable[..., Series], n_slices: int, mean: int, share: float, test: Callable[..., object]
) -> None:
    rng = np.random.default_rng(17)
    found = []
    for _ in range(400):
        n_events = rng.poisson(mean * rng.uniform(0.5, 1.5, n_slices))
        found.append(getattr(test(draw(rng, n_events, np.full(n_slices, share))), "p_value"))  # noqa: B009
    assert stats.kstest(found, "uniform").pvalue > 0.01


@pytest.mark.parametrize(("draw", "n_slices", "mean", "share"), STABLE)
def test_a_stable_rate_names_outliers_no_more_often_than_the_level(
    draw: Callable[..., Series], n_slices: int, mean: int, share: float
) -> None:
    rng = np.random.default_rng(5)
    named = sum(
        bool(outliers(draw(rng, rng.poisson(mean, n_slices), np.full(n_slices, share)), level=0.1))
        for _ in range(200)
    )
    assert stats.binomtest(named, 200, 0.1, alternative="greater").pvalue > 0.01


def evenly_weighted(rng: np.random.Generator, n_events: NDArray[np.int64], share: Reals) -> Series:
    """Draw weights that know nothing of what passes, so that the weighted share is the share."""
    return weighted(rng, n_events, share, light=(0.5, 0.5))


@pytest.mark.parametrize(("draw", "repeats"), [(binomial, 1000), (evenly_weighted, 200)])
@pytest.mark.parametrize("slope", [-0.03, 0.005, 0.02])
def test_the_slope_of_a_drift_is_found_within_its_error(
    draw: Callable[..., Series], repeats: int, slope: float
) -> None:
    rng, n_slices = np.random.default_rng(3), 30
    share = 0.05 * (1 + slope * (np.arange(n_slices) - 14.5))
    trends = [linear_trend(draw(rng, rng.poisson(1500, n_slices), share)) for _ in range(repeats)]
    pulls = np.array([(one.slope - slope) / one.error for one in trends])
    assert abs(pulls.mean()) < 3 / math.sqrt(repeats)
    assert abs(pulls.std() - 1) < 3 / math.sqrt(2 * repeats)


def test_a_drift_has_a_small_p_value_and_the_trend_sees_it_before_constancy_does() -> None:
    rng, n_slices = np.random.default_rng(4), 60
    share = np.asarray(0.02 * (1 + 0.008 * (np.arange(n_slices) - 29.5)), dtype=np.float64)
    drifts = [binomial(rng, np.full(n_slices, 2000), share) for _ in range(50)]
    trends = [linear_trend(one).p_value for one in drifts]
    assert np.median(trends) < 1e-5
    assert np.median(trends) < np.median([constancy(one).p_value for one in drifts]) < 0.05


def test_a_common_weight_changes_no_test() -> None:
    rng = np.random.default_rng(6)
    n_events = rng.poisson(500, 12)
    passed = rng.binomial(n_events, 0.1)
    one, other = series_of(n_events, passed), series_of(n_events, passed, weight=0.25)
    assert constancy(one).g == pytest.approx(constancy(other).g)
    assert (linear_trend(one).slope, linear_trend(one).z) == pytest.approx(
        (linear_trend(other).slope, linear_trend(other).z)
    )
    assert one.equal_weights and other.equal_weights
    assert not weighted(rng, n_events, np.full(12, 0.1)).equal_weights


def test_two_slices_of_many_events_give_the_chi2_of_a_two_by_two_table() -> None:
    series = series_of(np.array([50_000, 40_000]), np.array([520, 330]))
    table = [[520, 330], [49_480, 39_670]]
    assert constancy(series).g == pytest.approx(
        stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic, rel=2e-3
    )
    assert linear_trend(series).z ** 2 == pytest.approx(
        stats.chi2_contingency(table, correction=False).statistic, rel=1e-9
    )


def test_neighbours_are_put_together_until_five_are_expected() -> None:
    assert group_starts(np.array([2.0, 2.0, 2.0, 5.0, 1.0])).tolist() == [0, 3]
    assert group_starts(np.array([5.0, 5.0, 5.0])).tolist() == [0, 1, 2]
    assert group_starts(np.array([1.0, 1.0])).tolist() == [0]
    assert group_starts(np.array([])).tolist() == []
    few = constancy(series_of(np.full(100, 10), np.array([1] * 12 + [0] * 88)))
    assert few.n_slices == 2
    assert few.p_value < 0.01


def test_one_slice_is_constant() -> None:
    found = constancy(series_of(np.array([100]), np.array([50])))
    assert (found.n_slices, found.g, found.p_value) == (1, 0.0, 1.0)
    assert constancy(series_of(np.array([100, 100]), np.array([1, 1]))).n_slices == 1
    assert constancy(series_of(np.array([], np.int64), np.array([], np.int64))).p_value == 1.0


def test_a_hot_and_a_dead_slice_are_named_and_no_other() -> None:
    rng = np.random.default_rng(8)
    share = np.full(100, 0.02)
    share[17], share[60] = 0.05, 0.0
    named = outliers(binomial(rng, np.full(100, 2000), share))
    assert [one.title for one in named] == ["section 17", "section 60"]
    assert named[0].effective_pass > named[0].expected == pytest.approx(40, rel=0.1)
    assert named[1].effective_pass == 0
    assert all(one.p_value < 1e-6 for one in named)


def test_the_p_value_of_an_outlier_is_twice_the_binomial_tail_times_the_slices() -> None:
    n_events, passed = np.full(50, 1000), np.array([40] + [10] * 49)
    share = passed.sum() / n_events.sum()
    (named,) = outliers(series_of(n_events, passed))
    assert named.p_value == pytest.approx(100 * stats.binom.sf(39, 1000, share), rel=1e-6)


def test_without_any_that_passes_there_is_no_trend_and_no_outlier() -> None:
    none = series_of(np.array([100, 100]), np.array([0, 0]))
    assert outliers(none) == ()
    with pytest.raises(UnresolvedRateError, match="no event passes, or every one does"):
        linear_trend(none)
    with pytest.raises(UnresolvedRateError, match="all events lie at 0: no trend can be seen"):
        linear_trend(series_of(np.array([100]), np.array([3])))


def test_for_independent_events_the_bootstrap_is_as_wide_as_clopper_pearson() -> None:
    rng = np.random.default_rng(9)
    series = binomial(rng, rng.poisson(1000, 300), np.full(300, 0.002))
    estimate = lumi_bootstrap(series, STREAM, rng)
    low, high = clopper_pearson(estimate.n_pass, int(series.counted.n_events.sum()))
    assert estimate.rate_khz == pytest.approx(KHZ * series.share)
    assert (estimate.high_khz - estimate.low_khz) / (KHZ * (high - low)) == pytest.approx(1, abs=0.12)


def test_for_sections_that_differ_only_the_bootstrap_covers() -> None:
    rng = np.random.default_rng(10)
    truth, hits = 0.01, np.zeros(2)
    for _ in range(200):
        share = truth * rng.gamma(4, 1 / 4, 80)  # half the rate from section to section
        series = binomial(rng, np.full(80, 2000), share)
        estimate = lumi_bootstrap(series, STREAM, rng, replicas=400)
        low, high = clopper_pearson(estimate.n_pass, 160_000)
        hits += [estimate.low_khz <= KHZ * truth <= estimate.high_khz, low <= truth <= high]
    assert stats.binomtest(int(hits[0]), 200, 0.6827).pvalue > 0.01
    assert hits[1] < 0.4 * 200


def test_the_bootstrap_is_the_same_for_the_same_seed_and_refuses_too_few_sections() -> None:
    series = series_of(np.full(20, 100), np.arange(20))
    once, again = (lumi_bootstrap(series, STREAM, np.random.default_rng(1)) for _ in range(2))
    assert once == again
    with pytest.raises(UnresolvedRateError, match="2 sections, 1 of them with an event that passes"):
        lumi_bootstrap(series_of(np.array([5, 5]), np.array([0, 1])), STREAM, np.random.default_rng(1))
