"""Charts and heatmaps as Plotly figures."""

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.report.canvas import COLOURS
from l1ad.report.charts import Axis, Chart, Heatmap, Look, Marker, Scale, Series
from l1ad.report.interactive import plotly_figure
from l1ad.report.interactive_traces import pens
from tests.report.html_page import only


def numbers(array: Any) -> NDArray[np.float64]:
    """Decode what Plotly calls a typed array."""
    decoded = np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]).astype(np.float64)
    return decoded.reshape([int(n) for n in array["shape"].split(",")]) if "shape" in array else decoded


def chart(*series: Series, x: Scale = Scale.LINEAR, y: Scale = Scale.LINEAR, **others: Any) -> Chart:
    axes = {"x": Axis(label="x", scale=x), "y": Axis(label="y", scale=y)}
    return Chart(**{"name": "c", "title": "c", "caption": "", "series": series, **axes, **others})


def series(**others: Any) -> Series:
    given = {"name": "s", "x": np.array([1.0, 2.0, 3.0, 4.0]), "y": np.array([1.0, 5.0, 2.0, 3.0]), **others}
    return Series(**given)


@given(st.lists(st.none() | st.integers(0, len(COLOURS) - 1), max_size=2 * len(COLOURS)))
def test_a_series_keeps_its_colour_and_others_avoid_it_until_all_are_used(wanted: list[int | None]) -> None:
    drawn = pens(chart(*(series(colour=one) for one in wanted)))
    told = {one for one in wanted if one is not None}
    chosen = [pen for pen, one in zip(drawn, wanted, strict=True) if one is None]
    assert [pen.colour for pen, one in zip(drawn, wanted, strict=True) if one is not None] == [
        one for one in wanted if one is not None
    ]
    first_round = chosen[: len(COLOURS) - len(told)]
    assert {pen.colour for pen in first_round}.isdisjoint(told)
    assert {pen.dashes for pen in first_round} <= {"solid"}
    assert "solid" not in {pen.dashes for pen in chosen[len(first_round) :]}
    assert len(set(chosen)) == len(chosen)


def test_series_of_one_name_are_one_entry_of_the_legend() -> None:
    shown = only(chart(series(name="a"), series(name="b"), series(name="a"), series(name="c", in_legend=False)))
    assert [one["data-series"] for one in shown.attributes_of("button") if "data-series" in one] == ["0 2", "1"]


def test_a_histogram_is_drawn_corner_by_corner_from_the_ground() -> None:
    one = series(x=np.array([0.0, 1.0, 4.0]), y=np.array([2.0, 3.0]), look=Look.STEPS)
    outline, _ = plotly_figure(chart(one))["data"]
    assert numbers(outline["x"]).tolist() == [0, 0, 1, 1, 4, 4]
    assert numbers(outline["y"]).tolist() == [0, 2, 2, 3, 3, 0]


def test_the_pointer_reads_the_edges_of_a_bin_its_number_and_its_interval() -> None:
    y = np.array([2.0, 3.0])
    one = series(x=np.array([0.0, 1.0, 4.0]), y=y, low=y - 1, high=y + 1, look=Look.STEPS)
    read = plotly_figure(chart(one))["data"][-1]
    assert numbers(read["customdata"]).tolist() == [[0, 1, 1, 3], [1, 4, 2, 4]]
    assert numbers(read["x"]).tolist() == [0.5, 2.5]
    assert numbers(read["y"]).tolist() == [2, 3]
    assert read["opacity"] == 0


def test_a_band_has_a_patch_for_each_stretch_without_a_gap() -> None:
    y = np.array([1.0, np.nan, 2.0, 3.0])
    band, _ = plotly_figure(chart(series(y=y, low=y - 0.5, high=y + 0.5)))["data"]
    expected_x = [1.0, 1.0, np.nan, 3.0, 4.0, 4.0, 3.0]
    expected_y = [0.5, 1.5, np.nan, 1.5, 2.5, 3.5, 2.5]
    np.testing.assert_array_equal(numbers(band["x"]), expected_x)
    np.testing.assert_array_equal(numbers(band["y"]), expected_y)


