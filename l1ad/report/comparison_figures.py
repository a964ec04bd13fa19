"""The figure of a comparison: what each algorithm finds of each signal at the tightest budget."""

from collections.abc import Sequence
from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.metrics.efficiency import Efficiency
from l1ad.report.canvas import COLOURS, canvas
from l1ad.report.comparison import Comparison

__all__ = ["EFFICIENCY_FIGURE", "draw_comparison"]

EFFICIENCY_FIGURE = "efficiency"
"""Name of the figure, without its ending."""

_MARKERS = ("o", "s", "^", "D", "v", "P")
_UPPER_LIMIT = "<"
_ROW_INCH, _DOT_INCH = 0.25, 0.14


def draw_comparison(comparison: Comparison, folder: Path) -> None:
    """Draw the efficiencies at the tightest budget into a folder, as PNG for screens and as PDF for papers."""
    folder.mkdir(parents=True, exist_ok=True)
    dots = len(comparison.algorithms)
    height = 2 + len(comparison.signals) * (_ROW_INCH + _DOT_INCH * dots)
    for ending in ("png", "pdf"):
        with canvas(folder / f"{EFFICIENCY_FIGURE}.{ending}", size=(12, max(height, 4))) as (axes,):
            _dots(comparison, axes)


def _dots(comparison: Comparison, axes: Any) -> None:
    signals, point = comparison.signals, comparison.tightest
    step = _DOT_INCH / (_ROW_INCH + _DOT_INCH * len(comparison.algorithms))
    middle = (len(comparison.algorithms) - 1) / 2
    looks = cycle((marker, colour) for marker, colour in product(_MARKERS, COLOURS))
    for place, (one, (marker, colour)) in enumerate(zip(comparison.algorithms, looks, strict=False)):
        heights = np.arange(len(signals)) + (place - middle) * step
        found = [one.measured[name].at[point].efficiency for name in signals]
        _row(axes, heights, found, marker, colour, one.name)
    for edge in range(1, len(signals)):
        axes.axhline(edge - 0.5, color="0.85", linewidth=1, zorder=0)
    axes.set_yticks(range(len(signals)), signals, fontsize=13)
    axes.set_yticks([], minor=True)
    # The first signal on top, as in the tables.
    axes.set(xscale="log", xlabel=f"Signal efficiency at {point}", ylim=(len(signals) - 0.5, -0.5))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=11)


def _row(axes: Any, heights: Any, found: Sequence[Efficiency], marker: str, colour: str, name: str) -> None:
    """Draw the dots of one algorithm; where nothing passed, the upper end of the interval alone."""
    value, low, high = (np.array([getattr(one, end) for one in found]) for end in ("value", "low", "high"))
    seen = value > 0
    axes.errorbar(value[seen], heights[seen], xerr=[(value - low)[seen], (high - value)[seen]], fmt=marker,
                  color=colour, markersize=5, capsize=2, elinewidth=1, label=name)  # fmt: skip
    limit = ~seen & (high > 0)
    axes.plot(high[limit], heights[limit], marker=_UPPER_LIMIT, linestyle="none", color=colour, markersize=6,
              fillstyle="none")  # fmt: skip
