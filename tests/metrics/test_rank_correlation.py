"""Rank correlations: SciPy's values, intervals that hold, groups, and what cannot be ranked."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.metrics.rank_correlation import corrected, kendall, rank_correlation, spearman_of_events
from l1ad.rates.intervals import clopper_pearson

PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=3, max_size=25)


@given(PAIRS)
def test_coefficients_are_scipys_with_ties(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs, dtype=np.float64).T
    found = rank_correlation(first, second, np.random.default_rng(1))
    if np.ptp(first) and np.ptp(second):
        assert found.spearman.value == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-12)
        assert found.kendall == pytest.approx(stats.kendalltau(first, second).statistic, abs=1e-12)
        assert kendall(first, second, [0] * len(first)) == pytest.approx(found.kendall, abs=1e-12)
        assert found.p_value == pytest.approx(stats.spearmanr(first, second).pvalue)
    else:
        assert (found.spearman.value, found.kendall, found.p_value) == (0, 0, 1)
    assert -1 <= found.spearman.low <= found.spearman.value <= found.spearman.high <= 1


@given(PAIRS)
def test_turning_one_figure_turns_the_coefficients(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs, dtype=np.float64).T
    there, back = (rank_correlation(one, second, np.random.default_rng(1)) for one in (first, -first))
    assert there.spearman.value == pytest.approx(-back.spearman.value)
    assert there.kendall == pytest.approx(-back.kendall)
    assert there.p_value == pytest.approx(back.p_value)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    truth = 6 / math.pi * math.asin(0.6 / 2)  # Spearman's coefficient of a normal pair of correlation 0.6
    inside = 0
    for _ in range(100):
        first, noise = rng.normal(size=(2, 60))
        found = rank_correlation(first, 0.6 * first + 0.8 * noise, rng).spearman
        inside += found.low <= truth <= found.high
    assert 55 <= inside <= 80  # 68 ± 4.7, and a bootstrap of 60 is a little narrow


def test_the_coefficient_of_events_is_scipys_and_its_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    truth = 6 / np.pi * np.arcsin(0.6 / 2)  # of Gaussian numbers with correlation 0.6
    inside = 0
    for _ in range(400):
        first = rng.normal(size=200)
        second = 0.6 * first + 0.8 * rng.normal(size=200)
        found = spearman_of_events(first, second)
        assert found.value == pytest.approx(stats.spearmanr(first, second).statistic)
        inside += found.low < truth < found.high
    low, high = clopper_pearson(inside, 400, coverage=0.999)
    assert low < 0.6827 < high
    assert spearman_of_events(np.arange(9.0), np.ones(9)).low == -1
    with pytest.raises(DataError, match="4 events have no correlation"):
        spearman_of_events(np.arange(4.0), np.arange(4.0))


def test_what_is_infinite_stands_at_the_end_of_the_order() -> None:
    first = np.array([-np.inf, 1.0, 2.0, 3.0])
    found = rank_correlation(first, np.array([0.1, 0.2, 0.3, 0.4]), np.random.default_rng(1))
    assert found.spearman.value == pytest.approx(1)
    assert found.kendall == pytest.approx(1)


def test_within_groups_an_order_of_the_groups_counts_nothing() -> None:
    # Each group falls while the groups rise: Simpson's paradox.
    first = np.array([1.0, 2.0, 3.0, 11.0, 12.0, 13.0])
    second = np.array([3.0, 2.0, 1.0, 13.0, 12.0, 11.0])
    assert kendall(first, second, [0] * 6) == pytest.approx((9 - 6) / 15)
    assert kendall(first, second, ["a", "a", "a", "b", "b", "b"]) == pytest.approx(-1)
    assert kendall(first, second, list(range(6))) == 0


def test_the_correction_is_that_of_benjamini_and_yekutieli() -> None:
    # With three tests the sum of 1/i is 11/6; p of rank i is taken times 3/i of it, and never falls.
    found = corrected([0.01, 0.5, 0.02])
    assert found == pytest.approx((11 / 6 * 3 * 0.01, 11 / 6 * 0.5, 11 / 6 * 3 / 2 * 0.02))
    assert corrected([0.03]) == pytest.approx((0.03,))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], "at least three"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], "two of the same things"),
        ([1.0, float("nan"), 3.0], [1.0, 2.0, 3.0], "thing 1 has the figures nan and 2.0"),
    ],
)
def test_what_has_no_order_is_refused(first: list[float], second: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        rank_correlation(np.array(first), np.array(second), np.random.default_rng(1))
