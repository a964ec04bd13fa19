"""The float model beside the integers: what is measured is what one counts by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from l1ad.flow.accepted_float import ScoredTwice, decision_line, efficiency_line, spearman_line
from l1ad.flow.accepted_line import Verdict
from l1ad.rates.intervals import clopper_pearson


def scored(n_events: int, noise: float, shift: float = 0.0) -> ScoredTwice:
    rng = np.random.default_rng(3)
    floating = rng.exponential(20.0, n_events) + shift
    frozen = np.rint(16 * np.maximum(floating + noise * rng.normal(size=n_events), 0)).astype(np.int64)
    return ScoredTwice(frozen_raw=frozen, floating=floating)


def highest(values: NDArray[Any], n: int) -> set[int]:
    return set(np.argsort(values, kind="stable")[len(values) - n :].tolist())


def test_equal_scores_correlate_wholly_decide_alike_and_lose_nothing() -> None:
    floating = np.random.default_rng(1).permutation(5000).astype(float)
    same = ScoredTwice(frozen_raw=floating.astype(np.int64), floating=floating)
    assert spearman_line(same, 1.0, coverage=0.95).value == pytest.approx(1.0)
    decisions = decision_line("tight", 4990, same, 0.0, coverage=0.95)
    lost = efficiency_line("tight", 4990, same, ("signal", same), 0.0, coverage=0.95)
    assert (decisions.value, lost.value) == (0, 0)
    assert {decisions.verdict, lost.verdict} == {Verdict.PASS}


def test_decisions_and_efficiencies_are_those_counted_one_by_one() -> None:
    background, signal = scored(20_000, 6.0), scored(3_000, 6.0, shift=60.0)
    threshold_raw = 16 * 110
    accepted = set(np.flatnonzero(background.frozen_raw >= threshold_raw).tolist())
    taken = highest(background.floating, len(accepted))
    line = decision_line("tight", threshold_raw, background, 0.01, coverage=0.95)
    assert line.value == len(accepted - taken) / len(accepted)
    assert (line.low, line.high) == clopper_pearson(len(accepted - taken), len(accepted), coverage=0.95)
    cut = min(background.floating[list(taken)])
    expected = np.mean(signal.floating >= cut) - np.mean(signal.frozen_raw >= threshold_raw)
    lost = efficiency_line("tight", threshold_raw, background, ("a", signal), 0.5, coverage=0.95)
    assert lost.value == pytest.approx(expected)
    assert lost.low is not None
    assert lost.high is not None
    assert lost.low < expected < lost.high


def test_an_algorithm_that_loses_a_signal_is_refused_and_one_that_keeps_more_is_not() -> None:
    background, signal = scored(20_000, 0.1), scored(3_000, 0.1, shift=60.0)
    spoiled = ScoredTwice(frozen_raw=signal.frozen_raw // 2, floating=signal.floating)
    lost = efficiency_line("tight", 16 * 90, background, ("a", spoiled), 0.05, coverage=0.95)
    kept = efficiency_line(
        "tight", 16 * 90, background, ("a", replace(signal, floating=signal.floating / 2)), 0.05, coverage=0.95
    )  # fmt: skip
    assert lost.verdict is Verdict.FAIL
    assert kept.verdict is Verdict.PASS
    assert isinstance(kept.value, float)
    assert kept.value < 0


def test_the_interval_of_the_rank_correlation_is_as_wide_as_a_bootstrap_of_all_events_makes_it() -> None:
    scores = scored(30_000, 10.0)
    line = spearman_line(scores, 0.5, coverage=0.6827)
    rng = np.random.default_rng(9)
    whole = []
    for _ in range(200):
        which = rng.integers(0, 30_000, 30_000)
        whole.append(stats.spearmanr(scores.frozen_raw[which], scores.floating[which]).statistic)
    assert line.low is not None
    assert line.high is not None
    assert (line.high - line.low) / 2 == pytest.approx(np.std(whole), rel=0.2)
    assert line.value == pytest.approx(np.mean(whole), abs=3 * float(np.std(whole)) / np.sqrt(200) + 1e-4)


def test_what_cannot_be_compared_is_not_measured() -> None:
    flat = ScoredTwice(frozen_raw=np.zeros(50, np.int64), floating=np.arange(50.0))
    assert "is the same for all 50 events" in spearman_line(flat, 0.9, coverage=0.95).note
    assert decision_line("tight", 1, flat, 0.1, coverage=0.95).note == "no background event is accepted"
    lost = efficiency_line("tight", 1, flat, ("signal", flat), 0.1, coverage=0.95)
    assert lost.verdict is Verdict.NOT_MEASURED
