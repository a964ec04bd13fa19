"""Writing our own HDF5 event files: at once, or block by block while others look on."""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import known_layouts
from l1ad.data.event_file import DIGESTS, EVENT_NUMBER, INPUTS, MENU_BITS, EventFile
from l1ad.data.events import EventBatch, check_alike

__all__ = ["EventWriter", "join_event_files", "write_events", "writing_events"]

CHUNK_EVENTS = 16_384
_OVERHEAD_BYTES = 1_000_000
_STORED: dict[str, Any] = {"compression": "gzip", "shuffle": True, "track_times": False}


@dataclass(slots=True)
class EventWriter:
    """An open event file that grows block by block.

    Attributes:
        file: The open file.
        path: Its name when it will be finished, for messages.
        n_events: Events written so far.
    """

    file: h5py.File
    path: Path
    n_events: int = 0
    _first: EventBatch | None = None
    _digests: dict[str, Any] = field(default_factory=dict)

    def append(self, events: EventBatch) -> None:
        """Write the next events; whoever follows the file sees them whole.

        Raises:
            DataError: If they are of another kind than those before, or the disk has no room for them.
        """
        columns = stored_columns(events)
        # On a full disk HDF5 does not fail, it crashes; so ask first.
        needed = sum(values.nbytes for values in columns.values()) + _OVERHEAD_BYTES
        free = shutil.disk_usage(self.path.parent).free
        if free < needed:
            raise DataError(
                f"{self.path}: the next events can need {needed / 1e6:.1f} MB, {free / 1e6:.1f} MB are free"
            )
        if self._first is None:
            self._first = events.select(0, 0)
            _create(self.file, events, columns, chunk=CHUNK_EVENTS, level=4)
            self._digests = {name: hashlib.sha256() for name in columns}
            self.file.swmr_mode = True
        check_alike(self._first, events)
        end = self.n_events + len(events)
        for name, values in columns.items():
            self.file[name].resize(end, axis=0)
            self.file[name][self.n_events : end] = values
            self.file[name].flush()
            self._digests[name].update(np.ascontiguousarray(values).tobytes())
        self.n_events = end

    def digests(self) -> dict[str, str]:
        """Digest every column written so far, whatever the blocks they came in."""
        return {name: digest.hexdigest() for name, digest in self._digests.items()}


@contextmanager
def writing_events(path: Path, provenance: dict[str, Any]) -> Iterator[EventWriter]:
    """Open an event file to write block by block; it appears under its name when all is written.

    Until then it grows as `PATH.partial`, which other processes may read meanwhile (single writer, multiple
    readers); what was written to it before a fault goes with it.

    Raises:
        DataError: If no events were written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with h5py.File(partial, "w", libver="latest") as file:
            writer = EventWriter(file, path)
            yield writer
        if not writer.n_events:
            raise DataError(f"{path}: no events to write")
        with h5py.File(partial, "r+", libver="latest") as file:
            file.attrs["provenance"] = json.dumps(provenance, indent=1)
            file.attrs[DIGESTS] = json.dumps(writer.digests())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_events(path: Path, events: EventBatch, provenance: dict[str, Any]) -> None:
    """Write events with the names of their columns and what made them, at once or not at all.

    Equal events and provenance give equal bytes.

    Raises:
        DataError: If there are no events.
    """
    if not len(events):
        raise DataError(f"{path}: no events to write")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    columns = stored_columns(events)
    # Made in memory: on a full disk HDF5 itself does not fail, it crashes.
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        _create(file, events, columns, chunk=min(CHUNK_EVENTS, len(events)), level=9)
        for name, values in columns.items():
            file[name].resize(len(events), axis=0)
            file[name][:] = values
        file.attrs["provenance"] = json.dumps(provenance, indent=1)
        digests = {n: hashlib.sha256(np.ascontiguousarray(v).tobytes()).hexdigest() for n, v in columns.items()}
        file.attrs[DIGESTS] = json.dumps(digests)
    try:
        temporary.write_bytes(image.getbuffer())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def join_event_files(paths: Sequence[Path], target: Path, provenance: dict[str, Any]) -> int:
    """Put event files in a row without copying an event: a file of HDF5 virtual datasets.

    The files are named relative to `target`, so that a folder can be moved whole.

    Returns:
        The number of events.

    Raises:
        DataError: If there are no files, or they differ in layout, menu, labels or columns.
    """
    if not paths:
        raise DataError(f"{target}: no files to put together")
    if target.resolve() in (path.resolve() for path in paths):
        raise DataError(f"{target}: would be made of itself; give it another name")
    parts = [EventFile(path) for path in paths]
    first = next(parts[0].blocks(1)).select(0, 0)
    for part in parts[1:]:
        check_alike(first, next(part.blocks(1)).select(0, 0))
    n_events = sum(part.n_events for part in parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with h5py.File(temporary, "w", libver="latest") as file:
            _describe(file, first)
            for name, values in stored_columns(first).items():
                layout = h5py.VirtualLayout(shape=(n_events, *values.shape[1:]), dtype=values.dtype)
                done = 0
                for path, part in zip(paths, parts, strict=True):
                    relative = os.path.relpath(path.resolve(), target.parent.resolve())
                    shape = (part.n_events, *values.shape[1:])
                    layout[done : done + part.n_events] = h5py.VirtualSource(
                        relative, name, shape, dtype=values.dtype
                    )
                    done += part.n_events
                file.create_virtual_dataset(name, layout)
            file.attrs["provenance"] = json.dumps(provenance, indent=1)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return n_events


def stored_columns(events: EventBatch) -> dict[str, NDArray[Any]]:
    """Lay the columns of a batch out as a file holds them; eight menu bits are one byte."""
    columns = {
        INPUTS: events.inputs_raw.astype(events.layout.dtype, copy=False),
        EVENT_NUMBER: events.event_number,
    }
    columns |= events.columns
    if events.menu_bits is not None:
        columns[MENU_BITS] = np.packbits(events.menu_bits, axis=1, bitorder="little")
    return columns


def _create(
    file: h5py.File, events: EventBatch, columns: dict[str, NDArray[Any]], *, chunk: int, level: int
) -> None:
    _describe(file, events)
    for name, values in columns.items():
        shape = values.shape[1:]
        file.create_dataset(
            name, (0, *shape), values.dtype, maxshape=(None, *shape), chunks=(chunk, *shape),
            compression_opts=level, **_STORED,
        )  # fmt: skip


def _describe(file: h5py.File, events: EventBatch) -> None:
    file.attrs["layout"] = events.layout.name
    file.attrs["sample"] = events.sample
    if known_layouts().get(events.layout.name) != events.layout:
        file.attrs["layout_fields"] = json.dumps(events.layout.rows())
    file.attrs["columns"] = json.dumps(events.layout.names)
    if events.menu is not None:
        file.attrs["menu"] = json.dumps(events.menu.rows())
    if events.label is not None:
        file.attrs["labels"] = json.dumps(events.label_names)
