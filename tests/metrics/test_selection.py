"""Choosing by a metric: what a perfect, a blind and a wrong one are worth, and the verdict's limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.core.errors import DataError
from l1ad.metrics.rank_correlation import RankCorrelation
from l1ad.metrics.ranks import Bounded
from l1ad.metrics.selection import Trust, chosen, floored_mean, found_bad, trust

FIGURE = np.geomspace(0.01, 1.0, 40)


def test_a_perfect_metric_always_chooses_the_best() -> None:
    found = chosen(FIGURE.copy(), FIGURE, np.random.default_rng(1), candidates=10, factor=1.25)
    assert (found.close, found.median_share, found.best_of_all) == (1, 1, 1)


def test_a_metric_that_says_nothing_chooses_blindly() -> None:
    found = chosen(np.zeros(40), FIGURE, np.random.default_rng(1), candidates=10, factor=1.25)
    # Both are shares of 10,000 draws, and of draws of their own.
    assert found.close == pytest.approx(found.close_at_random, abs=0.02)
    assert found.best_of_all == pytest.approx(FIGURE.mean())


def test_a_metric_that_is_backwards_is_worse_than_none() -> None:
    found = chosen(-FIGURE, FIGURE, np.random.default_rng(1), candidates=10, factor=1.25)
    assert found.close == 0
    assert found.close_at_random > 0.1
    assert found.best_of_all == pytest.approx(0.01)


def test_two_candidates_are_told_by_counting_pairs() -> None:
    good, figure = np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 2.0])
    found = chosen(good, figure, np.random.default_rng(1), candidates=2, factor=1.5)
    # Of the pairs 01, 02 and 12 the first two are chosen rightly.
    assert found.close == pytest.approx(2 / 3, abs=0.02)
    assert found.close_at_random == pytest.approx(1 / 2, abs=0.02)
    assert found.best_of_all == 0.5


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20), st.lists(st.floats(-5, 5), min_size=2, max_size=20))
def test_the_area_of_bad_versions_counts_pairs(sound: list[float], bad: list[float]) -> None:
    pairs = [1.0 if b < s else 0.5 if b == s else 0.0 for s in sound for b in bad]
    found = found_bad(np.array(sound), np.array(bad))
    assert found.value == pytest.approx(np.mean(pairs))
    assert found.low <= found.value <= found.high


def test_what_is_undefined_looks_worst() -> None:
    assert found_bad(np.array([1.0, 2.0, 3.0]), np.array([-np.inf, -np.inf])).value == 1


def test_efficiencies_are_averaged_with_a_floor() -> None:
    assert floored_mean([0, 99], [99, 99]) == pytest.approx(np.sqrt(0.5 / 100 * 99.5 / 100))
    with pytest.raises(DataError, match="0 and 0 signals"):
        floored_mean([], [])


def correlation(low: float) -> RankCorrelation:
    return RankCorrelation(
        spearman=Bounded(value=low + 0.1, low=low, high=low + 0.2), kendall=0.4, p_value=0.001, n=50
    )


@pytest.mark.parametrize(
    ("lows", "probabilities", "area", "verdict"),
    [
        ((0.5, 0.6), (0.01, 0.04), 0.5, Trust.RANKS),
        ((0.6, 0.49), (0.01, 0.01), 0.7, Trust.BROKEN_ONLY),
        ((0.6, 0.6), (0.01, 0.05), 0.69, Trust.NOTHING),
        ((-0.9, -0.9), (0.001, 0.001), 0.9, Trust.BROKEN_ONLY),
    ],
)
def test_the_verdict_asks_every_working_point_and_then_the_bad_versions(
    lows: tuple[float, ...], probabilities: tuple[float, ...], area: float, verdict: Trust
) -> None:
    bounded = Bounded(value=area + 0.05, low=area, high=1.0)
    assert trust([correlation(low) for low in lows], probabilities, bounded) is verdict
