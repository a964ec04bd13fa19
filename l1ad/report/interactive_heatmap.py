"""A heatmap as a Plotly figure."""

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from l1ad.report.charts import Heatmap
from l1ad.report.numbers import UNKNOWN, value_text

__all__ = ["heatmap_figure"]

Reals = NDArray[np.float64]

_BLUES = ["#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"]
_WHITE_FROM = 0.72
"""Share of the scale from which white stands out better than black, by their contrast as WCAG counts it."""
_CELL = 42
_LETTER = 7.2
_SLANTED_OVER = 6
"""Letters that fit over a cell; longer names are slanted by 45 degrees."""


def heatmap_figure(heatmap: Heatmap) -> go.Figure:
    """Draw cells with their numbers; the first row is on top, and NaN is an empty cell.

    The width that it needs, in CSS pixels, is `layout.meta.width`.
    """
    longest = max(map(len, heatmap.columns), default=0)
    slanted = longest > _SLANTED_OVER
    last = _LETTER * len(heatmap.columns[-1]) * 0.7 if slanted else 0.0
    rise = _LETTER * longest * 0.75 if slanted else 0.0
    layout = go.Layout(
        template="none",
        height=round(30 * len(heatmap.rows) + 110 + rise),
        margin={"l": 8, "r": round(max(8.0, last - _CELL / 2)), "t": 12, "b": 64},
        showlegend=False,
        coloraxis=_scale(heatmap),
        xaxis={**_names(heatmap.columns), "side": "top", "tickangle": -45 if slanted else 0},
        yaxis={**_names(heatmap.rows), "range": [len(heatmap.rows) - 0.5, -0.5]},
        meta={"width": round(_CELL * len(heatmap.columns) + 7 * max(map(len, heatmap.rows)) + 40 + last)},
    )
    return go.Figure(data=_cells(heatmap), layout=layout)


def _cells(heatmap: Heatmap) -> list[Any]:
    """Draw pale cells with black numbers and dark ones with white: Plotly's own choice is hard to read."""
    share = (heatmap.values - heatmap.low) / (heatmap.high - heatmap.low)
    white = share >= _WHITE_FROM
    return [_some_cells(heatmap, ~white, "#000000"), _some_cells(heatmap, white, "#ffffff")]


def _some_cells(heatmap: Heatmap, chosen: NDArray[np.bool_], ink: str) -> Any:
    values = np.where(chosen, heatmap.values, np.nan)
    rows, columns = _safe(heatmap.rows), _safe(heatmap.columns)
    texts = [[value_text(value, decimals=heatmap.decimals) for value in row] for row in values.tolist()]
    return go.Heatmap(
        z=values.astype(np.float32),
        coloraxis="coloraxis",
        text=[["" if cell == UNKNOWN else cell for cell in row] for row in texts],
        texttemplate="%{text}",
        textfont={"color": ink},
        xgap=1,
        ygap=1,
        hoverongaps=False,
        customdata=[[f"{row} × {column}" for column in columns] for row in rows],
        hovertemplate="%{customdata}<br><b>%{z:.4~g}</b><extra></extra>",
    )


def _scale(heatmap: Heatmap) -> dict[str, Any]:
    bar = {
        "title": {"text": html.escape(heatmap.label), "side": "top"},
        "orientation": "h",
        "thickness": 10,
        "len": 0.7,
        "y": 0,
        "yanchor": "top",
        "ypad": 8,
        "outlinewidth": 0,
    }
    return {"colorscale": _BLUES, "cmin": heatmap.low, "cmax": heatmap.high, "colorbar": bar}


def _names(names: Sequence[str]) -> dict[str, Any]:
    return {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": _safe(names),
        "tickfont": {"size": 12},
        "range": [-0.5, len(names) - 0.5],
        "automargin": True,
        "showgrid": False,
        "showline": False,
        "zeroline": False,
        "ticks": "",
        "ticklabeloverflow": "allow",
    }


def _safe(names: Sequence[str]) -> list[str]:
    return [html.escape(name) for name in names]
