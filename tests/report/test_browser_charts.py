"""Charts and CSV of the page in a real browser, without a network."""

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

from l1ad.report.charts import Chart, Heatmap
from l1ad.report.csv_data import csv_text
from l1ad.report.document import Document, Paragraph, Table
from l1ad.report.slider import Slider
from tests.report.browser import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Locator


def test_every_chart_is_drawn_when_it_comes_into_sight_and_not_before(fresh: Visit, document: Document) -> None:
    page = fresh.page
    assert page.locator("#stability svg.main-svg").count() == 0
    fresh.draw_all()
    for one in document.blocks:
        element = page.locator(f"[id='{getattr(one, 'name', '')}']")
        if isinstance(one, Chart):
            traces = element.locator(".scatterlayer .trace")
            assert traces.count() >= len(one.series)
            drawn = element.locator(".scatterlayer .trace path")
            assert drawn.count() >= len(one.series)
            assert all(path.get_attribute("d") for path in drawn.all())
        if isinstance(one, Heatmap):
            known = int(np.isfinite(one.values).sum())
            assert element.locator(".heatmaplayer image").count() == 2
            assert element.locator(".heatmap-label text").count() == known
            names = element.locator(".xaxislayer-above text, .yaxislayer-above text")
            assert sorted(visible_texts(names)) == sorted([*one.columns, *one.rows])


def visible_texts(found: "Locator") -> list[str]:
    return [one.text_content() or "" for one in found.all() if one.is_visible()]


def test_no_button_offers_to_send_the_numbers_anywhere(visit: Visit) -> None:
    titles = visit.page.evaluate(
        "[...document.querySelectorAll('.modebar-btn')].map((one) => one.dataset.title ?? '')"
    )
    assert "Download plot as a PNG" in titles
    assert not any(word in title.lower() for title in titles for word in ("share", "cloud", "send", "edit"))


def test_the_legend_hides_a_series_with_its_unnamed_points_and_shows_them_again(visit: Visit) -> None:
    page = visit.page
    entry = page.locator("#roc .legend button").first
    before = page.locator("#roc .scatterlayer .trace").count()
    entry.click()
    assert page.locator("#roc .scatterlayer .trace").count() == before - 2
    assert entry.get_attribute("aria-pressed") == "false"
    entry.click()
    assert page.locator("#roc .scatterlayer .trace").count() == before


def test_the_pointer_reads_a_number_with_its_interval(visit: Visit) -> None:
    page = visit.page
    plot = page.locator("#roc .plot")
    plot.scroll_into_view_if_needed()
    point = page.locator("#roc .scatterlayer .points path").first
    box = point.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    label = page.locator("#roc .hovertext").first
    label.wait_for()
    value, low, high = (found * 3.8e-5**0.28 for found in (1.0, 0.8, 1.15))
    assert f"{value:.4g} ({low:.4g} to {high:.4g})" in (label.text_content() or "")


@pytest.mark.parametrize(
    "name", ["scores", "stability", "rate", "overlap", "threshold", "compare_rate", "budget"]
)
def test_the_csv_of_the_page_holds_the_numbers_of_the_csv_file(
    visit: Visit, document: Document, name: str
) -> None:
    with visit.page.expect_download() as downloading:
        visit.page.locator(f"[data-csv='{name}']").click()
    assert downloading.value.suggested_filename == f"{name}.csv"
    offered = downloading.value.path().read_bytes().decode()
    one = next(b for b in document.blocks if not isinstance(b, Paragraph) and b.name == name)
    assert isinstance(one, Chart | Heatmap | Slider | Table)
    assert cells(offered) == cells(csv_text(one))
    assert offered.endswith("\r\n")


def cells(text: str) -> list[list[str | float]]:
    def read(cell: str) -> str | float:
        try:
            return float(cell)
        except ValueError:
            return cell

    return [[read(cell) for cell in line] for line in csv.reader(io.StringIO(text, newline=""))]
