"""A menu with an algorithm beside it, against sums over everything that prescales can decide."""

import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.core.layouts import numbered_inputs
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.rates.intervals import ONE_SIGMA, clopper_pearson
from l1ad.rates.menu_account import MenuAccount
from l1ad.rates.menu_rates import chance_alone, chance_free, fair_share
from l1ad.rates.stream import ZeroBiasStream

MENU = Menu(names=("L1_A", "L1_B", "L1_C", "L1_D", "L1_E"), prescales=(1, 4, 3, 0, 1))
PLAIN = replace(MENU, prescales=(1, 1, 1, 1, 1))
THRESHOLDS = {"tight": 70, "loose": 20, "same": 20}
STREAM = ZeroBiasStream(2340)
KHZ = 2340 * 11.2455
PATTERNS = list(product([False, True], repeat=5))

Scored = tuple[EventBatch, NDArray[np.int64]]


def drawn(n_events: int, seed: int, *, menu: Menu = MENU, weights: tuple[float, ...] = (1.0,)) -> Scored:
    """Draw bits, weights and scores of 0 to 99; the inputs do not matter."""
    rng = np.random.default_rng(seed)
    events = EventBatch(
        layout=numbered_inputs(1, width=4, signed=True), inputs_raw=np.zeros((n_events, 1), np.int8),
        event_number=np.arange(n_events), sample="drawn", weight=rng.choice(weights, n_events),
        menu=menu, menu_bits=rng.random((n_events, len(menu.names))) < 0.3,
    )  # fmt: skip
    return events, rng.integers(0, 100, n_events)


def account_of(*scored: Scored, menu: Menu = MENU, block_events: int = 64) -> MenuAccount:
    account = MenuAccount(menu, THRESHOLDS, where="drawn")
    for events, scores in scored:
        for start in range(0, len(events), block_events):
            account.add(events.select(start, start + block_events), scores[start : start + block_events])
    return account


def sent(account: MenuAccount) -> MenuAccount:
    """Send an account from process to process."""
    received = pickle.loads(pickle.dumps(account))  # noqa: S301, these are our own bytes
    assert isinstance(received, MenuAccount)
    return received


def draws(fired: tuple[bool, ...], menu: Menu) -> Iterator[tuple[Fraction, tuple[bool, ...]]]:
    """List everything that the prescales can decide on an event, with its probability."""
    chances = [
        Fraction(1, p) if hit and p else Fraction(0) for hit, p in zip(fired, menu.prescales, strict=True)
    ]
    for accepts in product([False, True], repeat=len(chances)):
        chance = prod(
            (c if taken else 1 - c for c, taken in zip(chances, accepts, strict=True)), start=Fraction(1)
        )
        if chance:
            yield chance, accepts


def expected(scored: Scored, menu: Menu, threshold: int | None) -> dict[str, list[Fraction]]:
    """Add up over events and draws what each seed, and a threshold as the last, accepts; per unit of weight."""
    events, scores = scored
    assert events.menu_bits is not None
    seeds = len(menu.names) + (threshold is not None)
    sums = {name: [Fraction(0)] * seeds for name in ("after", "pure", "proportional")}
    menu_sum, total = Fraction(0), Fraction(0)
    for bits, score, event_weight in zip(events.menu_bits.tolist(), scores, events.weights, strict=True):
        weight = Fraction(float(event_weight))
        total += weight
        for chance, draw in draws(tuple(bits), menu):
            accepts = draw if threshold is None else (*draw, bool(score >= threshold))
            for index in np.flatnonzero(accepts):
                sums["after"][index] += weight * chance
                sums["pure"][index] += weight * chance * (sum(accepts) == 1)
                sums["proportional"][index] += weight * chance / sum(accepts)
            menu_sum += weight * chance * any(accepts)
    return {**{name: [one / total for one in each] for name, each in sums.items()}, "menu": [menu_sum / total]}


