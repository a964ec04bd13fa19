"""CMS's own files, where they are beside the checkout: HLT scouting objects, and seed bits.

`coffea_scouting_nano.root` and `coffea_nano_dy.root` are test samples of coffea (BSD-3).
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.core.layouts import hlt_57
from l1ad.data.nanoaod.columns import find_columns
from l1ad.data.nanoaod.tree import opened_tree
from l1ad.data.opening import Objects, ReadOptions, load_events, open_events

uproot = pytest.importorskip("uproot")

REFERENCE = Path(__file__).parents[3].parent / "shared" / "reference" / "nanoaod"
SCOUTING, DRELL_YAN = REFERENCE / "coffea_scouting_nano.root", REFERENCE / "coffea_nano_dy.root"
real = pytest.mark.skipif(not SCOUTING.is_file(), reason="CMS's files are not beside the checkout")

Object = tuple[float, float, float]


def apart(one: Object, other: Object) -> float:
    turn = abs(one[2] - other[2])
    return math.hypot(one[1] - other[1], min(turn, 2 * math.pi - turn))


def expected_inputs(event: dict[str, Any]) -> list[int]:
    def objects(table: str) -> list[Object]:
        return list(zip(*(event[f"{table}_{name}"] for name in ("pt", "eta", "phi")), strict=True))

    electrons = objects("ScoutingElectron")
    photons = [one for one in objects("ScoutingPhoton") if all(apart(one, e) >= 0.1 for e in electrons)]
    met = (event["ScoutingMET_pt"], 0.0, event["ScoutingMET_phi"])
    inputs: list[int] = []
    for found, slots in (
        ([met], 1), (electrons + photons, 4), (objects("ScoutingMuon"), 4), (objects("ScoutingPFJet"), 10)
    ):  # fmt: skip
        ours = sorted(found, key=lambda one: -one[0])[:slots]
        for pt, eta, phi in ours:
            inputs += [round(pt * 8), round(eta * 2048), round(phi / (2 * math.pi) * 16384) % 16384]
        inputs += [0, 0, 0] * (slots - len(ours))
    return inputs


@real
def test_scouting_objects_of_a_real_file_are_those_of_a_loop_over_its_events() -> None:
    with uproot.open(SCOUTING) as file:
        events = file["Events"].arrays(filter_name=["Scouting*_pt", "Scouting*_eta", "Scouting*_phi"]).to_list()
    reader = open_events(SCOUTING)
    read = load_events(SCOUTING)
    np.testing.assert_array_equal(read.inputs_raw, [expected_inputs(event) for event in events])
    assert (reader.layout, reader.n_events, reader.sample) == (hlt_57(), 40, "coffea_scouting_nano")
    assert reader.provenance["objects"] == "scouting"
    assert "cuts" not in reader.provenance


@real
def test_the_columns_of_a_real_file_come_along_and_its_crossings_are_not_known() -> None:
    reader = open_events(SCOUTING)
    read = load_events(SCOUTING)
    assert list(read.columns) == ["run", "lumi_section", "pileup", "weight"]
    assert read.event_number[:3].tolist() == [4258166, 4258165, 4258164]
    assert read.pileup is not None
    assert read.pileup[:3].tolist() == [26, 20, 26]
    assert reader.provenance["bunch_crossing"].startswith("bunchCrossing is none from 0 to 3563 in 40 of 40")


@real
def test_the_repairs_of_a_real_file_are_counted() -> None:
    reader = open_events(SCOUTING)
    for _ in reader.blocks(7):
        pass
    assert reader.repairs.counts == {
        "photons within 0.1 of an electron left out": 1,
        "lists of eg capped at 4": 11,
        "lists of mu sorted by pT": 2,
        "lists of jet capped at 10": 17,
    }


@real
def test_a_real_file_of_other_objects_is_refused_with_what_it_has() -> None:
    with pytest.raises(DataError) as caught:
        open_events(DRELL_YAN)
    assert str(caught.value) == (
        f"{DRELL_YAN}: no Level-1 objects: looked for L1EG_pt, L1Mu_pt, L1Jet_pt, L1EtSum_pt, then "
        "L1EmulEG_pt, L1EmulMu_pt, L1EmulJet_pt, L1EmulEtSum_pt, then ScoutingElectron_pt, ScoutingPhoton_pt, "
        "ScoutingMuon_pt, ScoutingPFJet_pt, ScoutingMET_pt; the file has 321 L1_* seed bits but no objects; "
        "of similar name are L1simulation_step, L1Reco_step"
    )
    with pytest.raises(DataError, match=r"no unpacked objects: looked for .*L1EtSum_pt; it has scouting ones$"):
        open_events(SCOUTING, ReadOptions(objects=Objects.UNPACKED))


@real
def test_seed_bits_of_a_real_file_are_its_branches() -> None:
    with uproot.open(DRELL_YAN) as file:
        names = [name for name in file["Events"].keys() if name.startswith("L1_")]  # noqa: SIM118
        expected = np.stack([file["Events"][name].array(library="np") for name in names], axis=1)
    with opened_tree(str(DRELL_YAN)) as tree:
        columns = find_columns(tree)
        read = columns.menu_bits(tree.read(columns.read, 3, 31))
    assert columns.menu is not None
    assert list(columns.menu.names) == names
    assert len(names) == 321
    np.testing.assert_array_equal(read, expected[3:31])


@pytest.mark.parametrize(
    ("muons", "jets", "expected"),
    [
        (["ScoutingMuonNoVtx", "ScoutingMuonVtx"], ["ScoutingJet"], ("ScoutingMuonVtx", "ScoutingJet")),
        (["ScoutingMuonNoVtx"], ["ScoutingJet", "ScoutingPFJetRecluster"],
         ("ScoutingMuonNoVtx", "ScoutingPFJetRecluster")),
        (["ScoutingMuon", "ScoutingMuonVtx"], ["ScoutingPFJet"], ("ScoutingMuon", "ScoutingPFJet")),
    ],
)  # fmt: skip
def test_muons_and_jets_are_found_under_the_names_of_each_year(
    tmp_path: Path,
    write_tree: Callable[..., Path],
    muons: list[str],
    jets: list[str],
    expected: tuple[str, str],
) -> None:
    import awkward as ak

    def table(pt: float) -> Any:
        columns = {"pt": np.array([pt], "f4"), "eta": np.array([1], "f4"), "phi": np.array([-1], "f4")}
        return ak.unflatten(ak.zip(columns), [1])

    tables = [*muons, *jets, "ScoutingElectron", "ScoutingPhoton"]
    branches = {name: table(10 + number) for number, name in enumerate(tables)}
    branches |= {"ScoutingMET_pt": np.array([50], "f4"), "ScoutingMET_phi": np.array([0], "f4")}
    reader = open_events(write_tree(tmp_path / "nano.root", branches))
    assert {f"{name}_pt" for name in expected} <= set(reader.provenance["branches"])
    read = next(reader.blocks())
    for object_type, name in zip(("mu", "jet"), expected, strict=True):
        column = read.layout.names.index(f"{object_type}_1_pt")
        assert read.inputs_raw[0, column] == 8 * (10 + tables.index(name))
