"""The batch of events that every room speaks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.menu import Menu

__all__ = ["COLUMNS", "EventBatch", "check_alike", "concatenated"]

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

COLUMNS: dict[str, type] = {
    "run": np.int64,
    "lumi_section": np.int64,
    "bunch_crossing": np.int64,
    "pileup": np.float64,
    "weight": np.float64,
    "label": np.int64,
}
"""What may be known of an event beside its inputs and its number: one value an event, by name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventBatch:
    """Events as hardware integers of a layout. A column that is not known is None.

    Attributes:
        layout: What the columns mean.
        inputs_raw: Hardware integers, shape (n_events, n_inputs).
        event_number: Number of each event in its sample, shape (n_events,).
        sample: Name of the sample, for messages and reports.
        where: Where the events come from, for messages; the sample's name unless told.
        run: Run number, shape (n_events,), as all that follow unless said otherwise.
        lumi_section: Lumi section within the run.
        bunch_crossing: Bunch crossing within the orbit, 0 to 3563.
        pileup: Inelastic collisions in the crossing: true ones in simulation, the mean expected in data.
        weight: Weight of the event; where it is None, all weigh 1.
        label: What the event is in truth, an index of `label_names`.
        label_names: Names of the labels.
        menu: Seeds of the trigger menu that decided on the events.
        menu_bits: Decision of each seed, shape (n_events, n_seeds): before prescale in simulation, after
            prescale and mask in NanoAOD, whose provenance says so.
    """

    layout: InputLayout
    inputs_raw: NDArray[np.signedinteger]
    event_number: Integers
    sample: str
    where: str | None = None
    run: Integers | None = None
    lumi_section: Integers | None = None
    bunch_crossing: Integers | None = None
    pileup: Reals | None = None
    weight: Reals | None = None
    label: Integers | None = None
    label_names: tuple[str, ...] = ()
    menu: Menu | None = None
    menu_bits: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        where, n_events = self.where or self.sample, len(self.inputs_raw)
        self.layout.check(self.inputs_raw, where=where)
        for name, values in (("event_number", self.event_number), *self.columns.items()):
            if values.shape != (n_events,):
                raise DataError(f"{where}: {name!r} has shape {values.shape} for {n_events} events")
            if not np.isfinite(values).all():
                event = int(np.argmin(np.isfinite(values)))
                raise DataError(f"{where}: {name!r} of event {event} is no number")
        if self.weight is not None and n_events and self.weight.min() < 0:
            event = int(self.weight.argmin())
            raise DataError(f"{where}: event {event} has the negative weight {self.weight[event]}")
        if self.label is not None and n_events:
            low, high, names = int(self.label.min()), int(self.label.max()), len(self.label_names)
            if low < 0 or high >= names:
                raise DataError(f"{where}: labels are {low} to {high}, and {names} are named")
        if self.menu is None or self.menu_bits is None:
            if self.menu is not None or self.menu_bits is not None:
                raise DataError(f"{where}: a menu and its bits come together")
            return
        expected, bits = (n_events, len(self.menu.names)), self.menu_bits
        if bits.shape != expected or bits.dtype != np.bool_:
            raise DataError(
                f"{where}: menu bits are {bits.dtype} of shape {bits.shape}, not bool of {expected}"
            )

    def __len__(self) -> int:
        return len(self.inputs_raw)

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns that are known, by name, in the order of `COLUMNS`."""
        known = ((name, getattr(self, name)) for name in COLUMNS)
        return {name: values for name, values in known if values is not None}

    @property
    def weights(self) -> Reals:
        """Weight of each event, 1 where nothing else is known, shape (n_events,)."""
        return np.ones(len(self)) if self.weight is None else self.weight

    def take(self, which: NDArray[Any] | slice) -> "EventBatch":
        """Return the events that an index array, a mask or a slice picks."""
        picked: dict[str, Any] = {name: values[which] for name, values in self.columns.items()}
        if self.menu_bits is not None:
            picked["menu_bits"] = self.menu_bits[which]
        return replace(
            self, inputs_raw=self.inputs_raw[which], event_number=self.event_number[which], where=None, **picked
        )

    def select(self, start: int, stop: int) -> "EventBatch":
        """Return the events from `start` up to but not including `stop`."""
        return self.take(slice(start, stop))

    def blocks(self, block_events: int) -> Iterator["EventBatch"]:
        """Cut the batch into blocks of so many events; the last may be shorter."""
        for start in range(0, len(self), block_events):
            yield self.select(start, start + block_events)


def concatenated(batches: Sequence[EventBatch]) -> EventBatch:
    """Put batches of one kind in a row.

    Raises:
        DataError: If there are none, or they differ in layout, menu, labels, or in what is known of an event.
    """
    if not batches:
        raise DataError("no events: there is nothing to put together")
    if len(batches) == 1:
        return batches[0]
    first = batches[0]
    for other in batches[1:]:
        check_alike(first, other)
    joined = {name: np.concatenate([getattr(one, name) for one in batches]) for name in first.columns}
    bits = [one.menu_bits for one in batches if one.menu_bits is not None]
    return EventBatch(
        layout=first.layout,
        inputs_raw=np.concatenate([one.inputs_raw for one in batches]),
        event_number=np.concatenate([one.event_number for one in batches]),
        sample=first.sample,
        where=first.where,
        label_names=first.label_names,
        menu=first.menu,
        menu_bits=np.concatenate(bits) if bits else None,
        **joined,
    )


def check_alike(first: EventBatch, other: EventBatch) -> None:
    """Refuse two batches that cannot stand in one file.

    Raises:
        DataError: If they differ in layout, menu, labels, or in what is known of an event.
    """
    where = f"{other.where or other.sample} after {first.where or first.sample}"
    if other.layout != first.layout:
        raise DataError(f"{where}: events of {other.layout.told_apart(first.layout)}")
    if list(other.columns) != list(first.columns):
        raise DataError(
            f"{where}: knows {', '.join(other.columns) or 'no column'}, not {', '.join(first.columns)}"
        )
    if other.menu != first.menu:
        raise DataError(f"{where}: another trigger menu")
    if other.label_names != first.label_names:
        raise DataError(f"{where}: labels {other.label_names}, not {first.label_names}")