def test_the_chance_that_no_seed_accepts_is_that_of_all_draws_for_every_pattern_of_bits() -> None:
    exact = [sum(chance for chance, accepts in draws(one, MENU) if not any(accepts)) for one in PATTERNS]
    free = chance_free(np.array(PATTERNS), MENU)
    np.testing.assert_array_max_ulp(free, np.array([float(one) for one in exact]), maxulp=1)


def test_the_chance_that_no_other_seed_accepts_is_that_of_all_draws() -> None:
    alone = chance_alone(np.array(PATTERNS), MENU)
    for row, fired in zip(alone, PATTERNS, strict=True):
        for seed, hit in enumerate(fired):
            others = tuple(one and index != seed for index, one in enumerate(fired))
            exact = sum(chance for chance, accepts in draws(others, MENU) if not any(accepts))
            assert row[seed] == pytest.approx(float(exact) * hit, rel=1e-15)


def test_equal_shares_are_those_of_all_draws_and_fractions_without_prescales() -> None:
    for menu in (MENU, PLAIN):
        own, more = fair_share(np.array(PATTERNS), menu)
        for row, one_more, fired in zip(own, more, PATTERNS, strict=True):
            exact = sum(chance / (1 + sum(accepts)) for chance, accepts in draws(fired, menu))
            assert one_more == pytest.approx(float(exact), rel=1e-14)
            for seed, hit in enumerate(fired):
                others = tuple(one and index != seed for index, one in enumerate(fired))
                exact = sum(chance / (1 + sum(accepts)) for chance, accepts in draws(others, menu))
                assert row[seed] == pytest.approx(float(exact) * hit, rel=1e-14)


def test_a_seed_that_only_monitors_takes_nothing_and_an_unprescaled_one_everything() -> None:
    bits = np.array([[0, 0, 0, 1, 0], [1, 1, 1, 1, 0], [0, 0, 0, 0, 0]], np.bool_)
    assert chance_free(bits, MENU).tolist() == [1.0, 0.0, 1.0]


def test_bits_of_another_menu_are_refused() -> None:
    with pytest.raises(DataError, match=re.escape("shape (2, 3) are not bool of (events, 5)")):
        chance_free(np.zeros((2, 3), np.bool_), MENU)


@pytest.mark.parametrize("weights", [(1.0,), (0.25, 1.0, 2.5)])
@pytest.mark.parametrize("menu", [MENU, PLAIN])
def test_all_rates_are_those_of_a_loop_over_events_and_draws(menu: Menu, weights: tuple[float, ...]) -> None:
    scored = drawn(300, 1, menu=menu, weights=weights)
    result, exact = account_of(scored, menu=menu).result(STREAM), expected(scored, menu, None)
    assert result.menu.rate_khz == pytest.approx(KHZ * float(exact["menu"][0]), rel=1e-12)
    for index, seed in enumerate(result.seeds):
        assert (seed.name, seed.prescale) == (menu.names[index], menu.prescales[index])
        for name in ("after", "pure", "proportional"):
            rate = KHZ * float(exact[name][index])
            assert getattr(seed, name).rate_khz == pytest.approx(rate, rel=1e-12), (seed.name, name)
        assert seed.after == seed.before.over(seed.prescale)
    assert [(one.rates.name, one.threshold_raw) for one in result.thresholds] == list(THRESHOLDS.items())
    for one in result.thresholds:
        with_it = expected(scored, menu, one.threshold_raw)
        assert one.menu_with.rate_khz == pytest.approx(KHZ * float(with_it["menu"][0]), rel=1e-12)
        assert one.rates.before == one.rates.after
        for name in ("after", "pure", "proportional"):
            rate = KHZ * float(with_it[name][-1])
            assert getattr(one.rates, name).rate_khz == pytest.approx(rate, rel=1e-12), (one.rates.name, name)


