"""Looks of the page in a real browser: themes, narrow screens, paper."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.image
import pytest

from tests.report.browser import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

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


def background(page: "Page") -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


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
    from playwright.sync_api import expect

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
    from playwright.sync_api import expect

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
