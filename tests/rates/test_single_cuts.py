"""Cuts on one quantity beside a threshold, against counting event by event."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l1ad.core.errors import DataError
from l1ad.core.layouts import numbered_inputs, ugt_57
from l1ad.data.events import EventBatch
from l1ad.rates.single_cuts import SingleCutAccount
from l1ad.rates.zero_bias_objects import event_objects

from .test_correlations import drawn

THRESHOLDS = {"tight": 500, "loose": 300}


def counted(events: EventBatch, score: np.ndarray, thresholds: dict[str, int] = THRESHOLDS) -> SingleCutAccount:
    account = SingleCutAccount(events.layout, thresholds, where="drawn")
    account.add(events, score)
    return account


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=10, deadline=None)
def test_the_cut_is_the_lowest_that_passes_no_more_than_the_threshold(seed: int, weighted: bool) -> None:
    events, score = drawn(2000, seed=seed, weighted=weighted)
    account, met = counted(events, score), event_objects(events.inputs_raw).value_raw["met"]
    for name, raw in THRESHOLDS.items():
        found, accepted = account.cut("met", name), score >= raw
        if found is None:
            assert not accepted.any()
            continue
        allowed = events.weights[accepted].sum()
        place = next(place for place in range(4096) if events.weights[met >= place].sum() <= allowed)
        assert found.cut == place * 0.5
        assert found.n_cut == np.count_nonzero(met >= place)
        assert (found.n_accepted, found.n_both) == (accepted.sum(), (accepted & (met >= place)).sum())
        share = events.weights[accepted & (met >= place)].sum() / allowed
        assert found.share == pytest.approx(share)
        assert found.low <= found.share <= found.high


def test_a_score_that_is_met_is_told_from_a_cut_on_met_by_no_event() -> None:
    events, _ = drawn(3000, seed=4)
    met = event_objects(events.inputs_raw).value_raw["met"]
    found = counted(events, met, {"tight": 100}).cut("met", "tight")
    assert found is not None
    assert (found.cut, found.share, found.n_cut) == (50.0, 1.0, found.n_accepted)


def test_parts_counted_apart_are_the_whole() -> None:
    events, score = drawn(2000, seed=5, weighted=True)
    parts = counted(events.select(0, 700), score[:700]) + counted(events.select(700, 2000), score[700:])
    whole = counted(events, score)
    for name in whole.quantities:
        for threshold in THRESHOLDS:
            assert parts.cut(name, threshold) == whole.cut(name, threshold)


def test_a_threshold_that_accepts_nothing_has_no_cut() -> None:
    events, score = drawn(200, seed=6)
    assert counted(events, score, {"never": 10**6}).cut("ht", "never") is None


def test_a_muon_index_of_one_is_no_gev() -> None:
    events, _ = drawn(50, seed=7)
    inputs = events.inputs_raw.copy()
    inputs[:3, ugt_57().names.index("mu_1_pt")] = 41
    muons = EventBatch(
        layout=events.layout, inputs_raw=inputs, event_number=events.event_number, sample="drawn"
    )
    score = np.where(np.arange(50) < 3, 9, 1)
    found = counted(muons, score, {"any": 9}).cut("mu", "any")
    assert found is not None
    assert (found.cut, found.n_both) == (0.0, 3)  # the lowest cut with three events: any muon at all


def test_what_is_not_known_is_refused_with_what_is() -> None:
    events, score = drawn(50, seed=8)
    with pytest.raises(DataError, match=r"no quantity 'htt' or threshold 'tight'; there are .*ht.*loose"):
        counted(events, score).cut("htt", "tight")
    with pytest.raises(DataError, match="scores of shape"):
        counted(events, score[:-1])
    with pytest.raises(DataError, match="do not add up"):
        counted(events, score) + counted(events, score, {"tight": 1})
    with pytest.raises(DataError, match="has a pT in GeV"):
        SingleCutAccount(numbered_inputs(3, width=4, signed=True), THRESHOLDS, where="drawn")
