"""Our own HDF5 event files: hardware integers, compressed, with layout, digests and provenance inside."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout, known_layouts
from l1ad.core.menu import Menu
from l1ad.data.events import COLUMNS, EventBatch
from l1ad.data.reader import BLOCK_EVENTS, EventFormat, Repairs

__all__ = ["DIGESTS", "EVENT_NUMBER", "INPUTS", "MENU_BITS", "EventFile", "file_digest", "read_events"]

INPUTS = "inputs"
EVENT_NUMBER = "event_number"
MENU_BITS = "menu_bits"
DIGESTS = "digests"


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
        with _opened(path) as file:
            found = _checked(file, path)
            self.layout, self.sample, self.n_events = found.layout, found.sample, found.n_events
            self.menu, self.columns = found.menu, tuple(found.columns)
            provenance = _json_attribute(file, "provenance", path)
            digests = _json_attribute(file, DIGESTS, path)
            self.virtual_sources = _virtual_sources(found.inputs, path)
        if provenance is not None and not isinstance(provenance, dict):
            raise DataError(f"{path}: the attribute 'provenance' is not a JSON object")
        self.provenance: dict[str, Any] = provenance or {}
        self.digests: dict[str, str] = digests if isinstance(digests, dict) else {}

    def blocks(self, block_events: int = BLOCK_EVENTS, *, start: int = 0) -> Iterator[EventBatch]:
        """Read the events from number `start` on, block by block.

        Raises:
            DataError: At the block that cannot be read or holds what the layout does not allow.
        """
        with _opened(self.path) as file:
            found = _checked(file, self.path)
            for first in range(start, self.n_events, block_events):
                yield _read(found, first, min(first + block_events, self.n_events))

    def check_digests(self) -> None:
        """Compare every column with the digest that was written beside it.

        Raises:
            DataError: If the file has none, or a column is not what was written.
        """
        if not self.digests:
            raise DataError(f"{self.path}: holds no digests to compare its columns with")
        with _opened(self.path) as file:
            for name, expected in self.digests.items():
                dataset, digest = _dataset(file, name, self.path), hashlib.sha256()
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
    with _opened(path) as file:
        found = _checked(file, path)
        return _read(found, start, found.n_events if stop is None else min(stop, found.n_events))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Datasets:
    """The datasets of an open event file whose shapes and columns were checked."""

    path: Path
    layout: InputLayout
    n_events: int
    inputs: h5py.Dataset
    numbers: h5py.Dataset
    columns: dict[str, h5py.Dataset]
    label_names: tuple[str, ...]
    menu: Menu | None
    menu_bits: h5py.Dataset | None
    sample: str


def _checked(file: h5py.File, path: Path) -> _Datasets:
    layout = _layout(file, path)
    inputs, numbers = _dataset(file, INPUTS, path), _dataset(file, EVENT_NUMBER, path)
    if inputs.ndim != 2 or inputs.shape[1] != layout.n_inputs:
        raise DataError(
            f"{path}: {INPUTS!r} has shape {inputs.shape}, layout {layout.name!r} needs "
            f"(events, {layout.n_inputs})"
        )
    columns = {name: _dataset(file, name, path) for name in COLUMNS if name in file}
    menu, bits = _menu(file, path)
    n_events = len(inputs)
    if path.name.endswith(".partial"):  # its writer may have come further with one column than with the next
        n_events = min(len(one) for one in (inputs, numbers, *columns.values(), *([bits] if bits else [])))
    if not n_events:
        raise DataError(f"{path}: holds no events")
    if len(numbers) < n_events or numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise DataError(
            f"{path}: {EVENT_NUMBER!r} is {numbers.dtype} of shape {numbers.shape}; "
            f"{n_events} events need as many integers"
        )
    for name, column in columns.items():
        kinds = "iu" if COLUMNS[name] is np.int64 else "iuf"
        if len(column) < n_events or column.ndim != 1 or column.dtype.kind not in kinds:
            raise DataError(f"{path}: {name!r} is {column.dtype} of shape {column.shape} for {n_events} events")
    sample = str(file.attrs.get("sample", path.stem))
    labels = _json_attribute(file, "labels", path) if "label" in columns else []
    if not isinstance(labels, list):
        raise DataError(f"{path}: the attribute 'labels' does not name the labels")
    return _Datasets(
        path=path, layout=layout, n_events=n_events, inputs=inputs, numbers=numbers, columns=columns,
        label_names=tuple(map(str, labels)), menu=menu, menu_bits=bits, sample=sample,
    )  # fmt: skip


def _menu(file: h5py.File, path: Path) -> tuple[Menu | None, h5py.Dataset | None]:
    rows = _json_attribute(file, "menu", path)
    if rows is None:
        return None, None
    try:
        menu = Menu.from_rows(rows)
    except ValueError as fault:
        raise DataError(f"{path}: the attribute 'menu' spells out no menu ({fault})") from None
    bits, n_bytes = _dataset(file, MENU_BITS, path), -(-len(menu.names) // 8)
    if bits.ndim != 2 or bits.shape[1] != n_bytes or bits.dtype != np.uint8:
        raise DataError(
            f"{path}: {MENU_BITS!r} is {bits.dtype} of shape {bits.shape}; {len(menu.names)} seeds need "
            f"{n_bytes} bytes"
        )
    return menu, bits


def _read(found: _Datasets, start: int, stop: int) -> EventBatch:
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


def _virtual_sources(inputs: h5py.Dataset, path: Path) -> tuple[Path, ...]:
    """List the files that a file without events of its own puts in a row.

    Raises:
        DataError: If one of them is missing; HDF5 would give zeros for its events.
    """
    if not inputs.is_virtual:
        return ()
    named = dict.fromkeys(source.file_name for source in inputs.virtual_sources())
    sources = tuple(path.parent / name for name in named)
    missing = next((source for source in sources if not source.is_file()), None)
    if missing is not None:
        raise DataError(f"{path}: is put together of files of which {missing} is missing")
    return sources


def _opened(path: Path) -> h5py.File:
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        # Another process may still be writing it, which a reader must say it knows.
        return h5py.File(path, "r", swmr=path.name.endswith(".partial"))
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