def test_points_have_error_bars_as_long_as_their_interval() -> None:
    y = np.array([1.0, 5.0, 2.0, 3.0])
    (points,) = plotly_figure(chart(series(y=y, low=y - 0.5, high=y + 2, look=Look.POINTS)))["data"]
    assert numbers(points["error_y"]["array"]).tolist() == [2, 2, 2, 2]
    assert numbers(points["error_y"]["arrayminus"]).tolist() == [0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("count", "intervals", "small"), [(51, False, True), (50, False, False), (51, True, False)]
)
def test_points_are_small_and_pale_where_they_hide_one_another(
    count: int, intervals: bool, small: bool
) -> None:
    x = np.arange(count, dtype=float)
    ends = {"low": x - 1, "high": x + 1} if intervals else {}
    (points,) = plotly_figure(chart(series(x=x, y=x, look=Look.POINTS, **ends)))["data"]
    assert points.get("marker", {}) == ({"size": 4, "opacity": 0.5} if small else {})


def test_a_logarithmic_axis_shows_every_positive_number_and_the_rest_leaves_the_picture_downwards() -> None:
    y = np.array([0.0, 1e-3, 10.0, np.nan])
    figure = plotly_figure(chart(series(y=y, low=y * 0, high=y * 10), y=Scale.LOG))
    low, high = figure["layout"]["yaxis"]["range"]
    band, line = figure["data"]
    assert low < -3 and high > 2
    assert low > -4
    assert 0 < numbers(line["y"])[0] < 10.0**low
    assert 0 < np.nanmin(numbers(band["y"])) < 10.0**low


def test_an_axis_ends_where_it_is_told_and_shows_all_at_the_other_end() -> None:
    y = np.array([1.0, 5.0, 2.0, 3.0])
    axis = Axis(label="y", low=0.0)
    figure = plotly_figure(replace(chart(series(y=y, low=y - 0.5, high=y + 2)), y=axis))
    low, high = figure["layout"]["yaxis"]["range"]
    assert low == 0
    assert 7 < high < 8
    assert "range" not in figure["layout"]["xaxis"]


def test_lines_across_are_placed_in_the_unit_and_their_names_in_decades() -> None:
    markers = (
        Marker(name="tight", at=100.0),
        Marker(name="never", at=0.0),
        Marker(name="1 <kHz>", at=2.0, upright=False),
    )
    layout = plotly_figure(chart(series(), x=Scale.LOG, markers=markers))["layout"]
    assert [(shape["x0"], shape["y0"]) for shape in layout["shapes"]] == [(100.0, 0), (0, 2.0)]
    assert [(words["text"], words["x"]) for words in layout["annotations"]] == [
        ("tight", 2.0),
        ("1 &lt;kHz&gt;", 1),
    ]
    assert layout["xaxis"]["range"][1] > 2


def test_each_known_cell_of_a_heatmap_is_drawn_once_and_an_unknown_one_never() -> None:
    values = np.array([[0.1, np.nan, 0.9], [0.71, 0.73, 1.0]])
    block = Heatmap(
        name="h", title="", caption="", rows=("a", "b"), columns=("x", "y", "z"), values=values, label="share"
    )
    pale, dark = (numbers(one["z"]) for one in plotly_figure(block)["data"])
    drawn = np.isfinite(pale).astype(int) + np.isfinite(dark)
    np.testing.assert_array_equal(drawn, np.isfinite(values))
    np.testing.assert_allclose(np.where(np.isfinite(pale), pale, dark), values, rtol=1e-6)


def test_numbers_in_a_heatmap_stand_out_from_their_cells() -> None:
    values = np.linspace(0, 1, 201)[None, :]
    columns = tuple(map(str, range(201)))
    block = Heatmap(name="h", title="", caption="", rows=("a",), columns=columns, values=values, label="share")
    figure = plotly_figure(block)
    scale = figure["layout"]["coloraxis"]["colorscale"]
    stops = np.array([[int(colour[n : n + 2], 16) for n in (1, 3, 5)] for _, colour in scale])
    for one, ink in zip(figure["data"], (0.0, 1.0), strict=True):
        at = numbers(one["z"])
        at = at[np.isfinite(at)]
        cells = np.stack(
            [np.interp(at, np.linspace(0, 1, len(stops)), stops[:, channel]) for channel in range(3)], 1
        )
        linear = np.where(cells / 255 <= 0.04045, cells / 255 / 12.92, ((cells / 255 + 0.055) / 1.055) ** 2.4)
        bright = linear @ [0.2126, 0.7152, 0.0722]
        contrast = (np.maximum(bright, ink) + 0.05) / (np.minimum(bright, ink) + 0.05)
        assert contrast.min() >= 4.5
