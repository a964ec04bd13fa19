import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.metrics.efficiency import area_under_curve
from l1ad.metrics.ranks import area_with_interval, ranked


def samples() -> SearchStrategy[list[list[float]]]:
    """Draw samples of few different scores, so that many tie, and 0.0 with -0.0 among them."""
    score = st.sampled_from([-1e300, -1.5, -0.0, 0.0, 5e-324, 0.1, 0.1 + 2**-56, 3.0, 1e300]) | st.floats(-5, 5)
    return st.lists(st.lists(score, max_size=12), min_size=1, max_size=4)


@given(samples())
def test_ranks_order_and_tie_as_the_scores_do_among_all_samples(scores: list[list[float]]) -> None:
    ranks = ranked(*(np.array(one, np.float64) for one in scores))
    assert [len(one) for one in ranks] == [len(one) for one in scores]
    pairs = [pair for one, of in zip(scores, ranks, strict=True) for pair in zip(one, of.tolist(), strict=True)]
    for score, rank in pairs:
        assert rank == len({other for other, _ in pairs if other < score})


def test_ranks_are_64_bit_integers_whatever_the_scores() -> None:
    background, signal = ranked(np.array([0.5, 0.25], np.float32), np.array([0.25, 7.0], np.float64))
    assert background.dtype == signal.dtype == np.int64
    assert (background.tolist(), signal.tolist()) == ([1, 0], [0, 2])


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_refused_by_its_place(strange: float) -> None:
    signal = np.arange(5.0)
    signal[3] = strange
    with pytest.raises(DataError, match=f"scores 1, event 3: {strange} has no place in an order"):
        ranked(np.arange(4.0), signal)


def test_no_samples_and_scores_of_several_numbers_an_event_are_refused() -> None:
    with pytest.raises(DataError, match="no scores to rank"):
        ranked()
    with pytest.raises(DataError, match=r"scores 0 have shape \(2, 2\)"):
        ranked(np.zeros((2, 2)))


def delong_by_pairs(background: NDArray[np.int64], signal: NDArray[np.int64]) -> tuple[float, float]:
    """Find area and standard deviation from the matrix of all pairs, as the paper writes them."""
    pairs = (signal[:, None] > background) + 0.5 * (signal[:, None] == background)
    area = pairs.mean()
    of_signal = np.sum((pairs.mean(axis=1) - area) ** 2) / (len(signal) - 1)
    of_background = np.sum((pairs.mean(axis=0) - area) ** 2) / (len(background) - 1)
    return float(area), float(np.sqrt(of_signal / len(signal) + of_background / len(background)))


@pytest.mark.parametrize("seed", range(20))
def test_area_and_interval_agree_with_the_matrix_of_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    background, signal = rng.integers(0, 8, rng.integers(2, 60)), rng.integers(2, 11, rng.integers(2, 60))
    area, sigma = delong_by_pairs(background, signal)
    found = area_with_interval(background, signal)
    assert found.value == pytest.approx(area, abs=1e-12)
    assert found.value == pytest.approx(area_under_curve(background, signal), abs=1e-12)
    assert found.low == pytest.approx(max(0.0, area - sigma), abs=1e-12)
    assert found.high == pytest.approx(min(1.0, area + sigma), abs=1e-12)


def test_the_interval_of_the_area_holds_the_truth_about_as_often_as_a_gaussians_sigma() -> None:
    """Cover 68.27 % within three standard deviations of 400 toy experiments (2.3 % each)."""
    # Exponentials of means 1 and 3: P(signal > background) is 3 / (1 + 3).
    covered = 0
    for seed in range(400):
        rng = np.random.default_rng([7, seed])
        found = area_with_interval(*ranked(rng.exponential(1.0, 300), rng.exponential(3.0, 80)))
        covered += found.low <= 0.75 <= found.high
    assert 0.61 <= covered / 400 <= 0.76


def test_an_area_needs_two_events_of_either() -> None:
    with pytest.raises(DataError, match="1 background and 5 signal events; both need at least two"):
        area_with_interval(np.arange(1), np.arange(5))
