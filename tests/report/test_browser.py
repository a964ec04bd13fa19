"""The page in a real browser, without a network."""

import csv
import io
import math
import re
import shutil
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

from l1ad.report.charts import Chart, Heatmap
from l1ad.report.csv_data import csv_text
from l1ad.report.document import Document, Paragraph, Table
from l1ad.report.html import html_document
from l1ad.report.slider import Slider

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright  # noqa: E402

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH")

# From each element outwards: the first colour that is not transparent is what its text stands on.
CONTRASTS = """elements => {
  const parsed = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a = 1] = parsed(getComputedStyle(node).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const light = (colour) => colour.slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  return elements.filter((one) => one.checkVisibility()).map((one) => {
    const [ink, paper] = [light(parsed(getComputedStyle(one).color)), light(behind(one))];
    return [one.textContent, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
  });
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(document: Document, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html_document(document), encoding="utf-8")
    return path.as_uri()


class Visit:
    """A page that is open, and what it complained of or asked for."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.context = browser.new_context(offline=True, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda one: self.complaints.append(f"{one.type}: {one.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.goto(address)

    def draw_all(self) -> None:
        for figure in self.page.locator("figure").all():
            figure.scroll_into_view_if_needed()
            figure.locator("svg.main-svg").first.wait_for()


WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def fresh(browser: Browser, address: str) -> Iterator[Visit]:
    """A page that nobody has touched."""
    visited = Visit(browser, address, viewport=WIDE)
    yield visited
    visited.context.close()
    assert visited.complaints == []
    assert visited.requests == [address]


@pytest.fixture(scope="module")
def shared(browser: Browser, address: str) -> Iterator[Visit]:
    visited = Visit(browser, address, viewport=WIDE)
    visited.draw_all()
    yield visited
    visited.context.close()


@pytest.fixture
def visit(shared: Visit, address: str) -> Iterator[Visit]:
    """A page whose charts are drawn, on a light screen; its sliders are where another test left them."""
    shared.page.emulate_media(media="screen", color_scheme="light")
    shared.page.evaluate("document.documentElement.dataset.theme = 'auto'")
    yield shared
    assert shared.complaints == []
    assert shared.requests == [address]


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Visit]:
    visited = Visit(browser, address, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    yield visited
    visited.context.close()
    assert visited.complaints == []
    assert visited.requests == [address]


def shown(value: float | None, low: float | None, high: float | None, row: dict[str, Any]) -> str:
    """Write a number as the page should, from nothing but the JSON of the document."""
    if value is None:
        return "–"
    digits = Decimal(1).scaleb(-row["decimals"])
    texts = [
        format(Decimal(one).quantize(digits, ROUND_HALF_UP), "f")
        for one in (value, low, high)
        if one is not None
    ]
    interval = f" ({texts[1]} to {texts[2]})" if len(texts) == 3 else ""
    return f"{texts[0]} {row['unit']}".strip() + interval


def block(document: Document, name: str) -> dict[str, Any]:
    blocks = [one for section in document.document()["sections"] for one in section["blocks"]]
    return next(one for one in blocks if one.get("name") == name)


def assert_slider_shows(page: Page, slider: dict[str, Any], place: int) -> None:
    element = page.locator(f"#{slider['name']}")
    setting = slider["positions"][place]
    assert int(element.locator("input[type=range]").input_value()) == place
    assert math.isclose(float(element.locator("input[type=number]").input_value()), setting, rel_tol=1e-5)
    for r, row in enumerate(slider["rows"]):
        for c in range(len(slider["columns"])):
            low, high = (None if row[end] is None else row[end][place][c] for end in ("low", "high"))
            cell = element.locator(f"td[data-row='{r}'][data-column='{c}']")
            assert cell.inner_text() == shown(row["values"][place][c], low, high, row)


def line_at(page: Page, name: str) -> float:
    at: float = page.evaluate(f"document.querySelector('#{name} .plot').layout.shapes.at(-1).x0")
    return at


def drawn_place(page: Page, name: str) -> str | None:
    return page.locator(f"#{name} .shapelayer path").last.get_attribute("d")


def background(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


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


def visible_texts(found: Locator) -> list[str]:
    return [one.text_content() or "" for one in found.all() if one.is_visible()]


def test_no_button_offers_to_send_the_numbers_anywhere(visit: Visit) -> None:
    titles = visit.page.evaluate(
        "[...document.querySelectorAll('.modebar-btn')].map((one) => one.dataset.title ?? '')"
    )
    assert "Download plot as a PNG" in titles
    assert not any(word in title.lower() for title in titles for word in ("share", "cloud", "send", "edit"))


def test_a_slider_begins_at_its_first_mark(fresh: Visit, document: Document) -> None:
    for name in ("threshold", "compare_rate"):
        slider = block(document, name)
        first = next(iter(slider["marks"].values()))
        assert_slider_shows(fresh.page, slider, slider["positions"].index(first))


def test_a_slider_moves_by_keyboard_and_every_number_follows(visit: Visit, document: Document) -> None:
    for name in ("threshold", "compare_rate"):
        slider = block(document, name)
        handle = visit.page.locator(f"#{name} input[type=range]")
        last = len(slider["positions"]) - 1
        for key, place in (("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2), ("ArrowRight", 3), ("End", last)):
            handle.press(key)
            assert_slider_shows(visit.page, slider, place)
        handle.press("ArrowLeft")
        assert_slider_shows(visit.page, slider, last - 1)


def test_a_typed_setting_jumps_to_the_next_position_at_or_above_it(visit: Visit, document: Document) -> None:
    slider = block(document, "threshold")
    box = visit.page.locator("#threshold input[type=number]")
    positions = slider["positions"]
    last = len(positions) - 1
    for typed, place in ((positions[40], 40), (positions[40] + 0.1, 41), (-5, 0), (1e9, last), ("", last)):
        box.fill(str(typed))
        box.press("Enter")
        if typed != "":
            assert_slider_shows(visit.page, slider, place)
    assert visit.page.locator("#threshold input[type=range]").input_value() == str(last)


def test_a_mark_is_a_button_that_jumps_there(visit: Visit, document: Document) -> None:
    for name in ("threshold", "compare_rate"):
        slider = block(document, name)
        for mark, setting in reversed(slider["marks"].items()):
            button = (
                visit.page.locator(f"#{name} .marks button").filter(has_text=re.compile(rf"^\s*{mark}")).first
            )
            button.click()
            assert_slider_shows(visit.page, slider, slider["positions"].index(setting))
            assert button.get_attribute("aria-pressed") == "true"


def test_an_upright_line_follows_the_slider_in_its_chart(visit: Visit, document: Document) -> None:
    page, slider = visit.page, block(document, "threshold")
    page.locator("#threshold .marks button").filter(has_text="tight").click()
    assert line_at(page, "rate") == 1855.0
    before = drawn_place(page, "rate")
    page.locator("#threshold input[type=range]").press("Home")
    assert line_at(page, "rate") == slider["positions"][0]
    assert drawn_place(page, "rate") != before


def test_a_chart_that_is_drawn_later_has_the_line_where_the_slider_is(browser: Browser, address: str) -> None:
    visited = Visit(browser, address, viewport={"width": 1280, "height": 100})
    page = visited.page
    assert page.locator("#rate svg.main-svg").count() == 0
    page.locator("#threshold .marks button").filter(has_text="loose").dispatch_event("click")
    visited.draw_all()
    assert line_at(page, "rate") == 1145.0
    visited.context.close()


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


def test_the_theme_follows_the_system_until_the_button_chooses(visit: Visit) -> None:
    page = visit.page
    button = page.locator("button.theme")
    seen = {}
    for system in ("light", "dark"):
        page.emulate_media(color_scheme=system)
        seen[system] = background(page)
    assert seen["light"] != seen["dark"]
    for chosen in ("light", "dark"):
        button.click()
        assert button.inner_text().split()[-1] == chosen
        assert background(page) == seen[chosen]
    page.emulate_media(color_scheme="light")
    assert background(page) == seen["dark"]
    button.click()
    assert background(page) == seen["light"]


def test_the_first_colour_of_charts_is_dark_on_light_and_light_on_dark(visit: Visit) -> None:
    line = visit.page.locator("#stability .scatterlayer .js-line").nth(1)
    expect(line).to_have_css("stroke", "rgb(0, 0, 0)")
    visit.page.emulate_media(color_scheme="dark")
    expect(line).to_have_css("stroke", "rgb(231, 234, 238)")


READ = (
    "p",
    "a",
    "th",
    "td",
    "li",
    "figcaption",
    "summary",
    "button",
    "code",
    "h1",
    "h2",
    "h3",
    ".note",
    ".badge",
)


@pytest.mark.parametrize("system", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(visit: Visit, system: Any) -> None:
    visit.page.emulate_media(color_scheme=system)
    visit.page.locator("#ladder details").evaluate("one => { one.open = true; }")
    for kind in READ:
        found = visit.page.locator(kind).evaluate_all(CONTRASTS)
        assert found, kind
        assert [one for one in found if one[1] < 4.5] == [], kind
    visit.page.locator("#ladder details").evaluate("one => { one.open = false; }")


@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_picture_of_the_page_shows_something_in_both_themes(
    visit: Visit, system: Any, tmp_path: Path
) -> None:
    visit.page.emulate_media(color_scheme=system)
    visit.page.evaluate("scrollTo(0, 0)")
    path = tmp_path / f"{system}.png"
    visit.page.screenshot(path=path)
    picture = matplotlib.image.imread(path)
    assert picture.shape[:2] == (900, 1280)
    assert picture[..., :3].std() > 0.05
    assert (picture[..., :3].mean() > 0.5) == (system == "light")


def test_a_phone_need_not_scroll_sideways(phone: Visit) -> None:
    phone.draw_all()
    phone.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    heatmap = phone.page.locator("#overlap .scroll")
    assert heatmap.evaluate("one => one.scrollWidth > one.clientWidth")


def test_the_contents_are_folded_on_a_phone_and_beside_the_results_on_a_wide_screen(
    phone: Visit, visit: Visit
) -> None:
    assert not phone.page.locator("nav li").first.is_visible()
    phone.page.locator("nav summary").click()
    assert phone.page.locator("nav li").first.is_visible()
    nav, main = (visit.page.locator(one).bounding_box() for one in ("nav", "main"))
    assert nav is not None and main is not None
    assert nav["x"] + nav["width"] <= main["x"]


def test_print_is_light_and_unfolded_and_without_what_one_presses(visit: Visit) -> None:
    page = visit.page
    page.emulate_media(color_scheme="dark")
    page.locator("#threshold .marks button").filter(has_text="loose").click()
    drawing = page.locator("#rate svg.main-svg").first
    before = drawing.get_attribute("width") or ""
    page.emulate_media(media="print", color_scheme="dark")
    # A page learns of a change of media a moment after it.
    expect(drawing).not_to_have_attribute("width", before)
    assert background(page) == "rgb(255, 255, 255)"
    for hidden in ("nav", "button.theme", "#threshold .controls", "#rate [data-csv]"):
        assert not page.locator(hidden).is_visible()
    assert page.locator("#ladder details").evaluate("one => one.open")
    assert page.locator("#threshold output").inner_text() == "1145"
    assert page.locator("#threshold .setting").is_visible()
    page.emulate_media(media="screen", color_scheme="dark")
    expect(drawing).to_have_attribute("width", before)
    assert not page.locator("#ladder details").evaluate("one => one.open")
    assert background(page) != "rgb(255, 255, 255)"


def test_a_printed_page_has_every_chart_though_none_was_seen(fresh: Visit) -> None:
    assert fresh.page.locator("#stability svg.main-svg").count() == 0
    pdf = fresh.page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert fresh.page.locator("#stability svg.main-svg").count() > 0


def test_without_javascript_the_numbers_at_the_marks_are_there_and_dead_controls_are_not(
    browser: Browser, address: str, document: Document
) -> None:
    visited = Visit(browser, address, java_script_enabled=False)
    slider = block(document, "threshold")
    element = visited.page.locator("#threshold")
    assert not element.locator("input[type=range]").is_visible()
    place = slider["positions"].index(1145.0)
    row = slider["rows"][1]
    expected = shown(row["values"][place][0], row["low"][place][0], row["high"][place][0], row)
    assert expected in element.locator("noscript").inner_text()
    visited.context.close()
