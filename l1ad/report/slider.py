"""A setting that the reader of a document moves, and the numbers at each of its positions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.report.numbers import plain_number, value_text

__all__ = ["Slider", "SliderRow"]

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliderRow:
    """Numbers that follow a slider, in one unit.

    Attributes:
        name: What they are, e.g. `rate` or a signal.
        unit: Unit, e.g. `kHz` or `%`; empty of plain numbers.
        values: Shape (n_positions, n_columns); NaN is not known.
        low: Lower end of the interval, of the same shape; None without intervals.
        high: Upper end, likewise.
        decimals: Decimals that are shown.
    """

    name: str
    unit: str
    values: Reals
    low: Reals | None = None
    high: Reals | None = None
    decimals: int = 2

    def text(self, place: int, column: int) -> str:
        """Write the number at a position with its unit and its interval."""
        low, high = (None if ends is None else float(ends[place, column]) for ends in (self.low, self.high))
        value = float(self.values[place, column])
        return value_text(value, low, high, decimals=self.decimals, unit=self.unit)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slider:
    """A setting that the reader moves, and the numbers at each.

    Attributes:
        name: Name of its file; unique in the document.
        title: What is set, in a few words.
        caption: How to read it.
        setting: What the setting is, with its unit, e.g. `threshold (hardware units)`.
        positions: Value of each setting, ascending, shape (n_positions,).
        columns: Title of each column of numbers; one empty title where there is one column.
        rows: The numbers.
        marks: Named settings to jump to, each one of the positions; the first is shown first.
        setting_digits: Digits that a setting which is no whole number is shown with.
        chart: Name of a chart in which an upright line follows the setting; empty without one.
    """

    name: str
    title: str
    caption: str
    setting: str
    positions: Reals
    columns: tuple[str, ...]
    rows: tuple[SliderRow, ...]
    marks: Mapping[str, float]
    setting_digits: int = 6
    chart: str = ""

    def __post_init__(self) -> None:
        shape = (len(self.positions), len(self.columns))
        for row in self.rows:
            for values in (row.values, row.low, row.high):
                if values is not None and values.shape != shape:
                    raise ValueError(f"slider {self.name!r}, {row.name!r}: shape {values.shape}, not {shape}")
        for name, at in self.marks.items():
            if at not in self.positions:
                raise ValueError(f"slider {self.name!r}: mark {name!r} at {at} is no position")

    def setting_text(self, place: int) -> str:
        """Write the setting at a position."""
        return plain_number(float(self.positions[place]), self.setting_digits)
