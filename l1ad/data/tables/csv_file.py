"""Tables in CSV: read line by line with NumPy's own parser, so that no library and no memory is needed."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.tables.values import PIECE_VALUES, check_names, converted

__all__ = ["CsvTable"]


class CsvTable:
    """A CSV file whose first line names the columns; separated by commas, semicolons or tabs.

    A byte-order mark, quotes and blank lines do no harm.
    """

    sample: str | None = None

    def __init__(self, path: Path) -> None:
        """Read the names and count the rows.

        Raises:
            DataError: If the file is missing, empty or no text, or its names are not told apart.
        """
        self.path = path
        self.provenance: dict[str, Any] = {}
        with self._opened() as stream:
            try:
                header = next((line for line in stream if line.strip()), "")
                self.n_rows = sum(1 for line in stream if line.strip())
            except UnicodeDecodeError as fault:
                raise DataError(f"{path}: is no text ({fault}); is it a CSV file?") from None
        if not header:
            raise DataError(f"{path}: is empty; the first line names the columns")
        self._delimiter = max(",;\t", key=header.count)
        names = next(csv.reader([header], delimiter=self._delimiter))
        self.names = tuple(name.strip() for name in names)
        check_names(self.names, str(path))
        if all(_is_number(name) for name in self.names):
            raise DataError(
                f"{path}: the first line holds numbers ({header.strip()[:60]}); it must name the columns"
            )

    def place(self, row: int) -> str:
        """Say where a row stands: its line in the file, as editors count."""
        with self._opened() as stream:
            lines = (number for number, line in enumerate(stream, start=1) if line.strip())
            return f"{self.path}, line {next(islice(lines, row + 1, None), 0)}"

    def pieces(self, wanted: Mapping[str, type], *, start: int, rows: int) -> Iterator[dict[str, NDArray[Any]]]:
        """Read columns from row `start` on, at most so many rows at once."""
        rows = max(1, min(rows, PIECE_VALUES // len(self.names)))
        with self._opened() as stream:
            lines = (line for line in stream if line.strip())
            next(islice(lines, start, start + 1), None)  # the header, and the rows before the first
            first = start
            while piece := list(islice(lines, rows)):
                yield self._parsed(piece, wanted, first)
                first += len(piece)

    def _opened(self) -> TextIO:
        if not self.path.is_file():
            raise DataError(f"{self.path}: no such file")
        return self.path.open(encoding="utf-8-sig", newline="\n")

    def _parsed(self, lines: list[str], wanted: Mapping[str, type], first: int) -> dict[str, NDArray[Any]]:
        reals = [name for name, kind in wanted.items() if kind is np.float64]
        columns: dict[str, NDArray[Any]] = {}
        try:
            # The parser takes no notice of what a line has beyond the columns it was asked for.
            if any(line.count(self._delimiter) != len(self.names) - 1 for line in lines):
                self._refuse_fields(lines, first)
            if reals:
                columns |= zip(reals, self._loaded(lines, reals, np.float64).T, strict=True)
            for name, kind in wanted.items():
                if kind is not np.float64:
                    columns[name] = self._exact(lines, name, kind)
        except ValueError as fault:
            self._refuse_fields(lines, first)
            self._refuse_words(lines, wanted, first)
            raise DataError(f"{self.path}, after row {first}: {fault}") from None

        def place(row: int) -> str:
            return self.place(first + row)

        return {name: converted(columns[name], kind, name, place) for name, kind in wanted.items()}

    def _exact(self, lines: list[str], name: str, kind: type) -> NDArray[Any]:
        """Read text, and from it whole numbers of all 64 bits; numbers that are not whole come as floats."""
        values = self._loaded(lines, [name], str)[:, 0]
        if kind is str:
            return values
        try:
            return values.astype(np.int64)
        except (ValueError, OverflowError):
            return values.astype(np.float64)

    def _loaded(self, lines: list[str], names: Sequence[str], dtype: type) -> NDArray[Any]:
        found: NDArray[Any] = np.loadtxt(
            lines, dtype=dtype, delimiter=self._delimiter, comments=None, quotechar='"', ndmin=2,
            usecols=[self.names.index(name) for name in names],
        )  # fmt: skip
        return found

    def _fields(self, lines: list[str]) -> Iterator[list[str]]:
        return (next(csv.reader([line], delimiter=self._delimiter)) for line in lines)

    def _refuse_fields(self, lines: list[str], first: int) -> None:
        """Refuse a line that has more or fewer values than there are columns."""
        for row, fields in enumerate(self._fields(lines)):
            if len(fields) != len(self.names):
                raise DataError(
                    f"{self.place(first + row)}: has {len(fields)} values, the first line names "
                    f"{len(self.names)} columns; is the file complete?"
                )

    def _refuse_words(self, lines: list[str], wanted: Mapping[str, type], first: int) -> None:
        """Refuse a value that is no number, by line and column."""
        numbers = [(name, self.names.index(name)) for name, kind in wanted.items() if kind is not str]
        for row, fields in enumerate(self._fields(lines)):
            for name, position in numbers:
                if not _is_number(fields[position]):
                    found = repr(fields[position].strip()) if fields[position].strip() else "empty"
                    hint = "; write 1 and 0" if found.lower() in ("'true'", "'false'") else ""
                    raise DataError(
                        f"{self.place(first + row)}: column {name!r} is {found}, not a number{hint}"
                    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
