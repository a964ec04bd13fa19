"""Writing our own HDF5 event files: at once, or block by block while others look on."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layouts import known_layouts
from l1ad.data.event_file import EventFile
from l1ad.data.event_header import DIGESTS, EVENT_NUMBER, INPUTS, MENU_BITS
from l1ad.data.events import EventBatch, check_alike, concatenated
from l1ad.data.hdf5 import refuse_full_disk
from l1ad.data.partial_file import growing_file

__all__ = ["EventWriter", "join_event_files", "write_events", "writing_events"]

CHUNK_EVENTS = 16_384
_STORED: dict[str, Any] = {"compression": "gzip", "shuffle": True, "track_times": False}


@dataclass(slots=True)
class EventWriter:
    """An open event file that grows block by block.

    Attributes:
        file: The open file.
        path: Its name when it will be finished, for messages.
        level: How hard to compress, 1 to 9.
        n_events: Events written so far; those that do not fill a chunk yet wait.
    """

    file: h5py.File
    path: Path
    level: int = 4
    n_events: int = 0
    _first: EventBatch | None = None
    _waiting: list[EventBatch] = field(default_factory=list)
    _digests: dict[str, Any] = field(default_factory=dict)

    def append(self, events: EventBatch) -> None:
        """Take the next events; they are written by whole chunks, and whoever follows the file sees them so.

        Raises:
            DataError: If they are of another kind than those before, or the disk has no room for them.
        """
        if self._first is None:
            self._first = events.select(0, 0)
            columns = stored_columns(events)
            _create(self.file, events, columns, chunk=CHUNK_EVENTS, level=self.level)
            self._digests = {name: hashlib.sha256() for name in columns}
            self.file.swmr_mode = True
        check_alike(self._first, events)
        self._waiting.append(events)
        # A chunk written twice would leave its first place in the file empty for ever.
        waiting = sum(map(len, self._waiting))
        if waiting >= CHUNK_EVENTS:
            self._write(waiting - waiting % CHUNK_EVENTS)

    def finish(self) -> None:
        """Write what does not fill a chunk."""
        if self._waiting:
            self._write(sum(map(len, self._waiting)))

    def _write(self, n_events: int) -> None:
        waiting = concatenated(self._waiting)
        columns = stored_columns(waiting.select(0, n_events))
        self._waiting = [waiting.select(n_events, len(waiting))] if len(waiting) > n_events else []
        refuse_full_disk(self.path, _size(columns))
        # Chunk by chunk, so that the bytes of the file do not depend on the blocks that the events came in.
        for start in range(0, n_events, CHUNK_EVENTS):
            chunk = {name: values[start : start + CHUNK_EVENTS] for name, values in columns.items()}
            end = self.n_events + len(chunk[EVENT_NUMBER])
            for name, values in chunk.items():
                self.file[name].resize(end, axis=0)
                self.file[name][self.n_events : end] = values
                self.file[name].flush()
                self._digests[name].update(np.ascontiguousarray(values).tobytes())
            self.n_events = end

    def digests(self) -> dict[str, str]:
        """Digest every column written so far, whatever the blocks they came in."""
        return {name: digest.hexdigest() for name, digest in self._digests.items()}


@contextmanager
def writing_events(path: Path, provenance: dict[str, Any], *, level: int = 4) -> Iterator[EventWriter]:
    """Open an event file to write block by block; it appears under its name when all is written.

    Until then it grows as `PATH.partial`, which other processes may read meanwhile (single writer, multiple
    readers); what was written to it before a fault goes with it.

    Raises:
        DataError: If no events were written.
    """
    with growing_file(path) as partial:
        with _created(partial) as file:
            writer = EventWriter(file, path, level)
            yield writer
            writer.finish()
        if not writer.n_events:
            raise DataError(f"{path}: no events to write")
        with h5py.File(partial, "r+", libver="latest") as file:
            file.attrs["provenance"] = json.dumps(provenance, indent=1)
            file.attrs[DIGESTS] = json.dumps(writer.digests())


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
    refuse_full_disk(path, _size(columns))
    try:
        with _created(temporary) as file:
            _create(file, events, columns, chunk=min(CHUNK_EVENTS, len(events)), level=9)
            for name, values in columns.items():
                file[name].resize(len(events), axis=0)
                file[name][:] = values
            file.attrs["provenance"] = json.dumps(provenance, indent=1)
            digests = {
                name: hashlib.sha256(np.ascontiguousarray(values).tobytes()) for name, values in columns.items()
            }
            file.attrs[DIGESTS] = json.dumps({name: digest.hexdigest() for name, digest in digests.items()})
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
        with _created(temporary) as file:
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


def _size(columns: dict[str, NDArray[Any]]) -> int:
    return sum(values.nbytes for values in columns.values())


def _created(path: Path) -> h5py.File:
    """Create a file of the format that can be read while it is written, and that holds no times.

    h5py has no argument for the times of the root group, so that equal events could not be equal bytes.
    """
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    creation.set_obj_track_times(False)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    return h5py.File(h5py.h5f.create(os.fsencode(path), h5py.h5f.ACC_TRUNC, creation, access))


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