@pytest.mark.parametrize("weights", [(1.0,), (0.25, 1.0, 2.5)])
def test_proportional_rates_add_up_to_the_menu_and_pure_rates_to_what_is_added(
    weights: tuple[float, ...],
) -> None:
    result = account_of(drawn(5000, 2, weights=weights)).result(STREAM)
    shared = sum(seed.proportional.rate_khz for seed in result.seeds)
    assert shared == pytest.approx(result.menu.rate_khz, rel=1e-12)
    for one in result.thresholds:
        added = one.menu_with.rate_khz - result.menu.rate_khz
        assert one.rates.pure.rate_khz == pytest.approx(added, rel=1e-9)
        rates = one.rates
        assert rates.pure.rate_khz <= rates.proportional.rate_khz <= rates.after.rate_khz


def test_intervals_are_binomial_where_nothing_is_prescaled() -> None:
    events, scores = drawn(4000, 3, menu=PLAIN)
    assert events.menu_bits is not None
    result = account_of((events, scores), menu=PLAIN).result(STREAM)
    n_fired = events.menu_bits.sum(axis=1)
    counts = [
        (result.menu, (n_fired > 0).sum()),
        (result.seeds[1].pure, (events.menu_bits[:, 1] & (n_fired == 1)).sum()),
        (result.thresholds[0].rates.before, (scores >= 70).sum()),
        (result.thresholds[0].rates.pure, ((scores >= 70) & (n_fired == 0)).sum()),
        (result.thresholds[1].menu_with, ((scores >= 20) | (n_fired > 0)).sum()),
    ]
    for rate, count in counts:
        low, high = clopper_pearson(int(count), 4000)
        assert (rate.n_pass, rate.effective_pass) == (count, count)
        assert (rate.low_khz, rate.high_khz) == pytest.approx((low * KHZ, high * KHZ), rel=1e-12)


def test_intervals_of_expected_events_are_those_of_their_effective_number() -> None:
    events, scores = drawn(4000, 4)
    assert events.menu_bits is not None
    pure = account_of((events, scores)).result(STREAM).thresholds[0].rates.pure
    free = chance_free(events.menu_bits, MENU) * (scores >= 70)
    effective = free.sum() ** 2 / (free**2).sum()
    unit = free.sum() / effective / 4000 * KHZ
    tail = (1 - ONE_SIGMA) / 2
    assert pure.n_pass == np.count_nonzero(free)
    assert pure.effective_pass == pytest.approx(effective)
    assert pure.low_khz == pytest.approx(unit * stats.gamma.ppf(tail, effective))
    assert pure.high_khz == pytest.approx(unit * stats.gamma.isf(tail, effective + 1))


def test_a_pure_rate_of_nothing_still_has_an_upper_end_but_not_that_of_a_monitor() -> None:
    events, scores = drawn(1000, 5)
    assert events.menu_bits is not None
    taken = replace(events, menu_bits=events.menu_bits | [True, False, False, False, False])
    result = account_of((taken, scores)).result(STREAM)
    _, high = clopper_pearson(0, 1000)
    pure = [seed.pure for seed in result.seeds]
    assert [one.rate_khz for one in pure[1:]] == [0, 0, 0, 0]
    assert [one.high_khz for one in pure[1:]] == pytest.approx([high * KHZ / 4, high * KHZ / 3, 0, high * KHZ])


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 500), max_size=4), block_events=st.integers(1, 200))
def test_the_account_of_parts_is_that_of_the_whole(cuts: list[int], block_events: int) -> None:
    events, scores = drawn(500, 6, weights=(0.5, 1.0, 2.0))  # whose sums are exact
    ends = [0, *sorted(cuts), 500]
    parts = [
        account_of((events.select(a, b), scores[a:b]), block_events=block_events) for a, b in pairwise(ends)
    ]
    joined = parts[0]
    for one in parts[1:]:
        joined = sent(one) + joined
    whole = account_of((events, scores), block_events=500)
    for ours, theirs in ((joined, whole), (sent(joined), whole)):
        left, right = ours.result(STREAM), theirs.result(STREAM)
        assert (left.seeds, left.thresholds, left.menu) == (right.seeds, right.thresholds, right.menu)
        np.testing.assert_array_equal(left.overlap.share, right.overlap.share)
        assert ours.gain() == theirs.gain()


