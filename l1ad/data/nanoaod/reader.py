"""CMS NanoAOD, with Level-1 objects or HLT scouting objects: read from disk, a glob or a URL."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import hlt_57, ugt_57
from l1ad.data.events import EventBatch, concatenated
from l1ad.data.nanoaod.collections import Collection, find_collections
from l1ad.data.nanoaod.columns import check_same_columns, count_unusable, find_columns
from l1ad.data.nanoaod.files import located_files, shown_location
from l1ad.data.nanoaod.objects import find_candidates, inputs_of
from l1ad.data.nanoaod.tree import RootTree, opened_tree
from l1ad.data.nanoaod.units import check_steps, lowest_pt
from l1ad.data.opening import Objects, ReadOptions
from l1ad.data.reader import BLOCK_EVENTS, EventFormat, EventReader, Repairs

__all__ = ["NanoAodFiles", "open_nanoaod"]

_LOOKED_AT = 10_000
"""Events whose scale is judged when the files are opened."""

_CENTRAL_CUTS = {"eg": 10.0, "jet": 30.0}
"""pT in GeV below which central NanoAOD has no objects (CMSSW's l1trig_cff.py, `setL1NanoToReduced`)."""


def open_nanoaod(location: str, options: ReadOptions) -> EventReader:
    """Open NanoAOD files of one kind, as one row of events.

    Level-1 objects are those of the crossing that was read out (`bx` 0), muons at the vertex, and of the sums
    the missing ET; they become hardware integers of `ugt_57`, which gives back the trigger's own. Scouting
    objects become those of `hlt_57`; electrons and photons together are its e/γ. Lists are sorted by pT and
    capped.

    Seed bits are the boolean branches `L1_*`, decisions after prescale and mask. Pile-up is that of simulation:
    `Pileup_nPU`, or else `Pileup_nTrueInt`. `genWeight` is the weight, unless one is negative: then all events
    weigh 1. A `bunchCrossing` that no orbit has is left out. `provenance` tells of these.

    Args:
        location: A path, a glob whose files are taken in the order of their names, or a URL.
        options: `objects` chooses unpacked, emulated or scouting ones, else the first kind that is there;
            `dataset` names another tree than `Events`; `layout` may be any with the inputs of `ugt_57`.

    Raises:
        DataError: If there are no files, one is none of ROOT or cut off, has no such objects, or has hardware
            integers where it should have GeV; or if files differ in their objects, seeds or columns.
        ToolError: If uproot is not installed.
    """
    return NanoAodFiles(location, options)


class NanoAodFiles:
    """NanoAOD files in a row, their branches and the scale of their first events checked."""

    format = EventFormat.NANOAOD

    def __init__(self, location: str, options: ReadOptions) -> None:
        """Open every file once.

        Raises:
            DataError: As `open_nanoaod` says.
            ToolError: If uproot is not installed.
        """
        self.repairs = Repairs()
        self._files, self._dataset = located_files(location), options.dataset
        self.sample = options.sample or _sample_of(self._files)
        self.provenance: dict[str, Any] = {"format": str(self.format), "files": []}
        entries, unusable = [], dict.fromkeys(("weight", "bunch_crossing"), 0)
        for number, file in enumerate(self._files):
            with opened_tree(file, self._dataset) as tree:
                if not number:
                    self._objects, self._collections = find_collections(tree, options.objects)
                    self._columns = find_columns(tree)
                else:
                    self._check_follows(tree)
                entries.append(tree.n_events)
                self.provenance["files"].append(
                    {"file": shown_location(file), "uuid": tree.uuid, "events": tree.n_events}
                )
                for column, count in count_unusable(tree, self._columns).items():
                    unusable[column] += count
                if tree.n_events and "lowest_pt_gev" not in self.provenance:
                    self._look_at_first_events(tree)
        self.layout = _layout(self._objects, options.layout, where=location)
        self.n_events = sum(entries)
        if not self.n_events:
            raise DataError(f"{location}: holds no events")
        self._ends = tuple(accumulate(entries))
        self._tell(unusable)

    def blocks(self, block_events: int = BLOCK_EVENTS, *, start: int = 0) -> Iterator[EventBatch]:
        """Read the events from number `start` on, block by block, across the ends of files.

        Raises:
            DataError: At the block that cannot be read, or holds what cannot be an object.
        """
        with ExitStack() as stack:
            opened, tree = -1, None
            for first in range(start, self.n_events, block_events):
                parts = []
                for number, begin, end in self._pieces(first, min(first + block_events, self.n_events)):
                    if tree is None or number != opened:
                        stack.close()
                        opened, tree = (
                            number,
                            stack.enter_context(opened_tree(self._files[number], self._dataset)),
                        )
                    parts.append(self._batch(tree, begin, end, first=self._begin_of(number) + begin))
                yield concatenated(parts)

    def _pieces(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """Cut a range of events at the ends of files: number of the file, first and one past the last entry."""
        for number, end in enumerate(self._ends):
            begin = self._begin_of(number)
            if max(first, begin) < min(last, end):
                yield number, max(first, begin) - begin, min(last, end) - begin

    def _begin_of(self, number: int) -> int:
        return self._ends[number - 1] if number else 0

    def _batch(self, tree: RootTree, begin: int, end: int, *, first: int) -> EventBatch:
        columns = self._columns
        found = tree.read([*_branches(self._collections), *columns.read], begin, end)
        known: dict[str, Any] = columns.values(found)
        return EventBatch(
            layout=self.layout,
            inputs_raw=inputs_of(found, self._collections, self.layout, self.repairs),
            event_number=columns.event_numbers(found, first),
            sample=self.sample,
            where=found.where,
            menu=columns.menu,
            menu_bits=columns.menu_bits(found),
            **known,
        )

    def _check_follows(self, tree: RootTree) -> None:
        _, collections = find_collections(tree, self._objects)
        if collections != self._collections:
            differ = set(_branches(collections)) ^ set(_branches(self._collections))
            raise DataError(
                f"{tree.where} after {self._files[0]}: other objects: {', '.join(sorted(differ))} in one only"
            )
        check_same_columns(find_columns(tree), self._columns, where=tree.where, first_where=self._files[0])

    def _look_at_first_events(self, tree: RootTree) -> None:
        found = tree.read(_branches(self._collections), 0, min(_LOOKED_AT, tree.n_events))
        lowest: dict[str, float | None] = {}
        for collection in self._collections:
            candidates = find_candidates(found, collection, Repairs())
            if self._objects is not Objects.SCOUTING and collection.object_type in _CENTRAL_CUTS:
                check_steps(candidates, collection, where=tree.where)
            lowest[collection.pt] = lowest_pt(candidates)
        self.provenance["lowest_pt_gev"] = lowest

    def _tell(self, unusable: dict[str, int]) -> None:
        told, branches = self.provenance, self._columns.branches
        told["objects"] = str(self._objects)
        told["branches"] = [one.pt for one in self._collections]
        if self._columns.seeds:
            told["menu_bits"] = "decisions after prescale and mask, which is why every prescale is 1"
        if "pileup" in branches:
            told["pileup"] = branches["pileup"]
        reasons = {
            "weight": "genWeight is negative in {} of {} events and was left out: every event weighs 1",
            "bunch_crossing": "bunchCrossing is none from 0 to 3563 in {} of {} events and was left out",
        }
        for column, reason in reasons.items():
            if unusable[column]:
                told[column] = reason.format(unusable[column], self.n_events)
                self._columns = self._columns.without(column)
        if self._objects is not Objects.SCOUTING and self._looks_central():
            told["cuts"] = (
                "no e/γ below 10 GeV and no jets below 30 GeV, as central NanoAOD leaves them out (and muons "
                "below 3 GeV or quality 8): the trigger itself sees them"
            )

    def _looks_central(self) -> bool:
        lowest = self.provenance["lowest_pt_gev"]
        each = [(lowest[one.pt], _CENTRAL_CUTS[one.object_type]) for one in self._collections
                if one.object_type in _CENTRAL_CUTS]  # fmt: skip
        return all(low is not None and low >= cut for low, cut in each)


def _branches(collections: tuple[Collection, ...]) -> list[str]:
    return list(dict.fromkeys(name for one in collections for name in one.branches))


def _layout(objects: Objects, wanted: InputLayout | None, *, where: str) -> InputLayout:
    usual = hlt_57() if objects is Objects.SCOUTING else ugt_57()
    if wanted is not None and wanted.names != usual.names:
        raise DataError(
            f"{where}: NanoAOD is read into the 57 inputs of {usual.name!r}, not into {wanted.name!r}"
        )
    return wanted or usual


def _sample_of(files: tuple[str, ...]) -> str:
    path = Path(urlsplit(files[0]).path if "://" in files[0] else files[0])
    return path.stem if len(files) == 1 else path.resolve().parent.name
