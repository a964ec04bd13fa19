"""A scan of thresholds against counting at each of them alone."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.rates.intervals import clopper_pearson
from l1ad.rates.rate import rate_at
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import PreselectedStream, ZeroBiasStream
from l1ad.rates.threshold_scan import Curve, ThresholdScan, binomial_curve
from l1ad.rates.thresholds import rates_at
from l1ad.rates.weighted import RateEstimate

from .test_rate_account import events_of, scores_of

STREAM = ZeroBiasStream(2340)
Integers = NDArray[np.int64]


def scanned(account: RateAccount, *thresholds: int, **signals: Integers) -> ThresholdScan:
    return ThresholdScan.of(account, STREAM, signals=signals, thresholds_raw=thresholds)


def same(curve: Curve, estimates: list[RateEstimate]) -> None:
    for found, name in ((curve.value, "rate_khz"), (curve.low, "low_khz"), (curve.high, "high_khz")):
        np.testing.assert_allclose(found, [getattr(one, name) for one in estimates], rtol=1e-9, atol=1e-15)


@given(st.integers(0, 2**32), st.booleans(), st.integers(1, 400))
@settings(max_examples=15, deadline=None)
def test_every_position_has_the_rates_that_are_counted_there_alone(
    seed: int, weighted: bool, n_events: int
) -> None:
    events, scores = events_of(n_events, weighted=weighted, seed=seed), scores_of(n_events)
    account = RateAccount.of(events, scores)
    scan = scanned(account, 17)
    found = [rates_at(int(place), account, STREAM) for place in scan.threshold_raw]
    assert scan.n_pass.tolist() == [one.total.n_pass for one in found]
    same(scan.rate_khz, [one.total for one in found])
    assert scan.pure_khz is not None
    same(scan.pure_khz, [one.pure for one in found if one.pure is not None])


@given(st.integers(0, 2**32), st.integers(1, 3000))
@settings(max_examples=15, deadline=None)
def test_events_of_which_the_score_alone_is_known_have_the_rates_of_rate_at(seed: int, n_events: int) -> None:
    scores = np.random.default_rng(seed).integers(0, 300, n_events)
    scan = scanned(RateAccount.of_scores(scores))
    assert scan.pure_khz is None
    found = [rate_at(int(place), scores, STREAM) for place in scan.threshold_raw]
    np.testing.assert_array_equal(scan.n_pass, [one.n_pass for one in found])
    np.testing.assert_allclose(scan.rate_khz.low * 1000, [one.low_hz for one in found], rtol=1e-12)
    np.testing.assert_allclose(scan.rate_khz.high * 1000, [one.high_hz for one in found], rtol=1e-12)


def test_efficiencies_are_counted_fractions_with_their_clopper_pearson_intervals() -> None:
    rng = np.random.default_rng(3)
    signal = rng.geometric(0.004, 700)
    scan = scanned(RateAccount.of_scores(scores_of(5000)), higgs=signal)
    curve = scan.efficiency["higgs"]
    for index, place in enumerate(scan.threshold_raw):
        n_pass = int(np.count_nonzero(signal >= place))
        assert curve.value[index] == n_pass / 700
        assert (curve.low[index], curve.high[index]) == pytest.approx(clopper_pearson(n_pass, 700), rel=1e-12)


def test_every_integer_is_there_from_the_highest_score_down_to_a_rate_of_100_khz() -> None:
    scores = np.random.default_rng(1).geometric(0.01, 200_000)
    scan = scanned(RateAccount.of_scores(scores))
    allowed = int(Fraction(100_000) / STREAM.rate * 200_000)
    lowest = int(np.sort(scores)[-1 - allowed]) + 1
    assert scan.threshold_raw[-1] == scores.max() + 1
    assert set(range(lowest, int(scores.max()) + 1)) <= set(scan.threshold_raw.tolist())
    assert scan.threshold_raw[0] == 0
    assert scan.n_pass[0] == 200_000 and scan.n_pass[-1] == 0


@pytest.mark.parametrize("scale", [1e-2, 1e-4, 1e-6])
def test_there_are_never_many_more_than_1500_positions_and_their_rates_lie_evenly(scale: float) -> None:
    scores = np.random.default_rng(2).geometric(scale, 1_000_000)
    scan = scanned(RateAccount.of_scores(scores), 5, 123_456_789)
    assert len(scan.threshold_raw) <= 1500
    assert {5, 123_456_789} <= set(scan.threshold_raw.tolist())
    assert (np.diff(scan.threshold_raw) > 0).all()
    fine = scan.rate_khz.value[(scan.rate_khz.value <= 100) & (scan.n_pass > 50)]
    assert np.abs(np.diff(np.log(fine))).max() < 0.05


def test_a_preselected_stream_is_looked_at_closely_up_to_a_tenth_of_it() -> None:
    account = RateAccount.of_scores(np.arange(4000))
    scan = ThresholdScan.of(account, PreselectedStream(1e6), signals={}, thresholds_raw=())
    assert scan.fine_khz == pytest.approx(scan.stream_khz / 10)
    assert set(range(3600, 4000)) <= set(scan.threshold_raw.tolist())
    assert not set(range(3500)) <= set(scan.threshold_raw.tolist())


def test_scores_that_are_all_equal_have_positions_on_both_sides_of_them() -> None:
    scan = scanned(RateAccount.of_scores(np.full(100, 7)))
    assert scan.threshold_raw.tolist() == list(range(9))
    assert scan.n_pass.tolist() == [100] * 8 + [0]


def test_fractions_of_nothing_are_not_known() -> None:
    found = binomial_curve(np.array([0, 0, 3]), np.array([0, 4, 3]))
    assert np.isnan([found.value[0], found.low[0], found.high[0]]).all()
    assert (found.low[1], found.high[2]) == (0.0, 1.0)


def test_a_signal_without_events_is_refused() -> None:
    with pytest.raises(DataError, match="signal 'higgs' has no events"):
        scanned(RateAccount.of_scores(scores_of(10)), higgs=np.zeros(0, np.int64))