def test_an_account_goes_on_after_its_result_was_read() -> None:
    first, second = drawn(300, 7), drawn(200, 8)
    account = account_of(first)
    account.result(STREAM)
    account.add(*second)
    assert account.result(STREAM).seeds == account_of(first, second).result(STREAM).seeds


def test_other_thresholds_do_not_change_what_one_is_compared_with() -> None:
    events, scores = drawn(2000, 9)
    alone = MenuAccount(MENU, {"tight": 70}, where="drawn")
    alone.add(events, scores)
    one, beside = alone.result(STREAM), account_of((events, scores)).result(STREAM)
    first = beside.thresholds[0]
    assert one.thresholds[0].rates.before == first.rates.before
    assert one.thresholds[0].menu_with.rate_khz == pytest.approx(first.menu_with.rate_khz, rel=1e-12)
    for name in ("pure", "proportional"):
        ours, theirs = getattr(one.thresholds[0].rates, name), getattr(first.rates, name)
        assert ours.n_pass == theirs.n_pass
        assert ours.rate_khz == pytest.approx(theirs.rate_khz, rel=1e-12)


def test_overlaps_are_counted_before_prescale_and_by_weight() -> None:
    events, scores = drawn(800, 10, weights=(0.25, 1.0, 2.5))
    assert events.menu_bits is not None
    never = replace(events, menu_bits=events.menu_bits & [True, True, True, True, False])
    overlap = account_of((never, scores)).result(STREAM).overlap
    assert overlap.names == (*MENU.names, *THRESHOLDS)
    passed = [scores >= threshold for threshold in THRESHOLDS.values()]
    accepted = np.column_stack([events.menu_bits[:, :4], np.zeros(800, np.bool_), *passed])
    for i, j in product(range(8), repeat=2):
        own, other, weights = accepted[:, i], accepted[:, j], events.weights
        if 4 not in (i, j):
            share = weights[own & other].sum() / weights[own].sum()
            assert overlap.share[i, j] == pytest.approx(share)
            jaccard = weights[own & other].sum() / weights[own | other].sum()
            assert overlap.jaccard[i, j] == pytest.approx(jaccard)
    assert np.isnan(overlap.share[4]).all()
    assert overlap.share[0, 4] == 0
    assert np.isnan(overlap.jaccard[4, 4])


@pytest.mark.parametrize("weights", [(2.0,), (0.25, 1.0, 2.5)])
def test_what_a_signal_gains_is_what_the_menu_does_not_take(weights: tuple[float, ...]) -> None:
    events, scores = drawn(900, 11, weights=weights)
    assert events.menu_bits is not None
    gain = account_of((events, scores)).gain()
    free, weight = chance_free(events.menu_bits, MENU), events.weights / events.weights.sum()
    effective = 1 / (weight**2).sum()
    assert gain.effective_events == pytest.approx(effective)
    assert gain.menu.efficiency == pytest.approx(weight @ (1 - free))
    for one in gain.thresholds:
        passed = scores >= one.threshold_raw
        assert one.total.efficiency == pytest.approx(weight @ passed)
        assert one.total.n_pass == passed.sum()
        assert one.gained.efficiency == pytest.approx(weight @ (passed * free))
        assert one.menu_with.efficiency == pytest.approx(gain.menu.efficiency + one.gained.efficiency)
        assert one.gained.low < one.gained.efficiency < one.gained.high
        if len(weights) == 1:
            ends = clopper_pearson(one.total.n_pass, 900)
            assert (one.total.low, one.total.high) == pytest.approx(ends, rel=1e-9)


def test_a_threshold_that_accepts_all_or_none_of_a_signal_has_an_end_of_its_interval_there() -> None:
    account = MenuAccount(MENU, {"all": 0, "none": 1000}, where="drawn")
    account.add(*drawn(50, 12, weights=(0.5, 3.0)))
    every, none = (one.total for one in account.gain().thresholds)
    assert (every.efficiency, every.high) == (1.0, 1.0)
    assert (none.efficiency, none.low) == (0.0, 0.0)
    assert every.low < 1
    assert none.high > 0


