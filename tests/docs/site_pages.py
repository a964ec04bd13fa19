"""What the tests of the documentation share: where it is, its code blocks, and a parser of built pages."""

import re
import textwrap
from html.parser import HTMLParser
from pathlib import Path

__all__ = ["PAGES", "ROOT", "SOURCES", "Page", "blocks"]

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "pages"
SOURCES = sorted(PAGES.rglob("*.md"))
LOADED = {
    ("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("object", "data"),
    ("video", "src"), ("audio", "src"), ("embed", "src"),
}  # fmt: skip
"""Tags and attributes that a browser loads by itself; stylesheets and the like are asked apart."""

LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload"}
BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w+)[^\n]*\n(?P<text>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL
)


class Page(HTMLParser):
    """Anchors of a page, where its links lead, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.text: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.loaded += [value for name, value in given.items() if (tag, name) in LOADED]
        if tag == "link" and LOADING_LINKS & set(given.get("rel", "").split()):
            self.loaded.append(given.get("href", ""))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            self.scripts.append(data)
        self.text.append(data)


def blocks(path: Path, kind: str) -> list[str]:
    """Find the code blocks of a kind, indented ones of lists and notes too."""
    found = BLOCK.finditer(path.read_text(encoding="utf-8"))
    return [textwrap.dedent(one["text"]) for one in found if one["kind"] == kind]
