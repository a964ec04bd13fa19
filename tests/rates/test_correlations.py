"""Correlations of a score against SciPy on the events themselves, and sums of accounts against all at once."""

import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.core.layouts import numbered_inputs, ugt_57
from l1ad.data.events import EventBatch
from l1ad.rates.correlation_bins import Bins, quantities
from l1ad.rates.correlations import CorrelationAccount
from l1ad.rates.zero_bias_objects import event_objects

THRESHOLDS = {"loose": 300, "tight": 900}
NAMES = ugt_57().names
Integers = NDArray[np.int64]


def drawn(n_events: int, seed: int, *, weighted: bool = False) -> tuple[EventBatch, Integers]:
    """Draw events with up to three jets and some MET, and a score that follows both."""
    rng, layout = np.random.default_rng(seed), ugt_57()
    inputs = np.zeros((n_events, layout.n_inputs), np.int16)
    pt = -np.sort(-(1 + rng.exponential(60, (n_events, 3)).astype(int)), axis=1)
    pt[np.arange(3) >= rng.integers(0, 4, n_events)[:, None]] = 0
    for slot in range(3):
        here = pt[:, slot] > 0
        inputs[:, NAMES.index(f"jet_{slot + 1}_pt")] = np.minimum(pt[:, slot], 2047)
        inputs[here, NAMES.index(f"jet_{slot + 1}_eta")] = rng.integers(-60, 61, here.sum())
    inputs[:, NAMES.index("met_pt")] = rng.exponential(40, n_events).astype(int)
    events = EventBatch(
        layout=layout, inputs_raw=inputs, event_number=np.arange(n_events), sample="drawn",
        pileup=rng.poisson(50, n_events).astype(np.float64),
        weight=rng.choice([0.5, 2.0], n_events) if weighted else None,
    )  # fmt: skip
    score = pt[:, 0] * 2 + inputs[:, NAMES.index("met_pt")] + rng.exponential(40, n_events).astype(int)
    return events, score.astype(np.int64)


def counted(events: EventBatch, score: Integers, bins: Bins, block: int = 1000) -> CorrelationAccount:
    account = CorrelationAccount(bins, where="drawn")
    for start in range(0, len(events), block):
        account.add(events.select(start, start + block), score[start : start + block])
    return account


def bins_of(events: EventBatch, score: Integers) -> Bins:
    return Bins.of(events, score, THRESHOLDS, fraction=3)


def test_the_score_is_compared_with_every_input_the_sums_the_multiplicities_and_pileup() -> None:
    events, _ = drawn(200, seed=1)
    found = quantities(events)
    leading = ["leading_eg", "leading_mu", "leading_jet", "met", "ht"]
    assert list(found) == [*NAMES, "n_eg", "n_mu", "n_jet", *leading, "pileup"]
    np.testing.assert_array_equal(found["ht"][0], event_objects(events.inputs_raw).value_raw["ht"])
    columns = [NAMES.index(f"jet_{slot}_pt") for slot in range(1, 11)]
    np.testing.assert_array_equal(found["n_jet"][0], (events.inputs_raw[:, columns] > 0).sum(axis=1))
    counts = found["jet_2_eta"][1]
    assert counts is not None
    np.testing.assert_array_equal(counts, events.inputs_raw[:, NAMES.index("jet_2_pt")] > 0)
    assert found["jet_2_pt"][1] is None


@pytest.mark.parametrize("name", ["jet_1_pt", "jet_2_eta", "met_pt", "ht", "n_jet", "pileup"])
def test_pearson_is_that_of_the_events_with_the_logarithm_of_the_score(name: str) -> None:
    events, score = drawn(5000, seed=2, weighted=True)
    account = counted(events, score, bins_of(events.select(0, 500), score[:500]))
    values, counts = quantities(events)[name]
    here = np.ones(5000, np.bool_) if counts is None else counts
    weights = events.weights[here]
    covariance = np.cov(values[here], np.log1p(score[here] / 8), aweights=weights, ddof=0)
    expected = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    found = account.correlation(name)
    assert found.pearson == pytest.approx(expected, abs=1e-9)
    assert found.effective_events == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


