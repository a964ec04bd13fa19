"""Data-quality tables of others: a column a feature and one for the label, in CSV, Parquet or HDF5."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.quality_rows import QualityRows
from l1ad.data.tables.files import TableFile, open_table_file
from l1ad.data.tables.values import listed

__all__ = ["chosen_names", "read_column_table"]

_ROWS_AT_ONCE = 10_000
_NO_FEATURES = {"run": np.int64, "lumi_section": np.int64, "failure_mode": str}
"""Columns that are no features where they are there, and what they hold."""


def chosen_names(names: Sequence[str], wanted: Sequence[str] | None, where: str) -> tuple[str, ...]:
    """Find features by their names or by what their names begin with, in the order of the table.

    Args:
        names: Features that there are.
        wanted: Names or beginnings of names; None for all.
        where: The table, for messages.

    Raises:
        DataError: If something wanted is no feature, nor the beginning of one.
    """
    if wanted is None:
        return tuple(names)
    known = set(names)
    missing = [one for one in wanted if one not in known and not any(name.startswith(one) for name in names)]
    if missing:
        raise DataError(f"{where}: no feature is called, or begins with, {listed(missing, near=names)}")
    whole = set(wanted) & known
    beginnings = tuple(one for one in wanted if one not in whole)
    return tuple(name for name in names if name in whole or (beginnings and name.startswith(beginnings)))


def read_column_table(
    path: Path, wanted: Sequence[str] | None, label: str
) -> tuple[tuple[str, ...], QualityRows]:
    """Read chosen features and the label of a table with a column for each.

    Sections without a column `lumi_section` are numbered as they come, from 1, in run 0. A bad section
    without a column `failure_mode` has the mode `bad`.

    Raises:
        DataError: If there is no such label or feature, or a value is missing or of another kind.
    """
    table = open_table_file(str(path), None)
    if label not in table.names:
        raise DataError(
            f"{path}: no column {label!r} says which sections are good; it has {listed(table.names)}"
        )
    features = [name for name in table.names if name != label and name not in _NO_FEATURES]
    chosen = chosen_names(features, wanted, str(path))
    kinds: dict[str, type] = {**dict.fromkeys(chosen, np.float64), label: np.int64}
    kinds |= {name: kind for name, kind in _NO_FEATURES.items() if name in table.names}
    pieces, start = [], 0
    for piece in table.pieces(kinds, start=0, rows=_ROWS_AT_ONCE):
        n = len(piece[label])
        good = _good(piece[label], label, table, start)
        modes = piece.get("failure_mode", np.where(good, "none", "bad"))
        pieces.append(
            QualityRows(
                features=np.column_stack([piece[name] for name in chosen]).astype(np.float32),
                good=good,
                failure_mode=modes.astype(np.str_),
                run=piece.get("run", np.zeros(n, np.int64)),
                lumi_section=piece.get("lumi_section", start + 1 + np.arange(n)),
            )
        )
        start += n
    return chosen, QualityRows.joined(pieces)


def _good(labels: NDArray[np.int64], label: str, table: TableFile, start: int) -> NDArray[np.bool_]:
    odd = (labels != 0) & (labels != 1)
    if odd.any():
        row = int(np.argmax(odd))
        raise DataError(
            f"{table.place(start + row)}: column {label!r} is {labels[row]}; 1 is a good section, 0 a bad one"
        )
    return np.asarray(labels == 1, dtype=np.bool_)
