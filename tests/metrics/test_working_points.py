import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import ConfigError, DataError, UnresolvedRateError
from l1ad.metrics.efficiency import efficiency_at_fraction
from l1ad.metrics.ranks import ranked
from l1ad.metrics.working_points import (
    WorkingPoint,
    measured,
)
from l1ad.rates.rate import threshold_for_budget, threshold_for_rate
from l1ad.rates.stream import Budget, PreselectedStream

FPR_2_PERCENT = WorkingPoint("2 %", Fraction(2, 100))


def test_a_rate_is_its_exact_fraction_of_the_colliding_crossings() -> None:
    point = WorkingPoint.at_rate(1, 2340)
    assert point.fraction == Fraction(1000) / (Fraction("11245.5") * 2340)
    assert (point.name, str(point)) == ("1 kHz", "1 kHz at 2340 colliding bunches")
    assert WorkingPoint.at_rate(0.1, 2340).fraction == point.fraction / 10
    assert WorkingPoint.at_rate(0.5, 2544).name == "0.5 kHz"


@pytest.mark.parametrize(
    ("rate", "name"),
    [(1e-5, "FPR 1e-5"), (0.0001, "FPR 1e-4"), (2.5e-3, "FPR 2.5e-3"), (0.01, "FPR 1e-2"), (0.5, "FPR 5e-1")],
)
def test_a_false_positive_rate_is_named_by_its_power_of_ten(rate: float, name: str) -> None:
    assert WorkingPoint.at_false_positive_rate(rate).name == name


