"""Mistakes on the way to the score, each against plain arithmetic on one event or against another emulator."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.layouts import regions_18x14, ugt_57
from l1ad.core.score import Score
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.engine import emulate
from l1ad.emulate.mistaken_inputs import INPUT_MISTAKES, has_full_list, has_object
from l1ad.emulate.suspects import SUSPECTS, Concern, Seen, Suspect, other_algorithm, other_threshold

LAYOUT = ugt_57()
BY_NAME = {one.name: one for one in SUSPECTS}
CHANGES = {one.name: one.change for one in INPUT_MISTAKES}


def event(**inputs: int) -> NDArray[np.int16]:
    """Lay out one event from the inputs that are not zero."""
    raw = np.zeros((1, LAYOUT.n_inputs), dtype=np.int16)
    for name, value in inputs.items():
        raw[0, LAYOUT.names.index(name)] = value
    return raw


def changed(name: str, raw: NDArray[np.int16]) -> dict[str, int]:
    """Apply a mistake to one event; give the inputs that are not zero."""
    (row,) = CHANGES[name](LAYOUT, raw)
    return {LAYOUT.names[i]: int(row[i]) for i in np.flatnonzero(row)}


def random_events(n_events: int, seed: int) -> NDArray[np.int16]:
    """Draw objects anywhere in their range, half of the lists shorter than their slots."""
    rng = np.random.default_rng(seed)
    raw = rng.integers(LAYOUT.raw_min, LAYOUT.raw_max + 1, (n_events, LAYOUT.n_inputs))
    for kind, slots in (("eg", 4), ("mu", 4), ("jet", 10)):
        length = np.minimum(rng.integers(0, 2 * slots, n_events), slots)
        for i, field in enumerate(LAYOUT.fields):
            if field.object_type == kind:
                raw[field.slot >= length, i] = 0
    return raw.astype(np.int16)


def seen(trigger: TriggerAlgorithm, raw: NDArray[np.int16], **columns: NDArray[Any]) -> Seen:
    score_raw = emulate(trigger, raw).score_raw
    told = dict.fromkeys(("score_raw", "before_raw", "after_raw", "recorded"), score_raw)
    return Seen(inputs_raw=raw, **(told | columns))


def test_every_suspect_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(SUSPECTS)


@pytest.mark.parametrize(
    ("name", "given_raw", "expected"),
    [
        ("truncated pT of jets", {"jet_1_pt": 61, "eg_1_pt": 41}, {"jet_1_pt": 60, "eg_1_pt": 41}),
        # Index 8 of a muon is 3.5 GeV, index 7 is 3 GeV; of e/γ 7 is 3.5 GeV.
        ("truncated pT of all objects", {"mu_1_pt": 8, "eg_1_pt": 7}, {"mu_1_pt": 7, "eg_1_pt": 6}),
        ("truncated pT of muons", {"mu_1_pt": 1, "mu_2_pt": 7}, {"mu_1_pt": 1, "mu_2_pt": 7}),
        ("muon pT from 0", {"mu_1_pt": 8}, {"mu_1_pt": 7}),
        ("muon φ zero", {"mu_1_pt": 8, "mu_1_eta": -9, "mu_1_phi": 100}, {"mu_1_pt": 8, "mu_1_eta": -9}),
        ("muon φ turned", {"mu_1_pt": 8, "mu_1_phi": 300}, {"mu_1_pt": 8, "mu_1_phi": 12}),
        ("muon angles coarse", {"mu_1_pt": 8, "mu_1_eta": -9, "mu_1_phi": 575},
         {"mu_1_pt": 8, "mu_1_eta": -3, "mu_1_phi": 143}),
        ("muons left out", {"mu_1_pt": 8, "mu_1_eta": -9, "jet_1_pt": 60}, {"jet_1_pt": 60}),
        ("absent objects left out", {"met_pt": 50, "jet_1_pt": 60, "jet_1_eta": -5, "jet_1_phi": 7},
         {"met_pt": 50, "eg_1_pt": 60, "eg_1_eta": -5, "eg_1_phi": 7}),
        ("lists sorted", {"jet_1_pt": 5, "jet_1_phi": 1, "jet_3_pt": 9, "jet_3_phi": 3},
         {"jet_1_pt": 9, "jet_1_phi": 3, "jet_2_pt": 5, "jet_2_phi": 1}),
        ("lists reversed", {"jet_1_pt": 9, "jet_1_phi": 3, "jet_2_pt": 5, "jet_2_phi": 1},
         {"jet_1_pt": 5, "jet_1_phi": 1, "jet_2_pt": 9, "jet_2_phi": 3}),
    ],
)  # fmt: skip
def test_a_mistake_changes_what_it_is_about(
    name: str, given_raw: dict[str, int], expected: dict[str, int]
) -> None:
    assert changed(name, event(**given_raw)) == expected


def test_an_object_too_many_moves_what_stands_behind_a_full_list_only() -> None:
    full = {f"eg_{slot}_pt": 50 - slot for slot in (1, 2, 3, 4)} | {"eg_4_eta": -3, "mu_1_pt": 9, "mu_1_eta": 5}
    short = {name: value for name, value in full.items() if not name.startswith("eg_4")}
    assert changed("list of e/γ one too long", event(**short)) == short
    moved = {"mu_1_pt": 46, "mu_1_eta": -3, "mu_2_pt": 9, "mu_2_eta": 5}
    kept = {name: value for name, value in full.items() if name.startswith("eg")}
    assert changed("list of e/γ one too long", event(**full)) == kept | moved


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(CHANGES)))
def test_no_mistake_leaves_the_layout_or_changes_its_argument(seed: int, name: str) -> None:
    raw = random_events(20, seed)
    before = raw.copy()
    LAYOUT.check(CHANGES[name](LAYOUT, raw), where=name)
    np.testing.assert_array_equal(raw, before)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_mistake_about_objects_leaves_a_layout_without_them_alone(name: str) -> None:
    layout = regions_18x14()
    raw = np.random.default_rng(1).integers(1, 1024, (5, layout.n_inputs)).astype(np.int16)
    np.testing.assert_array_equal(CHANGES[name](layout, raw), raw)


def test_full_lists_and_objects_are_told_apart() -> None:
    full = event(**{f"mu_{slot}_pt": 3 for slot in (1, 2, 3, 4)})
    raw = np.concatenate([full, event(mu_1_pt=3), event(jet_1_pt=3)])
    assert has_object(LAYOUT, raw, object_type="mu").tolist() == [True, True, False]
    assert has_full_list(LAYOUT, raw, object_type="mu").tolist() == [True, False, False]
    assert not has_full_list(LAYOUT, raw, object_type="tau").any()


def explained(name: str, trigger: TriggerAlgorithm, events: Seen, threshold: int | None) -> list[bool]:
    told: list[bool] = BY_NAME[name].explains(trigger, events, threshold).tolist()
    return told


def test_neighbouring_crossings_are_met_where_their_scores_were_recorded(trigger: TriggerAlgorithm) -> None:
    events = seen(trigger, random_events(3, 1), before_raw=np.array([5, 6, 7]), recorded=np.array([5, 6, 8]))
    assert explained("crossing before", trigger, events, None) == [True, True, False]
    events = seen(trigger, random_events(3, 1), after_raw=np.array([5, 6, 7]), recorded=np.array([5, 6, 8]))
    assert explained("crossing after", trigger, events, None) == [True, True, False]


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("> for >=", [0, 0, 1]),
        ("score and threshold swapped", [1, 1, 0]),
        ("bit inverted", [1, 0, 0]),
        ("never accepts", [0, 0, 0]),
    ],
)
def test_a_mistaken_comparison_gives_its_bits_below_at_and_above_the_threshold(
    name: str, bits: list[int], trigger: TriggerAlgorithm
) -> None:
    scores = np.array([9, 10, 11])
    events = seen(trigger, random_events(3, 1), score_raw=scores, recorded=np.array(bits))
    assert explained(name, trigger, events, 10) == [True] * 3


def test_fraction_bits_are_those_of_the_score_word(trigger: TriggerAlgorithm) -> None:
    step = 2**trigger.score.result.fraction
    scores = np.array([3 * step, 5 * step])
    events = seen(trigger, random_events(2, 1), score_raw=scores, recorded=np.array([3, 5]))
    assert explained("score without fraction", trigger, events, None) == [True, True]


def test_the_other_overflow_is_what_an_emulator_with_it_gives(
    build_trigger: Callable[..., TriggerAlgorithm],
) -> None:
    narrow = build_trigger(score_type="ap_ufixed<5,3,AP_TRN,AP_SAT>")
    wrapping = replace(narrow, score=Score(FixedType(5, 3, False, overflow=Overflow.WRAP)))
    raw = random_events(200, 3)
    wrapped = emulate(wrapping, raw).score_raw
    events = seen(narrow, raw, recorded=wrapped)
    assert (events.score_raw != wrapped).sum() > 10
    assert all(explained("score overflow", narrow, events, None))
    back = seen(wrapping, raw, recorded=emulate(narrow, raw).score_raw)
    assert all(explained("score overflow", wrapping, back, None))


def test_another_algorithm_explains_its_own_scores_only(build_trigger: Callable[..., TriggerAlgorithm]) -> None:
    mine, other = build_trigger(seed=1), build_trigger(seed=2, name="other")
    raw = random_events(100, 4)
    events = seen(mine, raw, recorded=emulate(other, raw).score_raw)
    assert other_algorithm(other).explains(mine, events, None).all()
    assert not other_algorithm(mine).explains(mine, events, None).all()


def test_another_threshold_gives_the_bits_from_it_on(trigger: TriggerAlgorithm) -> None:
    events = seen(trigger, random_events(3, 1), score_raw=np.array([9, 10, 11]), recorded=np.array([0, 0, 1]))
    assert other_threshold(11, name="t", text="").explains(trigger, events, 10).all()


def test_a_concern_is_met_where_touched_events_and_no_others_differ(trigger: TriggerAlgorithm) -> None:
    raw = np.concatenate([event(mu_1_pt=9), event(mu_1_pt=9), event(jet_1_pt=9), event(jet_1_pt=9)])
    events = seen(trigger, raw)
    events = replace(events, recorded=events.score_raw + np.array([1, 0, 1, 0]))
    concern = BY_NAME["inputs of muons"]
    assert isinstance(concern, Concern)
    assert concern.explains(trigger, events, None).tolist() == [True, False, False, True]


def test_rows_that_are_taken_and_joined_are_the_same_events(trigger: TriggerAlgorithm) -> None:
    events = seen(trigger, random_events(10, 5))
    first = np.arange(10) < 4
    again = events.take(first).then(events.take(~first))
    assert len(again) == 10
    np.testing.assert_array_equal(again.inputs_raw, events.inputs_raw)
    np.testing.assert_array_equal(again.score_raw, events.score_raw)
    assert all(isinstance(one, Suspect | Concern) for one in SUSPECTS)