@pytest.mark.parametrize("name", ["jet_1_pt", "jet_2_eta", "met_pt", "ht", "n_jet", "pileup"])
def test_spearman_is_that_of_the_events_but_for_the_width_of_the_bins(name: str) -> None:
    events, score = drawn(5000, seed=3)
    found = counted(events, score, bins_of(events, score)).correlation(name)
    values, counts = quantities(events)[name]
    here = np.ones(5000, np.bool_) if counts is None else counts
    assert found.spearman == pytest.approx(stats.spearmanr(values[here], score[here]).statistic, abs=0.005)


def test_spearman_with_ties_is_exact_where_every_value_has_its_bin() -> None:
    events, _ = drawn(3000, seed=4)
    values = quantities(events)["n_jet"][0]
    score = (values + np.random.default_rng(4).integers(0, 4, 3000)).astype(np.int64)
    found = counted(events, score, Bins.of(events, score, {}, fraction=0)).correlation("n_jet")
    assert found.spearman == pytest.approx(stats.spearmanr(values, score).statistic, abs=1e-12)


def test_independent_quantities_have_no_correlation_and_no_information() -> None:
    events, _ = drawn(20_000, seed=5)
    score = np.random.default_rng(99).integers(0, 1000, 20_000)
    account = counted(events, score, bins_of(events, score))
    for name in ("jet_1_pt", "jet_1_eta", "met_pt", "ht", "n_jet", "pileup"):
        found = account.correlation(name)
        assert abs(found.pearson) < 4 * found.error
        assert abs(found.spearman) < 4 * found.error
        assert abs(found.mutual_information_bits) < 0.02


def test_information_is_seen_where_ranks_see_nothing() -> None:
    events, _ = drawn(20_000, seed=6)
    met = quantities(events)["met"][0]
    score = np.asarray(np.abs(stats.rankdata(met) - 10_000), dtype=np.int64)
    found = counted(events, score, bins_of(events, score)).correlation("met")
    assert abs(found.spearman) < 0.05
    assert found.mutual_information_bits > 2


