"""Charts and heatmaps drawn for paper and for pages that do not move."""

from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.report.canvas import COLOURS, canvas
from l1ad.report.charts import Chart, Heatmap, Look, Series
from l1ad.report.drawn_axes import as_written, draw_bounds, draw_labels, draw_markers, draw_title
from l1ad.report.drawn_heatmap import draw_cells, heatmap_size

__all__ = ["draw", "free_colours"]

_DASHES = ("-", "--", ":", "-.")
_DOTS = ("o", "s", "^", "D")
_WIDTH, _AXES_HEIGHT, _LEGEND_ROW, _LETTER = 8.0, 5.2, 0.22, 0.085
"""Sizes in inches: of the figure, of its axes with their labels, of a line of the legend and of a letter."""


def draw(block: Chart | Heatmap, paths: Sequence[Path]) -> None:
    """Draw a chart or a heatmap into files of several kinds: all of them, or none.

    Equal blocks give equal bytes. The legend stands below the axes, where it hides nothing.

    Args:
        block: What is drawn.
        paths: Files to write, `.png` or `.pdf`; their folder exists.
    """
    if isinstance(block, Heatmap):
        with canvas(paths, size=heatmap_size(block)) as (axes,):
            draw_cells(block, axes)
            draw_title(axes, block.title)
        return
    columns, lines = _legend_shape([one.name for one in block.series if one.in_legend])
    with canvas(paths, size=(_WIDTH, _AXES_HEIGHT + _LEGEND_ROW * lines)) as (axes,):
        _chart(block, axes, columns)


def free_colours(series: Sequence[Series]) -> tuple[int, ...]:
    """Give each series its place in the sequence of colours: its own, or the next that no other has."""
    taken = {one.colour for one in series}
    free = (place for place in range(2 * len(series)) if place not in taken)
    return tuple(next(free) if one.colour is None else one.colour for one in series)


def _chart(chart: Chart, axes: Any, columns: int) -> None:
    axes.set(xscale=chart.x.scale.value, yscale=chart.y.scale.value)
    draw_bounds(chart, axes)
    legend: dict[str, Any] = {}
    for one, place in zip(chart.series, free_colours(chart.series), strict=True):
        handle = _DRAWN[one.look](axes, one, place)
        if one.in_legend:
            legend.setdefault(one.name, handle)
    draw_markers(chart.markers, axes)
    draw_labels(chart, axes)
    draw_title(axes, chart.title)
    if not any(np.isfinite(one.y).any() for one in chart.series):
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", color="0.4")
    if legend:
        box = axes.figure.legend(legend.values(), legend.keys(), loc="outside lower center", ncols=columns,
                                 fontsize=11, columnspacing=1.4, labelspacing=0.3, borderaxespad=0)  # fmt: skip
        as_written(box.get_texts())


def _legend_shape(names: Sequence[str]) -> tuple[int, int]:
    """Tell how many columns and lines a legend of these names has."""
    if not names:
        return 1, 0
    # A name has the line before it and a gap behind it.
    widest = _LETTER * max(map(len, names)) + 0.7
    columns = max(1, min(len(names), int(_WIDTH / widest)))
    return columns, ceil(len(names) / columns)


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _dashes(one: Series, place: int) -> str:
    return _DASHES[(place // len(COLOURS) + one.dashed) % len(_DASHES)]


def _finite(values: Any) -> Any:
    return None if values is None else np.where(np.isfinite(values), values, np.nan)


def _line(axes: Any, one: Series, place: int) -> Any:
    low, high = _finite(one.low), _finite(one.high)
    band = (
        []
        if low is None or high is None
        else [axes.fill_between(one.x, low, high, color=_colour(place), alpha=0.22, linewidth=0)]
    )
    (line,) = axes.plot(
        one.x, _finite(one.y), color=_colour(place), linestyle=_dashes(one, place), linewidth=1.8
    )
    return (*band, line)


def _steps(axes: Any, one: Series, place: int) -> Any:
    low, high, colour = _finite(one.low), _finite(one.high), _colour(place)
    parts = []
    if low is not None and high is not None:
        parts.append(axes.stairs(high, one.x, baseline=low, fill=True, color=colour, alpha=0.25, linewidth=0))
    if one.look is Look.AREA:
        parts.append(axes.stairs(_finite(one.y), one.x, fill=True, color=colour, alpha=0.18, linewidth=0))
    parts.append(
        axes.stairs(_finite(one.y), one.x, baseline=None, color=colour, linestyle=_dashes(one, place),
                    linewidth=1.0 if one.look is Look.AREA else 1.8)
    )  # fmt: skip
    return tuple(parts)


def _points(axes: Any, one: Series, place: int) -> Any:
    y, low, high = _finite(one.y), _finite(one.low), _finite(one.high)
    if one.is_cloud:
        (points,) = axes.plot(one.x, y, ".", color=_colour(place), alpha=0.5, markersize=4, markeredgewidth=0)
        return points
    errors = None if low is None or high is None else np.maximum(np.array([y - low, high - y]), 0)
    return axes.errorbar(one.x, y, errors, fmt=_DOTS[place // len(COLOURS) % len(_DOTS)], color=_colour(place),
                         fillstyle="none" if one.dashed else "full", markersize=5, capsize=2.5,
                         elinewidth=1.2)  # fmt: skip


_DRAWN: dict[Look, Callable[[Any, Series, int], Any]] = {
    Look.LINE: _line,
    Look.STEPS: _steps,
    Look.AREA: _steps,
    Look.POINTS: _points,
}
