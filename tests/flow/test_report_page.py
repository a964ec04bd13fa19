"""The report of a real run: the page in a browser without a network, and the files beside it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.image
import pytest

from tests.report.browser import WIDE, Visit, assert_slider_shows, block_of, launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

Demo = tuple[Path, dict[str, Any]]
PAPER: "ViewportSize" = {"width": 688, "height": 1000}  # A4 without its margins, in CSS pixels
SYSTEMS: dict[str, dict[str, Any]] = {
    "light": {"viewport": WIDE, "color_scheme": "light"},
    "dark": {"viewport": WIDE, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}


@pytest.fixture(scope="module")
def run(demo: Demo) -> Path:
    return demo[0] / "runs/demo"


@pytest.fixture(scope="module")
def laid_out(run: Path) -> dict[str, Any]:
    return read(run / "report.json")


@pytest.fixture(scope="module")
def slider(laid_out: dict[str, Any]) -> dict[str, Any]:
    return block_of(laid_out, "threshold")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with launched() as found:
        yield found


@pytest.fixture
def visit(browser: "Browser", run: Path) -> Iterator[Visit]:
    """The page, opened anew; at the end it has complained of nothing and asked for nothing."""
    address = (run / "report.html").resolve().as_uri()
    visited = Visit(browser, address, viewport=WIDE)
    yield visited
    visited.context.close()
    assert visited.complaints == []
    assert visited.requests == [address]


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def blocks_of(laid_out: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    blocks = [one for section in laid_out["sections"] for one in section["blocks"]]
    return [one for one in blocks if one["kind"] in kinds]


def row(slider: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in slider["rows"] if one["name"] == name)
    return found


def test_every_chart_is_drawn_as_the_reader_scrolls_through(visit: Visit, laid_out: dict[str, Any]) -> None:
    figures = blocks_of(laid_out, "chart", "heatmap")
    assert len(figures) > 15
    visit.draw_all()
    assert visit.page.locator("figure").count() == len(figures)
    for one in figures:
        layer = ".scatterlayer .trace path" if one["kind"] == "chart" else ".heatmaplayer image"
        assert visit.page.locator(f"[id='{one['name']}'] {layer}").count() >= len(one.get("series", [1]))


def test_the_slider_shows_what_the_rate_and_every_signal_are_at_a_key(
    visit: Visit, slider: dict[str, Any]
) -> None:
    names = [one["name"] for one in slider["rows"]]
    assert {"rate", "pure rate"} < set(names)
    assert len([one for one in slider["rows"] if one["unit"] == "%"]) == 8
    handle = visit.page.locator("#threshold input[type=range]")
    last = len(slider["positions"]) - 1
    for key, place in (
        ("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2), ("End", last), ("ArrowLeft", last - 1),
    ):  # fmt: skip
        handle.press(key)
        assert_slider_shows(visit.page, slider, place)


def test_the_slider_goes_where_a_threshold_is_typed(visit: Visit, slider: dict[str, Any]) -> None:
    positions = slider["positions"]
    box = visit.page.locator("#threshold input[type=number]")
    for place in (len(positions) // 5, len(positions) // 2, 4 * len(positions) // 5):
        box.fill(f"{positions[place]:.0f}")
        box.press("Enter")
        assert_slider_shows(visit.page, slider, place)


def test_the_slider_at_a_mark_is_the_threshold_of_the_run_with_its_rates_and_efficiencies(
    visit: Visit, run: Path, slider: dict[str, Any]
) -> None:
    summary, rated = read(run / "summary.json"), read(run / "rates.json")
    assert slider["marks"] == summary["thresholds"]
    assert list(slider["marks"]) == ["tight", "loose"]
    assert summary["rates"] == rated["rates"]
    percents = [one for one in slider["rows"] if one["unit"] == "%"]
    for place, (name, at) in enumerate(slider["marks"].items()):
        visit.page.locator("#threshold .marks button").nth(place).click()
        position = slider["positions"].index(at)
        assert_slider_shows(visit.page, slider, position)
        rate = rated["rates"][name]
        for title, found in (("rate", rate), ("pure rate", rate["pure"])):
            shown = row(slider, title)
            for end, key in (("values", "rate_hz"), ("low", "low_hz"), ("high", "high_hz")):
                assert shown[end][position][0] == pytest.approx(found[key] / 1000, rel=1e-12)
        for percent, efficiency in zip(percents, summary["efficiencies"].values(), strict=True):
            value = 100 * efficiency["at"][name]["value"]
            assert percent["values"][position][0] == pytest.approx(value, rel=1e-12)


def test_the_cards_on_top_are_the_verdicts(visit: Visit, run: Path, laid_out: dict[str, Any]) -> None:
    cards = visit.page.locator(".verdicts li").all()
    markdown = (run / "report.md").read_text(encoding="utf-8").replace("\\", "")
    assert len(cards) == len(laid_out["verdicts"]) >= 6
    for card, verdict in zip(cards, laid_out["verdicts"], strict=True):
        assert card.locator(".what").inner_text().startswith(verdict["what"])
        assert card.locator(".badge").inner_text().split()[-1] == verdict["state"]
        assert card.locator(".found").inner_text() == verdict["found"]
        assert card.locator(".why").inner_text() == verdict["why"]
        assert "`" not in card.inner_text()
        line = f"[{verdict['what']}](#{verdict['section']}) | {verdict['found']} | {verdict['state']} | "
        assert f"| {line}{verdict['why']} |" in markdown


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_page_shows_something_on_every_screen_without_scrolling_sideways(
    browser: "Browser", run: Path, system: str, tmp_path: Path
) -> None:
    visited = Visit(browser, (run / "report.html").resolve().as_uri(), **SYSTEMS[system])
    visited.draw_all()
    visited.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    widths = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    reach, width = visited.page.evaluate(widths)
    assert reach <= width
    for name in ("top", "rate", "overlap"):
        place = visited.page.locator(f"#{name}" if name != "top" else "h1")
        place.scroll_into_view_if_needed()
        picture_file = tmp_path / f"{name}.png"
        visited.page.screenshot(path=picture_file)
        picture = matplotlib.image.imread(picture_file)[..., :3]
        assert picture.std() > 0.03
        assert (picture.mean() < 0.5) == (system == "dark")
    visited.context.close()
    assert visited.complaints == []


def test_nothing_reaches_over_the_edge_of_the_paper(visit: Visit) -> None:
    visit.page.set_viewport_size(PAPER)
    visit.page.emulate_media(media="print")
    visit.page.locator("#sparsity svg.main-svg").first.wait_for()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]


def test_the_page_is_small_and_what_it_shows_lies_beside_it(run: Path, laid_out: dict[str, Any]) -> None:
    assert 1_000_000 < (run / "report.html").stat().st_size < 10_000_000
    figures = {
        f"{one['name']}.{kind}"
        for one in blocks_of(laid_out, "chart", "heatmap")
        for kind in ("png", "pdf", "csv")
    }
    tables = {f"{one['name']}.csv" for one in blocks_of(laid_out, "table", "slider")}
    for folder, names in (("figures", figures), ("tables", tables)):
        found = {path.name: path for path in (run / folder).iterdir()}
        assert set(found) == names
        assert all(path.stat().st_size > 0 for path in found.values())
    begins = {"png": b"\x89PNG", "pdf": b"%PDF"}
    for name in figures:
        kind = name.rsplit(".", 1)[1]
        assert (run / "figures" / name).read_bytes().startswith(begins.get(kind, b""))


def test_the_data_of_the_report_are_the_summary(run: Path, laid_out: dict[str, Any]) -> None:
    summary = read(run / "summary.json")
    summary.pop("seconds", None)  # the demo's, told when the report is written
    assert laid_out["data"] == summary
