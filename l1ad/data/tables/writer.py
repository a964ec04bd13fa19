"""Writing events as tables of named columns in physical units: CSV, Parquet or HDF5."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch, check_alike
from l1ad.data.hdf5 import refuse_full_disk
from l1ad.data.padded_lists import written_values
from l1ad.data.partial_file import growing_file
from l1ad.data.tables.sinks import CsvSink, Hdf5Sink, ParquetSink, TableSink

__all__ = ["TableWriter", "writing_table"]

_WIDEST = 52
"""Bits up to which a float gives every hardware integer back."""
_BYTES_A_VALUE = 24
"""The longest number in CSV."""


@dataclass(slots=True)
class TableWriter:
    """An open table that grows block by block.

    Attributes:
        sink: The open file.
        path: Its name when it will be finished, for messages.
        n_events: Events written so far.
        left_out: What is known of the events and is not written: the seeds of the menu.
    """

    sink: TableSink
    path: Path
    n_events: int = 0
    left_out: tuple[str, ...] = ()
    _first: EventBatch | None = None

    def append(self, events: EventBatch) -> None:
        """Write the next events.

        Raises:
            DataError: If they are of another kind than those before, an input is too wide for a float, an input
                has the name of a column that is known beside, or the disk has no room.
        """
        if self._first is None:
            _check(events, self.path)
            self._first = events.select(0, 0)
            self.left_out = events.menu.names if events.menu else ()
        check_alike(self._first, events)
        columns = _columns(events)
        refuse_full_disk(self.path, len(events) * len(columns) * _BYTES_A_VALUE)
        self.sink.write(columns, events.sample)
        self.n_events += len(events)


@contextmanager
def writing_table(path: Path, provenance: dict[str, Any]) -> Iterator[TableWriter]:
    """Open a table to write block by block; it appears under its name when all is written.

    The columns are the inputs of the layout, the number of each event and what else is known of it. Read with
    the same layout, features give the same integers; so do objects, if their lists are sorted by pT and what
    belongs to no object is 0. A label is written as its name. Decisions of menu seeds are not written.

    Args:
        path: `.csv`, `.parquet` or an HDF5 file, as its ending says. CSV has no place for the provenance.
        provenance: What made the events.

    Raises:
        DataError: If no events were written.
        ToolError: If it is Parquet and pyarrow is not installed.
    """
    with growing_file(path) as partial:
        sink: TableSink
        match path.suffix.lower():
            case ".csv":
                sink = CsvSink(partial)
            case ".parquet" | ".pq":
                sink = ParquetSink(partial, provenance)
            case _:
                sink = Hdf5Sink(partial, provenance)
        writer = TableWriter(sink, path)
        try:
            yield writer
        finally:
            sink.close()
        if not writer.n_events:
            raise DataError(f"{path}: no events to write")


def _check(events: EventBatch, path: Path) -> None:
    wide = next((field for field in events.layout.fields if field.width > _WIDEST), None)
    if wide is not None:
        raise DataError(f"{path}: {wide.name!r} has {wide.width} bits; a table keeps up to {_WIDEST} exactly")
    twice = next((name for name in ("event_number", *events.columns) if name in events.layout.names), None)
    if twice is not None:
        raise DataError(f"{path}: {twice!r} is an input of the layout and is known beside; a table has it once")


def _columns(events: EventBatch) -> dict[str, NDArray[Any]]:
    values = written_values(events.layout, events.inputs_raw)
    columns: dict[str, NDArray[Any]] = {name: values[:, i] for i, name in enumerate(events.layout.names)}
    columns |= {"event_number": events.event_number, **events.columns}
    if events.label is not None:
        columns["label"] = np.array(events.label_names, dtype=object)[events.label]
    return columns
