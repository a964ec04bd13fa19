"""Our own HDF5 event files: hardware integers, compressed, with layout, digests and provenance inside."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.core.errors import DataError
from l1ad.data.event_header import (
    DIGESTS,
    EventDatasets,
    checked_datasets,
    find_dataset,
    json_attribute,
    virtual_sources,
)
from l1ad.data.events import COLUMNS, EventBatch
from l1ad.data.hdf5 import opened_hdf5
from l1ad.data.reader import BLOCK_EVENTS, EventFormat, Repairs

__all__ = ["EventFile", "file_digest", "read_events"]


class EventFile:
    """An event file of ours, its header checked; a file that still grows counts as far as it has come."""

    format = EventFormat.L1AD

    def __init__(self, path: Path) -> None:
        """Check the header.

        Raises:
            DataError: If the file is missing, not HDF5, empty, or its columns are not the layout's.
        """
        self.path = path
        self.repairs = Repairs()
        with opened_hdf5(path) as file:
            found = checked_datasets(file, path)
            self.layout, self.sample, self.n_events = found.layout, found.sample, found.n_events
            self.menu, self.columns = found.menu, tuple(found.columns)
            provenance = json_attribute(file, "provenance", path)
            digests = json_attribute(file, DIGESTS, path)
            self.virtual_sources = virtual_sources(found.inputs, path)
        if provenance is not None and not isinstance(provenance, dict):
            raise DataError(f"{path}: the attribute 'provenance' is not a JSON object")
        self.provenance: dict[str, Any] = provenance or {}
        self.digests: dict[str, str] = digests if isinstance(digests, dict) else {}

    def blocks(self, block_events: int = BLOCK_EVENTS, *, start: int = 0) -> Iterator[EventBatch]:
        """Read the events from number `start` on, block by block.

        Raises:
            DataError: At the block that cannot be read or holds what the layout does not allow.
        """
        with opened_hdf5(self.path) as file:
            found = checked_datasets(file, self.path)
            for first in range(start, self.n_events, block_events):
                yield _read(found, first, min(first + block_events, self.n_events))

    def check_digests(self) -> None:
        """Compare every column with the digest that was written beside it.

        Raises:
            DataError: If the file has none, or a column is not what was written.
        """
        if not self.digests:
            raise DataError(f"{self.path}: holds no digests to compare its columns with")
        with opened_hdf5(self.path) as file:
            for name, expected in self.digests.items():
                dataset, digest = find_dataset(file, name, self.path), hashlib.sha256()
                for first in range(0, len(dataset), BLOCK_EVENTS):
                    digest.update(np.ascontiguousarray(dataset[first : first + BLOCK_EVENTS]).tobytes())
                if digest.hexdigest() != expected:
                    raise DataError(f"{self.path}: {name!r} is not what was written; its digest differs")


def read_events(path: Path, *, start: int = 0, stop: int | None = None) -> EventBatch:
    """Read events from a file.

    Args:
        path: An event file of ours, or one with the same datasets and attributes.
        start: First event to read.
        stop: One past the last; None reads to the end.

    Raises:
        DataError: If the file is missing, not HDF5, empty, or its columns are not the layout's.
    """
    with opened_hdf5(path) as file:
        found = checked_datasets(file, path)
        return _read(found, start, found.n_events if stop is None else min(stop, found.n_events))


def _read(found: EventDatasets, start: int, stop: int) -> EventBatch:
    where = f"{found.path}, from event {start} on" if start else str(found.path)
    try:
        values, event_number = found.inputs[start:stop], found.numbers[start:stop]
        columns = {name: column[start:stop].astype(COLUMNS[name]) for name, column in found.columns.items()}
        packed = None if found.menu_bits is None else found.menu_bits[start:stop]
    except OSError as fault:
        raise DataError(f"{found.path}: cannot be read ({fault}); is it complete?") from None
    if values.dtype != found.layout.dtype:
        found.layout.check(values, where=where)  # what the narrower type could not show any more
    bits = None
    if packed is not None and found.menu is not None:
        unpacked = np.unpackbits(packed, axis=1, bitorder="little", count=len(found.menu.names))
        bits = unpacked.view(np.bool_)
    return EventBatch(
        layout=found.layout,
        inputs_raw=values.astype(found.layout.dtype, copy=False),
        event_number=event_number.astype(np.int64, copy=False),
        sample=found.sample,
        where=where,
        label_names=found.label_names,
        menu=found.menu,
        menu_bits=bits,
        **columns,
    )


def file_digest(path: Path) -> str:
    """Digest the bytes of a file (SHA-256)."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
