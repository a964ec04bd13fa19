"""The pages build without a warning, load nothing from elsewhere, and what they say of the code is so."""

import ast
import doctest
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from typer.main import get_command

from l1ad.cli.main import app
from l1ad.config.kinds import MODELS, Kind

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "pages"
SOURCES = sorted(PAGES.rglob("*.md"))
LOADED = {
    ("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("object", "data"),
    ("video", "src"), ("audio", "src"), ("embed", "src"),
}  # fmt: skip
"""Tags and attributes that a browser loads by itself; stylesheets and the like are asked apart."""

LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload"}
FOREIGN = re.compile(r"^(?:https?:)?//")
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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the pages once, warnings being errors."""
    missing = [one for one in ("mkdocs", "material", "mkdocstrings", "mkdocs_jupyter") if not _is_there(one)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed; the documentation needs the extra 'docs'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(
        [*command, "--config-file", str(ROOT / "docs/mkdocs.yml"), "--site-dir", str(folder)],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    parsed = {}
    for path in site.rglob("*.html"):
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        parsed[path] = page
    return parsed


def test_every_page_of_the_sources_is_built(pages: dict[Path, Page], site: Path) -> None:
    built = {path.relative_to(site).with_suffix("").as_posix() for path in pages}
    assert {path.relative_to(PAGES).with_suffix("").as_posix() for path in SOURCES} <= built


def test_no_page_loads_anything_from_elsewhere(pages: dict[Path, Page], site: Path) -> None:
    foreign = {
        f"{path.name}: {url}" for path, page in pages.items() for url in page.loaded if FOREIGN.match(url)
    }
    assert not foreign
    told = [path.name for path, page in pages.items() for text in page.scripts if "http" in text]
    assert not told
    for sheet in site.rglob("*.css"):
        urls = re.findall(r"(?:url\(\s*|@import\s+)['\"]?([^'\")\s]+)", sheet.read_text(encoding="utf-8"))
        assert not [url for url in urls if FOREIGN.match(url)], sheet.name


def test_what_pages_load_is_there(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for url in page.loaded:
            if not url.startswith("data:") and not FOREIGN.match(url) and path.name != "404.html":
                assert (path.parent / unquote(urlsplit(url).path)).is_file(), f"{path.name}: {url}"


def test_every_link_within_the_site_leads_to_a_page_and_its_anchor(pages: dict[Path, Page]) -> None:
    checked = 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{path}: {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].anchors, f"{path}: {link}"
            checked += 1
    assert checked > 1000


def test_the_search_works_without_a_server(site: Path) -> None:
    index = (site / "search/search_index.js").read_text(encoding="utf-8")
    assert index.startswith("var __index = {")
    assert "colliding bunches" in index


def test_every_command_has_its_section_with_every_option(pages: dict[Path, Page], site: Path) -> None:
    page = pages[site / "reference/commands.html"]
    text = "".join(page.text)
    for name, command in _leaves().items():
        assert name.replace(" ", "-") in page.anchors, name
        for option in (one for parameter in command.params for one in parameter.opts if one.startswith("--")):
            assert option in text, f"{name} {option}"


def test_every_command_is_named_on_a_page_that_somebody_wrote() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert not [name for name in _leaves() if not re.search(rf"l1ad {re.escape(name)}\b", written)]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_key_of_every_configuration_is_on_the_page_with_a_meaning(
    pages: dict[Path, Page], site: Path, kind: Kind
) -> None:
    html = (site / "reference/configuration.html").read_text(encoding="utf-8")
    assert kind in pages[site / "reference/configuration.html"].anchors
    rows = re.findall(r"<tr>\s*<td>\s*<code>([\w.\[\]]+)</code></td>(.*?)</tr>", html, re.DOTALL)
    meanings = {key: re.sub(r"<[^>]+>", "", cells.rpartition("<td>")[2]).strip() for key, cells in rows}
    skip = {"RunConfig"} if kind is Kind.SCAN else set()  # spelled out once, under its own kind
    for key in _keys(MODELS[kind].model_json_schema(), skip=skip):
        assert meanings.get(key), f"{kind}: {key}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PAGES).as_posix())
def test_commands_in_code_blocks_are_ones_that_l1ad_takes(path: Path) -> None:
    for line in _lines_of_commands(path):
        _check_command(line)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PAGES).as_posix())
def test_python_in_code_blocks_compiles_and_examples_print_what_they_say(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in _blocks(path, "python"):
        compile(text, str(path), "exec", flags=ast.PyCF_ONLY_AST)
    monkeypatch.chdir(ROOT)
    examples = "\n\n".join(_blocks(path, "pycon"))
    test = doctest.DocTestParser().get_doctest(examples, {}, path.name, str(path), 0)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_the_tests_that_known_failures_names_are_there() -> None:
    page = (PAGES / "explain/known_failures.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)`(?::\s*`(\w+)`)?", page)
    assert len(named) > 25
    for file, name in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert not name or f"def test_{name}(" in source, f"{file}: {name}"


def _is_there(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _leaves(command: Any = None, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Find every command by its whole name."""
    command = command or get_command(app)
    inner = getattr(command, "commands", None)
    if inner is None:
        return {" ".join(path): command}
    return {name: leaf for word, one in inner.items() for name, leaf in _leaves(one, (*path, word)).items()}


def _blocks(path: Path, kind: str) -> list[str]:
    """Find the code blocks of a kind, indented ones of lists and notes too."""
    found = BLOCK.finditer(path.read_text(encoding="utf-8"))
    return [textwrap.dedent(one["text"]) for one in found if one["kind"] == kind]


def _lines_of_commands(path: Path) -> Iterator[str]:
    for text in (*_blocks(path, "sh"), *_blocks(path, "console")):
        for line in text.replace("\\\n", " ").splitlines():
            line = line.strip().removeprefix("$ ")
            if line.startswith("l1ad "):
                yield line


def _check_command(line: str) -> None:
    """Parse a line as the command line does, without running it; what it does not take raises."""
    words = shlex.split(line, comments=True)[1:]
    command: Any = get_command(app)
    name = "l1ad"
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"{line}: {name} has no command {words[0]!r}"
        name, command = f"{name} {words[0]}", command.commands[words.pop(0)]
    if not hasattr(command, "commands"):
        command.make_context(name, words)
    else:
        assert set(words) <= {option for one in command.params for option in one.opts} | {"--help"}, line


def _keys(schema: dict[str, Any], *, skip: set[str]) -> set[str]:
    """List the dotted keys of a schema, those of sections in lists and mappings too."""
    definitions = schema.get("$defs", {})

    def inside(prop: Any, at: str) -> Iterator[str]:
        if not isinstance(prop, dict):
            return
        name = prop.get("$ref", "").rpartition("/")[2]
        if name and name not in skip:
            yield from under(definitions[name], f"{at}.")
        for one in (*prop.get("anyOf", ()), *prop.get("allOf", ())):
            yield from inside(one, at)
        yield from inside(prop.get("items"), f"{at}[]")
        for one in (prop.get("additionalProperties"), *prop.get("patternProperties", {}).values()):
            yield from inside(one, f"{at}.NAME")

    def under(definition: dict[str, Any], before: str) -> Iterator[str]:
        for key, prop in definition.get("properties", {}).items():
            yield f"{before}{key}"
            yield from inside(prop, f"{before}{key}")

    return set(under(schema, ""))
