"""Tables in HDF5: a dataset for each column, a matrix whose columns are named, or rows of named fields."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.hdf5 import json_object, named_dataset, opened_hdf5, read_rows, texts
from l1ad.data.tables.values import BOOKKEEPING, PIECE_VALUES, check_names, converted, listed

__all__ = ["Hdf5Table"]

_NAMES = ("columns", "names", "feature_names", "column_names", "features_names")
"""Attributes of a matrix, or datasets beside it, that name its columns."""


class Hdf5Table:
    """A table in an HDF5 file, in one of three forms.

    A group (or the root) with a one-dimensional dataset for each column; a matrix of (rows, columns), whose
    columns are named in an attribute of it or a dataset beside it (`columns`, `names`, `feature_names`), and
    beside which the columns of bookkeeping may stand; or a dataset of compound type.
    """

    def __init__(self, path: Path, dataset: str | None) -> None:
        """Find the table.

        Args:
            path: The file.
            dataset: Group or dataset; None takes the root's columns, else its only group or dataset.

        Raises:
            DataError: If the file cannot be read, or it is not plain which table is meant.
        """
        self.path, self._named = path, dataset
        with self._columns() as columns:
            self.names = tuple(columns)
            lengths = {name: column.length for name, column in columns.items()}
        check_names(self.names, str(path))
        self.n_rows = next(iter(lengths.values()))
        odd = [name for name, length in lengths.items() if length != self.n_rows]
        if odd:
            raise DataError(
                f"{path}: columns of unequal length: {self.names[0]!r} has {self.n_rows} rows, "
                f"{odd[0]!r} {lengths[odd[0]]}"
            )
        with opened_hdf5(path) as file:
            self.provenance = json_object(file.attrs.get("provenance"))
            sample = file.attrs.get("sample")
        self.sample: str | None = sample if isinstance(sample, str) else None

    def place(self, row: int) -> str:
        """Say where a row stands, counted from 0."""
        return f"{self.path}, row {row}"

    def pieces(self, wanted: Mapping[str, type], *, start: int, rows: int) -> Iterator[dict[str, NDArray[Any]]]:
        """Read columns from row `start` on, at most so many rows at once."""
        rows = max(1, min(rows, PIECE_VALUES // len(self.names)))
        with self._columns() as columns:
            for first in range(start, self.n_rows, rows):
                yield self._piece(columns, wanted, first, min(first + rows, self.n_rows))

    def _piece(
        self, columns: "dict[str, _Column]", wanted: Mapping[str, type], first: int, stop: int
    ) -> dict[str, NDArray[Any]]:
        def place(row: int) -> str:
            return self.place(first + row)

        read: dict[str, NDArray[Any]] = {}  # a matrix is read once, not once a column
        found = {}
        for name, kind in wanted.items():
            column = columns[name]
            source = str(column.dataset.name)
            if source not in read:
                read[source] = read_rows(column.dataset, first, stop, self.path)
            values = read[source] if column.key is None else column.of(read[source])
            found[name] = converted(values, kind, name, place)
        return found

    @contextmanager
    def _columns(self) -> "Iterator[dict[str, _Column]]":
        with opened_hdf5(self.path) as file:
            yield _found(file, self._named, self.path)


class _Column:
    """A column: a dataset of its own (no key), a column of a matrix (its index), or a field (its name)."""

    def __init__(self, dataset: h5py.Dataset, key: int | str | None = None) -> None:
        self.dataset, self.key, self.length = dataset, key, len(dataset)

    def of(self, rows: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(rows[:, self.key] if isinstance(self.key, int) else rows[self.key])


def _found(file: h5py.File, named: str | None, path: Path) -> dict[str, _Column]:
    """Find the columns of the table that is meant."""
    if named is not None:
        found = file.get(named)
        return (
            _in_group(found, path)
            if isinstance(found, h5py.Group)
            else _in_dataset(named_dataset(file, named, path), path)
        )
    return _in_group(file, path)


def _in_group(group: h5py.Group, path: Path) -> dict[str, _Column]:
    where = path if group.name == "/" else f"{path}, group {group.name!r}"
    if "pandas_type" in group.attrs or any("pandas_type" in one.attrs for one in group.values()):
        raise DataError(
            f"{where}: is in the format of pandas' to_hdf; write it with to_parquet or to_csv instead"
        )
    tables = [
        one for one in group.values()
        if isinstance(one, h5py.Dataset) and (one.ndim == 2 or (one.ndim == 1 and one.dtype.names))
    ]  # fmt: skip
    if len(tables) == 1:
        return _in_dataset(tables[0], path)
    columns = {name: one for name, one in group.items() if isinstance(one, h5py.Dataset)}
    groups = [one for one in group.values() if isinstance(one, h5py.Group)]
    if not columns and len(groups) == 1:
        return _in_group(groups[0], path)
    odd = [name for name, one in columns.items() if one.ndim != 1]
    if tables or odd or not columns:
        images = [name for name in odd if columns[name].ndim == 3]
        if images:
            raise DataError(
                f"{where}: {images[0]!r} has shape {columns[images[0]].shape}; are these constituents of jets? "
                "read them with the format 'images'"
            )
        raise DataError(
            f"{where}: holds {listed(group) or 'nothing'}; a table is one dataset a column, or one dataset of "
            "all columns; name the group or the dataset that is meant"
        )
    return {name: _Column(one) for name, one in columns.items()}


def _in_dataset(table: h5py.Dataset, path: Path) -> dict[str, _Column]:
    """Take the columns of a matrix or of a compound dataset, and bookkeeping that stands beside it."""
    name, beside = str(table.name).strip("/").split("/")[-1], table.parent
    if table.dtype.names:
        columns = {field: _Column(table, field) for field in table.dtype.names}
    elif table.ndim == 2:
        sources = [table.attrs[one] for one in _NAMES if one in table.attrs]
        sources += [beside[one] for one in (*_NAMES, f"{name}_names") if one in beside]
        named = next((found for found in map(texts, sources) if found), ())
        if len(named) != table.shape[1]:
            raise DataError(
                f"{path}: {name!r} has {table.shape[1]} columns and {len(named)} names; name them in an "
                "attribute or a dataset 'columns'"
            )
        check_names(named, str(path))
        columns = {one: _Column(table, position) for position, one in enumerate(named)}
    else:
        raise DataError(
            f"{path}: {name!r} has shape {table.shape}; a table is (rows, columns) or of compound type"
        )
    for one in BOOKKEEPING:
        if one not in columns and isinstance(beside.get(one), h5py.Dataset):
            columns[one] = _Column(beside[one])
    return columns
