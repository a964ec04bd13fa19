"""Thresholds on weighted streams: against counting by hand, and the unweighted ones."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.metrics.stream_points import stream_efficiency
from l1ad.metrics.working_points import WorkingPoint

Pairs = st.lists(st.tuples(st.integers(0, 8), st.integers(1, 4)), min_size=4, max_size=40)


def stream_threshold(scores: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    rng = np.random.default_rng(1)
    return stream_efficiency(scores, weights, np.ones(1), np.ones(1, dtype=bool), share, rng).threshold


@settings(max_examples=200, deadline=None)
@example(pairs=[(0, 1)] * 6, share=0.25).via("the first resampling of it has an event that outweighs the share")
@given(pairs=Pairs, share=st.sampled_from([0.25, 0.5, 0.75]))
def test_the_threshold_is_the_lowest_that_keeps_within_the_share(
    pairs: list[tuple[int, int]], share: float
) -> None:
    scores, weights = (np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True))

    def passing(threshold: float) -> float:
        return float(weights[scores > threshold].sum() / weights.sum())

    if weights[np.argsort(scores, kind="stable")[-1]] > share * weights.sum():
        with pytest.raises(DataError, match="more than the share"):
            stream_threshold(scores, weights, share)
        return
    threshold = stream_threshold(scores, weights, share)
    assert passing(threshold) <= share + 1e-12
    lower = scores[scores < threshold]
    if len(lower):
        assert passing(float(lower.max())) > share


def test_a_stream_or_a_signal_without_events_is_refused() -> None:
    none, one, rng = np.empty(0), np.ones(1), np.random.default_rng(1)
    with pytest.raises(DataError, match="no events of the stream"):
        stream_threshold(none, none, 0.5)
    with pytest.raises(DataError, match="no events of the stream"):
        stream_threshold(np.arange(5.0), np.zeros(5), 0.5)
    with pytest.raises(DataError, match="no signal events"):
        stream_efficiency(one, one, none, np.empty(0, dtype=bool), 0.5, rng)


def test_equal_weights_give_the_threshold_of_a_false_positive_rate() -> None:
    scores = np.random.default_rng(1).permutation(1_000).astype(np.float64)
    point = WorkingPoint.at_false_positive_rate(0.05)
    expected = point.best_refused(np.sort(scores).astype(np.int64))
    assert stream_threshold(scores, np.full(1_000, 0.3), 0.05) == expected


def test_signal_counts_only_in_the_stream_and_over_all_its_events() -> None:
    rng = np.random.default_rng(1)
    scores, weights = rng.normal(size=4_000), rng.uniform(0.1, 2.0, 4_000)
    signal = rng.normal(2.0, 1.0, 1_000)
    in_stream = rng.random(1_000) < 0.4
    found = stream_efficiency(scores, weights, signal, in_stream, 0.1, rng)
    assert found.efficiency.value == np.mean(in_stream & (signal > found.threshold))
    assert found.efficiency.low < found.efficiency.value < found.efficiency.high
    everything = stream_efficiency(scores, weights, signal, np.ones(1_000, dtype=bool), 0.1, rng)
    assert everything.threshold == found.threshold
    assert everything.efficiency.value > found.efficiency.value


def test_a_few_heavy_events_widen_the_interval() -> None:
    rng = np.random.default_rng(1)
    widths = np.zeros(2)
    for _ in range(8):
        scores, signal = rng.normal(size=2_000), rng.normal(1.0, 1.0, 20_000)
        heavy = np.where(rng.random(2_000) < 0.02, 100.0, 1.0)
        every = np.ones(20_000, dtype=bool)
        for place, weights in enumerate((np.ones(2_000), heavy)):
            found = stream_efficiency(scores, weights, signal, every, 0.2, rng).efficiency
            widths[place] += found.high - found.low
    # (Σw)²/Σw² of the heavy ones is 90 of 2,000: the interval is about √22 times as wide.
    assert 2.5 < widths[1] / widths[0] < 8


def test_a_signal_without_events_is_refused() -> None:
    none = np.zeros(0)
    with pytest.raises(DataError, match="no signal events"):
        stream_efficiency(np.arange(9.0), np.ones(9), none, none > 0, 0.5, np.random.default_rng(1))
