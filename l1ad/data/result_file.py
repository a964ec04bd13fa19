"""What another implementation gave, as a CSV file: one line an event, one column an integer."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.trace import Trace

__all__ = ["read_results"]

_INTEGER = re.compile(r"^\s*-?[0-9]{1,18}\s*$", re.ASCII)
_ELEMENT = re.compile(r"^(?P<tensor>.+)\[(?P<element>\d+)\]$")


def read_results(path: Path, widths: Mapping[str, int]) -> Trace:
    """Read raw integers by tensor.

    The first line names the columns: a tensor of one element by its name (`score`, `accept:tight`), an
    element of a wider one as `dense_1[3]`. A wider tensor needs all its elements; others may be missing.

    Args:
        path: The file.
        widths: Elements of each tensor that the algorithm has.

    Raises:
        DataError: If a column is none of these, a tensor lacks an element, or a value is no integer.
    """
    try:
        header, *rows = path.read_text(encoding="utf-8-sig").splitlines() or [""]
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise DataError(f"{path}: not a table of integers ({fault})") from None
    names = [name.strip() for name in header.split(",")]
    if not any(row.strip() for row in rows):
        raise DataError(f"{path}: holds no events")
    table = [_integers(path, line, row) for line, row in enumerate(rows, start=2)]
    odd = next((line for line, row in enumerate(table, start=2) if len(row) != len(names)), None)
    if odd is not None:
        raise DataError(f"{path}: {len(names)} columns are named, line {odd} has {len(table[odd - 2])}")
    values = np.array(table, dtype=np.int64)
    places = [_place(path, name, widths) for name in names]
    if len(set(places)) != len(places):
        raise DataError(f"{path}: a column is named twice")
    return {tensor: _tensor(path, tensor, places, values, widths[tensor]) for tensor in dict(places)}


def _integers(path: Path, line: int, row: str) -> list[int]:
    """Read the integers of a line; 2329.9 is none, and neither is 1e3."""
    cells = row.split(",")
    for cell in cells:
        if not _INTEGER.match(cell):
            raise DataError(f"{path}: line {line}: {cell.strip()!r} is no integer of 64 bits")
    return [int(cell) for cell in cells]


def _place(path: Path, name: str, widths: Mapping[str, int]) -> tuple[str, int]:
    """Find the tensor and the element that a column is."""
    found = _ELEMENT.match(name)
    tensor, element = (found["tensor"], int(found["element"])) if found else (name, 0)
    if tensor not in widths:
        raise DataError(f"{path}: column {name!r} is none of the tensors {', '.join(widths)}")
    if element >= widths[tensor] or (found is None and widths[tensor] != 1):
        raise DataError(
            f"{path}: column {name!r}: {tensor!r} has {widths[tensor]} elements, "
            f"{tensor}[0] to {tensor}[{widths[tensor] - 1}]"
        )
    return tensor, element


def _tensor(
    path: Path, tensor: str, places: list[tuple[str, int]], values: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    columns = {element: column for column, (name, element) in enumerate(places) if name == tensor}
    missing = [element for element in range(width) if element not in columns]
    if missing:
        raise DataError(f"{path}: column '{tensor}[{missing[0]}]' is missing")
    return np.ascontiguousarray(values[:, [columns[element] for element in range(width)]])
