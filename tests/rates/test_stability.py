"""Slices against a plain loop over the events, and sums of accounts against the account of all."""

import pickle
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layouts import ugt_57
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.rates.intervals import clopper_pearson
from l1ad.rates.series import Series
from l1ad.rates.sliced import SlicedCounts, Slicing
from l1ad.rates.stability import StabilityAccount, train_positions
from l1ad.rates.stream import ZeroBiasStream

MENU = Menu(names=("L1_A", "L1_Monitor"), prescales=(1, 0))
THRESHOLDS = {"loose": 50, "tight": 90}
TRAINS = np.concatenate([start + np.arange(12) for start in range(0, 3564, 81)])
Integers = NDArray[np.int64]


def drawn(n_events: int, seed: int, *, weighted: bool = False) -> tuple[EventBatch, Integers]:
    """Draw events of two runs in trains of twelve, and scores."""
    rng, layout = np.random.default_rng(seed), ugt_57()
    events = EventBatch(
        layout=layout, inputs_raw=np.zeros((n_events, layout.n_inputs), np.int16),
        event_number=np.arange(n_events), sample="drawn", run=rng.choice([380001, 400002], n_events),
        lumi_section=rng.integers(1, 20, n_events), bunch_crossing=rng.choice(TRAINS, n_events),
        pileup=rng.normal(50, 5, n_events), weight=rng.choice([0.5, 2.0], n_events) if weighted else None,
        menu=MENU, menu_bits=rng.random((n_events, 2)) < [0.1, 0.3],
    )  # fmt: skip
    return events, rng.integers(0, 100, n_events)


def counted(events: EventBatch, score: Integers, block: int = 1000) -> StabilityAccount:
    account = StabilityAccount(THRESHOLDS, seeds=["L1_Monitor"], where="drawn")
    for start in range(0, len(events), block):
        account.add(events.select(start, start + block), score[start : start + block])
    return account


def assert_same(one: StabilityAccount, other: StabilityAccount) -> None:
    for slicing in Slicing:
        left, right = one.sliced(slicing), other.sliced(slicing)
        np.testing.assert_array_equal(left.keys, right.keys)
        np.testing.assert_array_equal(left.counted.n_events, right.counted.n_events)
        np.testing.assert_allclose(left.counted.weight, right.counted.weight, rtol=1e-12)
        np.testing.assert_allclose(left.counted.squared, right.counted.squared, rtol=1e-12)


def told(series: Series) -> dict[str, tuple[float, float]]:
    pairs = zip(series.counted.weight.tolist(), series.passed.weight.tolist(), strict=True)
    return dict(zip(series.titles, pairs, strict=True))


@pytest.mark.parametrize("column", ["loose", "tight", "L1_Monitor"])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_slice_holds_its_events_and_those_that_pass(column: str, weighted: bool) -> None:
    events, score = drawn(3000, seed=1, weighted=weighted)
    account = counted(events, score)
    assert events.pileup is not None and events.run is not None and events.lumi_section is not None
    assert events.bunch_crossing is not None and events.menu_bits is not None
    passed = events.menu_bits[:, 1] if column == "L1_Monitor" else score >= THRESHOLDS[column]
    names = {
        Slicing.PILEUP: [str(int(one)) for one in events.pileup],
        Slicing.RUN: [f"run {one}" for one in events.run],
        Slicing.BUNCH_CROSSING: [str(one) for one in events.bunch_crossing],
        Slicing.LUMI_SECTION: [
            f"run {run}: {one}" for run, one in zip(events.run, events.lumi_section, strict=True)
        ],
    }
    for slicing, titles in names.items():
        every, passing = Counter[str](), Counter[str]()
        for title, weight, here in zip(titles, events.weights, passed, strict=True):
            every[title] += weight
            passing[title] += weight * here
        assert told(account.series(slicing, column)) == {one: (every[one], passing[one]) for one in every}


def test_a_seed_that_only_monitors_is_counted_before_its_prescale_of_0() -> None:
    events, score = drawn(2000, seed=2)
    assert events.menu_bits is not None
    series = counted(events, score).series(Slicing.RUN, "L1_Monitor")
    assert int(series.passed.n_events.sum()) == int(events.menu_bits[:, 1].sum()) > 0


def test_sections_count_on_from_run_to_run() -> None:
    events, score = drawn(4, seed=3)
    events = replace(events, run=np.array([7, 7, 9, 9]), lumi_section=np.array([1, 30, 2, 5]))
    series = counted(events, score).series(Slicing.LUMI_SECTION, "loose")
    assert series.titles == ("run 7: 1", "run 7: 30", "run 9: 2", "run 9: 5")
    assert series.where.tolist() == [1, 30, 32, 35]


def test_the_rate_of_a_slice_is_revolutions_times_bunches_times_share_with_clopper_pearson() -> None:
    events, score = drawn(2000, seed=4)
    series = counted(events, score).series(Slicing.RUN, "tight")
    khz = 2340 * 11.2455
    for index, rate in enumerate(series.rates(ZeroBiasStream(2340))):
        n_pass, n_events = int(series.passed.n_events[index]), int(series.counted.n_events[index])
        low, high = clopper_pearson(n_pass, n_events)
        assert rate.rate_khz == pytest.approx(khz * n_pass / n_events)
        assert (rate.low_khz, rate.high_khz) == pytest.approx((khz * low, khz * high))


