"""A small document, and its page in a real browser."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from l1ad.report.document import Document
from l1ad.report.html import html_document
from tests.report.browser import WIDE, Visit, launched
from tests.report.small_document import small_document

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def document() -> Document:
    """A small document with every kind of block."""
    return small_document()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with launched() as found:
        yield found


@pytest.fixture(scope="module")
def address(document: Document, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html_document(document), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def fresh(browser: "Browser", address: str) -> Iterator[Visit]:
    """A page that nobody has touched."""
    visited = Visit(browser, address, viewport=WIDE)
    yield visited
    visited.context.close()
    assert visited.complaints == []
    assert visited.requests == [address]


@pytest.fixture(scope="module")
def shared(browser: "Browser", address: str) -> Iterator[Visit]:
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
def phone(browser: "Browser", address: str) -> Iterator[Visit]:
    visited = Visit(browser, address, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    yield visited
    visited.context.close()
    assert visited.complaints == []
    assert visited.requests == [address]
