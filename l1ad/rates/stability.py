"""Rates in slices of a sample: pile-up, lumi section, run, bunch crossing, and place in the bunch train."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.units import BUNCH_SLOTS
from l1ad.data.events import EventBatch, check_alike
from l1ad.rates.series import Series
from l1ad.rates.sliced import SlicedCounts, Slicing

__all__ = ["StabilityAccount", "train_positions"]

Integers = NDArray[np.int64]

TRAIN_HEAD = 8
"""Bunches at the head of a train that stand for themselves; those behind are its bulk."""

_ISOLATED, _BULK = 0, TRAIN_HEAD + 1
_UNSEEN = 0.01


class StabilityAccount:
    """Events in slices, that grows block by block. Two, of other processes perhaps, are added with `+`.

    Memory goes by the runs: a lumi section or a bunch crossing of a run takes 24 bytes for each column and 24
    for all events. A seed is counted by its bit, whatever its prescale, so one that only monitors counts too.

    Args:
        thresholds_raw: Thresholds to follow in hardware units, by name.
        seeds: Seeds of the menu of the events to follow beside them.
        where: Where the events come from, for messages.

    Raises:
        DataError: If there is nothing to follow, or two of one name.
    """

    def __init__(self, thresholds_raw: Mapping[str, int], *, seeds: Sequence[str] = (), where: str) -> None:
        self.columns = (*thresholds_raw, *seeds)
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise DataError(
                f"{where}: {list(self.columns)} names no column or one twice; each has its own name"
            )
        self._thresholds, self._seeds, self._where = dict(thresholds_raw), tuple(seeds), where
        self._first: EventBatch | None = None
        numbers = {Slicing.PILEUP: 1, Slicing.LUMI_SECTION: 2, Slicing.BUNCH_CROSSING: 2}
        self._counts = {one: SlicedCounts.none(n, len(self.columns)) for one, n in numbers.items()}

    def add(self, events: EventBatch, score_raw: Integers) -> None:
        """Count events.

        Args:
            events: Events; a column that is not known gives no slices.
            score_raw: Their scores in hardware units, shape (n_events,).

        Raises:
            DataError: If they are of another kind than those before, lack a seed, or a crossing is none.
        """
        if score_raw.shape != (len(events),):
            raise DataError(f"{self._where}: scores of shape {score_raw.shape} for {len(events)} events")
        if not len(events):
            return
        self._same_kind(events)
        passed, weights = self._passed(events, score_raw), events.weights
        run = np.zeros(len(events), np.int64) if events.run is None else events.run
        keys: dict[Slicing, Integers] = {}
        if events.pileup is not None:
            keys[Slicing.PILEUP] = np.floor(events.pileup).astype(np.int64)[:, None]
        if events.lumi_section is not None or events.run is not None:
            section = np.zeros_like(run) if events.lumi_section is None else events.lumi_section
            keys[Slicing.LUMI_SECTION] = np.stack([run, section], axis=1)
        if (crossing := events.bunch_crossing) is not None:
            if crossing.min() < 0 or crossing.max() >= BUNCH_SLOTS:
                far = crossing[(crossing < 0) | (crossing >= BUNCH_SLOTS)][0]
                raise DataError(f"{self._where}: bunch crossing {far} is none from 0 to {BUNCH_SLOTS - 1}")
            keys[Slicing.BUNCH_CROSSING] = np.stack([run, crossing], axis=1)
        for one, key in keys.items():
            self._counts[one] += SlicedCounts.of(key, passed, weights)

    def __add__(self, other: "StabilityAccount") -> "StabilityAccount":
        mine, theirs = (self._thresholds, self._seeds), (other._thresholds, other._seeds)
        if mine != theirs or self.columns != other.columns:
            raise DataError(f"{other._where}: follows {theirs}, not {mine}; accounts of one kind are added")
        total = StabilityAccount(self._thresholds, seeds=self._seeds, where=self._where)
        for one in (self, other):
            if one._first is not None:
                total._same_kind(one._first)
        total._counts = {one: counts + other._counts[one] for one, counts in self._counts.items()}
        return total

    def sliced(self, slicing: Slicing) -> SlicedCounts:
        """Give the counts of a slicing; no key where the events do not know what it needs.

        Places in the train are seen run by run, where crossings are so well filled that none is empty by
        chance; a run that leaves doubt, or has no gap, is left out.
        """
        if slicing is Slicing.RUN:
            known = self._first is not None and self._first.run is not None
            counts = self._counts[Slicing.LUMI_SECTION]
            return counts.by(counts.keys[:, :1]) if known else SlicedCounts.none(1, len(self.columns))
        if slicing is Slicing.LUMI_SECTION and (self._first is None or self._first.lumi_section is None):
            return SlicedCounts.none(2, len(self.columns))
        if slicing is Slicing.TRAIN:
            return _in_trains(self._counts[Slicing.BUNCH_CROSSING])
        counts = self._counts[slicing]
        return counts.by(counts.keys[:, 1:]) if slicing is Slicing.BUNCH_CROSSING else counts

    def series(self, slicing: Slicing, column: str) -> Series:
        """Give the events of a threshold or seed in each slice that weighs anything.

        Raises:
            DataError: If the column is not followed.
        """
        if column not in self.columns:
            raise DataError(f"{self._where}: {column!r} is not followed; there are {', '.join(self.columns)}")
        counts = self.sliced(slicing)
        counts = counts.only(counts.counted.weight[:, 0] > 0)
        titles, where = _axis(slicing, counts.keys)
        passed = counts.column(1 + self.columns.index(column))
        return Series(titles=titles, where=where, counted=counts.column(0), passed=passed)

    def _same_kind(self, events: EventBatch) -> None:
        if self._first is None:
            self._first = events.select(0, 0)
        check_alike(self._first, events)

    def _passed(self, events: EventBatch, score_raw: Integers) -> NDArray[np.bool_]:
        passed = [score_raw >= one for one in self._thresholds.values()]
        if self._seeds:
            names = () if events.menu is None else events.menu.names
            missing = [one for one in self._seeds if one not in names]
            if events.menu_bits is None or missing:
                raise DataError(f"{self._where}: the menu of the events has no seed {missing[0]!r} to follow")
            passed += [events.menu_bits[:, names.index(one)] for one in self._seeds]
        return np.stack(passed)


def train_positions(filled: NDArray[np.bool_]) -> Integers:
    """Count filled crossings from the last empty one, around the orbit.

    Args:
        filled: Whether each crossing of the orbit is filled, shape (n_crossings,); one at least is empty.

    Returns:
        1 for the first bunch of a train, 2 for the next; 0 where empty, shape (n_crossings,).
    """
    start, index = int(np.argmin(filled)), np.arange(len(filled))
    from_gap = np.roll(filled, -start)
    last_gap = np.maximum.accumulate(np.where(from_gap, 0, index))
    return np.asarray(np.roll(index - last_gap, start), dtype=np.int64)


def _in_trains(counts: SlicedCounts) -> SlicedCounts:
    """Key by the place in the train instead of run and crossing."""
    place = np.full(len(counts.keys), -1)
    for run in np.unique(counts.keys[:, 0]):
        mine = counts.keys[:, 0] == run
        crossings, n_events = counts.keys[mine, 1], counts.counted.n_events[mine, 0].sum()
        # Empty by chance with exp(-mean); half the mean leaves room for bunches that are half as often taken.
        doubt = len(crossings) * math.exp(-n_events / len(crossings) / 2)
        if doubt > _UNSEEN or len(crossings) == BUNCH_SLOTS:
            continue
        filled = np.zeros(BUNCH_SLOTS, np.bool_)
        filled[crossings] = True
        places = np.minimum(train_positions(filled), _BULK)
        places[filled & ~np.roll(filled, 1) & ~np.roll(filled, -1)] = _ISOLATED
        place[mine] = places[crossings]
    seen = place >= 0
    return counts.only(seen).by(place[seen][:, None])


def _axis(slicing: Slicing, keys: Integers) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Name the slices and lay them along an axis."""
    last, rows = keys[:, -1], keys.tolist()
    if slicing is Slicing.RUN:
        return tuple(f"run {one}" for (one,) in rows), np.arange(len(keys), dtype=np.float64)
    if slicing is Slicing.LUMI_SECTION:
        # The sections of a run count on from the last one of the run before.
        runs, which = np.unique(keys[:, 0], return_inverse=True)
        lengths = [int(last[keys[:, 0] == run].max()) for run in runs]
        before = np.concatenate([[0], np.cumsum(lengths)])[which]
        return tuple(f"run {run}: {one}" for run, one in rows), (before + last).astype(np.float64)
    if slicing is Slicing.TRAIN:
        names = {_ISOLATED: "isolated", _BULK: "bulk"}
        return tuple(names.get(one, str(one)) for (one,) in rows), last.astype(np.float64)
    return tuple(str(one) for (one,) in rows), last.astype(np.float64)
