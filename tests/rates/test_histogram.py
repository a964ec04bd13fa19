import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from l1ad.core.errors import DataError
from l1ad.rates.histogram import ScoreHistogram

SCORES = arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 2**18 - 1) | st.integers(0, 9))


@given(SCORES, st.integers(-1, 2**18))
def test_as_many_events_pass_a_threshold_as_there_are_scores_at_or_above_it(
    scores: np.ndarray, threshold: int
) -> None:
    passing = ScoreHistogram.of(scores).passing(threshold)
    assert passing.n_events == np.count_nonzero(scores >= threshold) == passing.weight == passing.squared


@given(SCORES, st.integers(0, 60))
def test_the_histogram_of_two_parts_is_that_of_the_whole(scores: np.ndarray, cut: int) -> None:
    weights = np.random.default_rng(1).integers(0, 9, len(scores)) / 4  # exact sums in any order
    whole = ScoreHistogram.of(scores, weights)
    parts = ScoreHistogram.of(scores[:cut], weights[:cut]) + ScoreHistogram.of(scores[cut:], weights[cut:])
    np.testing.assert_array_equal(parts.score_raw, whole.score_raw)
    for name in ("n_events", "weight", "squared"):
        np.testing.assert_array_equal(getattr(parts.counted, name), getattr(whole.counted, name))


@pytest.mark.parametrize("far", [0, 2**40])
def test_scores_far_apart_are_counted_as_those_that_are_near(far: int) -> None:
    histogram = ScoreHistogram.of(np.array([3, 1, 3, 3 + far]), np.array([1.0, 2.0, 0.5, 4.0]))
    assert histogram.passing(2).weight == 5.5
    assert histogram.passing(4 if far else 3).weight == (4.0 if far else 5.5)
    assert (histogram.n_events, histogram.weight, histogram.squared) == (4, 7.5, 21.25)


def test_each_score_counts_with_all_above_it() -> None:
    histogram = ScoreHistogram.of(np.array([5, 7, 7, 9]))
    assert histogram.at_or_above().n_events.tolist() == [4, 3, 1]


def test_what_is_no_sample_of_scores_is_refused() -> None:
    with pytest.raises(DataError, match=r"shape \(2, 2\)"):
        ScoreHistogram.of(np.zeros((2, 2), np.int64))
    with pytest.raises(DataError, match="weights of"):
        ScoreHistogram.of(np.zeros(2, np.int64), np.ones(3))
