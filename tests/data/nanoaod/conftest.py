"""NanoAOD-like files: random Level-1 objects on the hardware grid, and a writer of trees."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Object = dict[str, int]
"""Hardware integers of one object: pt, eta, phi, bx, and type of a sum."""
Event = dict[str, list[Object]]
"""Objects by table: EG, Mu, Jet, EtSum."""

TABLES: dict[str, tuple[str | None, str]] = {
    "EG": ("eta", "phi"),
    "Mu": ("etaAtVtx", "phiAtVtx"),
    "Jet": ("eta", "phi"),
    "EtSum": (None, "phi"),
}
_LIMITS = {"EG": (511, 127, 144), "Mu": (511, 225, 576), "Jet": (2047, 127, 144), "EtSum": (4095, 0, 144)}


@pytest.fixture(scope="session")
def random_level1() -> Callable[..., list[Event]]:
    """Give a maker of events: objects of five crossings, unsorted, more of them than there are slots."""
    return _random_level1


@pytest.fixture(scope="session")
def level1_branches() -> Callable[..., dict[str, Any]]:
    """Give what lays events out as CMSSW's tables do: physical values, float32."""
    return _level1_branches


@pytest.fixture(scope="session")
def expected_inputs() -> Callable[[list[Event]], list[list[int]]]:
    """Give the 57 inputs of each event, in plain Python, from the hardware integers themselves."""
    return lambda events: [_expected_inputs(event) for event in events]


@pytest.fixture(scope="session")
def write_tree() -> Callable[..., Path]:
    """Give a writer of ROOT files: path and branches in, path out."""
    return _write_tree


def _random_level1(n_events: int, seed: int, *, longest: int = 7) -> list[Event]:
    rng = np.random.default_rng(seed)

    def drawn(table: str, **fixed: int) -> Object:
        pt, eta, phi = _LIMITS[table]
        low = 1 if rng.random() < 0.9 else pt - 5
        one = {"pt": int(rng.integers(low, min(low + 60, pt + 1))), "eta": int(rng.integers(-eta, eta + 1))}
        one |= {"phi": int(rng.integers(phi)), "bx": int(rng.choice([-2, -1, 0, 0, 0, 0, 1, 2]))}
        return one | fixed

    def event() -> Event:
        lists = {name: [drawn(name) for _ in range(rng.integers(longest + 1))] for name in ("EG", "Mu")}
        lists["Jet"] = [drawn("Jet") for _ in range(rng.integers(2 * longest + 1))]
        kinds = [(kind, bx) for bx in (-1, 0, 1) for kind in (0, 1, 2, 3, 8) if (bx, kind) != (0, 2)]
        if rng.random() < 0.8:
            kinds.insert(int(rng.integers(len(kinds))), (2, 0))
        lists["EtSum"] = [drawn("EtSum", type=kind, bx=bx, eta=0) for kind, bx in kinds]
        return lists

    return [event() for _ in range(n_events)]


def _level1_branches(events: list[Event], *, prefix: str = "L1") -> dict[str, Any]:
    import awkward as ak

    branches: dict[str, Any] = {}
    for table, (eta, phi) in TABLES.items():
        objects = [one for event in events for one in event[table]]
        is_muon, phi_bins = table == "Mu", _LIMITS[table][2]
        turn = [2 * math.pi * one["phi"] / phi_bins for one in objects]
        columns: dict[str, Any] = {
            "pt": np.array([0.5 * (one["pt"] - is_muon) for one in objects], dtype=np.float32),
            phi: np.array([angle - 2 * math.pi * (angle > math.pi) for angle in turn], dtype=np.float32),
            "bx": np.array([one["bx"] for one in objects], dtype=np.int16),
        }
        if eta is not None:
            step = 0.010875 if is_muon else 0.0435
            columns[eta] = np.array([one["eta"] * step for one in objects], dtype=np.float32)
        if is_muon:  # what must not be taken
            columns |= {"eta": columns["etaAtVtx"] + 0.3, "phi": columns["phiAtVtx"] / 2}
        if table == "EtSum":
            columns["etSumType"] = np.array([one["type"] for one in objects], dtype=np.int32)
        counts = [len(event[table]) for event in events]
        branches[prefix + table] = ak.unflatten(ak.zip(columns), np.array(counts, dtype=np.int64))
    return branches


def _expected_inputs(event: Event) -> list[int]:
    inputs: list[int] = []
    sums = [one for one in event["EtSum"] if one["type"] == 2]
    for objects, slots in ((sums, 1), (event["EG"], 4), (event["Mu"], 4), (event["Jet"], 10)):
        ours = sorted((one for one in objects if one["bx"] == 0), key=lambda one: -one["pt"])[:slots]
        for one in ours:
            inputs += [one["pt"], one["eta"], one["phi"]]
        inputs += [0, 0, 0] * (slots - len(ours))
    return inputs


def _write_tree(path: Path, branches: dict[str, Any], *, tree: str = "Events", basket_events: int = 7) -> Path:
    import awkward as ak
    import uproot

    n_events = len(next(iter(branches.values())))
    types = {
        name: values.type.content if isinstance(values, ak.Array) else values.dtype
        for name, values in branches.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(path) as file:
        file.mktree(tree, types)
        for start in range(0, n_events, basket_events):
            file[tree].extend({name: one[start : start + basket_events] for name, one in branches.items()})
    return path
