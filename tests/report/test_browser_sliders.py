"""Sliders of the page in a real browser, without a network."""

import re
from typing import TYPE_CHECKING

from l1ad.report.document import Document
from tests.report.browser import Visit, assert_slider_shows, block, shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def line_at(page: "Page", name: str) -> float:
    at: float = page.evaluate(f"document.querySelector('#{name} .plot').layout.shapes.at(-1).x0")
    return at


def drawn_place(page: "Page", name: str) -> str | None:
    return page.locator(f"#{name} .shapelayer path").last.get_attribute("d")


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


def test_a_setting_typed_as_it_is_shown_is_that_setting(visit: Visit, document: Document) -> None:
    slider = block(document, "compare_rate")
    box = visit.page.locator("#compare_rate input[type=number]")
    positions = slider["positions"]
    shown_higher = [place for place, at in enumerate(positions) if float(f"{at:.3g}") > at]
    assert len(shown_higher) > 10
    for place in shown_higher[::4]:
        box.fill(f"{positions[place]:.3g}")
        box.press("Enter")
        assert_slider_shows(visit.page, slider, place)
        assert box.input_value() == f"{positions[place]:.3g}"


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


def test_a_chart_that_is_drawn_later_has_the_line_where_the_slider_is(browser: "Browser", address: str) -> None:
    visited = Visit(browser, address, viewport={"width": 1280, "height": 100})
    page = visited.page
    assert page.locator("#rate svg.main-svg").count() == 0
    page.locator("#threshold .marks button").filter(has_text="loose").dispatch_event("click")
    visited.draw_all()
    assert line_at(page, "rate") == 1145.0
    visited.context.close()


def test_without_javascript_the_numbers_at_the_marks_are_there_and_dead_controls_are_not(
    browser: "Browser", address: str, document: Document
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
