from pathlib import Path

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.core.layouts import ugt_57
from l1ad.core.menu import Menu
from l1ad.data.arrays_file import read_arrays, write_arrays
from l1ad.data.events import EventBatch
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import ZeroBiasStream

MENU = Menu(names=("A", "B", "C"), prescales=(1, 4, 0))


def events_of(n_events: int, *, weighted: bool = True, seed: int = 1) -> EventBatch:
    """Make events without objects, with what the account reads."""
    rng = np.random.default_rng(seed)
    layout = ugt_57()
    return EventBatch(
        layout=layout,
        inputs_raw=np.zeros((n_events, layout.n_inputs), layout.dtype),
        event_number=np.arange(n_events),
        sample="made",
        pileup=rng.poisson(5, n_events).astype(np.float64),
        weight=rng.integers(1, 5, n_events) / 4 if weighted else None,
        menu=MENU,
        menu_bits=rng.random((n_events, 3)) < 0.3,
    )


def scores_of(n_events: int) -> np.ndarray:
    return np.random.default_rng(7).geometric(0.01, n_events)


def same(first: RateAccount, second: RateAccount) -> bool:
    ours, theirs = first.arrays(), second.arrays()
    assert ours.keys() == theirs.keys()
    return all(
        np.array_equal(one, other) for name in ours for one, other in zip(ours[name], theirs[name], strict=True)
    )


@pytest.mark.parametrize("cut", [1, 300, 999])
def test_two_parts_counted_apart_are_the_whole(cut: int) -> None:
    events, scores = events_of(1000), scores_of(1000)
    parts = RateAccount.of(events.select(0, cut), scores[:cut]) + RateAccount.of(
        events.select(cut, 1000), scores[cut:]
    )
    assert same(parts, RateAccount.of(events, scores))


def test_what_the_menu_leaves_is_weighted_with_the_chance_that_nobody_accepts_it() -> None:
    events, scores = events_of(1000), scores_of(1000)
    account = RateAccount.of(events, scores)
    assert account.free is not None and events.menu_bits is not None and events.weight is not None
    chance = np.where(events.menu_bits[:, 0], 0.0, np.where(events.menu_bits[:, 1], 0.75, 1.0))
    passed = scores >= 200
    assert float(account.free.passing(200).weight) == pytest.approx((chance * events.weight)[passed].sum())
    assert int(account.free.passing(200).n_events) == np.count_nonzero(passed & ~events.menu_bits[:, 0])


def test_the_events_of_each_pileup_are_those_of_all() -> None:
    account = RateAccount.of(events_of(1000), scores_of(1000))
    assert sum(one.n_events for one in account.pileup.values()) == 1000
    assert sum(float(one.passing(100).weight) for one in account.pileup.values()) == float(
        account.total.passing(100).weight
    )


@pytest.mark.parametrize("weighted", [True, False])
def test_an_account_comes_back_from_its_file(tmp_path: Path, weighted: bool) -> None:
    account = RateAccount.of(events_of(500, weighted=weighted), scores_of(500))
    write_arrays(tmp_path / "a.npz", {}, **account.arrays())
    back = RateAccount.from_arrays(read_arrays(tmp_path / "a.npz", what="{fault}").lists, account.menu)
    assert same(back, account)


def test_events_with_different_menus_are_not_counted_together() -> None:
    events, scores = events_of(10), scores_of(10)
    other = RateAccount.of_scores(scores)
    with pytest.raises(DataError, match="another trigger menu"):
        RateAccount.of(events, scores) + other


def test_events_that_weigh_nothing_are_no_sample() -> None:
    events = events_of(3)
    weightless = EventBatch(
        layout=events.layout, inputs_raw=events.inputs_raw, event_number=events.event_number, sample="made",
        weight=np.zeros(3),
    )  # fmt: skip
    with pytest.raises(DataError, match="3 events weigh nothing"):
        RateAccount.of(weightless, scores_of(3)).sample(ZeroBiasStream(2340))


def test_scores_of_other_events_are_refused() -> None:
    with pytest.raises(DataError, match="made: 10 events, 9 scores"):
        RateAccount.of(events_of(10), scores_of(9))
