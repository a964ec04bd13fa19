"""Thresholds for shares of a weighted stream: counted where they can be, else extrapolated and said so."""

import numpy as np
import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from l1ad.core.errors import UnresolvedRateError
from l1ad.rates.stream_thresholds import FEWEST_EFFECTIVE, StreamSample

N, SCALE = 20_000, 5_000


@pytest.fixture(scope="module")
def exponential() -> StreamSample:
    rng = np.random.default_rng(1)
    return StreamSample(np.round(rng.exponential(SCALE, N)).astype(np.int64), np.full(N, 0.7), rng)


@given(st.lists(st.integers(0, 40), min_size=40, max_size=200), st.sampled_from([0.2, 0.35, 0.5]))
def test_no_more_than_the_share_passes_and_one_less_would_pass_more(values: list[int], share: float) -> None:
    rng = np.random.default_rng(len(values))
    scores, weights = np.array(values), rng.uniform(0.5, 1.5, len(values))
    try:
        found = StreamSample(scores, weights, rng).threshold(share)
    except UnresolvedRateError:
        reject()  # so many tie that too few pass, and no tail can be fitted to what is left
    assume(not found.extrapolated)
    assert weights[scores >= found.threshold_raw].sum() <= share * weights.sum()
    assert weights[scores >= found.threshold_raw - 1].sum() > share * weights.sum()
    assert found.n_pass == int((scores >= found.threshold_raw).sum())
    assert found.effective_pass >= FEWEST_EFFECTIVE


def test_a_share_of_many_events_is_measured_and_its_replicas_hold_the_truth(exponential: StreamSample) -> None:
    found = exponential.threshold(0.01)
    assert not found.extrapolated
    assert found.label == "measured with 200 events"
    assert found.counted.low_khz < 0.01 < found.counted.high_khz
    low, high = np.quantile(found.drawn_raw, [0.001, 0.999])
    assert low < SCALE * np.log(100) < high
    assert found.drawn_raw.std() == pytest.approx(SCALE / np.sqrt(200), rel=0.25)


def test_a_share_beyond_the_sample_is_extrapolated_and_says_so(exponential: StreamSample) -> None:
    found = exponential.threshold(2e-5)
    assert found.extrapolated
    assert "generalised Pareto fit" in found.label
    low, high = np.quantile(found.drawn_raw, [0.0027, 0.9973])
    assert low < SCALE * np.log(5e4) < high
    assert found.counted.low_khz < 2e-5 < found.counted.high_khz  # the count does not contradict it
    assert exponential.threshold(1e-6).threshold_raw > found.threshold_raw


def test_a_sample_without_a_tail_refuses_what_it_cannot_resolve() -> None:
    sample = StreamSample(np.repeat([1, 2], 20), np.ones(40), np.random.default_rng(1))
    with pytest.raises(UnresolvedRateError, match="a tail"):
        sample.threshold(1e-4)


def test_a_score_whose_tail_ends_is_not_extrapolated(exponential: StreamSample) -> None:
    with pytest.raises(UnresolvedRateError, match="the tail of this score is not taken to go on"):
        exponential.threshold(2e-5, extrapolate=False)
    assert not exponential.threshold(0.01, extrapolate=False).extrapolated


def test_weights_that_differ_leave_fewer_effective_events() -> None:
    rng = np.random.default_rng(2)
    alike = StreamSample(np.arange(100), np.ones(100), rng)
    heavy = StreamSample(np.arange(100), np.r_[np.ones(99), 99.0], rng)
    assert alike.effective_events == pytest.approx(100)
    assert heavy.effective_events == pytest.approx(198**2 / (99 + 99**2))
