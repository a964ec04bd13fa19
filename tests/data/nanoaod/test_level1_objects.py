"""Level-1 objects of NanoAOD, against a plain loop over events and the hardware integers they were made of."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.layout import InputLayout
from l1ad.core.layouts import hlt_57, ugt_57
from l1ad.data.events import EventBatch, concatenated
from l1ad.data.opening import Objects, ReadOptions, load_events, open_events
from l1ad.data.physical import fill_objects
from l1ad.data.reader import EventFormat, EventReader, Repairs

pytest.importorskip("uproot")

Make = Callable[..., Any]
Write = Callable[..., Path]

ALONE: dict[str, list[dict[str, int]]] = {"EG": [], "Mu": [], "Jet": [], "EtSum": []}


def one(pt: int, *, eta: int = 0, phi: int = 0, bx: int = 0, **others: int) -> dict[str, int]:
    return {"pt": pt, "eta": eta, "phi": phi, "bx": bx} | others


def read_all(reader: EventReader, block_events: int = 1000) -> EventBatch:
    return concatenated(list(reader.blocks(block_events)))


def column(events: EventBatch, name: str) -> list[int]:
    return [int(value) for value in events.inputs_raw[:, events.layout.names.index(name)]]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("prefix", "kind"), [("L1", Objects.UNPACKED), ("L1Emul", Objects.EMULATED)])
def test_the_inputs_are_the_hardware_integers_that_the_objects_were_made_of(
    tmp_path: Path, random_level1: Make, level1_branches: Make, expected_inputs: Make, write_tree: Write,
    prefix: str, kind: Objects, seed: int,
) -> None:  # fmt: skip
    events = random_level1(60, seed)
    path = write_tree(tmp_path / "nano.root", level1_branches(events, prefix=prefix))
    reader = open_events(path, ReadOptions(objects=kind))
    read = read_all(reader)
    np.testing.assert_array_equal(read.inputs_raw, expected_inputs(events))
    assert (reader.format, reader.layout, reader.n_events, reader.sample) == (
        EventFormat.NANOAOD, ugt_57(), 60, "nano"
    )  # fmt: skip
    assert read.inputs_raw.dtype == np.int16
    assert reader.provenance["objects"] == kind.value


def test_what_was_put_right_is_counted(
    tmp_path: Path, random_level1: Make, level1_branches: Make, write_tree: Write
) -> None:
    events = random_level1(60, 4, longest=12)
    reader = open_events(write_tree(tmp_path / "nano.root", level1_branches(events)))
    assert not reader.repairs.counts
    read_all(reader, 13)
    expected: Counter[str] = Counter()
    for event in events:
        sums = [each for each in event["EtSum"] if each["type"] == 2]
        expected["events without missing ET, taken as 0"] += not any(each["bx"] == 0 for each in sums)
        for name, objects, slots in (("met", sums, 1), ("eg", event["EG"], 4), ("mu", event["Mu"], 4),
                                     ("jet", event["Jet"], 10)):  # fmt: skip
            pt = [each["pt"] for each in objects if each["bx"] == 0]
            expected["objects of other crossings left out"] += len(objects) - len(pt)
            expected[f"lists of {name} sorted by pT"] += pt != sorted(pt, reverse=True)
            expected[f"lists of {name} capped at {slots}"] += len(pt) > slots
    assert reader.repairs.counts == +expected
    assert len(reader.repairs.counts) == 8


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(block_events=st.integers(1, 50), start=st.integers(0, 39))
def test_blocks_of_any_size_from_any_start_are_the_same_events(
    tmp_path: Path, random_level1: Make, level1_branches: Make, write_tree: Write, block_events: int, start: int
) -> None:
    path = tmp_path / "nano.root"
    if not path.exists():
        seeds = {"L1_SingleMu22": np.arange(40) % 3 == 0, "run": np.arange(40, dtype=np.uint32) // 9}
        write_tree(path, level1_branches(random_level1(40, 5)) | seeds)
    whole = load_events(path)
    blocks = list(open_events(path).blocks(block_events, start=start))
    assert [len(block) for block in blocks[:-1]] == [block_events] * (len(blocks) - 1)
    read = concatenated(blocks)
    for name in ("inputs_raw", "event_number", "run", "menu_bits"):
        np.testing.assert_array_equal(getattr(read, name), getattr(whole, name)[start:])


def with_mantissa(values: NDArray[np.float32], bits: int) -> NDArray[np.float32]:
    """Round float32 to so many bits of mantissa, as CMSSW's MiniFloatConverter does for NanoAOD."""
    shift = 23 - bits
    words = values.view(np.uint32).astype(np.uint64) + (1 << (shift - 1))
    return ((words >> shift << shift).astype(np.uint32)).view(np.float32)


