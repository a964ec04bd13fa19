"""Files of named columns, whatever their format."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.tables.csv_file import CsvTable
from l1ad.data.tables.hdf5_file import Hdf5Table
from l1ad.data.tables.parquet_file import ParquetTable

__all__ = ["TableFile", "open_table_file"]


class TableFile(Protocol):
    """A file of named columns, its names and length known.

    Attributes:
        path: The file.
        names: Names of the columns, in the order of the file; no two alike.
        n_rows: Number of rows.
        provenance: What made the file, as far as it says.
        sample: Name of the sample, as far as it says.
    """

    @property
    def path(self) -> Path: ...  # noqa: D102 -- told above, once for all
    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def n_rows(self) -> int: ...  # noqa: D102
    @property
    def provenance(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def sample(self) -> str | None: ...  # noqa: D102

    def place(self, row: int) -> str:
        """Say where a row stands, for messages: file and line, or file and row from 0 on."""
        ...

    def pieces(self, wanted: Mapping[str, type], *, start: int, rows: int) -> Iterator[dict[str, NDArray[Any]]]:
        """Read columns from row `start` on, in constant memory.

        Args:
            wanted: By name of the column what it must hold: `np.float64`, `np.int64` or `str`.
            start: First row.
            rows: Most rows to read at once; wide tables come in fewer.

        Raises:
            DataError: At the first value of another kind, by row and column.
        """
        ...


def open_table_file(location: str, dataset: str | None) -> TableFile:
    """Open a table; the ending of its name says the format.

    Args:
        location: Path of a `.csv` (also `.tsv`), `.parquet` or HDF5 file.
        dataset: Group or dataset of an HDF5 file; None finds the only table there is.

    Raises:
        DataError: If the file is missing, cannot be read, or holds no rows.
        ToolError: If it is Parquet and pyarrow is not installed.
    """
    path = Path(location)
    table: TableFile
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            table = CsvTable(path)
        case ".parquet" | ".pq":
            table = ParquetTable(path)
        case _:
            return _with_rows(Hdf5Table(path, dataset))
    if dataset is not None:
        raise DataError(f"{path}: is one table and has no dataset {dataset!r}; leave the name out")
    return _with_rows(table)


def _with_rows(table: TableFile) -> TableFile:
    if not table.n_rows:
        raise DataError(f"{table.path}: holds no rows")
    return table
