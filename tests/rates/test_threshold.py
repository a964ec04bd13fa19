from random import Random

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.rates.rate import threshold_for_budget, threshold_for_rate
from l1ad.rates.stream import Budget, PreselectedStream

STREAM = PreselectedStream(86_400.0)  # one event per second: a budget in Hz is a fraction of the stream

Scores = NDArray[np.int64]


@st.composite
def scores_and_fractions(draw: st.DrawFn) -> tuple[Scores, float]:
    """Draw scores with many ties and a fraction that they can resolve and that no count meets exactly."""
    highest = draw(st.sampled_from([1, 3, 50, 2**18 - 1]))
    values = draw(st.lists(st.integers(0, highest), min_size=1, max_size=60))
    allowed = draw(st.integers(1, len(values) + 1))
    excess = draw(st.floats(0.01, 0.99))
    return np.array(values, dtype=np.int64), (allowed + excess) / len(values)


def budget_of(fraction: float) -> Budget:
    return Budget(fraction * STREAM.rate_hz, f"{fraction:g} Hz")


def accepted_fraction(threshold_raw: int, scores_raw: Scores) -> float:
    return float(np.mean(scores_raw >= threshold_raw))


@given(scores_and_fractions())
def test_the_rate_stays_within_the_budget(drawn: tuple[Scores, float]) -> None:
    scores_raw, fraction = drawn
    threshold = threshold_for_budget(scores_raw, budget_of(fraction), STREAM)
    assert accepted_fraction(threshold, scores_raw) <= fraction


@given(scores_and_fractions())
def test_no_lower_threshold_that_decides_otherwise_stays_within_the_budget(
    drawn: tuple[Scores, float],
) -> None:
    scores_raw, fraction = drawn
    threshold = threshold_for_budget(scores_raw, budget_of(fraction), STREAM)
    one_lower = accepted_fraction(threshold - 1, scores_raw)
    assert one_lower > fraction or accepted_fraction(threshold, scores_raw) == one_lower == 1.0


@given(scores_and_fractions(), st.floats(0.05, 1.0))
def test_a_smaller_budget_never_lowers_the_threshold(drawn: tuple[Scores, float], less: float) -> None:
    scores_raw, fraction = drawn
    assume(less * fraction * len(scores_raw) >= 1.001)
    threshold = threshold_for_budget(scores_raw, budget_of(fraction), STREAM)
    assert threshold_for_budget(scores_raw, budget_of(less * fraction), STREAM) >= threshold


@given(scores_and_fractions(), st.randoms(use_true_random=False))
def test_the_order_of_the_events_does_not_matter(drawn: tuple[Scores, float], random: Random) -> None:
    scores_raw, fraction = drawn
    shuffled = np.array(random.sample(scores_raw.tolist(), len(scores_raw)))
    budget = budget_of(fraction)
    assert threshold_for_budget(shuffled, budget, STREAM) == threshold_for_budget(scores_raw, budget, STREAM)


@given(scores_and_fractions(), st.integers(0, 1000))
def test_scores_moved_by_a_constant_move_the_threshold_by_it(drawn: tuple[Scores, float], by: int) -> None:
    scores_raw, fraction = drawn
    budget = budget_of(fraction)
    moved = threshold_for_budget(scores_raw + by, budget, STREAM)
    assert moved == threshold_for_budget(scores_raw, budget, STREAM) + by


def test_events_that_tie_pass_together_or_not_at_all() -> None:
    scores_raw = np.array([9, 7, 7, 7, 1, 0, 0, 0, 0, 0])
    assert threshold_for_budget(scores_raw, budget_of(0.35), STREAM) == 8
    assert threshold_for_budget(scores_raw, budget_of(0.45), STREAM) == 2


def test_a_budget_of_the_whole_stream_takes_every_event() -> None:
    scores_raw = np.array([5, 3, 8])
    assert threshold_for_budget(scores_raw, budget_of(1.5), STREAM) == 3


def test_given_scores_are_not_changed() -> None:
    scores_raw = np.array([5, 3, 8, 1, 9, 2])
    threshold_for_budget(scores_raw, budget_of(0.4), STREAM)
    assert scores_raw.tolist() == [5, 3, 8, 1, 9, 2]


def test_the_worked_example_of_one_khz_of_zero_bias() -> None:
    # 100 000 events at 2340 bunches stand for 263.1 Hz each: three fit into 1 kHz.
    scores_raw = np.arange(100_000)
    assert threshold_for_rate(scores_raw, target_khz=1.0, colliding_bunches=2340) == 99_997


def test_the_end_of_the_score_word_may_be_the_threshold() -> None:
    word = FixedType.from_cpp("ap_ufixed<4,4>")
    scores_raw = np.array([15, 14, 14, 14])
    assert threshold_for_budget(scores_raw, budget_of(0.3), STREAM, score_type=word) == 15


def test_a_budget_of_exactly_some_events_accepts_them_whatever_floating_point_says() -> None:
    stream = PreselectedStream(6e6)
    assert threshold_for_budget(np.arange(750_000), Budget.parse("8 events/day"), stream) == 749_999
    assert threshold_for_budget(np.arange(400_000), Budget.parse("15 events/day"), stream) == 399_999
