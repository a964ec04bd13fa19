import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.metrics.ensemble import Spread, picked, score_correlations


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12))
def test_a_spread_agrees_with_the_standard_library(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread.mean == pytest.approx(statistics.fmean(values), abs=1e-12)
    assert spread.standard_deviation == pytest.approx(statistics.stdev(values), abs=1e-9)
    assert (spread.low, spread.high, spread.n) == (min(values), max(values), len(values))


def test_volatility_is_relative_to_the_size_of_the_mean() -> None:
    assert Spread.of([1.0, 3.0]).relative_volatility == pytest.approx(2**0.5 / 2)
    assert Spread.of([-1.0, -3.0]).relative_volatility == pytest.approx(2**0.5 / 2)
    assert Spread.of([-1.0, 1.0]).relative_volatility is None


def test_one_training_tells_nothing_of_the_spread() -> None:
    spread = Spread.of([0.25])
    assert (spread.mean, spread.low, spread.high, spread.n) == (0.25, 0.25, 0.25, 1)
    assert spread.standard_deviation is None
    assert spread.relative_volatility is None


def test_spreads_of_nothing_and_of_no_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="'values' has no trainings"):
        Spread.of([])
    with pytest.raises(DataError, match="'values' of training 1 is nan"):
        Spread.of([1.0, float("nan")])


def test_correlations_agree_with_scipys_pair_by_pair() -> None:
    rng = np.random.default_rng(1)
    common = rng.exponential(1.0, 500)
    scores = [common, np.floor(4 * common + rng.normal(0, 1, 500)), -(common**3), rng.normal(0, 1, 500)]
    found = score_correlations(scores)
    assert found.shape == (4, 4)
    assert (np.diag(found) == 1.0).all()
    assert (found == found.T).all()
    for i in range(4):
        for j in range(i):
            assert found[i, j] == pytest.approx(stats.spearmanr(scores[i], scores[j]).statistic, abs=1e-12)
    assert found[2, 0] == pytest.approx(-1.0, abs=1e-12)


def test_one_training_correlates_with_itself_and_integers_serve() -> None:
    assert score_correlations([np.array([3, 1, 2])]).tolist() == [[1.0]]


def test_scores_that_do_not_correlate_are_refused() -> None:
    events = np.arange(5.0)
    with pytest.raises(DataError, match="no scores to correlate"):
        score_correlations([])
    with pytest.raises(DataError, match=r"training 1 has scores of shape \(4,\), training 0 of \(5,\)"):
        score_correlations([events, events[:4]])
    with pytest.raises(DataError, match="on the same events, at least two"):
        score_correlations([events[:1]])
    with pytest.raises(DataError, match=r"training 1 gives every event the score 3\.0"):
        score_correlations([events, np.full(5, 3.0)])
    with pytest.raises(DataError, match="training 1, event 2: the score nan has no rank"):
        score_correlations([events, np.where(events == 2, np.nan, events)])


def test_the_training_with_the_best_mean_rank_is_picked() -> None:
    table = {"loss": [3.0, 1.0, 2.0, 9.0], "entropy": [0.1, 0.7, 0.9, 0.5], "m1": [5.0, 6.0, 1.0, 2.0]}
    # Ranks: loss 3 1 2 4, entropy 4 2 1 3, m1 (larger) 2 1 4 3.
    assert picked(table, {"loss": False, "entropy": True, "m1": True}) == 1
    # Turned over: loss 2 4 3 1, entropy 1 3 4 2, m1 3 4 1 2.
    assert picked(table, {"loss": True, "entropy": False, "m1": False}) == 3


def brute_force_pick(table: dict[str, list[float]], larger_is_better: dict[str, bool]) -> int:
    """Count twice, for each training and criterion, how many are better, and ties once."""
    n_trainings = len(next(iter(table.values())))
    penalties = [0] * n_trainings
    for name, values in table.items():
        for training, mine in enumerate(values):
            better = sum(other > mine if larger_is_better[name] else other < mine for other in values)
            penalties[training] += 2 * better + sum(other == mine for other in values)
    return penalties.index(min(penalties))


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, 4), min_size=n, max_size=n), min_size=1, max_size=5)
    ),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_the_pick_agrees_with_counting_who_is_better(rows: list[list[int]], larger: list[bool]) -> None:
    table = {f"criterion {i}": [float(value) for value in row] for i, row in enumerate(rows)}
    larger_is_better = dict(zip((f"criterion {i}" for i in range(5)), larger, strict=True))
    assert picked(table, larger_is_better) == brute_force_pick(table, larger_is_better)


def test_the_first_of_those_that_tie_is_picked() -> None:
    assert picked({"a": [1.0, 2.0, 3.0], "b": [3.0, 2.0, 1.0]}, {"a": True, "b": True}) == 0


def test_tables_that_nothing_can_be_picked_from_are_refused() -> None:
    with pytest.raises(DataError, match="no criteria to pick a training by"):
        picked({}, {})
    with pytest.raises(DataError, match="'a' has no trainings"):
        picked({"a": []}, {"a": True})
    with pytest.raises(DataError, match="'b' has 1 trainings and 'a' 2; each criterion needs all"):
        picked({"a": [1.0, 2.0], "b": [1.0]}, {"a": True, "b": True})
    with pytest.raises(DataError, match="'a' of training 1 is nan; all must be finite"):
        picked({"a": [1.0, float("nan")]}, {"a": True})
    with pytest.raises(DataError, match="'b': nobody says whether larger is better"):
        picked({"a": [1.0], "b": [1.0]}, {"a": True})
