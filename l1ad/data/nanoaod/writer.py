"""Writing events as NanoAOD with Level-1 objects: what the benchmark and the tests of its reader read."""

import importlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError, ToolError
from l1ad.core.layouts import ugt_57
from l1ad.data.events import EventBatch, check_alike
from l1ad.data.list_order import object_lists
from l1ad.data.nanoaod.objects import MISSING_ET
from l1ad.data.partial_file import growing_file
from l1ad.data.physical import physical_values

__all__ = ["NanoAodWriter", "writing_nanoaod"]

_TABLES = {"met": "L1EtSum", "eg": "L1EG", "mu": "L1Mu", "jet": "L1Jet"}
_ANGLES = {"mu": ("etaAtVtx", "phiAtVtx")}
_COLUMNS = {
    "run": ("run", np.uint32),
    "lumi_section": ("luminosityBlock", np.uint32),
    "bunch_crossing": ("bunchCrossing", np.uint32),
    "pileup": ("Pileup_nTrueInt", np.float32),
    "weight": ("genWeight", np.float32),
}


class NanoAodWriter:
    """An open file whose tree `Events` grows block by block.

    Attributes:
        n_events: Events written so far.
        left_out: What is known of the events and has no place in it.
    """

    def __init__(self, file: Any, path: Path) -> None:
        self.n_events, self.left_out = 0, ("label",)
        self._file, self._path = file, path
        self._first: EventBatch | None = None

    def append(self, events: EventBatch) -> None:
        """Write the next events: objects of crossing 0 in GeV and rad, and seed bits.

        Raises:
            DataError: If they are of another kind than those before, or of another layout than `ugt_57`.
        """
        if events.layout != ugt_57():
            raise DataError(f"{self._path}: events of {events.layout.told_apart(ugt_57())}")
        branches = _branches(events)
        if self._first is None:
            self._first = events.select(0, 0)
            self._file.mktree("Events", {name: _type_of(values) for name, values in branches.items()})
        check_alike(self._first, events)
        self._file["Events"].extend(branches)
        self.n_events += len(events)


@contextmanager
def writing_nanoaod(path: Path, provenance: dict[str, Any]) -> Iterator[NanoAodWriter]:
    """Open a NanoAOD file to write block by block; it appears under its name when all is written.

    Branches are `L1EG_*`, `L1Mu_*`, `L1Jet_*`, `L1EtSum_*` as CMSSW's l1trig_cff.py names them, the columns
    that are known, and the seeds of the menu. There is no place for `provenance`.

    Raises:
        DataError: If no events were written.
        ToolError: If uproot is not installed.
    """
    del provenance
    try:
        uproot = importlib.import_module("uproot")
        importlib.import_module("awkward")
    except ImportError:
        raise ToolError("uproot is not installed; the extra 'nanoaod' brings it") from None
    with growing_file(path) as partial:
        with uproot.recreate(partial) as file:
            writer = NanoAodWriter(file, path)
            yield writer
        if not writer.n_events:
            raise DataError(f"{path}: no events to write")


def _branches(events: EventBatch) -> dict[str, Any]:
    branches: dict[str, Any] = {
        branch: getattr(events, column).astype(kind)
        for column, (branch, kind) in _COLUMNS.items()
        if getattr(events, column) is not None
    }
    branches["event"] = events.event_number.astype(np.uint64)
    for one in object_lists(events.layout):
        present = events.inputs_raw[:, one.pt] > 0
        names = ("pt", *_ANGLES.get(one.object_type, ("eta", "phi")))
        columns = np.column_stack([one.pt, one.others])  # one row a slot: pT, η, φ
        values = {name: _values(events, columns[:, i], present) for i, name in enumerate(names)}
        values["bx"] = np.zeros(len(values["pt"]), dtype=np.int16)
        if one.object_type == "met":
            values["etSumType"] = np.full(len(values["pt"]), MISSING_ET, dtype=np.int32)
        branches[_TABLES[one.object_type]] = _lists(values, present.sum(axis=1))
    if events.menu is not None and events.menu_bits is not None:
        branches |= {name: events.menu_bits[:, i] for i, name in enumerate(events.menu.names)}
    return branches


def _values(events: EventBatch, columns: NDArray[np.int64], present: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give a quantity of all objects there are, event after event; an angle lies between -π and π."""
    fields = [events.layout.fields[column] for column in columns]
    raw = events.inputs_raw[:, columns]
    values = np.stack([physical_values(one, raw[:, slot]) for slot, one in enumerate(fields)], axis=1)
    if fields[0].unit == "rad":
        values = np.where(values > math.pi, values - 2 * math.pi, values)
    return values[present].astype(np.float32)


def _lists(values: dict[str, NDArray[Any]], counts: NDArray[np.integer]) -> Any:
    import awkward

    return awkward.zip({name: awkward.unflatten(one, counts) for name, one in values.items()})


def _type_of(values: Any) -> Any:
    return values.dtype if isinstance(values, np.ndarray) else values.type.content
