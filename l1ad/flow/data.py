"""Step `data info`: what a file of events holds, and what is odd about it."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.progress import Progress, silent
from l1ad.data.event_file import EventFile
from l1ad.data.events import EventBatch
from l1ad.data.opening import ReadOptions, open_events
from l1ad.data.quality import Quality, QualityAccount
from l1ad.data.reader import EventFormat, EventReader
from l1ad.data.units_check import UnitsCheck

__all__ = ["ColumnSummary", "EventSummary", "SeedSummary", "summarise_events"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSummary:
    """What is known of each event beside its inputs.

    Attributes:
        low: Lowest value.
        high: Highest.
        total: Sum; of weights the number of events that they stand for.
        mean: Mean.
        distinct: Different values of a whole number; None for a real one.
    """

    low: float
    high: float
    total: float
    mean: float
    distinct: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSummary:
    """How often a seed of the menu fired, before prescale.

    Attributes:
        name: Name of the seed.
        prescale: Its prescale.
        fired: Events.
        fraction: Part of all events.
    """

    name: str
    prescale: int
    fired: int
    fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSummary:
    """What events hold.

    Attributes:
        location: Where they were read from.
        format: Format of the file.
        sample: Name of the sample.
        layout: What the inputs mean.
        columns: Summary of each column that is known.
        seeds: Seeds of the menu, those first that fired most.
        labels: Events of each label.
        digests: Digest of each column, as the file says.
        digests_checked: Whether the columns were compared with them.
        virtual_sources: Files that the file only puts in a row.
        provenance: What made the events.
        repairs: What reading put right, in counts.
        quality: What is odd about the events.
        events_per_second: Speed of reading alone.
    """

    location: str
    format: EventFormat
    sample: str
    layout: InputLayout
    columns: Mapping[str, ColumnSummary]
    seeds: tuple[SeedSummary, ...]
    labels: Mapping[str, int]
    digests: Mapping[str, str]
    digests_checked: bool
    virtual_sources: tuple[str, ...]
    provenance: Mapping[str, Any]
    repairs: Mapping[str, int]
    quality: Quality
    events_per_second: float

    def document(self) -> dict[str, Any]:
        """Lay the summary out for JSON."""
        plain = ("location", "format", "sample", "digests_checked", "events_per_second")
        return {
            **{name: getattr(self, name) for name in plain},
            "layout": self.layout.name,
            "n_inputs": self.layout.n_inputs,
            "n_events": self.quality.n_events,
            "columns": {name: asdict(one) for name, one in self.columns.items()},
            "seeds": [asdict(one) for one in self.seeds],
            **{name: dict(getattr(self, name)) for name in ("labels", "digests", "provenance", "repairs")},
            "virtual_sources": list(self.virtual_sources),
            "quality": self.quality.document(),
        }


class _Column:
    """An account of one column that grows block by block."""

    def __init__(self) -> None:
        self._low, self._high, self._total, self._n_events = np.inf, -np.inf, 0.0, 0
        self._distinct: set[int] | None = set()

    def add(self, values: NDArray[Any]) -> None:
        if not len(values):
            return
        self._low, self._high = min(self._low, values.min().item()), max(self._high, values.max().item())
        self._total, self._n_events = self._total + values.sum().item(), self._n_events + len(values)
        if values.dtype.kind == "f":
            self._distinct = None
        if self._distinct is not None:
            self._distinct.update(np.unique(values).tolist())

    def result(self) -> ColumnSummary:
        return ColumnSummary(
            low=self._low, high=self._high, total=self._total, mean=self._total / max(1, self._n_events),
            distinct=None if self._distinct is None else len(self._distinct),
        )  # fmt: skip


def summarise_events(
    location: str,
    options: ReadOptions | None = None,
    *,
    check: bool = False,
    identical: bool = False,
    progress: Progress = silent,
) -> EventSummary:
    """Read all events once, in constant memory but for 16 bytes an event to find those that come twice.

    Args:
        location: As `open_events` takes it.
        options: What the file does not say of itself.
        check: Compare every column of a file of ours with its digest.
        identical: Look for events with the same inputs as well; takes as much memory again.
        progress: Told the events read.

    Raises:
        DataError: If the events cannot be read, are plainly GeV and radians instead of hardware integers, or
            are not what was written.
    """
    reader = open_events(location, options)
    quality, units = QualityAccount(reader.layout, identical=identical), UnitsCheck(reader.layout)
    columns: dict[str, _Column] = {}
    labels: dict[str, int] = {}
    fired: dict[tuple[str, int], int] = {}
    reading, done = 0.0, 0
    blocks, start = reader.blocks(), time.perf_counter()
    while (block := next(blocks, None)) is not None:
        reading += time.perf_counter() - start
        quality.add(block)
        units.add(block)
        for name, values in block.columns.items():
            if name != "label":
                columns.setdefault(name, _Column()).add(values)
        _count_labels(block, labels)
        _count_seeds(block, fired)
        done += len(block)
        progress(done, reader.n_events, "")
        start = time.perf_counter()
    if reader.format is EventFormat.L1AD:
        units.check(where=location)
    if check:
        _check_digests(reader, location)
    seeds = [
        SeedSummary(name=name, prescale=prescale, fired=count, fraction=count / max(1, done))
        for (name, prescale), count in fired.items()
    ]
    return EventSummary(
        location=location, format=reader.format, sample=reader.sample, layout=reader.layout,
        columns={name: one.result() for name, one in columns.items()},
        seeds=tuple(sorted(seeds, key=lambda seed: -seed.fired)), labels=labels,
        digests=getattr(reader, "digests", {}), digests_checked=check,
        virtual_sources=tuple(map(str, getattr(reader, "virtual_sources", ()))),
        provenance=reader.provenance, repairs=dict(reader.repairs.counts), quality=quality.result(),
        events_per_second=done / reading if reading else 0.0,
    )  # fmt: skip


def _count_labels(block: EventBatch, counts: dict[str, int]) -> None:
    if block.label is not None:
        for name, count in zip(
            block.label_names, np.bincount(block.label, minlength=len(block.label_names)).tolist(), strict=True
        ):
            counts[name] = counts.get(name, 0) + count


def _count_seeds(block: EventBatch, counts: dict[tuple[str, int], int]) -> None:
    if block.menu is not None and block.menu_bits is not None:
        for name, prescale, count in zip(
            block.menu.names, block.menu.prescales, block.menu_bits.sum(axis=0).tolist(), strict=True
        ):
            counts[name, prescale] = counts.get((name, prescale), 0) + count


def _check_digests(reader: EventReader, location: str) -> None:
    if not isinstance(reader, EventFile):
        raise DataError(
            f"{location}: only event files of l1ad hold digests to compare with, not {reader.format}"
        )
    if not reader.virtual_sources:
        reader.check_digests()
    for source in reader.virtual_sources:
        _check_digests(EventFile(source), str(source))
