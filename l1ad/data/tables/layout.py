"""A layout for a table that has none: one pass over the values finds a step and a width for each column."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import FEATURE, InputField, InputLayout
from l1ad.core.names import check_identifier
from l1ad.data.reader import BLOCK_EVENTS
from l1ad.data.tables.files import open_table_file
from l1ad.data.tables.values import BOOKKEEPING, listed

__all__ = ["derived_layout"]

_MARGIN = 1.25
"""Values a quarter larger than the largest still fit."""
_FEWEST, _MOST = 2, 48


def derived_layout(location: str, *, bits: int, name: str, dataset: str | None) -> InputLayout:
    """Choose a step and a width for each column of a table, reading it once in constant memory.

    The step is the smallest power of two with which values a quarter larger than the largest fit `bits` bits;
    a column with negative values gets a sign. A column of whole numbers gets the step 1 if that fits, and then
    no more bits than its values need. Units are not known and left as 1. Columns of bookkeeping (`run`,
    `label`, ...) are no inputs.

    Args:
        location: Path of the table, CSV, Parquet or HDF5.
        bits: Width of each input that is no whole number, 2 to 48, the sign included.
        name: Name of the layout.
        dataset: Group or dataset of an HDF5 file; None finds the only table there is.

    Raises:
        DataError: If the table cannot be read, holds text or what is no finite number, or the name of a column
            cannot stand in firmware.
    """
    if not _FEWEST <= bits <= _MOST:
        raise DataError(f"an input of {bits} bits cannot be derived; give {_FEWEST} to {_MOST}")
    table = open_table_file(location, dataset)
    names = [column for column in table.names if column not in BOOKKEEPING]
    if not names:
        raise DataError(f"{location}: has no columns but {listed(table.names)}, which are no inputs")
    odd = [column for column in names if not _is_identifier(column)]
    if odd:
        raise DataError(
            f"{location}: columns {listed(odd)} cannot name inputs of firmware; rename them with letters, "
            "digits and '_', as 'jet_1_pt'"
        )
    ranges = {column: _Range() for column in names}
    for piece in table.pieces(dict.fromkeys(names, np.float64), start=0, rows=BLOCK_EVENTS):
        for column, values in piece.items():
            ranges[column].take(values)
    fields = (ranges[column].field(column, bits) for column in names)
    return InputLayout(name=name, fields=tuple(fields))


@dataclass(slots=True)
class _Range:
    """The ends of a column, and whether all of it is whole; grows while the column is read."""

    low: float = 0.0
    high: float = 0.0
    whole: bool = True

    def take(self, values: NDArray[Any]) -> None:
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        self.whole = self.whole and not (values % 1).any()

    def field(self, name: str, bits: int) -> InputField:
        signed = self.low < 0
        largest = _MARGIN * max(-self.low, self.high)
        step, magnitude_bits = 1.0, bits - int(signed)
        # The positive end of a signed word is one step short of its negative end, and fits both.
        if self.whole and largest <= (1 << magnitude_bits) - 1:
            magnitude_bits = max(1, math.ceil(largest).bit_length())
        elif largest > 0:
            step = 2.0 ** math.ceil(math.log2(largest / ((1 << magnitude_bits) - 1)))
        ends = (-(1 << magnitude_bits) if signed else 0, (1 << magnitude_bits) - 1)
        return InputField(
            object_type=FEATURE, slot=0, quantity=name, lsb=step, unit="1", raw_min=ends[0], raw_max=ends[1]
        )


def _is_identifier(name: str) -> bool:
    try:
        check_identifier(name, "column")
    except ValueError:
        return False
    return True
