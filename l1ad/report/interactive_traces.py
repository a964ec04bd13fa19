"""Series as Plotly traces, in float32: finer than a pixel, and the CSV that the page offers is exact.

Each trace tells in `meta` which series it is of, and its place in the sequence of colours.
"""

import html
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from l1ad.report.canvas import COLOURS
from l1ad.report.charts import Chart, Look, Series
from l1ad.report.drawing import free_colours

__all__ = ["Pen", "pens", "traces_of"]

Reals = NDArray[np.float64]

_BINNED = (Look.STEPS, Look.AREA)
_DASHES = ("solid", "dash", "dot", "dashdot")
_FAR = 1e-3
"""What a logarithmic axis cannot show is drawn this much below its lower end: beyond the picture."""


@dataclass(frozen=True, slots=True)
class Pen:
    """What a series is drawn with: its place among the colours, and Plotly's name of its dashes."""

    colour: int
    dashes: str


def pens(chart: Chart) -> list[Pen]:
    """Choose the pen of each series, as it is drawn on paper: when all colours are used, the dashes change."""
    return [
        Pen(place % len(COLOURS), _DASHES[(place // len(COLOURS) + one.dashed) % len(_DASHES)])
        for place, one in zip(free_colours(chart.series), chart.series, strict=True)
    ]


def traces_of(one: Series, pen: Pen, *, x_end: float | None, y_end: float | None) -> Iterator[Any]:
    """Draw a series: its band, then its line, points or outline, the last with what the pointer reads.

    Args:
        one: The series.
        pen: What it is drawn with.
        x_end: Lower end of a logarithmic horizontal axis; None of a linear one.
        y_end: Likewise of the vertical axis.
    """
    x, y = _above(one.x, x_end), _above(one.y, y_end)
    if one.low is not None and one.high is not None and one.look is not Look.POINTS:
        yield _band(one, x, _above(one.low, y_end), _above(one.high, y_end))
    if one.look is Look.POINTS:
        marker = {"size": 4, "opacity": 0.5} if one.is_cloud else {}
        yield _hover(
            go.Scatter(x=_narrow(x), y=_narrow(y), mode="markers", marker=marker, error_y=_error_bars(one)), one
        )
    elif one.look is Look.LINE:
        line = {"width": 2, "dash": pen.dashes}
        yield _hover(go.Scatter(x=_narrow(x), y=_narrow(y), mode="lines", line=line), one)
    else:
        yield _outline(one, x, y, y_end, pen.dashes)
        middle = np.sqrt(x[:-1] * x[1:]) if x_end is not None else (x[:-1] + x[1:]) / 2
        yield _hover(go.Scatter(x=_narrow(middle), y=_narrow(y), mode="markers", opacity=0), one)


def _outline(one: Series, x: Reals, y: Reals, y_end: float | None, dashes: str) -> Any:
    """Draw a histogram corner by corner; it begins and ends on the ground, and so does each gap."""
    ground = 0.0 if y_end is None else y_end * _FAR
    corners_x, corners_y = np.repeat(x, 2), np.concatenate([[ground], np.repeat(y, 2), [ground]])
    filled = one.look is Look.AREA
    if filled:
        corners_y = np.nan_to_num(corners_y, nan=ground)
    return go.Scatter(
        x=_narrow(corners_x),
        y=_narrow(corners_y),
        mode="lines",
        line={"width": 1 if filled else 1.8, "dash": dashes},
        fill="toself" if filled else "none",
        opacity=0.35 if filled else 1,
        hoverinfo="skip",
    )


def _band(one: Series, x: Reals, low: Reals, high: Reals) -> Any:
    """Draw what lies between two lines, one patch for each stretch without a gap."""
    if one.look in _BINNED:
        x, low, high = np.repeat(x, 2)[1:-1], np.repeat(low, 2), np.repeat(high, 2)
    around_x, around_y = [], []
    for part in _stretches(np.isfinite(low) & np.isfinite(high)):
        around_x += [*x[part], *x[part][::-1], math.nan]
        around_y += [*low[part], *high[part][::-1], math.nan]
    return go.Scatter(
        x=_narrow(np.array(around_x[:-1])),
        y=_narrow(np.array(around_y[:-1])),
        mode="lines",
        line={"width": 0},
        fill="toself",
        opacity=0.22,
        hoverinfo="skip",
    )


def _stretches(known: NDArray[np.bool_]) -> Iterator[slice]:
    ends = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
    yield from (slice(int(begin), int(end)) for begin, end in zip(ends[::2], ends[1::2], strict=True))


def _error_bars(one: Series) -> dict[str, Any] | None:
    if one.low is None or one.high is None:
        return None
    up, down = _narrow(one.high - one.y), _narrow(one.y - one.low)
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1.5, "width": 3}


def _hover(trace: Any, one: Series) -> Any:
    """Let a trace tell its numbers: x or the edges of the bin, y and its interval."""
    columns = [one.x[:-1], one.x[1:]] if one.look in _BINNED else []
    where = " to ".join(_told(place) for place in range(len(columns))) or "%{x:.4~g}"
    found = "%{y:.4~g}"
    if one.low is not None and one.high is not None:
        found += f" ({_told(len(columns))} to {_told(len(columns) + 1)})"
        columns += [one.low, one.high]
    return trace.update(
        name=html.escape(one.name),
        customdata=_narrow(np.column_stack(columns)) if columns else None,
        hovertemplate=f"%{{fullData.name}}<br>{where}: <b>{found}</b><extra></extra>",
    )


def _told(place: int) -> str:
    return f"%{{customdata[{place}]:.4~g}}"


def _above(values: Reals, end: float | None) -> Reals:
    """Put what a logarithmic axis cannot show beyond its lower end."""
    return values if end is None else np.where(values <= 0, end * _FAR, values)


def _narrow(values: Reals) -> NDArray[np.float32]:
    return values.astype(np.float32)
