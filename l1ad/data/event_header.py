"""The header of our own event files: which datasets there are, and whether they fit together."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import known_layouts
from l1ad.core.menu import Menu
from l1ad.data.events import COLUMNS
from l1ad.data.partial_file import SUFFIX

__all__ = [
    "DIGESTS",
    "EVENT_NUMBER",
    "INPUTS",
    "MENU_BITS",
    "EventDatasets",
    "checked_datasets",
    "find_dataset",
    "json_attribute",
    "virtual_sources",
]

INPUTS = "inputs"
EVENT_NUMBER = "event_number"
MENU_BITS = "menu_bits"
DIGESTS = "digests"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventDatasets:
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


def checked_datasets(file: h5py.File, path: Path) -> EventDatasets:
    """Find the datasets of an open event file and check shapes, columns and menu.

    Raises:
        DataError: If one is missing, of another type or length, or the columns are not the layout's.
    """
    layout = _layout(file, path)
    inputs, numbers = find_dataset(file, INPUTS, path), find_dataset(file, EVENT_NUMBER, path)
    if inputs.ndim != 2 or inputs.shape[1] != layout.n_inputs:
        raise DataError(
            f"{path}: {INPUTS!r} has shape {inputs.shape}, layout {layout.name!r} needs "
            f"(events, {layout.n_inputs})"
        )
    columns = {name: find_dataset(file, name, path) for name in COLUMNS if name in file}
    menu, bits = _menu(file, path)
    n_events = len(inputs)
    if path.name.endswith(SUFFIX):  # its writer may have come further with one column than with the next
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
    labels = json_attribute(file, "labels", path) if "label" in columns else []
    if not isinstance(labels, list):
        raise DataError(f"{path}: the attribute 'labels' does not name the labels")
    return EventDatasets(
        path=path, layout=layout, n_events=n_events, inputs=inputs, numbers=numbers, columns=columns,
        label_names=tuple(map(str, labels)), menu=menu, menu_bits=bits, sample=sample,
    )  # fmt: skip


def _menu(file: h5py.File, path: Path) -> tuple[Menu | None, h5py.Dataset | None]:
    rows = json_attribute(file, "menu", path)
    if rows is None:
        return None, None
    try:
        menu = Menu.from_rows(rows)
    except ValueError as fault:
        raise DataError(f"{path}: the attribute 'menu' spells out no menu ({fault})") from None
    bits, n_bytes = find_dataset(file, MENU_BITS, path), -(-len(menu.names) // 8)
    if bits.ndim != 2 or bits.shape[1] != n_bytes or bits.dtype != np.uint8:
        raise DataError(
            f"{path}: {MENU_BITS!r} is {bits.dtype} of shape {bits.shape}; {len(menu.names)} seeds need "
            f"{n_bytes} bytes"
        )
    return menu, bits


def virtual_sources(inputs: h5py.Dataset, path: Path) -> tuple[Path, ...]:
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


def _layout(file: h5py.File, path: Path) -> InputLayout:
    layout = _named_layout(file, path)
    columns = json_attribute(file, "columns", path)
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
    named, rows = file.attrs.get("layout"), json_attribute(file, "layout_fields", path)
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


def find_dataset(file: h5py.File, name: str, path: Path) -> h5py.Dataset:
    """Find a dataset, or say which there are."""
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise DataError(
            f"{path}: no dataset {name!r}; an event file has {INPUTS!r} and {EVENT_NUMBER!r}, "
            f"this one has {sorted(file)}"
        )
    return found


def json_attribute(file: h5py.File, name: str, path: Path) -> Any:
    """Read an attribute that holds JSON; None where there is none."""
    try:
        return json.loads(str(file.attrs.get(name, "null")))
    except ValueError as fault:
        raise DataError(f"{path}: the attribute {name!r} is not JSON ({fault})") from None
