"""Our own HDF5 event files: hardware integers, compressed, with layout and provenance inside."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout, ugt_57
from l1ad.data.events import EventBatch

__all__ = ["file_digest", "read_events", "read_provenance", "write_events"]

CHUNK_EVENTS = 16_384
INPUTS = "inputs"
EVENT_NUMBER = "event_number"


def write_events(path: Path, events: EventBatch, provenance: dict[str, Any]) -> None:
    """Write events with the names of their columns and what made them, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    compressed: dict[str, Any] = {"compression": "gzip", "compression_opts": 9, "shuffle": True}
    chunk = max(1, min(CHUNK_EVENTS, len(events)))
    try:
        with h5py.File(temporary, "w", track_order=True) as file:
            file.attrs["layout"] = events.layout.name
            file.attrs["sample"] = events.sample
            file.attrs["columns"] = json.dumps(events.layout.names)
            file.attrs["provenance"] = json.dumps(provenance, indent=1)
            shape = (chunk, events.layout.n_inputs)
            file.create_dataset(INPUTS, data=events.inputs_raw, chunks=shape, **compressed)
            file.create_dataset(EVENT_NUMBER, data=events.event_number, chunks=(chunk,), **compressed)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_events(path: Path, *, start: int = 0, stop: int | None = None) -> EventBatch:
    """Read events from a file.

    Args:
        path: An event file of `l1ad simulate`, or one with the same datasets and attributes.
        start: First event to read.
        stop: One past the last; None reads to the end.

    Raises:
        DataError: If the file is missing, not HDF5, empty, or its columns are not the layout's.
    """
    with _opened(path) as file:
        layout = _layout(file, path)
        for name in (INPUTS, EVENT_NUMBER):
            if name not in file:
                raise DataError(
                    f"{path}: no dataset {name!r}; an event file has {INPUTS!r} and {EVENT_NUMBER!r}, "
                    f"this one has {sorted(file)}"
                )
        inputs, numbers = file[INPUTS], file[EVENT_NUMBER]
        if inputs.ndim != 2 or inputs.shape[1] != layout.n_inputs:
            raise DataError(
                f"{path}: {INPUTS!r} has shape {inputs.shape}, layout {layout.name!r} needs "
                f"(events, {layout.n_inputs})"
            )
        if not len(inputs):
            raise DataError(f"{path}: holds no events")
        if len(numbers) != len(inputs):
            raise DataError(f"{path}: {len(numbers)} event numbers for {len(inputs)} events; is it complete?")
        values = inputs[start:stop]
        layout.check(values, where=str(path))
        return EventBatch(
            layout=layout,
            inputs_raw=values.astype(np.int16, copy=False),
            event_number=numbers[start:stop],
            sample=str(file.attrs.get("sample", path.stem)),
        )


def read_provenance(path: Path) -> dict[str, Any]:
    """Read what made an event file: command, versions, configuration, seed."""
    with _opened(path) as file:
        found = json.loads(str(file.attrs.get("provenance", "{}")))
    if not isinstance(found, dict):
        raise DataError(f"{path}: the provenance attribute is not a JSON object")
    return found


def file_digest(path: Path) -> str:
    """Digest the bytes of a file (SHA-256)."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _opened(path: Path) -> h5py.File:
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        return h5py.File(path, "r")
    except OSError as fault:
        raise DataError(f"{path}: not a readable HDF5 file ({fault}); is it complete?") from None


def _layout(file: h5py.File, path: Path) -> InputLayout:
    layout = ugt_57()
    named = file.attrs.get("layout")
    if named != layout.name:
        raise DataError(f"{path}: input layout {named!r} is not known; known is {layout.name!r}")
    columns = json.loads(str(file.attrs.get("columns", "[]")))
    missing = [name for name in layout.names if name not in columns]
    extra = [name for name in columns if name not in layout.names]
    if missing or extra:
        parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has {', '.join(extra)}"] * bool(extra)
        raise DataError(
            f"{path}: the columns are not those of layout {layout.name!r}: it {' and '.join(parts)}"
        )
    if tuple(columns) != layout.names:
        raise DataError(f"{path}: the columns are in another order than layout {layout.name!r} has them")
    return layout
