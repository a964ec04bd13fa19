"""Our own HDF5 event files: hardware integers, compressed, with layout and provenance inside."""

import hashlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout, known_layouts
from l1ad.data.events import EventBatch

__all__ = ["event_blocks", "file_digest", "read_events", "read_provenance", "write_events"]

CHUNK_EVENTS = 16_384
INPUTS = "inputs"
EVENT_NUMBER = "event_number"


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
    # Without times, so that the same events are the same bytes and have the same digest.
    compact: dict[str, Any] = {
        "compression": "gzip", "compression_opts": 9, "shuffle": True, "track_times": False,
    }  # fmt: skip
    chunk = min(CHUNK_EVENTS, len(events))
    # Made in memory: on a full disk HDF5 itself does not fail, it crashes.
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        file.attrs["layout"] = events.layout.name
        file.attrs["sample"] = events.sample
        if known_layouts().get(events.layout.name) != events.layout:
            file.attrs["layout_fields"] = json.dumps(events.layout.rows())
        file.attrs["columns"] = json.dumps(events.layout.names)
        file.attrs["provenance"] = json.dumps(provenance, indent=1)
        shape = (chunk, events.layout.n_inputs)
        file.create_dataset(INPUTS, data=events.inputs_raw, chunks=shape, **compact)
        file.create_dataset(EVENT_NUMBER, data=events.event_number, chunks=(chunk,), **compact)
    try:
        temporary.write_bytes(image.getbuffer())
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
        return _read(_checked(file, path), start, stop)


def event_blocks(path: Path, block_events: int) -> Iterator[tuple[EventBatch, int]]:
    """Read events block by block, in constant memory; yields each block and the events of the whole file.

    Raises:
        DataError: As `read_events`, before the first block or at the block that cannot be read.
    """
    with _opened(path) as file:
        found = _checked(file, path)
        n_events = len(found.inputs)
        for start in range(0, n_events, block_events):
            yield _read(found, start, start + block_events), n_events


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Datasets:
    """The datasets of an open event file whose shapes and columns were checked."""

    path: Path
    layout: InputLayout
    inputs: h5py.Dataset
    numbers: h5py.Dataset
    sample: str


def _checked(file: h5py.File, path: Path) -> _Datasets:
    layout = _layout(file, path)
    inputs, numbers = _dataset(file, INPUTS, path), _dataset(file, EVENT_NUMBER, path)
    if inputs.ndim != 2 or inputs.shape[1] != layout.n_inputs:
        raise DataError(
            f"{path}: {INPUTS!r} has shape {inputs.shape}, layout {layout.name!r} needs "
            f"(events, {layout.n_inputs})"
        )
    if not len(inputs):
        raise DataError(f"{path}: holds no events")
    if numbers.shape != (len(inputs),) or numbers.dtype.kind not in "iu":
        raise DataError(
            f"{path}: {EVENT_NUMBER!r} is {numbers.dtype} of shape {numbers.shape}; "
            f"{len(inputs)} events need as many integers"
        )
    sample = str(file.attrs.get("sample", path.stem))
    return _Datasets(path=path, layout=layout, inputs=inputs, numbers=numbers, sample=sample)


def _read(found: _Datasets, start: int, stop: int | None) -> EventBatch:
    where = f"{found.path}, from event {start} on" if start else str(found.path)
    try:
        values, event_number = found.inputs[start:stop], found.numbers[start:stop]
    except OSError as fault:
        raise DataError(f"{found.path}: cannot be read ({fault}); is it complete?") from None
    if values.dtype != found.layout.dtype:
        found.layout.check(values, where=where)  # what the narrower type could not show any more
    return EventBatch(
        layout=found.layout,
        inputs_raw=values.astype(found.layout.dtype, copy=False),
        event_number=event_number,
        sample=found.sample,
        where=where,
    )


def read_provenance(path: Path) -> dict[str, Any]:
    """Read what made an event file: command, versions, configuration; empty where nothing is said."""
    with _opened(path) as file:
        found = _json_attribute(file, "provenance", path)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise DataError(f"{path}: the attribute 'provenance' is not a JSON object")
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
    layout = _named_layout(file, path)
    columns = _json_attribute(file, "columns", path)
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise DataError(f"{path}: the attribute 'columns' is not a JSON list of names")
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


def _named_layout(file: h5py.File, path: Path) -> InputLayout:
    """Find the layout that a file names: one of ours, or one that it spells out."""
    named, rows = file.attrs.get("layout"), _json_attribute(file, "layout_fields", path)
    known = known_layouts()
    if rows is None and named in known:
        return known[named]
    if rows is None:
        raise DataError(
            f"{path}: input layout {named!r} is not known; known are {', '.join(known)}, and others are "
            "spelled out in the attribute 'layout_fields'"
        )
    try:
        return InputLayout.from_rows(str(named), rows)
    except (TypeError, ValueError) as fault:
        raise DataError(f"{path}: the attribute 'layout_fields' spells out no layout ({fault})") from None


def _dataset(file: h5py.File, name: str, path: Path) -> h5py.Dataset:
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise DataError(
            f"{path}: no dataset {name!r}; an event file has {INPUTS!r} and {EVENT_NUMBER!r}, "
            f"this one has {sorted(file)}"
        )
    return found


def _json_attribute(file: h5py.File, name: str, path: Path) -> Any:
    try:
        return json.loads(str(file.attrs.get(name, "null")))
    except ValueError as fault:
        raise DataError(f"{path}: the attribute {name!r} is not JSON ({fault})") from None
