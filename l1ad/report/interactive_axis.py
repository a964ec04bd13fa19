"""An axis as Plotly has it, with both ends told where one is told or where it counts in decades."""

import html
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Marker, Scale

__all__ = ["can_show", "lower_end", "plotly_axis", "span_of_x", "span_of_y"]

Reals = NDArray[np.float64]
Span = tuple[float, float]

_FEW_DECADES = 1.6
_ROOM = 0.04
"""What is left free at an end that nobody told, as a share of the axis."""


def plotly_axis(axis: Axis, span: Span | None) -> dict[str, Any]:
    """Lay an axis out; long labels are broken."""
    lines = (html.escape(line) for line in textwrap.wrap(axis.label, 48))
    laid_out: dict[str, Any] = {
        "title": {"text": "<br>".join(lines), "standoff": 10, "font": {"size": 14}},
        "type": axis.scale.value,
        "automargin": True,
        "exponentformat": "power",
        "ticks": "outside",
        "tickfont": {"size": 12},
        "showline": True,
        "mirror": True,
        "zeroline": False,
    }
    if span is None:
        return laid_out
    return {**laid_out, "range": list(span), **(_decades(span) if axis.scale is Scale.LOG else {})}


def _decades(span: Span) -> dict[str, Any]:
    """Number the decades alone where there are several, with ticks between them."""
    count = span[1] - span[0]
    if count < _FEW_DECADES:
        return {}
    return {"dtick": math.ceil(count / 8), "minor": {"ticks": "outside", "ticklen": 3}}


def span_of_x(chart: Chart) -> Span | None:
    """Find both ends of the horizontal axis, in decades if it is logarithmic; None where Plotly may choose."""
    marked = _marked(chart.markers, upright=True)
    x = np.concatenate([marked, *(one.x for one in chart.series)])
    return _span(chart.x, x, x)


def span_of_y(chart: Chart) -> Span | None:
    """Find both ends of the vertical axis, likewise.

    It reaches to the upper ends of intervals. The lower ones may be next to 0, and no logarithmic axis is
    stretched to them.
    """
    y = np.concatenate([_marked(chart.markers, upright=False), *(one.y for one in chart.series)])
    low = [one.low for one in chart.series if one.low is not None and chart.y.scale is Scale.LINEAR]
    high = [one.high for one in chart.series if one.high is not None]
    return _span(chart.y, np.concatenate([y, *low]), np.concatenate([y, *high]))


def lower_end(axis: Axis, span: Span | None) -> float | None:
    """Tell where a logarithmic axis begins; None of a linear one."""
    return None if span is None or axis.scale is Scale.LINEAR else 10.0 ** span[0]


def can_show(axis: Axis, at: float) -> bool:
    """Tell whether a value has a place on an axis."""
    return math.isfinite(at) and (axis.scale is Scale.LINEAR or at > 0)


def _marked(markers: Sequence[Marker], *, upright: bool) -> list[float]:
    return [one.at for one in markers if one.upright is upright]


def _span(axis: Axis, below: Reals, above: Reals) -> Span | None:
    if axis.scale is Scale.LINEAR and axis.low is None and axis.high is None:
        return None
    told = [None if end is None else float(_places(axis, np.array([end]))[0]) for end in (axis.low, axis.high)]
    least, most = min(_places(axis, below), default=0.0), max(_places(axis, above), default=1.0)
    low, high = (
        end if end is not None else float(found) for end, found in zip(told, (least, most), strict=True)
    )
    room = _ROOM * (high - low) or _ROOM
    return low if told[0] is not None else low - room, high if told[1] is not None else high + room


def _places(axis: Axis, values: Reals) -> Reals:
    """Find where values lie along an axis; those that have no place are left out."""
    shown = values[np.isfinite(values)]
    return shown if axis.scale is Scale.LINEAR else np.log10(shown[shown > 0])
