"""The account of a zero-bias sample against a plain loop over its events, in exact fractions where it can."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.core.layouts import hlt_57, ugt_57
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.rates.intervals import clopper_pearson
from l1ad.rates.slices import at_least, tenths
from l1ad.rates.stream import ZeroBiasStream
from l1ad.rates.weighted import Sample, WeightedCount
from l1ad.rates.zero_bias import PUBLISHED, TOTAL, ZeroBiasCheck
from l1ad.rates.zero_bias_account import ZeroBiasAccount
from l1ad.rates.zero_bias_objects import BENCHMARKS

STREAM = ZeroBiasStream(2340)
KHZ = 2340 * 11.2455
MENU = Menu(names=("L1_A", "L1_B", "L1_C", "L1_D"), prescales=(1, 1, 100, 0))
SLOTS = {"eg": 4, "mu": 4, "jet": 10}

Event = dict[str, Any]


def random_events(n_events: int, seed: int, *, weighted: bool = True) -> EventBatch:
    """Draw events whose lists are ordered and end anywhere, with all columns."""
    rng, layout = np.random.default_rng(seed), ugt_57()
    inputs = np.zeros((n_events, layout.n_inputs), dtype=np.int16)
    column = {name: index for index, name in enumerate(layout.names)}
    inputs[:, column["met_pt"]] = rng.exponential(90, n_events).astype(int)
    for name, slots in SLOTS.items():
        scale = {"eg": 40, "mu": 20, "jet": 120}[name]
        pt = -np.sort(-(1 + rng.exponential(scale, (n_events, slots)).astype(int)), axis=1)
        pt[np.arange(slots) >= rng.integers(0, slots + 1, n_events)[:, None]] = 0
        for slot in range(slots):
            here = pt[:, slot] > 0
            inputs[:, column[f"{name}_{slot + 1}_pt"]] = np.minimum(pt[:, slot], 511)
            inputs[here, column[f"{name}_{slot + 1}_eta"]] = rng.integers(-127, 128, here.sum())
    return EventBatch(
        layout=layout, inputs_raw=inputs, event_number=np.arange(n_events), sample="drawn",
        run=np.repeat([7, 8], [n_events // 3, n_events - n_events // 3]),
        lumi_section=1 + np.arange(n_events) * 37 // n_events,
        pileup=rng.poisson(50, n_events).astype(np.float64),
        weight=rng.choice([0.25, 1.0, 2.5], n_events) if weighted else None,
        menu=MENU, menu_bits=rng.random((n_events, 4)) < [0.1, 0.05, 0.4, 0.6],
    )  # fmt: skip


def told(events: EventBatch) -> list[Event]:
    """Read each event by the names of its inputs, as a person would."""
    result = []
    for index in range(len(events)):
        raw = dict(zip(events.layout.names, events.inputs_raw[index].tolist(), strict=True))
        lists = {
            name: [raw[f"{name}_{slot}_pt"] for slot in range(1, slots + 1) if raw[f"{name}_{slot}_pt"] > 0]
            for name, slots in SLOTS.items()
        }
        gev = {"eg": [pt / 2 for pt in lists["eg"]], "mu": [(pt - 1) / 2 for pt in lists["mu"]],
               "jet": [pt / 2 for pt in lists["jet"]]}  # fmt: skip
        central = [(abs(raw[f"jet_{slot + 1}_eta"]) + 0.5) * 0.0435 <= 2.4 for slot in range(len(gev["jet"]))]
        ht = sum(pt for pt, counts in zip(gev["jet"], central, strict=True) if counts and pt >= 30)
        values = {name: max(pts, default=-math.inf) for name, pts in gev.items()}
        result.append({"gev": gev, "values": {**values, "met": raw["met_pt"] / 2, "ht": ht},
                       "weight": float(events.weights[index])})  # fmt: skip
    return result


def checked(events: EventBatch, block_events: int = 1000) -> ZeroBiasCheck:
    account = ZeroBiasAccount(events.layout, where="drawn")
    for block in events.blocks(block_events):
        account.add(block)
    return account.result(STREAM)


@pytest.fixture(scope="module")
def events() -> EventBatch:
    return random_events(3000, seed=1)


@pytest.fixture(scope="module")
def check(events: EventBatch) -> ZeroBiasCheck:
    return checked(events)


@pytest.fixture(scope="module")
def plain(events: EventBatch) -> list[Event]:
    return told(events)


def weight_of(chosen: list[Event]) -> float:
    return math.fsum(one["weight"] for one in chosen)


def test_the_sums_are_those_of_the_events(check: ZeroBiasCheck, plain: list[Event], events: EventBatch) -> None:
    squares = math.fsum(one["weight"] ** 2 for one in plain)
    assert (check.n_events, check.equal_weights, check.sample) == (3000, False, "drawn")
    assert check.weight == pytest.approx(weight_of(plain), rel=1e-12)
    assert check.effective_events == pytest.approx(weight_of(plain) ** 2 / squares, rel=1e-12)
    assert events.pileup is not None
    assert check.mean_pileup == pytest.approx(np.average(events.pileup, weights=events.weights), rel=1e-12)


@pytest.mark.parametrize(("key", "name", "least_gev"), [("eg", "eg", 0), ("mu", "mu", 0), ("jet", "jet", 0),
                                                        ("jet30", "jet", 30)])  # fmt: skip
def test_multiplicities_count_the_objects_of_each_event(
    check: ZeroBiasCheck, plain: list[Event], key: str, name: str, least_gev: float
) -> None:
    histogram = check.multiplicities[key]
    assert len(histogram.per_crossing) == SLOTS[name] + 1
    for number, fraction in enumerate(histogram.per_crossing):
        mine = [one for one in plain if sum(pt >= least_gev for pt in one["gev"][name]) == number]
        assert fraction == pytest.approx(weight_of(mine) / weight_of(plain), rel=1e-12)
    assert histogram.per_crossing.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["eg", "mu", "jet", "met", "ht"])
def test_spectra_hold_the_leading_object_and_all_objects_in_bins_of_half_a_gev(
    check: ZeroBiasCheck, plain: list[Event], name: str
) -> None:
    leading = check.leading[name]
    assert leading.edges[0] == (0.5 if name in ("eg", "jet") else 0.0)  # the lowest that is not absent
    assert set(np.diff(leading.edges)) == {0.5}
    values = [one["values"][name] for one in plain]
    weights = [one["weight"] for one in plain]
    expected, _ = np.histogram(values, leading.edges, weights=weights)
    np.testing.assert_allclose(leading.per_crossing, expected / weight_of(plain), rtol=1e-12)
    assert leading.per_crossing[-1] > 0
    squares, _ = np.histogram(values, leading.edges, weights=np.square(weights))
    np.testing.assert_allclose(leading.error, np.sqrt(squares) / weight_of(plain), rtol=1e-12)
    if name in SLOTS:
        each = [(pt, one["weight"]) for one in plain for pt in one["gev"][name]]
        expected, _ = np.histogram(
            [pt for pt, _ in each], check.objects[name].edges, weights=[weight for _, weight in each]
        )
        np.testing.assert_allclose(check.objects[name].per_crossing, expected / weight_of(plain), rtol=1e-12)


@pytest.mark.parametrize("name", ["eg", "mu", "jet", "met", "ht"])
def test_a_rate_is_revolutions_times_bunches_times_the_weight_that_reaches_the_threshold(
    check: ZeroBiasCheck, plain: list[Event], name: str
) -> None:
    curve = check.curves[name]
    assert curve.threshold_gev.tolist() == list(range(1, len(curve.threshold_gev) + 1))
    assert curve.n_pass[-1] == 0 or curve.threshold_gev[-1] == 255
    for index in range(0, len(curve.threshold_gev), 7):
        mine = [one for one in plain if one["values"][name] >= curve.threshold_gev[index]]
        assert curve.n_pass[index] == len(mine)
        assert curve.rate_khz[index] == pytest.approx(KHZ * weight_of(mine) / weight_of(plain), rel=1e-12)
        assert curve.low_khz[index] <= curve.rate_khz[index] <= curve.high_khz[index]
    assert (np.diff(curve.rate_khz) <= 0).all()


def test_a_muon_of_index_45_has_22_gev_and_one_of_44_has_not() -> None:
    few = random_events(2, seed=3).take(np.array([0, 1]))
    inputs = np.zeros_like(few.inputs_raw)
    inputs[:, few.layout.names.index("mu_1_pt")] = [44, 45]
    inputs[:, few.layout.names.index("eg_1_pt")] = [49, 50]
    curves = checked(replace(few, inputs_raw=inputs)).curves
    assert curves["mu"].n_pass[[20, 21, 22]].tolist() == [2, 1, 0]
    assert curves["eg"].n_pass[[23, 24, 25]].tolist() == [2, 1, 0]


def test_benchmarks_are_points_of_the_curves(check: ZeroBiasCheck) -> None:
    for benchmark, rate in zip(BENCHMARKS, check.benchmarks, strict=True):
        curve, index = check.curves[benchmark.quantity], benchmark.threshold_gev - 1
        expected = (curve.n_pass[index], curve.rate_khz[index]) if index < len(curve.n_pass) else (0, 0.0)
        assert (rate.n_pass, rate.rate_khz) == pytest.approx(expected, rel=1e-12)


def test_every_slice_of_pileup_has_a_twelfth_of_the_events_and_its_own_rates(
    check: ZeroBiasCheck, events: EventBatch, plain: list[Event]
) -> None:
    assert events.pileup is not None
    assert sum(one.n_events for one in check.by_pileup) == 3000
    assert all(one.n_events * 12 >= 3000 for one in check.by_pileup)
    assert len(check.by_pileup) > 6
    for part in check.by_pileup:
        inside = (events.pileup >= part.low) & (events.pileup <= part.high)
        mine = [one for one, here in zip(plain, inside, strict=True) if here]
        assert part.n_events == len(mine)
        assert part.mean == pytest.approx(np.average(events.pileup[inside], weights=events.weights[inside]))
        check_rates(part.rates, mine)


def test_lumi_sections_are_put_together_to_tenths_of_the_sample_in_time(
    check: ZeroBiasCheck, plain: list[Event]
) -> None:
    assert len(check.by_lumi_section) == 10
    assert check.by_lumi_section[0].title == "run 7: 1 to 4"
    assert check.by_lumi_section[3].title == "7:13 to 8:15"
    start = 0
    for part in check.by_lumi_section:
        check_rates(part.rates, plain[start : start + part.n_events])
        start += part.n_events
    assert start == 3000


def check_rates(rates: Any, mine: list[Event]) -> None:
    """Compare rates at the benchmarks with those of some events."""
    for benchmark, rate in zip(BENCHMARKS, rates, strict=True):
        passing = [one for one in mine if one["values"][benchmark.quantity] >= benchmark.threshold_gev]
        assert rate.n_pass == len(passing)
        assert rate.rate_khz == pytest.approx(KHZ * weight_of(passing) / weight_of(mine), rel=1e-12)


def test_the_menu_is_counted_before_and_after_prescale_and_pure_among_unprescaled_seeds(
    check: ZeroBiasCheck, events: EventBatch
) -> None:
    assert check.menu is not None
    assert events.menu_bits is not None

    def khz(mine: NDArray[np.bool_]) -> Any:
        return pytest.approx(KHZ * events.weights[mine].sum() / events.weights.sum(), rel=1e-12)

    a, b, c, d = events.menu_bits.T
    seeds = {one.name: one for one in check.menu.seeds}
    assert [seeds[name].before.rate_khz for name in MENU.names] == [khz(a), khz(b), khz(c), khz(d)]
    assert seeds["L1_A"].after == seeds["L1_A"].before
    assert seeds["L1_C"].after.rate_khz == pytest.approx(seeds["L1_C"].before.rate_khz / 100)
    assert (seeds["L1_D"].after.rate_khz, seeds["L1_D"].after.high_khz) == (0, 0)
    pure = {name: one.pure.rate_khz for name, one in seeds.items() if one.pure is not None}
    assert pure == {"L1_A": khz(a & ~b), "L1_B": khz(b & ~a)}
    assert check.menu.total.rate_khz == khz(a | b)


@pytest.mark.parametrize("block_events", [1, 17, 2999, 5000])
def test_the_size_of_the_blocks_changes_nothing(
    check: ZeroBiasCheck, events: EventBatch, block_events: int
) -> None:
    assert_close(checked(events, block_events).document(), check.document())


def assert_close(one: Any, other: Any) -> None:
    """Compare documents; sums of weights may differ in the last bits, by their order."""
    if isinstance(one, dict):
        assert list(one) == list(other)
        for name in one:
            assert_close(one[name], other[name])
    elif isinstance(one, list) and one and isinstance(one[0], dict):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert_close(left, right)
    elif isinstance(one, list | float):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    else:
        assert one == other


def test_events_of_equal_weight_have_clopper_pearson_intervals_whatever_the_weight() -> None:
    events = random_events(500, seed=2, weighted=False)
    check, halved = checked(events), checked(replace(events, weight=np.full(500, 0.5)))
    assert check.equal_weights and halved.equal_weights
    for benchmark, other in zip(check.benchmarks, halved.benchmarks, strict=True):
        low, high = clopper_pearson(benchmark.n_pass, 500)
        assert (benchmark.low_khz, benchmark.high_khz) == pytest.approx((low * KHZ, high * KHZ))
        assert other == benchmark or other.rate_khz == pytest.approx(benchmark.rate_khz)


def test_weighted_events_have_the_garwood_interval_of_their_effective_number_scaled() -> None:
    sample = Sample(n_events=1000, weight=800.0, squared=900.0, equal_weights=False, stream_khz=8.0)
    passed = WeightedCount.of(np.zeros(4, np.int64), np.array([0.5, 0.5, 0.25, 0.25]), 1)
    rate = sample.rate_of(passed[0])
    effective, unit = 1.5**2 / 0.625, 0.625 / 1.5
    tail = (1 - 0.6827) / 2
    assert rate.n_pass == 4
    assert rate.effective_pass == pytest.approx(effective)
    assert rate.rate_khz == pytest.approx(0.015)
    assert rate.low_khz == pytest.approx(unit * stats.chi2.ppf(tail, 2 * effective) / 2 / 100)
    assert rate.high_khz == pytest.approx(unit * stats.chi2.isf(tail, 2 * effective + 2) / 2 / 100)


def test_where_no_weighted_event_passes_there_is_still_an_upper_end() -> None:
    sample = Sample(n_events=1000, weight=800.0, squared=900.0, equal_weights=False, stream_khz=8.0)
    rate = sample.rate_of(WeightedCount.none(1)[0])
    assert (rate.n_pass, rate.rate_khz, rate.low_khz) == (0, 0, 0)
    assert rate.high_khz == pytest.approx(900 / 800 * -math.log((1 - 0.6827) / 2) / 100)


def test_slices_of_at_least_a_part_leave_no_rest_behind() -> None:
    assert at_least(3)([5, 5, 5, 5, 5, 5]) == [0, 0, 1, 1, 2, 2]
    assert at_least(3)([5, 5, 5, 5, 5]) == [0, 0, 1, 1, 1]
    assert at_least(3)([1, 1, 98]) == [0, 0, 0]
    assert at_least(3)([98, 1, 1]) == [0, 0, 0]
    assert at_least(12)([7]) == [0]


def test_tenths_follow_the_events_and_few_keys_stay_apart() -> None:
    assert tenths([1] * 20) == [one // 2 for one in range(20)]
    assert tenths([10, 10]) == [0, 5]


def test_what_is_not_known_of_the_events_is_left_out() -> None:
    events = random_events(200, seed=4)
    bare = EventBatch(
        layout=events.layout, inputs_raw=events.inputs_raw, event_number=events.event_number, sample="bare"
    )
    check = checked(bare)
    assert (check.mean_pileup, check.by_pileup, check.by_lumi_section, check.menu) == (None, (), (), None)


def test_the_only_published_rate_is_what_the_level_1_accepts_in_all(check: ZeroBiasCheck) -> None:
    assert {name: one.khz for name, one in PUBLISHED.items()} == {TOTAL: 100.0}
    assert "P10017" in PUBLISHED[TOTAL].source
    assert check.document()["published"][TOTAL]["khz"] == 100.0


def test_another_layout_is_refused_by_its_name() -> None:
    words = (
        "events.h5: layout 'hlt_57', not 'ugt_57'; the check of a zero-bias sample reads the trigger objects"
    )
    with pytest.raises(DataError, match=words):
        ZeroBiasAccount(hlt_57(), where="events.h5")


def test_a_sample_without_weight_is_refused() -> None:
    events = replace(random_events(10, seed=5), weight=np.zeros(10))
    with pytest.raises(DataError, match="drawn: no events of any weight to check"):
        checked(events)
    with pytest.raises(DataError, match="empty: no events of any weight to check"):
        ZeroBiasAccount(ugt_57(), where="empty").result(STREAM)


def test_blocks_of_another_menu_are_refused() -> None:
    account = ZeroBiasAccount(ugt_57(), where="drawn")
    events = random_events(10, seed=6)
    account.add(events)
    with pytest.raises(DataError, match="another trigger menu"):
        account.add(replace(events, menu=Menu(names=MENU.names, prescales=(1, 1, 1, 1))))