def test_every_hardware_integer_survives_the_12_bits_of_mantissa_that_nanoaod_stores(
    tmp_path: Path, level1_branches: Make, expected_inputs: Make, write_tree: Write
) -> None:
    import awkward as ak

    events = [
        ALONE
        | {
            "EG": [one(1 + i % 511, eta=i % 255 - 127, phi=i % 144)],
            "Mu": [one(1 + i % 511, eta=i % 451 - 225, phi=i % 576)],
            "Jet": [one(1 + i % 2047, eta=i % 255 - 127, phi=(i + 7) % 144)],
            "EtSum": [one(1 + i % 4095, phi=i % 144, type=2)],
        }
        for i in range(8200)  # more than are filled at a time
    ]
    branches = level1_branches(events)
    for table, objects in branches.items():
        stored = {
            name: ak.unflatten(with_mantissa(ak.to_numpy(ak.flatten(objects[name])), 12), ak.num(objects))
            if objects[name].type.content.content.primitive == "float32"
            else objects[name]
            for name in objects.fields
        }
        branches[table] = ak.zip(stored)
    read = load_events(write_tree(tmp_path / "nano.root", branches, basket_events=5000))
    np.testing.assert_array_equal(read.inputs_raw, expected_inputs(events))


def test_muons_are_taken_at_the_vertex(tmp_path: Path, level1_branches: Make, write_tree: Write) -> None:
    events = [ALONE | {"Mu": [one(45, eta=-100, phi=300)]}]
    read = load_events(write_tree(tmp_path / "nano.root", level1_branches(events)))
    assert [column(read, f"mu_1_{name}") for name in ("pt", "eta", "phi")] == [[45], [-100], [300]]


def test_of_the_sums_only_the_missing_et_without_hf_is_taken(
    tmp_path: Path, level1_branches: Make, write_tree: Write
) -> None:
    sums = [one(100 + kind, phi=kind, type=kind) for kind in (8, 1, 3, 2, 0)]
    two = [one(40, phi=4, type=2), one(90, phi=9, type=2)]
    events = [ALONE | {"EtSum": sums}, ALONE | {"EtSum": sums[:3]}, ALONE | {"EtSum": two}]
    reader = open_events(write_tree(tmp_path / "nano.root", level1_branches(events)))
    read = read_all(reader)
    assert column(read, "met_pt") == [102, 0, 90]
    assert column(read, "met_phi") == [2, 0, 9]
    assert column(read, "met_eta") == [0, 0, 0]
    assert reader.repairs.counts["events without missing ET, taken as 0"] == 1
    assert reader.repairs.counts["lists of met capped at 1"] == 1


def test_without_a_branch_of_the_crossing_every_object_is_taken(
    tmp_path: Path, level1_branches: Make, write_tree: Write
) -> None:
    branches = level1_branches([ALONE | {"EG": [one(30, bx=1)], "Jet": [one(80, bx=1)]}])
    eg = branches["L1EG"]
    branches["L1EG"] = eg[["pt", "eta", "phi"]]
    reader = open_events(write_tree(tmp_path / "nano.root", branches))
    read = read_all(reader)
    assert (column(read, "eg_1_pt"), column(read, "jet_1_pt")) == ([30], [0])
    assert reader.repairs.counts["objects of other crossings left out"] == 1


