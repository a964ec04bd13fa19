"""What NanoAOD knows of an event beside its objects, and what of that is left out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events, open_events

pytest.importorskip("uproot")

Make = Callable[..., Any]
Write = Callable[..., Path]
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path, random_level1: Make, level1_branches: Make, write_tree: Write) -> Written:
    """Give a writer of three events with more branches than their objects."""

    def write(name: str = "nano.root", **branches: Any) -> Path:
        columns = {key: np.asarray(values) for key, values in branches.items()}
        return write_tree(tmp_path / name, level1_branches(random_level1(3, 1)) | columns)

    return write


def as_lists(events: EventBatch) -> dict[str, list[float]]:
    return {name: values.tolist() for name, values in events.columns.items()}


def test_run_lumi_section_crossing_pileup_weight_and_number_come_along(written: Written) -> None:
    path = written(
        run=np.array([1, 1, 2], "u4"), luminosityBlock=np.array([7, 8, 1], "u4"),
        bunchCrossing=np.array([0, 3563, 12], "u4"),
        Pileup_nPU=np.array([30, 0, 55], "i4"), Pileup_nTrueInt=np.array([31.5, 0.1, 50], "f4"),
        PV_npvs=np.array([9, 9, 9], "i4"), genWeight=np.array([0.5, 0, 2], "f4"),
        event=np.array([10, 2**40, 3], "u8"),
    )  # fmt: skip
    read = load_events(path)
    assert as_lists(read) == {
        "run": [1, 1, 2], "lumi_section": [7, 8, 1], "bunch_crossing": [0, 3563, 12], "pileup": [30, 0, 55],
        "weight": [0.5, 0, 2],
    }  # fmt: skip
    assert read.event_number.tolist() == [10, 2**40, 3]
    assert open_events(path).provenance["pileup"] == "Pileup_nPU"


def test_the_mean_pileup_stands_in_and_without_numbers_events_are_counted(written: Written) -> None:
    path = written(Pileup_nTrueInt=np.array([31.5, 0.5, 50], "f4"), PV_npvs=np.array([9, 9, 9], "i4"))
    read = load_events(path)
    assert as_lists(read) == {"pileup": [31.5, 0.5, 50]}
    assert read.event_number.tolist() == [0, 1, 2]
    assert (read.menu, read.menu_bits) == (None, None)
    assert open_events(path).provenance["pileup"] == "Pileup_nTrueInt"
    assert "menu_bits" not in open_events(path).provenance


def test_the_boolean_branches_of_seeds_are_the_menu_in_the_order_of_the_file(written: Written) -> None:
    bits = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]], dtype=np.bool_)
    path = written(
        L1_SingleMu22=bits[:, 0], L1_Reco=np.array([1, 2, 3], "i4"), L1_ETM120=bits[:, 1], HLT_Mu50=bits[:, 2],
        L1_DoubleEG=bits[:, 2], L1_UnprefireableEvent_TriggerRules=bits[:, 0], L1_FinalOR_BXmin1=bits[:, 0],
        L1simulation_step=bits[:, 0],
    )  # fmt: skip
    read = load_events(path)
    assert read.menu is not None
    assert read.menu.names == ("L1_SingleMu22", "L1_ETM120", "L1_DoubleEG")
    assert read.menu.prescales == (1, 1, 1)
    np.testing.assert_array_equal(read.menu_bits, bits)
    assert "after prescale" in open_events(path).provenance["menu_bits"]


def test_negative_weights_leave_all_weights_of_all_files_out(written: Written, tmp_path: Path) -> None:
    written("a.root", genWeight=np.array([1, 2, 3], "f4"))
    written("b.root", genWeight=np.array([1, -2, 3], "f4"))
    reader = open_events(tmp_path / "*.root")
    for block in reader.blocks(2):
        assert block.weight is None
    assert (
        reader.provenance["weight"]
        == "genWeight is negative in 1 of 6 events and was left out: every event weighs 1"
    )
    assert "weight" not in open_events(tmp_path / "a.root").provenance


def test_a_bunch_crossing_that_simulation_does_not_know_is_left_out(written: Written) -> None:
    path = written(bunchCrossing=np.array([2**32 - 1] * 3, "u4"), run=np.array([1, 1, 1], "u4"))
    assert as_lists(load_events(path)) == {"run": [1, 1, 1]}
    assert open_events(path).provenance["bunch_crossing"] == (
        "bunchCrossing is none from 0 to 3563 in 3 of 3 events and was left out"
    )


def test_the_files_are_named_with_the_identity_that_root_gave_them(written: Written) -> None:
    import uproot

    path = written()
    with uproot.open(path) as file:
        expected = {"file": str(path), "uuid": str(file.file.uuid), "events": 3}
    assert open_events(path).provenance["files"] == [expected]
