"""Tables in Parquet, read row group by row group."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError, ToolError
from l1ad.data.hdf5 import json_object
from l1ad.data.tables.values import PIECE_VALUES, check_names, converted

__all__ = ["ParquetTable", "pyarrow"]


def pyarrow() -> Any:
    """Import the library, which only those who use Parquet need.

    Raises:
        ToolError: If it is not installed.
    """
    try:
        import pyarrow as library
        import pyarrow.parquet
    except ImportError:
        raise ToolError("Parquet needs pyarrow; install it with: pip install 'l1ad[parquet]'") from None
    return library


class ParquetTable:
    """A Parquet file of plain columns; a missing value (null) is refused where it stands."""

    def __init__(self, path: Path) -> None:
        """Read the names and the number of rows.

        Raises:
            DataError: If the file is missing, no Parquet to its end, or its names are not told apart.
            ToolError: If pyarrow is not installed.
        """
        self.path = path
        with self._opened() as file:
            self.names = tuple(file.schema_arrow.names)
            self.n_rows: int = file.metadata.num_rows
            told = file.schema_arrow.metadata or {}
        check_names(self.names, str(path))
        self.provenance = json_object(told.get(b"provenance"))
        sample = told.get(b"sample")
        self.sample: str | None = None if sample is None else sample.decode(errors="replace")

    def place(self, row: int) -> str:
        """Say where a row stands, counted from 0."""
        return f"{self.path}, row {row}"

    def pieces(self, wanted: Mapping[str, type], *, start: int, rows: int) -> Iterator[dict[str, NDArray[Any]]]:
        """Read columns from row `start` on, at most so many rows at once."""
        rows = max(1, min(rows, PIECE_VALUES // len(self.names)))
        library = pyarrow()
        with self._opened() as file:
            ends = np.cumsum([file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)])
            groups = [i for i, end in enumerate(ends) if end > start]
            skipped = int(ends[groups[0] - 1]) if groups and groups[0] else 0
            first, carried = start, None
            try:
                for batch in file.iter_batches(rows, row_groups=groups, columns=list(wanted)):
                    before = max(0, start - skipped)
                    skipped += len(batch)
                    table = library.Table.from_batches([batch]).slice(before)
                    carried = table if carried is None else library.concat_tables([carried, table])
                    while len(carried) >= rows:
                        yield self._converted(carried.slice(0, rows), wanted, first)
                        first, carried = first + rows, carried.slice(rows)
            except (library.ArrowException, OSError) as fault:
                raise DataError(f"{self.path}: cannot be read ({fault}); is it complete?") from None
            if carried is not None and len(carried):
                yield self._converted(carried, wanted, first)

    def _converted(self, table: Any, wanted: Mapping[str, type], first: int) -> dict[str, NDArray[Any]]:
        def place(row: int) -> str:
            return self.place(first + row)

        columns: dict[str, NDArray[Any]] = {}
        for name, kind in wanted.items():
            column = table.column(name)
            if column.null_count:
                row = int(np.argmax(column.is_null().to_numpy()))
                raise DataError(f"{place(row)}: column {name!r} is missing (null); every value must be there")
            columns[name] = converted(column.to_numpy(), kind, name, place)
        return columns

    def _opened(self) -> Any:
        library = pyarrow()
        if not self.path.is_file():
            raise DataError(f"{self.path}: no such file")
        try:
            return library.parquet.ParquetFile(self.path)
        except (library.ArrowException, OSError) as fault:
            raise DataError(f"{self.path}: not a readable Parquet file ({fault}); is it complete?") from None
