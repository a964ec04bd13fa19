import base64
import hashlib
import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.report.canvas import COLOURS
from l1ad.report.charts import Axis, Chart, Heatmap, Look, Marker, Scale, Series
from l1ad.report.document import Document, Paragraph, Section, Table
from l1ad.report.html import html_document
from l1ad.report.interactive import plotly_figure
from l1ad.report.interactive_traces import pens
from l1ad.report.numbers import value_text
from l1ad.report.slider import Slider


class Page(HTMLParser):
    """Tags with their attributes, texts by tag, and whatever is inside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = [("", {})]
        self.text: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.tags[-1]
        if tag == "script" and data.strip():
            self.scripts.append((attributes, data))
        else:
            self.text.append(data)

    def attributes_of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(document: Document) -> Page:
    return Page(html_document(document))


def only(block: Paragraph | Table | Chart | Heatmap | Slider) -> Page:
    section = Section(id="part", title="Part", blocks=(block,))
    return Page(html_document(Document(title="T", subtitle="", verdicts=(), sections=(section,))))


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


# The page.


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    for tag, attributes in page.tags:
        assert "src" not in attributes and "srcset" not in attributes, tag
        assert tag not in ("iframe", "object", "embed", "img", "base")
    assert [one["href"] for one in page.attributes_of("link")] == ["data:,"]


def test_the_policy_allows_the_two_scripts_of_the_page_and_no_other(page: Page) -> None:
    policy = next(
        one["content"]
        for one in page.attributes_of("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    )
    run = [text for attributes, text in page.scripts if "type" not in attributes]
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in run]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    assert len(run) == 2
    assert policy is not None
    assert policy.startswith(f"default-src 'none'; script-src {allowed};")


def test_every_id_is_there_once_and_every_link_within_the_page_leads_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    inside = {one["href"] for one in page.attributes_of("a") if (one["href"] or "").startswith("#")}
    assert {(link or "")[1:] for link in inside} <= set(ids)
    assert {"#rates", "#cells"} <= inside


def test_the_data_of_every_block_are_strict_json(page: Page, document: Document) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    data = [
        json.loads(text, parse_constant=refuse) for attributes, text in page.scripts if "type" in attributes
    ]
    blocks = [block for block in document.blocks if not isinstance(block, Paragraph)]
    assert [one["block"]["name"] for one in data] == [block.name for block in blocks]
    assert [one["kind"] for one in data] == [type(block).__name__.lower() for block in blocks]
    assert [("figure" in one) for one in data] == [isinstance(block, Chart | Heatmap) for block in blocks]


def test_html_in_text_and_cells_is_shown_and_not_obeyed(page: Page) -> None:
    text = "".join(page.text)
    assert "<script>alert('not measured')</script>" in text
    assert "<b>no HTML</b>" in text
    assert page.attributes_of("b") == []


def test_markdown_may_not_bring_pictures_or_scripts_in() -> None:
    told = only(Paragraph("![x](https://example.org/x.png) [y](javascript:alert(1)) [z](https://example.org)"))
    assert told.attributes_of("img") == []
    links = [one["href"] for one in told.attributes_of("a") if not (one["href"] or "").startswith("#")]
    assert links == ["https://example.org/x.png", "https://example.org"]


def test_the_title_of_the_window_is_without_marks(page: Page) -> None:
    place = [tag for tag, _ in page.tags].index("title")
    assert page.tags[place][0] == "title"
    assert "Trigger algorithm demo" in page.text


def test_a_picture_is_named_to_those_who_do_not_see_it(page: Page) -> None:
    labels = [one["aria-label"] for one in page.attributes_of("div") if one.get("role") == "img"]
    assert labels[1] == (
        "Rate against threshold. "
        "Bands are Clopper-Pearson intervals of 68.27 %; dashed is what no other seed accepts."
    )
    assert len(labels) == 5


def test_without_javascript_the_page_tells_the_numbers_at_the_marks(document: Document) -> None:
    text = html_document(document)
    tables = " ".join(re.findall(r"<noscript>\s*<div.*?</noscript>", text, re.DOTALL))
    sliders = [block for block in document.blocks if isinstance(block, Slider)]
    assert len(sliders) == 2
    for slider in sliders:
        for at in slider.marks.values():
            place = slider.positions.tolist().index(at)
            for row in slider.rows:
                low = None if row.low is None else row.low[place, -1]
                high = None if row.high is None else row.high[place, -1]
                value = row.values[place, -1]
                assert f">{value_text(value, low, high, decimals=row.decimals, unit=row.unit)}<" in tables


def test_columns_of_numbers_stand_on_the_right_and_words_do_not() -> None:
    rows = (("1,024", "5.22 % (4.66 to 6.45)", "ap_fixed<6,1>", ""), ("–", "−0.3", "7", ""))
    shown = only(Table(name="t", title="", header=("a", "b", "c", "d"), rows=rows))
    assert [one.get("class") for one in shown.attributes_of("th")[:4]] == ["number", "number", None, None]


def test_a_table_without_rows_shows_its_header() -> None:
    shown = only(Table(name="t", title="Nothing", header=("a", "b"), rows=()))
    assert [one["scope"] for one in shown.attributes_of("th")] == ["col", "col"]


def test_a_long_table_is_folded(page: Page, document: Document) -> None:
    folded = [block for block in document.blocks if isinstance(block, Table) and block.folded]
    assert len([one for one in page.attributes_of("details") if "open" not in one]) == len(folded) == 1


def test_a_report_of_25_charts_is_small_and_quickly_written(document: Document) -> None:
    charts = [block for block in document.blocks if isinstance(block, Chart)]
    blocks = tuple(replace(charts[n % len(charts)], name=f"chart_{n}") for n in range(25))
    section = Section(id="many", title="Many", blocks=blocks)
    began = time.perf_counter()
    text = html_document(replace(document, sections=(section, *document.sections), verdicts=()))
    assert time.perf_counter() - began < 20
    assert len(text.encode()) < 10_000_000


# Pens.


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


# Figures.


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
