"""The page as text."""

import base64
import hashlib
import json
import re
import time
from dataclasses import replace

import pytest

from l1ad.report.charts import Chart, Heatmap
from l1ad.report.document import Document, Paragraph, Section, Table
from l1ad.report.html import html_document
from l1ad.report.numbers import value_text
from l1ad.report.slider import Slider
from l1ad.report.table_columns import csv_columns
from tests.report.html_page import Page, only


@pytest.fixture(scope="module")
def page(document: Document) -> Page:
    return Page(html_document(document))


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
    for one, block in zip(data, blocks, strict=True):
        if isinstance(block, Table):  # what its CSV file has
            header, rows = csv_columns(block)
            assert one["block"] == {"header": list(header), "rows": [list(row) for row in rows]}
        else:
            assert one["block"]["name"] == block.name
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


def test_a_long_list_without_spaces_may_be_broken_and_a_number_may_not() -> None:
    shown = only(Table(name="t", title="", header=("a", "b"), rows=(("ap_fixed<6,1,AP_RND,AP_SAT>", "1,024"),)))
    assert "ap_fixed<6,1,AP_RND,AP_SAT>" in "".join(shown.text)
    assert len(shown.attributes_of("wbr")) == 2


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
