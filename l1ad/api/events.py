"""Events for Python: of any format or from arrays, and what they hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from l1ad.api.progress import progress_bar
from l1ad.api.shown import Shown, grown
from l1ad.config.layout import find_layout
from l1ad.core.errors import ConfigError
from l1ad.core.layout import InputLayout
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.data.opening import Objects, ReadOptions
from l1ad.data.opening import load_events as read_events
from l1ad.data.reader import EventFormat
from l1ad.data.units_check import check_units
from l1ad.flow.data import EventSummary
from l1ad.flow.data import summarise_events as run_summary
from l1ad.report.document import Table
from l1ad.report.event_tables import event_remarks, event_tables

__all__ = ["EventsSummary", "load_events", "make_events", "save_events", "summarise_events"]

Kind = TypeVar("Kind", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EventsSummary(Shown, EventSummary):
    """What events hold; attributes as `l1ad.flow.data.EventSummary`."""

    def headline(self) -> str:
        """Say how many events of what there are."""
        return f"{self.location}: {self.quality.n_events:,} events of {self.layout.name}, {self.format}"

    def document(self) -> dict[str, Any]:
        """Lay the summary out for JSON, as `l1ad data info --json`."""
        return EventSummary.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show columns, objects, labels, seeds and what is odd, and every input folded."""
        return event_tables(self.document(), self.layout)

    def remarks(self) -> tuple[str, ...]:
        """Say so where reading put nothing right, and where nothing is odd."""
        return event_remarks(self.document())


def load_events(
    location: str | Path,
    *,
    layout: str | Path | InputLayout | None = None,
    format: str | None = None,  # noqa: A002 -- the option of the command line
    objects: str | None = None,
    dataset: str | None = None,
    stop: int | None = None,
) -> EventBatch:
    """Read events of any format into memory.

    Args:
        location: `sample:NAME` for one that ships, a path, and for NanoAOD also a glob or a URL.
        layout: Columns of a table or of images: a layout that ships, a YAML file, or a layout.
        format: `l1ad`, `adc2021`, `nanoaod`, `ugt`, `table` or `images`; by default the file tells.
        objects: Objects of NanoAOD: `unpacked`, `emulated` or `scouting`; else what is there.
        dataset: Dataset, group or tree, where it is not the usual one.
        stop: Read so many events at most.

    Raises:
        DataError: If they cannot be read, or are plainly in other units than the layout's.
        ConfigError: If there is no such layout, format or kind of objects.
    """
    return read_events(location, _options(layout, format, objects, dataset), stop=stop)


def make_events(
    inputs_raw: NDArray[np.signedinteger],
    *,
    layout: str | Path | InputLayout = "ugt_57",
    sample: str = "my events",
    **columns: Any,
) -> EventBatch:
    """Make events of an array of hardware integers.

    Args:
        inputs_raw: Hardware integers, shape (n_events, n_inputs). Divide by the step of each input and round
            first: GeV and radians are refused, rounded or not.
        layout: What the columns mean: a layout that ships, a YAML file, or a layout.
        sample: Name of the sample, for messages and reports.
        columns: What is known of each event beside, shape (n_events,): `event_number` (else the position),
            `run`, `lumi_section`, `bunch_crossing`, `pileup`, `weight`.

    Raises:
        DataError: If a shape or a value does not fit the layout; the first misfit is named.
    """
    found = layout if isinstance(layout, InputLayout) else find_layout(str(layout))
    numbers = columns.pop("event_number", np.arange(len(inputs_raw)))
    events = EventBatch(layout=found, inputs_raw=inputs_raw, event_number=numbers, sample=sample, **columns)
    check_units(events)
    return events


def save_events(events: EventBatch, path: str | Path, *, provenance: Mapping[str, Any] | None = None) -> Path:
    """Write events into an event file, from which every step reads; give its path.

    Args:
        events: The events.
        path: File to write, `.h5`.
        provenance: What made them, kept in the file.
    """
    target = Path(path)
    write_events(target, events, provenance=dict(provenance or {}))
    return target


def summarise_events(
    location: str | Path,
    *,
    layout: str | Path | InputLayout | None = None,
    format: str | None = None,  # noqa: A002 -- the option of the command line
    objects: str | None = None,
    dataset: str | None = None,
    check: bool = False,
    identical: bool = False,
    progress: bool | None = None,
) -> EventsSummary:
    """Tell what events hold and what is odd about them, as `l1ad data info`.

    Args:
        location: As in `load_events`, as the next four.
        layout: Columns of a table or of images.
        format: Format of the file.
        objects: Objects of NanoAOD.
        dataset: Dataset, group or tree.
        check: Compare every column of a file of ours with its digest.
        identical: Look for events with the same inputs as well.
        progress: Whether to show how far it is; None shows it in a terminal.

    Raises:
        DataError: If they cannot be read, are plainly in other units, or are not what was written.
    """
    options = _options(layout, format, objects, dataset)
    with progress_bar("data info", progress) as tell:
        found = run_summary(str(location), options, check=check, identical=identical, progress=tell)
    return grown(EventsSummary, found)


def _options(
    layout: str | Path | InputLayout | None, file_format: str | None, objects: str | None, dataset: str | None
) -> ReadOptions:
    return ReadOptions(
        format=None if file_format is None else _named(EventFormat, file_format, "format"),
        layout=find_layout(str(layout)) if isinstance(layout, str | Path) else layout,
        objects=None if objects is None else _named(Objects, objects, "objects"),
        dataset=dataset,
    )


def _named(kind: type[Kind], value: str, what: str) -> Kind:
    if value not in set(kind):
        raise ConfigError(f"{what} is {value!r}; there are {', '.join(kind)}")
    return kind(value)