@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_float_stands_for_the_decimal_it_prints_as(tenths: int) -> None:
    point = WorkingPoint.at_false_positive_rate(tenths / 10)
    assert [point.allowed(n) for n in range(1, 200)] == [n * tenths // 10 for n in range(1, 200)]


def test_a_point_is_resolved_from_the_first_event_that_may_pass() -> None:
    one_khz, fpr = WorkingPoint.at_rate(1, 2340), WorkingPoint.at_false_positive_rate(1e-5)
    assert one_khz.resolved_by(26315)
    assert not one_khz.resolved_by(26314)
    assert fpr.resolved_by(100_000)
    assert not fpr.resolved_by(99_999)
    fpr.check(100_000)


def test_too_few_background_events_are_refused_with_the_number_that_is_needed() -> None:
    words = "20000 background events cannot resolve 1 kHz at 2340 colliding bunches: at least 26315 are needed"
    with pytest.raises(UnresolvedRateError, match=words):
        WorkingPoint.at_rate(1, 2340).check(20_000)
    with pytest.raises(UnresolvedRateError, match="50 background events cannot resolve FPR 1e-2: at least 100"):
        measured(
            np.arange(50), np.arange(9), [WorkingPoint.at_false_positive_rate(0.01)], np.random.default_rng(1)
        )


def test_points_that_are_none_are_refused() -> None:
    for rate in (0.0, 1.0, -1e-3, math.nan, math.inf):
        with pytest.raises(ConfigError, match="a working point lies between 0 and 1"):
            WorkingPoint.at_false_positive_rate(rate)
    for khz in (0.0, -1.0, math.nan, math.inf, 26_315.0):
        with pytest.raises(ConfigError, match="2340 bunches collide at 26314 kHz"):
            WorkingPoint.at_rate(khz, 2340)
    for bunches in (0, 3565):
        with pytest.raises(ConfigError, match=f"{bunches} colliding bunches do not fit an orbit"):
            WorkingPoint.at_rate(1, bunches)


def brute_force_threshold(background: NDArray[np.int64], fraction: Fraction) -> int:
    """Try every integer from the lowest score up."""
    allowed = math.floor(fraction * len(background))
    return next(
        at
        for at in range(int(background.min()), int(background.max()) + 2)
        if np.count_nonzero(background >= at) <= allowed
    )


@pytest.mark.parametrize("seed", range(30))
def test_thresholds_and_counts_agree_with_trying_every_integer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_levels = int(rng.choice([3, 12, 400]))
    background, signal = rng.integers(0, n_levels, 150), rng.integers(0, n_levels + 3, 60)
    taken = rng.random(60) < 0.4
    points = [WorkingPoint(f"{share}", share) for share in (Fraction(1, 150), Fraction(1, 9), Fraction(4, 5))]
    found = measured(background, signal, points, rng, taken)
    for point in points:
        at, threshold = found.at[point.name], brute_force_threshold(background, Fraction(point.fraction))
        assert at.threshold_raw == threshold
        assert at.n_background == np.count_nonzero(background >= threshold)
        assert at.efficiency.n_pass == np.count_nonzero(signal >= threshold)
        assert at.efficiency.n_total == 60
        assert at.pure is not None
        assert at.pure.n_pass == np.count_nonzero((signal >= threshold) & ~taken)
        assert (at.pure.n_total, at.pure.value) == (60, at.pure.n_pass / 60)
        for one in (at.efficiency, at.pure):
            assert 0.0 <= one.low <= one.value <= one.high <= 1.0


def test_the_threshold_is_the_one_that_the_rates_room_sets() -> None:
    rng = np.random.default_rng(11)
    background, signal = rng.integers(0, 5000, 60_000), rng.integers(0, 5000, 10)
    points = [WorkingPoint.at_rate(khz, 2340) for khz in (1, 3, 10)]
    found = measured(background, signal, points, rng)
    for khz, point in zip((1, 3, 10), points, strict=True):
        expected = threshold_for_rate(background, target_khz=khz, colliding_bunches=2340)
        assert found.at[point.name].threshold_raw == expected
    stream = PreselectedStream(86_400.0)
    fpr = WorkingPoint.at_false_positive_rate(1e-3)
    expected = threshold_for_budget(background, Budget(Fraction(1, 1000), "test"), stream)
    assert measured(background, signal, [fpr], rng).at["FPR 1e-3"].threshold_raw == expected


def test_without_the_menus_decisions_nothing_is_pure_and_with_nothing_taken_everything_is() -> None:
    rng = np.random.default_rng(12)
    background, signal = rng.integers(0, 900, 500), rng.integers(300, 1500, 80)
    assert measured(background, signal, [FPR_2_PERCENT], rng).at["2 %"].pure is None
    free, taken = (
        measured(background, signal, [FPR_2_PERCENT], rng, np.full(80, decision)).at["2 %"]
        for decision in (False, True)
    )
    assert free.pure is not None
    assert free.pure.n_pass == free.efficiency.n_pass > 0
    assert taken.pure is not None
    assert (taken.pure.value, taken.pure.low, taken.pure.high) == (0.0, 0.0, 0.0)


def test_float_scores_through_ranks_give_the_same_as_integers_of_the_same_order() -> None:
    rng = np.random.default_rng(13)
    background, signal = rng.integers(0, 700, 3000), rng.integers(0, 1200, 400)
    float_background, float_signal = ranked(np.exp(background / 100), np.exp(signal / 100))
    integers = measured(background, signal, [FPR_2_PERCENT], np.random.default_rng(1))
    floats = measured(float_background, float_signal, [FPR_2_PERCENT], np.random.default_rng(1))
    assert floats.auc == integers.auc
    assert floats.at["2 %"].efficiency == integers.at["2 %"].efficiency


@pytest.mark.parametrize("n_levels", [30, 100_000])
def test_the_interval_is_that_of_the_bootstrap_that_draws_every_event(n_levels: int) -> None:
    """Compare ends of the interval with `efficiency_at_fraction`, which draws by another way, over 30 seeds."""
    rng = np.random.default_rng(14)
    scale = n_levels / 10
    background = rng.exponential(scale, 2000).astype(np.int64)
    signal = rng.exponential(3 * scale, 800).astype(np.int64)
    ends = np.empty((30, 2, 2))
    for seed in range(30):
        at = measured(background, signal, [FPR_2_PERCENT], np.random.default_rng(seed)).at["2 %"]
        other = efficiency_at_fraction(
            background,
            signal,
            threshold_raw=at.threshold_raw,
            fraction=FPR_2_PERCENT.fraction,
            rng=np.random.default_rng(seed),
        )
        assert (at.efficiency.n_pass, at.efficiency.value) == (other.n_pass, other.value)
        ends[seed] = (at.efficiency.low, at.efficiency.high), (other.low, other.high)
    difference = ends[:, 0].mean(axis=0) - ends[:, 1].mean(axis=0)
    error = np.sqrt(ends.var(axis=0, ddof=1).sum(axis=0) / 30)
    assert (np.abs(difference) < 4 * error + 1e-9).all()


@pytest.mark.parametrize(("n_background", "n_signal"), [(2000, 5000), (6000, 200)])
def test_intervals_hold_the_true_efficiencies_about_as_often_as_a_gaussians_sigma(
    n_background: int, n_signal: int
) -> None:
    """Cover 68.27 % within 200 toy experiments, total and pure: a third of the signal is taken at random."""
    n_toys, fraction = 200, Fraction(202, 10_000)
    truth = float(fraction) ** (1 / 3)  # as in the test of efficiency_at_fraction
    covered = np.zeros(2, int)
    for seed in range(n_toys):
        rng = np.random.default_rng([2027, seed])
        background = rng.exponential(1e5, n_background).astype(np.int64)
        signal = rng.exponential(3e5, n_signal).astype(np.int64)
        taken = rng.random(n_signal) < 1 / 3
        at = measured(background, signal, [WorkingPoint("p", fraction)], rng, taken).at["p"]
        assert at.pure is not None
        covered += (
            at.efficiency.low <= truth <= at.efficiency.high,
            at.pure.low <= truth * 2 / 3 <= at.pure.high,
        )
    assert all(stats.binomtest(int(one), n_toys, 0.6827).pvalue > 0.001 for one in covered)


def test_decisions_of_other_events_and_points_of_one_name_are_refused() -> None:
    events, rng = np.arange(100), np.random.default_rng(1)
    with pytest.raises(
        DataError, match=r"decisions of the menu are bool of shape \(99,\), not bool of \(100,\)"
    ):
        measured(events, events, [FPR_2_PERCENT], rng, np.zeros(99, bool))
    with pytest.raises(DataError, match="decisions of the menu are int64"):
        measured(events, events, [FPR_2_PERCENT], rng, np.zeros(100, np.int64))
    twice = [WorkingPoint.at_rate(10_000, 2340), WorkingPoint.at_rate(10_000, 2544)]
    with pytest.raises(
        ConfigError, match=r"10000 kHz at 2340 colliding bunches, 10000 kHz at 2544 .* share a name"
    ):
        measured(events, events, twice, rng)
