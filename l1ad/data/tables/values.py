"""Values of a table's columns: numbers, whole numbers or text, of the kind that was asked for or refused."""

import difflib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.events import COLUMNS

__all__ = ["BOOKKEEPING", "PIECE_VALUES", "check_names", "converted", "listed"]

BOOKKEEPING: dict[str, type] = {"event_number": np.int64, **COLUMNS, "label": str}
"""Columns that are no inputs, by name, and what they hold; labels may be numbers or words."""

PIECE_VALUES = 1_000_000
"""Values read at once, 8 MB as numbers and some times that as text, however wide the table."""

_EXACT = 1 << 53
"""Beyond, a float no longer tells neighbouring whole numbers apart."""

_LISTED = 10


def listed(names: Iterable[str], *, near: Iterable[str] = ()) -> str:
    """List names for a message, ten of them and the number of those left.

    Args:
        names: What is listed.
        near: Names among which one of them may have been meant.
    """
    names, plain = list(names), {one.lower(): one for one in near}
    shown = []
    for name in names[:_LISTED]:
        meant = difflib.get_close_matches(name.lower(), plain, n=1)
        shown.append(f"{name!r} (did you mean {plain[meant[0]]!r}?)" if meant else repr(name))
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(shown) + more


def check_names(names: tuple[str, ...], where: str) -> None:
    """Refuse a table whose columns are not told apart by their names.

    Raises:
        DataError: If it has no columns, one has no name, or two have the same.
    """
    if not names:
        raise DataError(f"{where}: has no columns")
    empty = [str(position) for position, name in enumerate(names, start=1) if not name]
    if empty:
        raise DataError(f"{where}: column {', '.join(empty)} has no name; the first line names the columns")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{where}: has two columns of one name: {listed(twice)}")


def converted(values: NDArray[Any], kind: type, name: str, where: Callable[[int], str]) -> NDArray[Any]:
    """Turn the values of a column into floats, whole numbers or text, without loss.

    Args:
        values: Numbers, truth values or text, shape (n_rows,).
        kind: `np.float64`, `np.int64` or `str`.
        name: Name of the column, for messages.
        where: Says where a row of `values` stands.

    Raises:
        DataError: If there is another kind of value; the first is named by row and column.
    """
    numeric = values.dtype.kind in "biuf"
    if values.ndim != 1:
        raise DataError(f"{where(0)}: column {name!r} has {values[0].size} values a row, not one")
    if values.dtype.kind == "f":
        odd = ~np.isfinite(values)
        if odd.any():
            raise _refusal(values, odd, "finite number", name, where)
    if kind is str:
        if numeric:
            return converted(values, np.int64, name, where).astype(str).astype(object)
        return np.array([_decoded(value) for value in values], dtype=object)
    if not numeric:
        raise DataError(f"{where(0)}: column {name!r} holds {values[0]!r}, not numbers")
    if kind is np.float64:
        return np.asarray(values, dtype=np.float64)
    if values.dtype.kind == "f":
        odd = (values % 1 != 0) | (np.abs(values) >= _EXACT)
    else:
        odd = values > np.iinfo(np.int64).max if values.dtype.kind == "u" else np.zeros(len(values), np.bool_)
    if odd.any():
        raise _refusal(values, odd, "whole number of up to 53 bits", name, where)
    return values.astype(np.int64)


def _refusal(
    values: NDArray[Any], odd: NDArray[np.bool_], wanted: str, name: str, where: Callable[[int], str]
) -> DataError:
    row = int(np.argmax(odd))
    return DataError(f"{where(row)}: column {name!r} is {values[row]}, not a {wanted}")


def _decoded(value: Any) -> str:
    return (value.decode(errors="replace") if isinstance(value, bytes) else str(value)).strip()
