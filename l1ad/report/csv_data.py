"""The numbers of a block as CSV (RFC 4180), those of charts exact to the last bit."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Chart, Heatmap, Series
from l1ad.report.document import Table
from l1ad.report.slider import Slider
from l1ad.report.table_columns import csv_columns

__all__ = ["CHART_COLUMNS", "HEATMAP_COLUMNS", "SLIDER_COLUMNS", "csv_text"]

CHART_COLUMNS = ("series", "x", "x_high", "y", "low", "high")
"""Columns of a chart: one line a point; of a histogram `x` and `x_high` are the edges of the bin."""

HEATMAP_COLUMNS = ("row", "column", "value")
"""Columns of a heatmap: one line a cell."""

SLIDER_COLUMNS = ("setting", "row", "column", "unit", "value", "low", "high")
"""Columns of a slider: one line a number at each setting."""


def csv_text(block: Table | Chart | Heatmap | Slider) -> str:
    """Write a block as CSV with a header line; what is not known is an empty cell.

    Numbers are written with as many digits as tell them from all others; those of a table with the digits that
    it shows, and one a cell: see `csv_columns`.
    """
    header: tuple[str, ...]
    lines: Iterable[tuple[str, ...]]
    match block:
        case Chart():
            header, lines = CHART_COLUMNS, _of_chart(block)
        case Heatmap():
            header, lines = HEATMAP_COLUMNS, _of_heatmap(block)
        case Slider():
            header, lines = SLIDER_COLUMNS, _of_slider(block)
        case Table():
            header, lines = csv_columns(block)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(lines)
    return stream.getvalue()


def _of_chart(chart: Chart) -> Iterator[tuple[str, ...]]:
    for one in chart.series:
        yield from zip([one.name] * len(one.y), *_columns(one), strict=True)


def _columns(one: Series) -> tuple[list[str], ...]:
    binned = len(one.x) > len(one.y)
    x, x_high = (one.x[:-1], one.x[1:]) if binned else (one.x, None)
    return tuple(_cells(column, len(one.y)) for column in (x, x_high, one.y, one.low, one.high))


def _of_heatmap(heatmap: Heatmap) -> Iterator[tuple[str, ...]]:
    for row, values in zip(heatmap.rows, heatmap.values, strict=True):
        yield from zip([row] * len(values), heatmap.columns, _cells(values, len(heatmap.columns)), strict=True)


def _of_slider(slider: Slider) -> Iterator[tuple[str, ...]]:
    settings, count = _cells(slider.positions, len(slider.positions)), len(slider.columns)
    for place, setting in enumerate(settings):
        for row in slider.rows:
            numbers = (
                _cells(None if values is None else values[place], count)
                for values in (row.values, row.low, row.high)
            )
            for column, value, low, high in zip(slider.columns, *numbers, strict=True):
                yield setting, row.name, column, row.unit, value, low, high


def _cells(values: NDArray[Any] | None, count: int) -> list[str]:
    if values is None:
        return [""] * count
    return [repr(value) if np.isfinite(value) else "" for value in values.tolist()]
