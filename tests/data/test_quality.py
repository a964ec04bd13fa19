"""Data quality: each oddity planted and found, events that come twice, and units taken for hardware steps."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import FEATURE, InputField, InputLayout
from l1ad.core.layouts import numbered_inputs, regions_18x14, ugt_57
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.data.quality import ListQuality, Quality, QualityAccount
from l1ad.data.repeats import SeenEvents, event_keys, input_keys
from l1ad.data.units_check import UnitsCheck, check_units

Events = Callable[[int, int], EventBatch]
NAMES = ugt_57().names


def batch(inputs_raw: NDArray[Any], layout: InputLayout | None = None) -> EventBatch:
    layout = layout or ugt_57()
    return EventBatch(
        layout=layout, inputs_raw=inputs_raw.astype(layout.dtype), event_number=np.arange(len(inputs_raw)),
        sample="made",
    )  # fmt: skip


def quality_of(*batches: EventBatch, identical: bool = False) -> Quality:
    account = QualityAccount(batches[0].layout, identical=identical)
    for one in batches:
        account.add(one)
    return account.result()


def inputs_with(n_events: int, **values: int) -> NDArray[np.int16]:
    """Give empty events, the first of which has these values."""
    inputs_raw = np.zeros((n_events, 57), dtype=np.int16)
    for name, value in values.items():
        inputs_raw[0, NAMES.index(name)] = value
    return inputs_raw


def of_type(quality: Quality, object_type: str) -> ListQuality:
    return next(one for one in quality.lists if one.object_type == object_type)


@pytest.mark.parametrize(
    ("values", "object_type", "unsorted", "gaps", "ghosts"),
    [
        ({"jet_1_pt": 9, "jet_2_pt": 7}, "jet", 0, 0, 0),
        ({"jet_1_pt": 7, "jet_2_pt": 7}, "jet", 0, 0, 0),
        ({"jet_1_pt": 7, "jet_2_pt": 9}, "jet", 1, 0, 0),
        ({"jet_1_pt": 7, "jet_3_pt": 9}, "jet", 1, 1, 0),
        ({"jet_2_pt": 7}, "jet", 0, 1, 0),
        ({"mu_1_pt": 7, "mu_3_pt": 6}, "mu", 0, 1, 0),
        ({"eg_4_phi": 1}, "eg", 0, 0, 1),
        ({"eg_1_pt": 3, "eg_2_eta": -1}, "eg", 0, 0, 1),
        ({"met_phi": 3}, "met", 0, 0, 1),
        ({"met_pt": 3, "met_phi": 3}, "met", 0, 0, 0),
    ],
)
def test_what_is_odd_about_a_list_is_counted(
    values: dict[str, int], object_type: str, unsorted: int, gaps: int, ghosts: int
) -> None:
    found = of_type(quality_of(batch(inputs_with(3, **values))), object_type)
    assert (found.unsorted, found.gaps, found.ghosts) == (unsorted, gaps, ghosts)


def test_objects_and_events_without_any_are_counted() -> None:
    quality = quality_of(batch(inputs_with(4, jet_1_pt=5, jet_2_pt=3, eg_1_pt=2)), batch(inputs_with(2)))
    assert (quality.n_events, quality.empty) == (6, 5)
    jet = of_type(quality, "jet")
    assert (jet.slots, jet.events_with, jet.objects) == (10, 1, 2)
    assert of_type(quality, "mu").objects == 0


def test_ranges_and_ends_of_words_are_found_across_blocks() -> None:
    first = inputs_with(2, jet_1_pt=2047, jet_1_eta=-127, jet_1_phi=143)
    second = inputs_with(3, jet_1_pt=2047, jet_1_eta=127, mu_1_pt=511)
    found = {one.name: one for one in quality_of(batch(first), batch(second)).inputs}
    assert (found["jet_1_pt"].low, found["jet_1_pt"].high, found["jet_1_pt"].saturated) == (0, 2047, 2)
    assert (found["jet_1_eta"].low, found["jet_1_eta"].high, found["jet_1_eta"].saturated) == (-127, 127, 2)
    assert found["jet_1_phi"].saturated == 0  # an angle comes round
    assert found["met_eta"].saturated == 0
    assert found["mu_1_pt"].saturated == 1


def test_the_account_does_not_depend_on_the_blocks(random_events: Events) -> None:
    events = random_events(1000, 3)
    whole = quality_of(events, identical=True)
    assert quality_of(*events.blocks(77), identical=True) == whole


def test_the_samples_that_ship_are_in_order() -> None:
    quality = quality_of(load_events("sample:a_to_4l"))
    assert quality.repeats == 0
    assert all(one.unsorted == one.gaps == one.ghosts == 0 for one in quality.lists)


@pytest.mark.parametrize("layout", [regions_18x14(), numbered_inputs(3, width=8, signed=True)])
def test_what_are_no_lists_are_not_judged_as_such(layout: InputLayout) -> None:
    inputs_raw = np.random.default_rng(1).integers(0, 2, (50, layout.n_inputs))
    found = quality_of(batch(inputs_raw, layout)).lists[0]
    assert (found.unsorted, found.gaps, found.ghosts) == (0, 0, 0)
    assert found.objects == inputs_raw.sum()


def test_a_table_of_features_has_no_empty_events() -> None:
    fields = tuple(
        InputField(object_type=FEATURE, slot=0, quantity=name, lsb=1.0, unit="1", raw_min=0, raw_max=255)
        for name in ("ht", "n_jets")
    )
    quality = quality_of(batch(np.zeros((5, 2)), InputLayout(name="table", fields=fields)))
    assert (quality.empty, quality.lists) == (0, ())


def test_events_that_come_twice_are_found_whatever_the_block(random_events: Events) -> None:
    events = replace(random_events(500, 1), run=np.full(500, 300_000), lumi_section=np.arange(500) // 100)
    again = events.take(np.array([400, 7, 7]))
    quality = quality_of(events.select(0, 250), events.select(250, 500), again)
    assert quality.repeats == 3
    assert quality.first_repeat is not None
    assert (quality.first_repeat.row, quality.first_repeat.first_row) == (500, 400)
    number = events.event_number[400]
    assert quality.first_repeat.event == f"run 300000, lumi section 4, event {number}"


def test_repeats_are_those_that_a_set_finds() -> None:
    rng = np.random.default_rng(9)
    seen, known, rows = SeenEvents(), set(), 0
    for _ in range(60):
        keys = rng.integers(0, 3000, int(rng.integers(1, 90))).astype(np.uint64)
        events = batch(np.zeros((len(keys), 57)))
        expected = []
        for key in keys.tolist():
            expected.append(key in known)
            known.add(key)
        np.testing.assert_array_equal(seen.add(events, keys), expected)
        rows += len(keys)
    assert (seen.n_events, seen.n_repeats) == (rows, rows - len(known))


@pytest.mark.parametrize("column", ["run", "lumi_section"])
def test_another_run_or_lumi_section_is_another_event(column: str, random_events: Events) -> None:
    events = random_events(50, 1)
    one = replace(events, run=np.full(50, 300_000), lumi_section=np.full(50, 7))
    eight = np.full(50, 8)
    other = replace(one, run=eight) if column == "run" else replace(one, lumi_section=eight)
    assert quality_of(one, other).repeats == 0
    assert quality_of(one, one).repeats == 50


@pytest.mark.parametrize(("run", "repeats"), [(None, 0), (1, 0), (300_000, 50)])
def test_samples_of_simulation_number_their_events_anew_and_data_sets_do_not(
    run: int | None, repeats: int, random_events: Events
) -> None:
    events = random_events(50, 1)
    if run is not None:
        events = replace(events, run=np.full(50, run))
    assert quality_of(events, replace(events, sample="another")).repeats == repeats
    assert quality_of(events, events).repeats == 50


def test_equal_inputs_are_found_where_they_say_something(random_events: Events) -> None:
    events = random_events(20, 1)
    copied = replace(events, event_number=events.event_number + 100)
    quality = quality_of(events, copied, identical=True)
    assert (quality.repeats, quality.identical) == (0, 20)
    plain = batch(inputs_with(5, jet_1_pt=3))
    assert quality_of(plain, replace(plain, sample="other"), identical=True).identical == 0
    assert quality_of(plain).identical is None


def test_keys_tell_apart_what_differs_in_one_bit(random_events: Events) -> None:
    events = random_events(2000, 4)
    assert len(np.unique(event_keys(events))) == 2000
    assert len(np.unique(input_keys(events))) == 2000


def rounded_units(n_events: int) -> EventBatch:
    """Give events whose GeV, η and rad were rounded, as by somebody who did not divide by the steps."""
    rng = np.random.default_rng(5)
    inputs_raw = np.zeros((n_events, 57), dtype=np.int64)
    for column, field in enumerate(ugt_57().fields):
        low, high = {"pt": (0, 120), "eta": (-3, 3), "phi": (0, 6)}[field.quantity]
        inputs_raw[:, column] = rng.integers(low, high + 1, n_events) if field.raw_max else 0
    return batch(inputs_raw)


def test_units_rounded_to_integers_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        check_units(replace(rounded_units(1000), where="units.h5"))
    assert str(caught.value) == (
        "units.h5: in 1000 events no |η| is beyond 5 and no φ beyond 6: these look like GeV and radians "
        "rounded to integers, not like hardware steps of layout 'ugt_57'; divide by the step of each "
        "quantity first"
    )


def test_units_are_judged_from_a_thousand_events_on() -> None:
    events = rounded_units(999)
    check_units(events)
    check = UnitsCheck(events.layout)
    check.add(events)
    check.add(events.select(0, 1))
    with pytest.raises(DataError, match="in 1000 events"):
        check.check(where="units.h5")


@pytest.mark.parametrize("name", ["jet_10_phi", "eg_1_eta"])
def test_one_angle_beyond_is_enough_to_be_hardware(name: str) -> None:
    events = rounded_units(1000)
    events.inputs_raw[17, NAMES.index(name)] = 7
    check_units(events)


def test_hardware_integers_are_not_taken_for_units(random_events: Events) -> None:
    check_units(random_events(1000, 1))
    check_units(load_events("sample:a_to_4l", stop=5000))
    check_units(batch(np.zeros((5000, 57))))


def test_tables_and_regions_are_not_judged() -> None:
    layout = regions_18x14()
    check_units(batch(np.ones((2000, layout.n_inputs)), layout))
