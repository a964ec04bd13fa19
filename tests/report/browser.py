"""Helpers of tests in a real browser: a visit to a page without a network, and what the page should show."""

import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest

from l1ad.report.document import Document

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
WIDE = {"width": 1280, "height": 900}


@contextmanager
def launched() -> Iterator["Browser"]:
    """Launch the browser; where it is not installed, the test is skipped."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not on PATH")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Visit:
    """A page that is open, and what it complained of or asked for."""

    def __init__(self, browser: "Browser", address: str, **options: Any) -> None:
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
    return block_of(document.document(), name)


def block_of(laid_out: dict[str, Any], name: str) -> dict[str, Any]:
    """Find a block of a document that is laid out for JSON."""
    blocks = [one for section in laid_out["sections"] for one in section["blocks"]]
    return next(one for one in blocks if one.get("name") == name)


def assert_slider_shows(page: "Page", slider: dict[str, Any], place: int) -> None:
    element = page.locator(f"#{slider['name']}")
    setting = slider["positions"][place]
    assert int(element.locator("input[type=range]").input_value()) == place
    typed = float(element.locator("input[type=number]").input_value())
    assert math.isclose(typed, setting, rel_tol=10.0 ** (1 - slider["setting_digits"]))
    for r, row in enumerate(slider["rows"]):
        for c in range(len(slider["columns"])):
            low, high = (None if row[end] is None else row[end][place][c] for end in ("low", "high"))
            cell = element.locator(f"td[data-row='{r}'][data-column='{c}']")
            assert cell.inner_text() == shown(row["values"][place][c], low, high, row)
