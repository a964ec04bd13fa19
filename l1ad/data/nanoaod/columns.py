"""What NanoAOD knows of an event beside its objects: run, crossing, pile-up, weight and seed bits."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu
from l1ad.data.events import COLUMNS
from l1ad.data.nanoaod.tree import Branches, RootTree

__all__ = ["EventColumns", "check_same_columns", "count_unusable", "find_columns"]

_BRANCHES = {
    "run": ("run",),
    "lumi_section": ("luminosityBlock",),
    "bunch_crossing": ("bunchCrossing",),
    # Not PV_npvs: it counts vertices that were found. nPU counts the collisions of this very crossing,
    # nTrueInt is the mean that nPU was drawn from.
    "pileup": ("Pileup_nPU", "Pileup_nTrueInt"),
    "weight": ("genWeight",),
}
_EVENT_NUMBER = "event"
_NO_SEEDS = ("L1_UnprefireableEvent", "L1_FinalOR")
"""How flags begin that NanoAOD writes among the seeds (CMSSW's L1TriggerResultsConverter)."""
_LAST_CROSSING = 3563


@dataclass(frozen=True, slots=True, kw_only=True)
class EventColumns:
    """Which branches give the columns of a batch.

    Attributes:
        branches: Branch of each column that is known, by the names of `COLUMNS`.
        event_number: Branch of the event's number; None counts the entries.
        seeds: Branches of the seed bits, in the order of the file.
    """

    branches: dict[str, str]
    event_number: str | None
    seeds: tuple[str, ...]

    @property
    def read(self) -> tuple[str, ...]:
        """All branches that are read."""
        number = () if self.event_number is None else (self.event_number,)
        return (*self.branches.values(), *number, *self.seeds)

    @property
    def menu(self) -> Menu | None:
        """The seeds, each with prescale 1: the bits are of the decisions after prescale and mask."""
        return Menu(names=self.seeds, prescales=(1,) * len(self.seeds)) if self.seeds else None

    def without(self, column: str) -> "EventColumns":
        """Leave out a column."""
        return replace(self, branches={name: one for name, one in self.branches.items() if name != column})

    def values(self, found: Branches) -> dict[str, NDArray[Any]]:
        """Give the columns of a block, by name."""
        return {name: found.numbers(one).astype(COLUMNS[name]) for name, one in self.branches.items()}

    def event_numbers(self, found: Branches, first: int) -> NDArray[np.int64]:
        """Give the number of each event of a block that begins at entry `first` of all.

        Raises:
            DataError: If a number needs the 64th bit.
        """
        if self.event_number is None:
            return np.arange(first, first + found.n_events)
        numbers = found.numbers(self.event_number).astype(np.int64)
        if found.n_events and numbers.min() < 0:
            event = int(numbers.argmin())
            raise DataError(f"{found.where}: the number of event {event} does not fit 63 bits")
        return numbers

    def menu_bits(self, found: Branches) -> NDArray[np.bool_] | None:
        """Give the seed bits of a block, shape (n_events, n_seeds); None without seeds."""
        if not self.seeds:
            return None
        bits = np.empty((found.n_events, len(self.seeds)), dtype=np.bool_)
        for column, name in enumerate(self.seeds):
            bits[:, column] = found.numbers(name)
        return bits


def find_columns(tree: RootTree) -> EventColumns:
    """Find what a file knows of its events.

    Raises:
        DataError: If a branch of a known name is of another type.
    """
    named = {
        column: next((one for one in names if one in tree.names), None) for column, names in _BRANCHES.items()
    }
    branches = {column: name for column, name in named.items() if name is not None}
    number = _EVENT_NUMBER if _EVENT_NUMBER in tree.names else None
    tree.check_numbers([*branches.values(), *([number] if number else [])])
    seeds = (name for name in tree.names if name.startswith("L1_") and not name.startswith(_NO_SEEDS))
    bits = tuple(name for name in seeds if tree.number_type(name) == np.bool_)
    return EventColumns(branches=branches, event_number=number, seeds=bits)


def check_same_columns(found: EventColumns, first: EventColumns, *, where: str, first_where: str) -> None:
    """Refuse a file that cannot follow another: its seeds or its columns differ.

    Raises:
        DataError: At the first seed or column that differs.
    """
    place = f"{where} after {first_where}"
    for number, (one, other) in enumerate(zip(found.seeds, first.seeds, strict=False), start=1):
        if one != other:
            raise DataError(f"{place}: another trigger menu: seed {number} is {one!r}, not {other!r}")
    if len(found.seeds) != len(first.seeds):
        more = max(found.seeds, first.seeds, key=len)[min(len(found.seeds), len(first.seeds))]
        raise DataError(
            f"{place}: another trigger menu: {len(found.seeds)} seeds, not {len(first.seeds)}; "
            f"the first that one of them lacks is {more!r}"
        )
    if (found.branches, found.event_number) != (first.branches, first.event_number):
        know, knew = ({*one.branches.values(), one.event_number} - {None} for one in (found, first))
        raise DataError(f"{place}: other columns: {', '.join(sorted(map(str, know ^ knew)))} in one only")


def count_unusable(tree: RootTree, columns: EventColumns) -> dict[str, int]:
    """Count events whose weight is negative, and those whose bunch crossing is none, in all of a file.

    Negative weights come from generators beyond leading order; simulation has 2^32 - 1 for the crossing.

    Returns:
        The counts by column, without those that are 0.
    """
    looked_at = {
        name: columns.branches[name] for name in ("weight", "bunch_crossing") if name in columns.branches
    }
    if not looked_at or not tree.n_events:
        return {}
    found = tree.read(list(looked_at.values()), 0, tree.n_events)
    counts = {}
    for column, branch in looked_at.items():
        values = found.numbers(branch)
        unusable = values < 0 if column == "weight" else (values < 0) | (values > _LAST_CROSSING)
        counts[column] = int(unusable.sum())
    return {column: count for column, count in counts.items() if count}
