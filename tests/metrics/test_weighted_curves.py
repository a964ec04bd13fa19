"""Weighted backgrounds: a weight of whole numbers is so many copies of an event."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.metrics.ranks import area_with_interval
from l1ad.metrics.weighted_curves import (
    kolmogorov_probability,
    p_values,
    scaled_distance,
    weighted_area,
    weighted_efficiencies,
    weighted_kolmogorov,
)

SCORES = st.lists(st.integers(0, 12), min_size=2, max_size=30)


def copies(values: list[int], seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    weights = np.random.default_rng(seed).integers(1, 4, len(values))
    scores = np.array(values, dtype=np.int64)
    return scores, weights.astype(np.float64), np.repeat(scores, weights)


@settings(max_examples=25)
@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_in_order(background: list[int], signal: list[int]) -> None:
    scores, weights, copied = copies(background, 1)
    found = weighted_area(scores, weights, np.array(signal), np.random.default_rng(2))
    pairs = [(s > b) + 0.5 * (s == b) for b in copied for s in signal]
    assert found.value == pytest.approx(np.mean(pairs))
    assert found.low <= found.value <= found.high


def test_the_interval_of_an_area_is_that_of_delong_where_weights_are_alike() -> None:
    rng = np.random.default_rng(3)
    background, signal = rng.integers(0, 1000, 2000), rng.integers(300, 1300, 500)
    found = weighted_area(background, np.ones(2000), signal, rng)
    exact = area_with_interval(background, signal)
    assert found.value == pytest.approx(exact.value)
    assert found.high - found.low == pytest.approx(exact.high - exact.low, rel=0.25)


def test_no_events_have_no_area() -> None:
    with pytest.raises(DataError, match="0 background and 1 signal events"):
        weighted_area(np.zeros(0), np.zeros(0), np.ones(1), np.random.default_rng(1))


@given(SCORES, SCORES)
def test_efficiencies_are_those_of_copied_events(background: list[int], signal: list[int]) -> None:
    scores, weights, copied = copies(background, 4)
    share = 0.5
    found = weighted_efficiencies(scores, weights, np.array(signal), np.array([share]))[0]
    # The lowest threshold, by trying all, above which no more than the share of the copies lies.
    refused = min(t for t in range(-1, 14) if np.mean(copied > t) <= share)
    strictest = [t for t in sorted(set(copied.tolist())) if np.mean(copied > t) <= share]
    if np.isnan(found):
        assert weights[scores == scores.max()].max() > share * weights.sum()
    else:
        assert found == pytest.approx(np.mean(np.array(signal) > min(strictest)))
        assert refused <= min(strictest)


def test_where_no_event_of_the_background_may_pass_there_is_no_efficiency() -> None:
    found = weighted_efficiencies(np.arange(10), np.ones(10), np.arange(20), np.array([0.05, 0.1]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(11 / 20)  # above 8


def test_p_values_of_the_reference_itself_are_even() -> None:
    rng = np.random.default_rng(5)
    scores, weights = rng.exponential(size=4000), rng.uniform(0.5, 2.0, 4000)
    found = p_values(scores, scores, weights)
    assert weighted_kolmogorov(found, weights, np.linspace(0, 1, 4001), np.ones(4001)) < 2e-3
    assert p_values(np.array([scores.max() + 1, scores.min() - 1]), scores, weights).tolist() == [0.0, 1.0]


@given(SCORES, SCORES)
def test_kolmogorov_distances_are_those_of_scipy_for_copied_events(first: list[int], second: list[int]) -> None:
    scores, weights, copied = copies(first, 6)
    found = weighted_kolmogorov(scores, weights, np.array(second), np.full(len(second), 0.3))
    assert found == pytest.approx(stats.ks_2samp(copied, second).statistic)


def test_the_probability_of_a_distance_is_that_of_scipy_for_many_events() -> None:
    rng = np.random.default_rng(7)
    first, second = rng.normal(size=3000), rng.normal(0.05, size=2000)
    exact = stats.ks_2samp(first, second, method="asymp")
    found = kolmogorov_probability(float(exact.statistic), np.full(3000, 2.0), np.full(2000, 5.0))
    assert found == pytest.approx(exact.pvalue, abs=0.01)


def test_the_scaled_distance_of_a_shift_is_the_shift_in_standard_deviations() -> None:
    values = np.random.default_rng(8).normal(3.0, 2.0, 5000)
    ones = np.ones(5000)
    assert scaled_distance(values + 1, ones, values, ones) == pytest.approx(1 / values.std())
    assert scaled_distance(np.full(3, 4.0), np.ones(3), np.full(3, 1.0), np.ones(3)) == pytest.approx(3.0)
