"""Charts and heatmaps as Plotly figures: places and words; colours come from the theme of the page."""

import html
import math
from typing import Any

import plotly.graph_objects as go

from l1ad.report.charts import Chart, Heatmap, Marker, Scale
from l1ad.report.interactive_axis import can_show, lower_end, plotly_axis, span_of_x, span_of_y
from l1ad.report.interactive_heatmap import heatmap_figure
from l1ad.report.interactive_traces import pens, traces_of

__all__ = ["plotly_figure"]


def plotly_figure(block: Chart | Heatmap) -> dict[str, Any]:
    """Lay a block out for Plotly, as JSON knows it: traces under `data`, the rest under `layout`.

    The width that a heatmap needs, in CSS pixels, is `layout.meta.width`.
    """
    figure = _chart_figure(block) if isinstance(block, Chart) else heatmap_figure(block)
    laid_out: dict[str, Any] = figure.to_plotly_json()
    return laid_out


def _chart_figure(chart: Chart) -> go.Figure:
    x_span, y_span = span_of_x(chart), span_of_y(chart)
    ends = {"x_end": lower_end(chart.x, x_span), "y_end": lower_end(chart.y, y_span)}
    traces = []
    for place, (one, pen) in enumerate(zip(chart.series, pens(chart), strict=True)):
        meta = {"series": place, "colour": pen.colour}
        traces += [trace.update(meta=meta) for trace in traces_of(one, pen, **ends)]
    markers = [one for one in chart.markers if can_show(chart.x if one.upright else chart.y, one.at)]
    layout = go.Layout(
        template="none",
        height=420,
        margin={"l": 64, "r": 16, "t": 30, "b": 52},
        hovermode="closest",
        showlegend=False,
        xaxis=plotly_axis(chart.x, x_span),
        yaxis=plotly_axis(chart.y, y_span),
        shapes=[_line_across(one) for one in markers],
        annotations=[_name_at(one, chart) for one in markers],
    )
    return go.Figure(data=traces, layout=layout)


def _line_across(marker: Marker) -> dict[str, Any]:
    along, over = ("x", "y") if marker.upright else ("y", "x")
    at = {f"{along}0": marker.at, f"{along}1": marker.at, f"{over}0": 0, f"{over}1": 1, f"{over}ref": "paper"}
    return {"type": "line", **at, "layer": "below", "line": {"width": 1.3, "dash": "dot"}}


def _name_at(marker: Marker, chart: Chart) -> dict[str, Any]:
    # Plotly counts places of words in decades on a logarithmic axis, and those of lines in the unit.
    log = (chart.x if marker.upright else chart.y).scale is Scale.LOG
    at = math.log10(marker.at) if log else marker.at
    words = {"text": html.escape(marker.name), "showarrow": False, "font": {"size": 12}}
    if marker.upright:
        place = {"x": at, "y": 1, "yref": "paper", "xanchor": "right", "yanchor": "top", "textangle": -90}
    else:
        place = {"y": at, "x": 1, "xref": "paper", "xanchor": "right", "yanchor": "bottom"}
    return {**words, **place}