def test_a_menu_of_many_seeds_and_its_columns_are_those_of_the_seeds_alone() -> None:
    events, scores = drawn(3000, 13)
    assert events.menu_bits is not None
    columns = (3, 17, 50, 89, 99)
    many = np.random.default_rng(14).random((3000, 100)) < 0.05
    many[:, columns] = events.menu_bits
    wide = Menu(
        names=tuple(MENU.names[columns.index(i)] if i in columns else f"L1_Other{i}" for i in range(100)),
        prescales=(1,) * 100,
    )
    chosen = MenuAccount(MENU, THRESHOLDS, where="drawn", columns=columns)
    chosen.add(replace(events, menu=wide, menu_bits=many), scores)
    assert chosen.result(STREAM).seeds == account_of((events, scores)).result(STREAM).seeds

    # All the others only monitor: that is the small menu as well, in keys of three words.
    seeds = {one: MENU.prescales[MENU.names.index(one)] if one in MENU.names else 0 for one in wide.names}
    whole = MenuAccount(replace(wide, prescales=tuple(seeds.values())), THRESHOLDS, where="drawn")
    for start in range(0, 3000, 100):
        block = slice(start, start + 100)
        whole.add(replace(events, menu=wide, menu_bits=many).take(block), scores[block])
    result, small = whole.result(STREAM), account_of((events, scores)).result(STREAM)
    for ours, theirs in zip(result.thresholds, small.thresholds, strict=True):
        assert ours.rates.pure.rate_khz == pytest.approx(theirs.rates.pure.rate_khz, rel=1e-12)
        assert ours.rates.proportional.rate_khz == pytest.approx(theirs.rates.proportional.rate_khz, rel=1e-12)
    other = result.seeds[40].before
    assert other.rate_khz == pytest.approx(KHZ * many[:, 40].mean())


def test_events_without_the_menu_or_of_another_are_refused() -> None:
    events, scores = drawn(10, 15)
    account = MenuAccount(MENU, THRESHOLDS, where="drawn.h5")
    with pytest.raises(DataError, match=re.escape("drawn.h5: the events have no bits of a trigger menu")):
        account.add(replace(events, menu=None, menu_bits=None), scores)
    with pytest.raises(
        DataError, match=re.escape("scores of float64 and shape (10,) are not one hardware integer")
    ):
        account.add(events, scores * 0.5)  # type: ignore[arg-type]
    with pytest.raises(
        DataError, match=re.escape("shape (9,) are not one hardware integer for each of 10 events")
    ):
        account.add(events, scores[1:])
    other = replace(MENU, names=("L1_A", "L1_C", "L1_B", "L1_D", "L1_E"))
    with pytest.raises(DataError, match="the menu has L1_B where the events have bits of L1_C; tell columns"):
        account.add(replace(events, menu=other), scores)
    small = replace(MENU, names=MENU.names[:4], prescales=MENU.prescales[:4])
    with pytest.raises(DataError, match="the menu has no seed where the events have bits of L1_E"):
        MenuAccount(small, THRESHOLDS, where="drawn.h5").add(events, scores)
    with pytest.raises(DataError, match="the menu has L1_D where the events have bits of no seed"):
        MenuAccount(small, THRESHOLDS, where="drawn.h5", columns=(0, 1, 2, 7)).add(events, scores)
    with pytest.raises(DataError, match="the menu has L1_D where the events have bits of no seed"):
        MenuAccount(small, THRESHOLDS, where="drawn.h5", columns=(0, 1, 2)).add(events, scores)


def test_nothing_to_compare_and_accounts_of_other_menus_are_refused() -> None:
    empty = MenuAccount(MENU, THRESHOLDS, where="drawn.h5")
    with pytest.raises(DataError, match=re.escape("drawn.h5: no events of any weight")):
        empty.result(STREAM)
    with pytest.raises(DataError, match="no events of any weight"):
        empty.gain()
    with pytest.raises(DataError, match=re.escape("b.h5 after drawn.h5: another menu or other thresholds")):
        empty + MenuAccount(PLAIN, THRESHOLDS, where="b.h5")
