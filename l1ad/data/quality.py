"""Data quality of events as they stream by: repeats, lists out of order, saturation."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.layout import FEATURE, InputField, InputLayout
from l1ad.data.events import EventBatch
from l1ad.data.list_order import has_gap, object_lists, out_of_order
from l1ad.data.repeats import Repeat, SeenEvents, event_keys, input_keys

__all__ = ["InputRange", "ListQuality", "Quality", "QualityAccount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuality:
    """Objects of one type.

    Attributes:
        object_type: Type, e.g. `jet`.
        slots: Objects there can be.
        events_with: Events with at least one.
        objects: Objects in all events.
        unsorted: Events whose list does not fall in pT.
        gaps: Events with an absent object before one that is there.
        ghosts: Events with an object of pT 0 whose other quantities are not 0.
    """

    object_type: str
    slots: int
    events_with: int
    objects: int
    unsorted: int
    gaps: int
    ghosts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRange:
    """Values of one input.

    Attributes:
        name: Name of the input.
        low: Lowest hardware integer.
        high: Highest.
        saturated: Events in which it stands at an end of its word; 0 for angles, which come round.
    """

    name: str
    low: int
    high: int
    saturated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What is odd about events, in counts.

    Attributes:
        n_events: Events looked at.
        empty: Events without any object.
        lists: The lists of objects.
        inputs: The inputs.
        repeats: Events whose run, lumi section and number came before.
        first_repeat: The first of them.
        identical: Events whose inputs came before; None where it was not asked for.
        first_identical: The first of them.
    """

    n_events: int
    empty: int
    lists: tuple[ListQuality, ...]
    inputs: tuple[InputRange, ...]
    repeats: int
    first_repeat: Repeat | None
    identical: int | None
    first_identical: Repeat | None

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return asdict(self)


class QualityAccount:
    """An account of events that grows block by block, in 16 bytes an event (32 with `identical`)."""

    def __init__(self, layout: InputLayout, *, identical: bool = False) -> None:
        self._layout = layout
        self._lists = object_lists(layout)
        self._of_type = {
            name: np.array([i for i, one in enumerate(layout.fields) if one.object_type == name])
            for name in dict.fromkeys(one.object_type for one in layout.fields if one.object_type != FEATURE)
        }
        self._counts = {name: np.zeros(5, dtype=np.int64) for name in self._of_type}
        self._low, self._high = layout.raw_max, layout.raw_min
        self._saturated = np.zeros(layout.n_inputs, dtype=np.int64)
        self._ends = tuple(_ends(one) for one in layout.fields)
        self._n_events = self._empty = 0
        self._seen, self._identical = SeenEvents(), SeenEvents() if identical else None

    def add(self, events: EventBatch) -> None:
        """Look at the next events."""
        if not len(events):
            return
        inputs_raw = events.inputs_raw
        self._n_events += len(events)
        low, high = inputs_raw.min(axis=0), inputs_raw.max(axis=0)
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        for column, ends in enumerate(self._ends):
            for end in ends:
                if low[column] <= end <= high[column]:
                    self._saturated[column] += np.count_nonzero(inputs_raw[:, column] == end)
        self._add_objects(inputs_raw)
        self._seen.add(events, event_keys(events))
        if self._identical is not None:
            self._identical.add(events, input_keys(events))

    def _add_objects(self, inputs_raw: NDArray[np.signedinteger]) -> None:
        if not self._of_type:
            return
        present, anything = self._layout.pt_of_input, np.zeros(len(inputs_raw), dtype=np.bool_)
        for name, columns in self._of_type.items():
            there = inputs_raw[:, np.unique(present[columns])] > 0
            some = there.any(axis=1)
            anything |= some
            self._counts[name][:2] += (np.count_nonzero(some), np.count_nonzero(there))
        self._empty += int(np.count_nonzero(~anything))
        for one in self._lists:
            pt = inputs_raw[:, one.pt]
            ghosts = np.zeros(len(pt), dtype=np.bool_)
            for slot, others in enumerate(one.others):
                ghosts |= (pt[:, slot] == 0) & (inputs_raw[:, others] != 0).any(axis=1)
            odd = (out_of_order(pt), has_gap(pt), ghosts)
            self._counts[one.object_type][2:] += [int(which.sum()) for which in odd]

    def result(self) -> Quality:
        """Give the account of all events so far."""
        pt_of = self._layout.pt_of_input
        lists = (
            ListQuality(
                object_type=name, slots=len(np.unique(pt_of[columns])),
                **dict(zip(("events_with", "objects", "unsorted", "gaps", "ghosts"),
                           self._counts[name].tolist(), strict=True)),
            )
            for name, columns in self._of_type.items()
        )  # fmt: skip
        ranges = zip(
            self._layout.names, self._low.tolist(), self._high.tolist(), self._saturated.tolist(), strict=True
        )
        return Quality(
            n_events=self._n_events,
            empty=self._empty,
            lists=tuple(lists),
            inputs=tuple(InputRange(name=n, low=low, high=high, saturated=s) for n, low, high, s in ranges),
            repeats=self._seen.n_repeats,
            first_repeat=self._seen.first,
            identical=None if self._identical is None else self._identical.n_repeats,
            first_identical=None if self._identical is None else self._identical.first,
        )


def _ends(field: InputField) -> tuple[int, ...]:
    """Give the integers at which an input is cut off."""
    if field.unit == "rad" or field.raw_max - field.raw_min < 2:
        return ()
    return (field.raw_max, field.raw_min) if field.raw_min < 0 else (field.raw_max,)
