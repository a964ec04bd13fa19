"""Where tables are written to: one class a format, all of them given equal columns block by block."""

import csv
import json
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.data.tables.parquet_file import pyarrow

__all__ = ["CsvSink", "Hdf5Sink", "ParquetSink", "TableSink"]

_CHUNK_ROWS = 16_384

Columns = dict[str, NDArray[Any]]


class TableSink(Protocol):
    """A table that is being written."""

    def write(self, columns: Columns, sample: str) -> None:
        """Write the next rows: numbers, or text as objects; the first call lays down the columns."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class CsvSink:
    """A CSV file; each number in the fewest digits that give it back."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream, lineterminator="\n")
        self._begun = False

    def write(self, columns: Columns, sample: str) -> None:  # noqa: ARG002 -- CSV has no place for it
        """Write the next rows."""
        if not self._begun:
            self._writer.writerow(columns)
            self._begun = True
        self._writer.writerows(zip(*(_short(values) for values in columns.values()), strict=True))

    def close(self) -> None:
        """Finish the file."""
        self._stream.close()


class ParquetSink:
    """A Parquet file, a row group a block."""

    def __init__(self, path: Path, provenance: dict[str, Any]) -> None:
        self._path, self._provenance = path, json.dumps(provenance)
        self._library = pyarrow()
        self._schema: Any = None
        self._writer: Any = None

    def write(self, columns: Columns, sample: str) -> None:
        """Write the next rows."""
        table = self._library.table({name: self._library.array(values) for name, values in columns.items()})
        if self._writer is None:
            told = {"provenance": self._provenance, "sample": sample}
            self._schema = table.schema.with_metadata(told)
            self._writer = self._library.parquet.ParquetWriter(self._path, self._schema)
        self._writer.write_table(table.cast(self._schema))

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


class Hdf5Sink:
    """An HDF5 file with one dataset for each column."""

    def __init__(self, path: Path, provenance: dict[str, Any]) -> None:
        self._file = h5py.File(path, "w", track_order=True)
        self._file.attrs["provenance"] = json.dumps(provenance, indent=1)

    def write(self, columns: Columns, sample: str) -> None:
        """Write the next rows."""
        self._file.attrs["sample"] = sample
        for name, values in columns.items():
            if name not in self._file:
                dtype = h5py.string_dtype() if values.dtype == object else values.dtype
                self._file.create_dataset(
                    name, (0,), dtype, maxshape=(None,), chunks=(_CHUNK_ROWS,), compression="gzip",
                    shuffle=True, track_times=False,
                )  # fmt: skip
            start = len(self._file[name])
            self._file[name].resize(start + len(values), axis=0)
            self._file[name][start:] = values

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def _short(values: NDArray[Any]) -> list[Any]:
    """Turn numbers into Python's, whole ones without a point."""
    if values.dtype.kind == "f" and not (values % 1).any() and np.abs(values).max(initial=0) < 1e15:
        return list(values.astype(np.int64).tolist())
    return list(values.tolist())
