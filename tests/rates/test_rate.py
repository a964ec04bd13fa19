import re

import numpy as np
import pytest

from l1ad.core.errors import DataError, L1adError, UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.intervals import clopper_pearson
from l1ad.rates.rate import (
    rate_at,
    threshold_for_budget,
    threshold_for_rate,
)
from l1ad.rates.stream import Budget, PreselectedStream, ZeroBiasStream, events_needed

ZERO_BIAS = ZeroBiasStream(2340)
LEPTON_X = PreselectedStream(6e6)


def test_a_rate_is_the_accepted_fraction_of_the_stream_with_its_interval() -> None:
    scores_raw = np.arange(1000)
    rate = rate_at(990, scores_raw, ZERO_BIAS, coverage=0.9)
    low, high = clopper_pearson(10, 1000, coverage=0.9)
    assert (rate.threshold_raw, rate.n_pass, rate.n_total, rate.coverage) == (990, 10, 1000, 0.9)
    assert rate.rate_hz == pytest.approx(0.01 * 2340 * 11_245.5)
    assert (rate.low_hz, rate.high_hz) == pytest.approx((low * ZERO_BIAS.rate_hz, high * ZERO_BIAS.rate_hz))


def test_an_event_at_the_threshold_is_counted() -> None:
    assert [rate_at(at, np.array([3, 4, 4, 5]), ZERO_BIAS).n_pass for at in (3, 4, 5, 6)] == [4, 3, 1, 0]


def test_a_rate_of_no_event_still_has_an_upper_end() -> None:
    rate = rate_at(10, np.arange(10), ZERO_BIAS)
    assert rate.rate_hz == rate.low_hz == 0.0
    assert rate.high_hz > 0.0


@pytest.mark.parametrize(
    ("text", "bunches", "needed"), [("1 kHz", 2340, 26_315), ("5 kHz", 2340, 5263), ("1 kHz", 2748, 30_903)]
)
def test_a_budget_needs_as_many_events_as_the_stream_has_of_them(text: str, bunches: int, needed: int) -> None:
    assert events_needed(Budget.parse(text), ZeroBiasStream(bunches)) == needed


def test_a_rate_below_one_event_is_refused_with_the_number_that_is_needed() -> None:
    words = "100 zero-bias events cannot resolve 1 kHz: at least 26315 are needed with 2340 colliding bunches"
    with pytest.raises(UnresolvedRateError, match=f"^{words}$"):
        threshold_for_rate(np.arange(100), target_khz=1.0, colliding_bunches=2340)


def test_the_number_that_is_needed_is_enough_and_one_less_is_not() -> None:
    scores_raw = np.arange(26_315)
    assert threshold_for_rate(scores_raw, target_khz=1.0, colliding_bunches=2340) == 26_314
    with pytest.raises(ValueError, match="26314 zero-bias events cannot resolve 1 kHz: at least 26315"):
        threshold_for_rate(scores_raw[:-1], target_khz=1.0, colliding_bunches=2340)


def test_an_unresolved_rate_is_a_fault_that_the_command_line_shows() -> None:
    assert issubclass(UnresolvedRateError, L1adError)


def test_50_events_a_day_of_a_preselected_stream_are_8_of_a_million() -> None:
    scores_raw = np.random.default_rng(1).permutation(1_000_000)
    budget = Budget.parse("50 events/day")
    threshold = threshold_for_budget(scores_raw, budget, LEPTON_X)
    assert threshold == 1_000_000 - 8
    rate = rate_at(threshold, scores_raw, LEPTON_X)
    assert rate.low_hz < rate.rate_hz <= budget.rate_hz < rate.high_hz


def test_50_events_a_day_of_a_preselected_stream_need_120_000_events() -> None:
    words = "10000 events cannot resolve 50 events/day: at least 12000[01] are needed in a preselected stream"
    with pytest.raises(UnresolvedRateError, match=words):
        threshold_for_budget(np.arange(10_000), Budget.parse("50 events/day"), LEPTON_X)


def test_50_events_a_day_of_zero_bias_are_refused() -> None:
    words = r"500000 zero-bias events cannot resolve 50 events/day: at least 454714\d{5} are needed"
    with pytest.raises(UnresolvedRateError, match=words):
        threshold_for_budget(np.arange(500_000), Budget.parse("50 events/day"), ZERO_BIAS)


def test_a_score_word_that_is_full_of_its_highest_value_is_refused() -> None:
    word = FixedType.from_cpp("ap_ufixed<18,14,AP_TRN,AP_SAT>")
    scores_raw = np.full(100_000, word.raw_max)
    words = (
        f"no threshold in {word} keeps within 1 kHz: more events than that have the highest score 262143; "
        "give the score word more integer bits"
    )
    with pytest.raises(UnresolvedRateError, match=f"^{re.escape(words)}$"):
        threshold_for_budget(scores_raw, Budget.parse("1 kHz"), ZERO_BIAS, score_type=word)


@pytest.mark.parametrize("shape", [(0,), (10, 1), ()])
def test_scores_that_are_no_sample_are_refused(shape: tuple[int, ...]) -> None:
    scores_raw = np.zeros(shape, dtype=np.int64)
    words = re.escape(f"scores of shape {shape} are no sample; give at least one event")
    with pytest.raises(DataError, match=words):
        rate_at(1, scores_raw, ZERO_BIAS)
    with pytest.raises(DataError, match=words):
        threshold_for_budget(scores_raw, Budget.parse("1 kHz"), ZERO_BIAS)
