"""Efficiencies over rates, and decisions in common, against counting event by event."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.core.errors import DataError
from l1ad.metrics.curves import accepted_counts, common_share, efficiency_curve

scores = st.lists(st.integers(0, 30), min_size=2, max_size=60)


@given(background=scores, signal=scores)
def test_each_point_is_what_the_lowest_threshold_within_the_count_accepts(
    background: list[int], signal: list[int]
) -> None:
    allowed = np.arange(len(background))
    found = efficiency_curve(np.array(background), np.array(signal), allowed)
    for n, efficiency in zip(allowed, found, strict=True):
        threshold = next(t for t in range(32) if sum(one >= t for one in background) <= n)
        assert efficiency == sum(one >= threshold for one in signal) / len(signal)


@given(background=scores, signal=scores)
def test_more_rate_never_finds_less(background: list[int], signal: list[int]) -> None:
    found = efficiency_curve(np.array(background), np.array(signal), np.arange(len(background)))
    assert (np.diff(found) >= 0).all()


@given(
    most=st.integers(1, 5000), n_points=st.integers(1, 50), wanted=st.lists(st.integers(1, 5000), max_size=3)
)
def test_counts_ascend_and_hold_what_is_wanted(most: int, n_points: int, wanted: list[int]) -> None:
    found = accepted_counts(most, n_points, wanted)
    assert (np.diff(found) > 0).all()
    assert {1, *wanted} <= set(found.tolist())
    assert n_points == 1 or most in found
    assert len(found) <= n_points + len(wanted)


def test_decisions_in_common_are_counted_on_the_same_events() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.permutation(1000), rng.permutation(1000)
    found = common_share([first, second, first], 100)
    both = np.count_nonzero((first >= 900) & (second >= 900))
    assert found[0, 1] == found[1, 0] == both / (200 - both)
    assert found[0, 2] == found[0, 0] == 1


def test_two_that_accept_nothing_have_nothing_to_compare() -> None:
    assert np.isnan(common_share([np.zeros(5, np.int64), np.zeros(5, np.int64)], 2)).all()


def test_a_signal_without_events_has_no_efficiency() -> None:
    with pytest.raises(DataError, match="no signal events"):
        efficiency_curve(np.arange(5), np.array([], np.int64), np.array([1]))


def test_more_than_all_but_one_cannot_pass() -> None:
    with pytest.raises(DataError, match="5 to 5 of 5 background events may pass; a threshold refuses"):
        efficiency_curve(np.arange(5), np.arange(3), np.array([5]))


def test_scores_of_other_events_are_not_compared() -> None:
    with pytest.raises(DataError, match="scores of different numbers of events"):
        common_share([np.arange(5), np.arange(6)], 2)