@pytest.mark.parametrize("name", ["jet_1_pt", "jet_2_eta", "ht"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_profile_is_mean_score_and_share_that_passes_in_each_bin(name: str, weighted: bool) -> None:
    events, score = drawn(4000, seed=7, weighted=weighted)
    bins = bins_of(events.select(0, 300), score[:300])
    profile = counted(events, score, bins).profile(name)
    values, counts = quantities(events)[name]
    place = np.maximum(np.searchsorted(bins.quantities[name], values, side="right") - 1, 0)
    for index in range(len(profile.first)):
        mine = (place == index) & (True if counts is None else counts)
        weights = events.weights[mine]
        assert profile.counted.weight[index] == pytest.approx(weights.sum())
        assert profile.mean_score[index] == pytest.approx(np.average(score[mine] / 8, weights=weights))
        for threshold, raw in THRESHOLDS.items():
            expected = weights[score[mine] >= raw].sum() / weights.sum()
            assert profile.share[threshold][index] == pytest.approx(expected)


def test_sculpting_is_the_spectrum_of_the_accepted_over_that_of_all() -> None:
    events, score = drawn(4000, seed=8)
    bins = bins_of(events, score)
    found = counted(events, score, bins).sculpting("leading_jet", "loose")
    values, edges = quantities(events)["leading_jet"][0], [*bins.quantities["leading_jet"].tolist(), np.inf]
    every, accepted = (np.histogram(one, edges)[0] for one in (values, values[score >= 300]))
    np.testing.assert_allclose(found.every, every / 4000, rtol=1e-12)
    np.testing.assert_allclose(found.accepted, accepted / accepted.sum(), rtol=1e-12)
    np.testing.assert_allclose(found.ratio, accepted / accepted.sum() / (every / 4000), rtol=1e-12)
    np.testing.assert_allclose(
        found.ratio_error, np.sqrt(accepted) / accepted.sum() / (every / 4000), rtol=1e-12
    )
    unbinned = stats.ks_2samp(values, values[score >= 300]).statistic
    assert 0.9 * unbinned < found.distance <= unbinned + 1e-12
    assert found.distance > 10 * found.by_chance


def test_a_score_that_knows_nothing_sculpts_nothing() -> None:
    events, _ = drawn(20_000, seed=9)
    score = np.random.default_rng(9).integers(0, 1000, 20_000)
    account = counted(events, score, bins_of(events, score))
    for name in ("leading_jet", "ht", "met", "jet_1_eta", "n_jet"):
        found = account.sculpting(name, "tight")
        assert found.distance < 2.5 * found.by_chance


def test_scores_below_all_of_the_first_block_do_not_pass_a_threshold_below_it() -> None:
    events, score = drawn(2000, seed=10)
    bins = Bins.of(events.select(0, 100), np.full(100, 5000), {"low": 300}, fraction=0)
    profile = counted(events, score, bins).profile("n_jet")
    passing = profile.share["low"] @ profile.counted.weight
    assert passing == pytest.approx(np.count_nonzero(score >= 300))


@given(cuts=st.lists(st.integers(0, 500), max_size=3), weighted=st.booleans())
@settings(max_examples=10, deadline=None)
def test_accounts_of_parts_add_up_to_the_account_of_all_through_a_pickle(
    cuts: list[int], weighted: bool
) -> None:
    events, score = drawn(500, seed=11, weighted=weighted)
    bins = bins_of(events.select(0, 50), score[:50])
    whole, total = counted(events, score, bins), CorrelationAccount(bins, where="none yet")
    ends = [0, *sorted(cuts), 500]
    for start, stop in pairwise(ends):
        part = counted(events.select(start, stop), score[start:stop], bins)
        total = total + pickle.loads(pickle.dumps(part))  # noqa: S301
    for name in ("jet_1_pt", "jet_2_eta", "ht", "pileup"):
        np.testing.assert_array_equal(total.joint(name).n_events, whole.joint(name).n_events)
        assert total.correlation(name).pearson == pytest.approx(whole.correlation(name).pearson, abs=1e-9)
        np.testing.assert_allclose(total.profile(name).mean_score, whole.profile(name).mean_score, rtol=1e-9)


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_correlations_do_not_depend_on_the_order_of_the_events(seed: int) -> None:
    events, score = drawn(400, seed=12)
    bins, order = bins_of(events, score), np.random.default_rng(seed).permutation(400)
    one, other = (
        counted(each, scores, bins).correlation("ht")
        for each, scores in ((events, score), (events.take(order), score[order]))
    )
    assert (one.pearson, one.spearman) == pytest.approx((other.pearson, other.spearman), abs=1e-12)


def test_there_are_64_bins_at_most_and_the_last_are_small() -> None:
    events, score = drawn(50_000, seed=13)
    bins = Bins.of(events, score, {}, fraction=0)
    assert max(len(one) for one in (bins.score, *bins.quantities.values())) <= 64
    joint = counted(events, score, bins, block=50_000).joint("met")
    assert len(bins.score) > 55
    assert joint.n_events.sum(axis=0)[-1] < 20


def test_a_layout_without_objects_is_compared_input_by_input() -> None:
    layout, rng = numbered_inputs(3, width=8, signed=True), np.random.default_rng(14)
    events = EventBatch(
        layout=layout, inputs_raw=rng.integers(0, 5, (300, 3)).astype(layout.dtype),
        event_number=np.arange(300), sample="numbers",
    )  # fmt: skip
    score = events.inputs_raw[:, 1].astype(np.int64)
    account = counted(events, score, Bins.of(events, score, {}, fraction=0))
    assert list(account.bins.quantities) == list(layout.names)
    assert account.correlation(layout.names[1]).spearman == pytest.approx(1)


def test_what_cannot_be_compared_is_refused_by_its_name() -> None:
    events, score = drawn(100, seed=15)
    bins = bins_of(events, score)
    account = counted(events, score, bins)
    with pytest.raises(DataError, match="'sphericity' is no quantity; there are met_pt"):
        account.correlation("sphericity")
    with pytest.raises(DataError, match="'mu_1_eta' is in no event of any weight"):
        account.profile("mu_1_eta")
    with pytest.raises(DataError, match="threshold 'pure' is not followed; there are loose, tight"):
        account.sculpting("ht", "pure")
    with pytest.raises(DataError, match="'tight' accepts no event with 'ht'; nothing to compare"):
        counted(events, np.zeros(100, np.int64), bins).sculpting("ht", "tight")
    with pytest.raises(DataError, match=r"scores of shape \(9,\) for 100 events"):
        account.add(events, score[:9])
    with pytest.raises(DataError, match="bins and events do not know the same: pileup"):
        account.add(replace(events, pileup=None), score)
    with pytest.raises(DataError, match="drawn: no events to choose bins by; give a first block"):
        bins_of(events.select(0, 0), score[:0])
    other = bins_of(events.select(0, 50), score[:50])
    with pytest.raises(DataError, match="other bins than drawn; choose them once and hand them on"):
        account + CorrelationAccount(other, where="other")