def test_what_leaves_the_words_saturates_and_what_rounds_to_zero_is_absent(
    tmp_path: Path, level1_branches: Make, write_tree: Write
) -> None:
    jets, nothing = [one(3000, phi=5), one(0, eta=7, phi=9)], one(0, phi=8, type=2)
    events = [ALONE | {"Jet": jets, "Mu": [one(1, phi=3)], "EtSum": [nothing]}]
    reader = open_events(write_tree(tmp_path / "nano.root", level1_branches(events)))
    read = read_all(reader)
    assert column(read, "jet_1_pt") == [2047]
    assert [column(read, f"jet_2_{name}") for name in ("pt", "eta", "phi")] == [[0], [0], [0]]
    assert (column(read, "mu_1_pt"), column(read, "mu_1_phi")) == ([1], [3])
    assert (column(read, "met_pt"), column(read, "met_phi")) == ([0], [0])
    assert reader.repairs.counts == {
        "jet pt saturated": 1,
        "jet of less than half a step of pT left out": 1,
        "met of less than half a step of pT left out": 1,
    }


def test_the_first_kind_that_is_there_is_taken_unless_another_is_asked_for(
    tmp_path: Path, random_level1: Make, level1_branches: Make, expected_inputs: Make, write_tree: Write
) -> None:
    unpacked, emulated = random_level1(9, 6), random_level1(9, 7)
    branches = level1_branches(unpacked) | level1_branches(emulated, prefix="L1Emul")
    path = write_tree(tmp_path / "nano.root", branches)
    for objects, events in ((None, unpacked), (Objects.UNPACKED, unpacked), (Objects.EMULATED, emulated)):
        read = load_events(path, ReadOptions(objects=objects))
        np.testing.assert_array_equal(read.inputs_raw, expected_inputs(events))
    only = write_tree(tmp_path / "only.root", level1_branches(emulated, prefix="L1Emul"))
    assert open_events(only).provenance["objects"] == "emulated"


def test_a_tree_of_another_name_a_sample_and_a_layout_can_be_asked_for(
    tmp_path: Path, level1_branches: Make, write_tree: Write
) -> None:
    events = [ALONE | {"EG": [one(30, eta=10)], "Mu": [one(45)]}]
    path = write_tree(tmp_path / "nano.root", level1_branches(events), tree="Trigger")
    fine = InputLayout(name="fine", fields=hlt_57().fields)
    reader = open_events(path, ReadOptions(dataset="Trigger", sample="mine", layout=fine))
    read = read_all(reader)
    assert (reader.sample, read.sample, read.layout) == ("mine", "mine", fine)
    assert (column(read, "eg_1_pt"), column(read, "mu_1_pt")) == ([120], [176])
    assert column(read, "eg_1_eta") == [round(0.435 * 2048)]


def test_only_a_muon_in_steps_of_the_ugt_counts_its_pt_from_one() -> None:
    for layout, expected in ((ugt_57(), 11), (hlt_57(), 40)):
        inputs = np.zeros((1, 57), dtype=np.int16)
        here = np.ones((1, 1), dtype=np.bool_)
        fill_objects(inputs, layout, "mu", {"pt": np.array([[5.0]])}, here, Repairs(), where="x")
        assert inputs[0, layout.names.index("mu_1_pt")] == expected


def test_hlt_57_has_the_objects_of_ugt_57_in_steps_that_fit_16_bits() -> None:
    layout = hlt_57()
    assert layout.names == ugt_57().names
    assert layout.dtype == np.int16
    assert {(one.quantity, one.width, one.signed) for one in layout.fields if one.object_type != "met"} == {
        ("pt", 15, False), ("eta", 15, True), ("phi", 14, False)
    }  # fmt: skip


@pytest.mark.parametrize(("lowest", "told"), [((20, 60), True), ((19, 60), False), ((20, 59), False)])
def test_the_cuts_of_central_nanoaod_are_told_where_the_objects_show_them(
    tmp_path: Path, level1_branches: Make, write_tree: Write, lowest: tuple[int, int], told: bool
) -> None:
    events = [ALONE | {"EG": [one(lowest[0])], "Jet": [one(lowest[1])]}]
    provenance = open_events(write_tree(tmp_path / "nano.root", level1_branches(events))).provenance
    assert provenance["lowest_pt_gev"]["L1EG_pt"] == lowest[0] / 2
    assert provenance["lowest_pt_gev"]["L1Mu_pt"] is None
    assert ("cuts" in provenance) is told
