"""What another implementation gave, as a CSV file: one line an event, one column an integer."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.trace import Trace

__all__ = ["read_results"]

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
        with path.open(encoding="utf-8") as stream:
            names = [name.strip() for name in stream.readline().split(",")]
            values = np.loadtxt(stream, dtype=np.int64, delimiter=",", ndmin=2)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (ValueError, UnicodeDecodeError) as fault:
        raise DataError(f"{path}: not a table of integers ({' '.join(str(fault).split())})") from None
    if not len(values):
        raise DataError(f"{path}: holds no events")
    if values.shape[1] != len(names):
        raise DataError(f"{path}: {len(names)} columns are named, {values.shape[1]} are there")
    places = [_place(path, name, widths) for name in names]
    if len(set(places)) != len(places):
        raise DataError(f"{path}: a column is named twice")
    return {tensor: _tensor(path, tensor, places, values, widths[tensor]) for tensor in dict(places)}


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
