"""What is no NanoAOD, or not in the units it should be, and what a user is told of it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.core.errors import L1adError, ToolError
from l1ad.core.layouts import regions_18x14
from l1ad.data.opening import Objects, ReadOptions, open_events

pytest.importorskip("uproot")

Make = Callable[..., Any]
Write = Callable[..., Path]
Branches = dict[str, Any]


@pytest.fixture
def branches(random_level1: Make, level1_branches: Make) -> Branches:
    found: Branches = level1_branches(random_level1(50, 11, longest=10))
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nano.root"


def refusal(location: str | Path, **options: Any) -> str:
    """Open and read all, and give what is said."""
    with pytest.raises(L1adError) as caught:
        for _ in open_events(location, ReadOptions(**options)).blocks(20):
            pass
    return str(caught.value)


def without(branches: Branches, table: str, *names: str) -> Branches:
    kept = [name for name in branches[table].fields if name not in names]
    return branches | {table: branches[table][kept]}


def changed(branches: Branches, table: str, name: str, change: Callable[[Any], Any]) -> Branches:
    """Change one quantity of a table, given flat."""
    import awkward as ak

    values = ak.unflatten(change(ak.to_numpy(ak.flatten(branches[table][name]))), ak.num(branches[table][name]))
    return branches | {table: ak.with_field(branches[table], values, name)}


def split(branches: Branches, table: str) -> Branches:
    """Give each quantity of a table a length of its own."""
    apart = {f"{table}_{name}": branches[table][name] for name in branches[table].fields}
    return {name: values for name, values in branches.items() if name != table} | apart


def test_a_file_that_is_no_root_file_is_refused(path: Path) -> None:
    path.write_bytes(b"pt,eta,phi\n" * 100)
    message = refusal(path)
    assert message.startswith(f"{path}: cannot be read as a ROOT file (")
    assert message.endswith("; is it complete?")
    path.write_bytes(b"")
    assert "cannot be read as a ROOT file" in refusal(path)


@pytest.mark.parametrize("kept", [0.99, 0.9, 0.5, 0.1, 0.01])
def test_a_truncated_file_is_refused(path: Path, branches: Branches, write_tree: Write, kept: float) -> None:
    content = write_tree(path, branches).read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert f"{path}: cannot be read as a ROOT file (" in refusal(path)


def test_a_file_with_damage_in_its_midst_is_refused(path: Path, branches: Branches, write_tree: Write) -> None:
    content = bytearray(write_tree(path, branches).read_bytes())
    half = len(content) // 2
    content[half : half + 4000] = bytes(4000)
    path.write_bytes(content)
    assert f"{path}: cannot be read as a ROOT file (" in refusal(path)


def test_a_file_without_the_tree_is_refused_with_what_it_has(
    path: Path, branches: Branches, write_tree: Write
) -> None:
    write_tree(path, branches, tree="Runs")
    assert refusal(path) == f"{path}: no tree 'Events'; the file has Runs"
    write_tree(path, branches)
    assert refusal(path, dataset="Runs") == f"{path}: no tree 'Runs'; the file has Events"


def test_what_is_no_tree_is_refused(path: Path) -> None:
    import uproot

    with uproot.recreate(path) as file:
        file["Events"] = np.histogram([1.0, 2.0], bins=3)
        file.mkrntuple("Tuple", {"run": np.dtype(np.int32)})
    assert refusal(path) == f"{path}: 'Events' is no tree; NanoAOD is read from a TTree"
    assert refusal(path, dataset="Tuple") == (
        f"{path}: 'Tuple' is an RNTuple, which is not read; NanoAOD is read from a TTree"
    )


def test_a_missing_library_is_told_with_the_extra_that_brings_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "uproot", None)
    with pytest.raises(ToolError) as caught:
        open_events(path)
    assert str(caught.value) == (
        "uproot is not installed; NanoAOD needs the extra 'nanoaod': pip install 'l1ad[nanoaod]'"
    )


def test_muons_that_are_not_at_the_vertex_are_refused(
    path: Path, branches: Branches, write_tree: Write
) -> None:
    write_tree(path, without(branches, "L1Mu", "etaAtVtx", "phiAtVtx"))
    message = refusal(path)
    assert message.startswith(
        f"{path}: no branch 'L1Mu_etaAtVtx' and 'L1Mu_phiAtVtx': the trigger reads muons at"
    )
    assert "l1trig_cff.py" in message


def test_a_missing_branch_is_named_with_all_that_are_needed(
    path: Path, branches: Branches, write_tree: Write
) -> None:
    write_tree(path, without(branches, "L1EtSum", "etSumType"))
    message = refusal(path)
    assert message.startswith(
        f"{path}: no branch 'L1EtSum_etSumType'; unpacked objects are L1EG_pt, L1EG_eta, "
    )


def test_objects_of_similar_name_are_told(path: Path, branches: Branches, write_tree: Write) -> None:
    write_tree(path, {"L1EGamma": branches["L1EG"], "run": np.zeros(50, dtype=np.int32)})
    message = refusal(path)
    assert "looked for L1EG_pt, L1Mu_pt" in message
    assert "L1EGamma_pt" in message.split("of similar name are ")[1]


def test_objects_that_were_asked_for_and_are_not_there_are_refused(
    path: Path, branches: Branches, write_tree: Write
) -> None:
    write_tree(path, branches)
    assert refusal(path, objects=Objects.EMULATED) == (
        f"{path}: no emulated objects: looked for L1EmulEG_pt, L1EmulMu_pt, L1EmulJet_pt, L1EmulEtSum_pt; "
        "it has unpacked ones"
    )


def test_a_layout_of_other_inputs_is_refused(path: Path, branches: Branches, write_tree: Write) -> None:
    write_tree(path, branches)
    assert refusal(path, layout=regions_18x14()) == (
        f"{path}: NanoAOD is read into the 57 inputs of 'ugt_57', not into 'regions_18x14'"
    )


def test_a_branch_of_another_type_is_refused(path: Path, branches: Branches, write_tree: Write) -> None:
    flat = split(branches, "L1EG") | {"L1EG_pt": np.ones(50, dtype=np.float32)}
    write_tree(path, flat)
    assert refusal(path) == f"{path}: branch 'L1EG_pt' is of type float, not a list of numbers"
    write_tree(path, branches | {"run": branches["L1EG"]["bx"]})
    assert "branch 'run' is of type int16_t[], not one number an event" in refusal(path)


def test_lists_of_different_length_are_refused(path: Path, branches: Branches, write_tree: Write) -> None:
    import awkward as ak

    apart = split(branches, "L1Jet")
    counts = ak.to_list(ak.num(apart["L1Jet_pt"]))
    apart["L1Jet_eta"] = ak.concatenate([apart["L1Jet_eta"][:33], apart["L1Jet_eta"][33:34, :0],
                                         apart["L1Jet_eta"][34:]])  # fmt: skip
    write_tree(path, apart)
    assert counts[33] > 0
    assert refusal(path) == (
        f"{path}: event 33 has {counts[33]} values of 'L1Jet_pt' and 0 of 'L1Jet_eta'; "
        "these are not lists of the same objects"
    )


@pytest.mark.parametrize(
    ("value", "told"), [(np.nan, "pt is nan"), (-1.0, "pt is -1.0"), (np.inf, "pt is inf")]
)
def test_a_pt_that_is_none_is_refused(
    path: Path, branches: Branches, write_tree: Write, value: float, told: str
) -> None:
    def spoil(values: Any) -> Any:
        return np.where(np.arange(len(values)) == len(values) - 1, np.float32(value), values)

    wrong = changed(branches, "L1EG", "pt", spoil)
    write_tree(path, changed(wrong, "L1EG", "bx", np.zeros_like))
    message = refusal(path)
    assert f"{path}, from event 40 on: event " in message
    assert told in message


@pytest.mark.parametrize("table", ["L1EG", "L1Jet"])
def test_hardware_pt_where_gev_should_be_is_refused(
    path: Path, branches: Branches, write_tree: Write, table: str
) -> None:
    write_tree(path, changed(branches, table, "pt", lambda values: values * 2))
    message = refusal(path)
    assert f"values of '{table}_pt' are whole numbers, to " in message
    assert message.endswith("; they look like hardware integers (hwPt), not GeV in steps of 0.5")


def test_a_few_objects_of_whole_gev_are_no_reason_to_doubt(
    path: Path, random_level1: Make, level1_branches: Make, write_tree: Write
) -> None:
    few = changed(level1_branches(random_level1(5, 1)), "L1EG", "pt", lambda values: values * 2)
    assert open_events(write_tree(path, few)).n_events == 5


@pytest.mark.parametrize(
    ("table", "name", "factor", "limit"),
    [
        ("L1EG", "eta", 1 / 0.0435, "5.57"),
        ("L1Jet", "eta", 1 / 0.0435, "5.57"),
        ("L1Mu", "etaAtVtx", 1 / 0.010875, "2.78"),
        ("L1EG", "phi", 144 / 6.28, "6.30"),
        ("L1Mu", "phiAtVtx", 576 / 6.28, "6.30"),
        ("L1EtSum", "phi", 144 / 6.28, "6.30"),
    ],
)
def test_hardware_angles_are_refused_with_branch_value_and_limit(
    path: Path, branches: Branches, write_tree: Write, table: str, name: str, factor: float, limit: str
) -> None:
    write_tree(path, changed(branches, table, name, lambda values: np.float32(values * factor)))
    message = refusal(path)
    assert f"'{table}_{name}' is " in message
    assert f", beyond ±{limit}; are these hardware integers, not " in message


def test_a_muon_a_little_beyond_the_last_step_saturates(
    path: Path, branches: Branches, write_tree: Write
) -> None:
    write_tree(path, changed(branches, "L1Mu", "etaAtVtx", lambda values: np.full_like(values, 2.6)))
    reader = open_events(path)
    events = next(reader.blocks())
    eta = events.inputs_raw[:, events.layout.names.index("mu_1_eta")]
    assert set(eta.tolist()) == {0, 225}
    assert reader.repairs.counts["mu eta saturated"] > 0


def test_a_number_beyond_63_bits_is_refused(path: Path, branches: Branches, write_tree: Write) -> None:
    write_tree(path, branches | {"event": np.full(50, 2**63, dtype=np.uint64)})
    assert refusal(path) == f"{path}: the number of event 0 does not fit 63 bits"


def test_files_that_differ_in_menu_columns_or_objects_do_not_stand_in_a_row(
    tmp_path: Path, branches: Branches, write_tree: Write
) -> None:
    bits, run = np.zeros(50, dtype=np.bool_), {"run": np.zeros(50, dtype=np.int32)}
    first, second = tmp_path / "a.root", tmp_path / "b.root"
    write_tree(first, branches | {"L1_A": bits, "L1_B": bits} | run)
    place = f"{second} after {first}: "
    for other, told in (
        ({"L1_A": bits, "L1_C": bits} | run, "another trigger menu: seed 2 is 'L1_C', not 'L1_B'"),
        ({"L1_A": bits} | run,
         "another trigger menu: 1 seeds, not 2; the first that one of them lacks is 'L1_B'"),
        ({"L1_A": bits, "L1_B": bits}, "other columns: run in one only"),
    ):  # fmt: skip
        write_tree(second, branches | other)
        assert refusal(tmp_path / "*.root") == place + told
    write_tree(second, without(branches, "L1EG", "bx") | {"L1_A": bits, "L1_B": bits} | run)
    assert refusal(tmp_path / "*.root") == place + "other objects: L1EG_bx in one only"
    write_tree(second, {"run": np.zeros(50, dtype=np.int32)})
    assert f"{second}: no unpacked objects" in refusal(tmp_path / "*.root")