@given(cuts=st.lists(st.integers(0, 600), max_size=4), weighted=st.booleans())
@settings(max_examples=20, deadline=None)
def test_accounts_of_parts_add_up_to_the_account_of_all_through_a_pickle(
    cuts: list[int], weighted: bool
) -> None:
    events, score = drawn(600, seed=5, weighted=weighted)
    ends = [0, *sorted(cuts), 600]
    total = StabilityAccount(THRESHOLDS, seeds=["L1_Monitor"], where="none yet")
    for start, stop in pairwise(ends):
        part = counted(events.select(start, stop), score[start:stop])
        total = total + pickle.loads(pickle.dumps(part))  # noqa: S301
    assert_same(total, counted(events, score))


@given(
    keys=st.lists(st.tuples(st.integers(-(2**40), 2**40), st.integers(-3, 3)), min_size=1, max_size=40),
    repeats=st.integers(1, 3),
)
@settings(max_examples=50, deadline=None)
def test_keys_far_apart_are_counted_in_order(keys: list[tuple[int, int]], repeats: int) -> None:
    every = np.array(keys * repeats, np.int64)
    counts = SlicedCounts.of(every, np.ones((1, len(every)), np.bool_), np.ones(len(every)))
    expected = Counter(keys * repeats)
    assert [tuple(one) for one in counts.keys.tolist()] == sorted(expected)
    assert counts.counted.n_events[:, 0].tolist() == [expected[one] for one in sorted(expected)]


def test_places_in_the_train_count_from_the_gap_around_the_orbit() -> None:
    filled = np.array([1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1], np.bool_)
    assert train_positions(filled).tolist() == [2, 3, 0, 0, 1, 0, 1, 2, 3, 0, 1]


def test_the_first_bunches_of_a_train_are_told_from_its_bulk_run_by_run() -> None:
    events, _ = drawn(60_000, seed=6)
    assert events.bunch_crossing is not None and events.run is not None
    shifted = (events.bunch_crossing + np.where(events.run == 400002, 5, 0)) % 3564
    shifted[::100] = 30  # an isolated bunch in the gap, for both patterns
    place = np.where(np.arange(60_000) % 100 == 0, -1, events.bunch_crossing % 81)
    account = counted(replace(events, bunch_crossing=shifted), 1000 * (place == 0), block=60_000)
    series = account.series(Slicing.TRAIN, "loose")
    assert series.titles == ("isolated", "1", "2", "3", "4", "5", "6", "7", "8", "bulk")
    expected = [int((place == one).sum()) for one in range(-1, 8)] + [int((place >= 8).sum())]
    assert series.counted.n_events.tolist() == expected
    assert series.passed.n_events.tolist() == [0, expected[1], *[0] * 8]


@pytest.mark.parametrize("full", [False, True])
def test_no_train_is_seen_in_few_events_nor_in_an_orbit_without_gap(full: bool) -> None:
    events, score = drawn(3564 * 30 if full else 2000, seed=7)
    crossing = np.arange(len(events)) % 3564 if full else events.bunch_crossing
    account = counted(replace(events, bunch_crossing=crossing, run=None), score, block=100_000)
    assert account.series(Slicing.TRAIN, "loose").titles == ()


def test_what_the_events_do_not_know_gives_no_slices() -> None:
    events, score = drawn(100, seed=8)
    bare = replace(events, run=None, lumi_section=None, bunch_crossing=None, pileup=None)
    account = counted(bare, score)
    assert [account.series(one, "loose").titles for one in Slicing] == [()] * 5
    only_run = counted(replace(events, lumi_section=None), score)
    assert only_run.series(Slicing.LUMI_SECTION, "loose").titles == ()
    assert len(only_run.series(Slicing.RUN, "loose").titles) == 2


def test_what_cannot_be_followed_is_refused_by_its_name() -> None:
    events, score = drawn(10, seed=9)
    with pytest.raises(DataError, match="names no column or one twice"):
        StabilityAccount({"L1_A": 3}, seeds=["L1_A"], where="x")
    with pytest.raises(DataError, match="the menu of the events has no seed 'L1_B' to follow"):
        StabilityAccount({}, seeds=["L1_A", "L1_B"], where="x").add(events, score)
    with pytest.raises(DataError, match="the menu of the events has no seed 'L1_A' to follow"):
        StabilityAccount({}, seeds=["L1_A"], where="x").add(replace(events, menu=None, menu_bits=None), score)
    account = counted(events, score)
    with pytest.raises(DataError, match="'pure' is not followed; there are loose, tight, L1_Monitor"):
        account.series(Slicing.RUN, "pure")
    with pytest.raises(DataError, match="bunch crossing 3564 is none from 0 to 3563"):
        account.add(replace(events, bunch_crossing=np.full(10, 3564)), score)
    with pytest.raises(DataError, match=r"scores of shape \(9,\) for 10 events"):
        account.add(events, score[:9])
    with pytest.raises(DataError, match="accounts of one kind are added"):
        account + StabilityAccount(THRESHOLDS, where="y")
