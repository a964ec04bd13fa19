"""What is wrong with a table: columns that are missing or not known, and values in other units."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputField, InputLayout
from l1ad.data.physical import hardware_integers
from l1ad.data.tables.values import BOOKKEEPING, listed

__all__ = ["check_columns", "check_momenta", "check_units"]

_ENOUGH = 100
"""Rows of which more than half must lie within the layout."""


def check_columns(names: Sequence[str], layout: InputLayout, *, where: str) -> None:
    """Refuse a table that lacks inputs of the layout, or has columns that nothing is known of.

    Raises:
        DataError: Naming all of them, and for each what it may have been meant to be.
    """
    needed = [field.name for field in layout.fields if field.raw_min < field.raw_max]
    missing = [name for name in needed if name not in names]
    extra = [name for name in names if name not in layout.names and name not in BOOKKEEPING]
    if not missing and not extra:
        return
    parts = [f"lacks {listed(missing, near=extra)}"] * bool(missing)
    parts += [f"has {listed(extra, near=[] if missing else layout.names)}"] * bool(extra)
    raise DataError(
        f"{where}: the columns are not those of layout {layout.name!r}: it {' and '.join(parts)}; rename or "
        "leave out columns, or write a layout for them"
    )


def check_momenta(pt: NDArray[np.float64], object_type: str, place: Callable[[int], str]) -> None:
    """Refuse negative transverse momenta, shape (n_rows, n_slots).

    Raises:
        DataError: At the first of them.
    """
    if (pt < 0).any():
        row, slot = np.argwhere(pt < 0)[0]
        raise DataError(
            f"{place(int(row))}: the pT of {object_type} {slot + 1} is {pt[row, slot]:g}; these look like "
            "standardised inputs, not physical units"
        )


def check_units(layout: InputLayout, columns: Mapping[str, NDArray[Any]], *, where: str) -> None:
    """Refuse a column of which more than half lies beyond the layout; from 100 rows on.

    Single values beyond the ends saturate, as in the trigger; most of them do so only in another unit.

    Raises:
        DataError: At the first such column, with the likely cause.
    """
    for field in layout.fields:
        values = columns.get(field.name)
        if values is None or len(values) < _ENOUGH:
            continue
        saturated = int(hardware_integers(field, values)[1].sum())
        if 2 * saturated > len(values):
            raise DataError(
                f"{where}: {saturated} of the first {len(values)} values of column {field.name!r} lie beyond "
                f"the layout, {_ends(field)}: {_cause(field, values)}"
            )


def _ends(field: InputField) -> str:
    unit = "" if field.unit == "1" else f" {field.unit}"
    return f"{field.raw_min * field.lsb:g} to {field.raw_max * field.lsb:g}{unit}"


def _cause(field: InputField, values: NDArray[np.float64]) -> str:
    low, high = float(values.min()), float(values.max())
    middle = float(np.median(values))
    if middle < field.raw_min * field.lsb:
        return f"values down to {low:g}; do these stand for what is missing? write 0, or lower the layout's end"
    seen = f"values up to {high:g}"
    whole = not (values % 1).any()
    if field.lsb != 1 and whole and field.raw_min <= low and high <= field.raw_max:
        return f"{seen}; are these hardware integers? multiply them by the step, {field.lsb:g}"
    if field.unit == "GeV" and middle / 1000 <= field.raw_max * field.lsb:
        return f"{seen}; are these MeV? divide by 1000, or give the layout a higher end"
    return f"{seen}; is this another unit? convert it, or give the layout a higher end"
