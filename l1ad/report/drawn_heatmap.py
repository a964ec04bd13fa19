"""A heatmap drawn: coloured cells with the number in each."""

from itertools import product
from typing import Any

import numpy as np

from l1ad.report.charts import Heatmap
from l1ad.report.drawn_axes import as_written
from l1ad.report.numbers import value_text

__all__ = ["draw_cells", "heatmap_size"]

_COLOURS = "Blues"
"""From pale to dark in one hue: told apart with any kind of colour vision, and on a grey printer."""

_CELL_HEIGHT, _LETTER = 0.4, 0.088
"""Inches of a cell and of a letter."""

_BAR_WIDTH, _BAR_GAP = 0.3, 0.12
"""Inches of the scale of colours and of the gap before it."""

_STRAIGHT_UP_TO = 12
"""Letters of a column's name that may stand aslant; longer ones stand upright."""


def heatmap_size(heatmap: Heatmap) -> tuple[float, float]:
    """Find the width and the height in inches that give each number and each name its room."""
    left, below = (_LETTER * max(map(len, names), default=1) for names in (heatmap.rows, heatmap.columns))
    width = _cell_width(heatmap) * len(heatmap.columns) + left + 1.7
    height = _CELL_HEIGHT * len(heatmap.rows) + below + 0.9
    return min(max(width, 6.0), 24.0), min(max(height, 3.4), 24.0)


def draw_cells(heatmap: Heatmap, axes: Any) -> None:
    """Draw the cells, their names and the scale of colours; cells without a number are hatched."""
    axes.patch.set(facecolor="0.95", hatch="///", edgecolor="0.75")
    if not heatmap.values.size:
        axes.set(xticks=[], yticks=[])
        return
    image = axes.imshow(np.ma.masked_invalid(heatmap.values), cmap=_COLOURS, vmin=heatmap.low,
                        vmax=heatmap.high, aspect="auto", interpolation="nearest")  # fmt: skip
    for row, column in product(range(len(heatmap.rows)), range(len(heatmap.columns))):
        value = float(heatmap.values[row, column])
        if np.isfinite(value):
            ink = _ink(image.cmap(image.norm(value)))
            axes.text(column, row, _shown(heatmap, value), ha="center", va="center", fontsize=10, color=ink)
    _names(heatmap, axes)
    wide = _cell_width(heatmap) * len(heatmap.columns)
    bar = axes.figure.colorbar(image, ax=axes, pad=_BAR_GAP / wide, fraction=_BAR_WIDTH / wide, aspect=30)
    bar.ax.tick_params(labelsize=10, length=4)
    bar.ax.tick_params(which="minor", length=0)
    bar.set_label(heatmap.label, fontsize=12)
    as_written([bar.ax.yaxis.label])


def _cell_width(heatmap: Heatmap) -> float:
    number = max((len(_shown(heatmap, value)) for value in heatmap.values.flat), default=1)
    return max(0.46, 0.09 * number + 0.12)


def _names(heatmap: Heatmap, axes: Any) -> None:
    longest = max(map(len, heatmap.columns), default=0)
    aslant = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    upright = {"rotation": 90, "ha": "center"}
    axes.set_xticks(range(len(heatmap.columns)), heatmap.columns, fontsize=11,
                    **(aslant if longest <= _STRAIGHT_UP_TO else upright))  # fmt: skip
    axes.set_yticks(range(len(heatmap.rows)), heatmap.rows, fontsize=11)
    axes.minorticks_off()
    axes.tick_params(which="both", length=0)
    as_written([*axes.get_xticklabels(), *axes.get_yticklabels()])


def _shown(heatmap: Heatmap, value: float) -> str:
    return value_text(value, decimals=heatmap.decimals)


def _ink(colour: tuple[float, float, float, float]) -> str:
    """Choose black or white, whichever is read better on a colour (relative luminance of WCAG 2)."""
    parts = np.array(colour[:3])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return "white" if linear @ (0.2126, 0.7152, 0.0722) < 0.18 else "black"
