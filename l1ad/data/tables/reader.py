"""Events from tables of named columns: HLT quantities, data-quality monitoring, objects written out."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import FEATURE, InputLayout
from l1ad.data.events import COLUMNS, EventBatch, concatenated
from l1ad.data.opening import ReadOptions
from l1ad.data.padded_lists import fill_lists
from l1ad.data.physical import hardware_integers
from l1ad.data.reader import BLOCK_EVENTS, EventFormat, EventReader, Repairs
from l1ad.data.tables.checks import check_columns, check_momenta, check_units
from l1ad.data.tables.files import TableFile, open_table_file
from l1ad.data.tables.labels import Labels, labels_of
from l1ad.data.tables.values import BOOKKEEPING

__all__ = ["TableReader", "open_table"]

_LOOKED_AT = 10_000
"""Rows whose units are judged when the table is opened."""


def open_table(location: str, options: ReadOptions) -> EventReader:
    """Open a table in CSV, Parquet or HDF5.

    The columns are those of the layout, by name and in any order, in physical units. Besides there may be
    `run`, `lumi_section`, `bunch_crossing`, `event_number` (else the row), `pileup`, `weight` and `label`
    (numbers or words), unless the layout has an input of that name. A column that is always 0, as η of MET, may
    be missing.

    Args:
        location: Path of the table.
        options: `layout` names the columns and must be given; `dataset` is the group or dataset of an HDF5
            file; `sample` stands for the name that the file gives, or its stem.

    Raises:
        DataError: If the file cannot be read or is empty, columns are missing or not known, or the values are
            plainly in other units.
        ToolError: If it is Parquet and pyarrow is not installed.
    """
    if options.layout is None:
        raise DataError(
            f"{location}: a table needs a layout that names its columns; name one that ships, or have one "
            f"derived with: l1ad data layout {location}"
        )
    return TableReader(open_table_file(location, options.dataset), options.layout, options.sample)


class TableReader:
    """A table, its columns and the units of its first rows checked."""

    format = EventFormat.TABLE

    def __init__(self, table: TableFile, layout: InputLayout, sample: str | None) -> None:
        """Check the columns; labels are listed in a pass of their own.

        Raises:
            DataError: As `open_table` says.
        """
        self.layout, self.n_events, self.provenance = layout, table.n_rows, table.provenance
        self.sample = sample or table.sample or table.path.stem
        self.repairs = Repairs()
        self._table = table
        check_columns(table.names, layout, where=str(table.path))
        inputs = {name: np.float64 for name in layout.names if name in table.names}
        known = {n: kind for n, kind in BOOKKEEPING.items() if n in table.names and n not in inputs}
        self._wanted: dict[str, type] = {**inputs, **known}
        for piece in table.pieces(inputs, start=0, rows=_LOOKED_AT):
            check_units(layout, piece, where=str(table.path))
            break
        self._labels: Labels | None = labels_of(table) if "label" in known else None

    def blocks(self, block_events: int = BLOCK_EVENTS, *, start: int = 0) -> Iterator[EventBatch]:
        """Read the events from number `start` on, block by block.

        Raises:
            DataError: At the first value that is no number, by row and column.
        """
        waiting: list[EventBatch] = []
        first = start
        for piece in self._table.pieces(self._wanted, start=start, rows=block_events):
            waiting.append(self._batch(piece, first))
            first += len(waiting[-1])
            # Wide tables come in pieces shorter than a block.
            while sum(map(len, waiting)) >= block_events:
                joined = concatenated(waiting)
                yield joined.select(0, block_events)
                waiting = [joined.select(block_events, len(joined))] if len(joined) > block_events else []
        if waiting:
            yield concatenated(waiting)

    def _batch(self, piece: Mapping[str, NDArray[Any]], first: int) -> EventBatch:
        n_events = len(next(iter(piece.values())))
        columns: dict[str, Any] = {
            n: piece[n] for n in self._wanted if n in COLUMNS and n not in self.layout.names
        }
        if self._labels is not None:
            columns |= {"label": self._labels.indices(piece["label"]), "label_names": self._labels.names}
        numbers = np.arange(first, first + n_events)
        if "event_number" in piece and "event_number" not in self.layout.names:
            numbers = piece["event_number"]
        where = str(self._table.path)
        return EventBatch(
            layout=self.layout,
            inputs_raw=self._inputs(piece, n_events, first),
            event_number=numbers,
            sample=self.sample,
            where=f"{where}, from row {first} on" if first else where,
            **columns,
        )

    def _inputs(
        self, piece: Mapping[str, NDArray[Any]], n_events: int, first: int
    ) -> NDArray[np.signedinteger]:
        """Round columns to hardware integers; objects that have a pT are lists, the rest is taken as it is."""
        layout = self.layout
        inputs_raw = np.zeros((n_events, layout.n_inputs), dtype=layout.dtype)
        lists = {f.object_type for f in layout.fields if f.quantity == "pt" and f.object_type != FEATURE}
        for column, field in enumerate(layout.fields):
            if field.object_type not in lists and field.name in piece:
                raw, cut = hardware_integers(field, piece[field.name])
                inputs_raw[:, column] = raw
                self.repairs.add(f"{field.name} saturated", int(cut.sum()))
        for object_type in sorted(lists):
            values = _lists(layout, object_type, piece, n_events)
            check_momenta(values["pt"], object_type, lambda row: self._table.place(first + row))
            fill_lists(inputs_raw, layout, object_type, values, self.repairs, where=str(self._table.path))
        return inputs_raw


def _lists(
    layout: InputLayout, object_type: str, piece: Mapping[str, NDArray[Any]], n_events: int
) -> dict[str, NDArray[np.float64]]:
    """Gather the columns of a kind of object by quantity, shape (n_events, n_slots)."""
    fields = [field for field in layout.fields if field.object_type == object_type]
    slots = 1 + max(field.slot for field in fields)
    values = {field.quantity: np.zeros((n_events, slots)) for field in fields}
    for field in fields:
        if field.name in piece:
            values[field.quantity][:, field.slot] = piece[field.name]
    return values
