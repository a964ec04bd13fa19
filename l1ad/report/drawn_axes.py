"""Axes of a drawn chart: where they begin and end, their ticks and words, and the lines across."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Marker, Scale

__all__ = ["as_written", "draw_bounds", "draw_labels", "draw_markers", "draw_title"]

_PLAIN_TICKS = (1e-3, 1e5)
_FEW_DECADES, _HARDLY_A_DECADE = 1.5, 0.7
_DEEPEST_END = 0.1
"""Lowest end of an interval that a logarithmic axis reaches down to, of the lowest value."""

_MARKER_SIZE = 10.5
_BEHIND = 0.9
"""Place in depth of lines across: behind the data, their names too."""

_GROUND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.6}
_NEAR = 0.035
"""Distance of two upright lines, of the width, below which their names would overlap."""


def draw_bounds(chart: Chart, axes: Any) -> None:
    """Let the axes reach over all that is drawn, or as far as they say themselves."""
    binned = any(len(one.x) > len(one.y) for one in chart.series)
    x = [one.x for one in chart.series]
    y = [one.y for one in chart.series]
    ends = [end for one in chart.series for end in (one.low, one.high) if end is not None]
    if chart.y.scale is Scale.LOG:
        ends = [end[end >= _DEEPEST_END * _lowest_above_zero(y)] for end in ends]
    elif binned:
        ends.append(np.zeros(1))  # a histogram stands on the ground
    at = {
        upright: np.array([one.at for one in chart.markers if one.upright is upright])
        for upright in (True, False)
    }
    axes.set_xlim(_span(chart.x, np.concatenate([*x, at[True]]), margin=0.0 if binned else 0.02))
    axes.set_ylim(_span(chart.y, np.concatenate([*y, *ends, at[False]]), margin=0.05))


def draw_labels(chart: Chart, axes: Any) -> None:
    """Name the axes, and write numbers in full where they are not too long."""
    as_written([axes.set_xlabel(textwrap.fill(chart.x.label, 64))])
    as_written([axes.set_ylabel(textwrap.fill(chart.y.label, 40))])
    for scale, axis in ((chart.x.scale, axes.xaxis), (chart.y.scale, axes.yaxis)):
        if scale is Scale.LOG:
            _log_ticks(axis)
        else:
            axis.get_major_formatter().set_useOffset(False)
            axis.get_major_formatter().set_powerlimits((-3, 6))


def draw_title(axes: Any, title: str) -> None:
    """Write what is shown, small, above the axes."""
    shown = textwrap.fill(title.replace("`", ""), 76)
    as_written([axes.set_title(shown, loc="left", fontsize=13)])


def as_written(texts: Sequence[Any]) -> None:
    """Take no sign in a text for the beginning of a formula."""
    for text in texts:
        text.set_parse_math(False)


def draw_markers(markers: Sequence[Marker], axes: Any) -> None:
    """Draw the lines across with their names; names of lines that are close stand below one another."""
    last, below = -math.inf, 0.0
    for one in sorted(markers, key=lambda marker: marker.at):
        place = _place(one, axes)
        if not 0 <= place <= 1:
            continue
        if not one.upright:
            _across(one, axes)
            continue
        below = below if place - last < _NEAR else 0.0
        _upright(one, axes, ha="left" if place < _NEAR else "right", below=below)
        last, below = place, below + _height(one.name, axes)


def _across(marker: Marker, axes: Any) -> None:
    axes.axhline(marker.at, color="0.35", linestyle="--", linewidth=1, zorder=_BEHIND)
    _named(marker, axes, (0.965, marker.at), ("axes fraction", "data"), (0, 3), va="bottom", ha="right")


def _upright(marker: Marker, axes: Any, *, ha: str, below: float) -> None:
    axes.axvline(marker.at, color="0.35", linestyle="--", linewidth=1, zorder=_BEHIND)
    beside = (3 if ha == "left" else -2, 0)
    _named(marker, axes, (marker.at, 0.96 - below), ("data", "axes fraction"), beside, va="top", ha=ha,
           rotation=90)  # fmt: skip


def _named(
    marker: Marker,
    axes: Any,
    at: tuple[float, float],
    units: tuple[str, str],
    beside: tuple[int, int],
    **how: Any,
) -> None:
    text = axes.annotate(marker.name, at, beside, xycoords=units, textcoords="offset points", bbox=_GROUND,
                         fontsize=_MARKER_SIZE, color="0.2", zorder=_BEHIND + 0.05, **how)  # fmt: skip
    as_written([text])


def _place(marker: Marker, axes: Any) -> float:
    """Tell where on its axis a marker stands: 0 at the beginning, 1 at the end, NaN nowhere."""
    axis, (low, high) = (axes.xaxis, axes.get_xlim()) if marker.upright else (axes.yaxis, axes.get_ylim())
    if axis.get_scale() == Scale.LOG.value and marker.at <= 0:
        return math.nan
    at, first, last = axis.get_transform().transform([marker.at, low, high])
    return float((at - first) / (last - first))


def _height(name: str, axes: Any) -> float:
    """Estimate how much of the height an upright name takes, with a gap."""
    points = 0.62 * _MARKER_SIZE * (len(name) + 1.5)
    return points / (72 * 0.75 * float(axes.figure.get_figheight()))


def _lowest_above_zero(parts: Sequence[NDArray[np.float64]]) -> float:
    """Find the lowest value that a logarithmic axis can show; 0 where there is none."""
    values = np.concatenate([*parts, np.zeros(0)])
    shown = values[np.isfinite(values) & (values > 0)]
    return float(shown.min()) if len(shown) else 0.0


def _span(axis: Axis, values: NDArray[np.float64], *, margin: float) -> tuple[float, float]:
    """Find where an axis begins and ends; a margin is a part of the length."""
    logarithmic = axis.scale is Scale.LOG
    shown = values[np.isfinite(values) & ((values > 0) | (not logarithmic))]
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.1, 1.0)
    if logarithmic:
        low, high = math.log10(low), math.log10(high)
    room = (margin * (high - low)) or (0.5 if high == low else 0.0)
    # Nothing is below zero where no value is.
    bottom = 0.0 if low == 0 and not logarithmic else low - room
    low, high = (10**bottom, 10 ** (high + room)) if logarithmic else (bottom, high + room)
    given_low = None if axis.low is None or (logarithmic and axis.low <= 0) else axis.low
    return (low if given_low is None else given_low), (high if axis.high is None else axis.high)


def _log_ticks(axis: Any) -> None:
    """Number the decades, in between where they are few, and evenly where there is hardly one."""
    from matplotlib.ticker import AutoLocator, NullLocator

    low, high = sorted(axis.get_view_interval())
    decades = math.log10(high / low)
    if low >= _PLAIN_TICKS[0] and high <= _PLAIN_TICKS[1]:
        axis.set_major_formatter("{x:g}")
    if decades < _HARDLY_A_DECADE:
        axis.set_major_locator(AutoLocator())
        axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(
        lambda value, _: _two_or_five(value) if _HARDLY_A_DECADE <= decades < _FEW_DECADES else ""
    )


def _two_or_five(value: float) -> str:
    first = value / 10.0 ** math.floor(math.log10(value) + 1e-9)
    return f"{value:g}" if any(math.isclose(first, one) for one in (2, 5)) else ""
