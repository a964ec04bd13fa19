"""The pages build without a warning, load nothing from elsewhere, and what they say of the code is so."""

import ast
import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from typer.main import get_command

from l1ad.cli.main import app
from l1ad.config.kinds import MODELS, Kind
from tests.docs.site_pages import PAGES, ROOT, SOURCES, Page, blocks

FOREIGN = re.compile(r"^(?:https?:)?//")


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
    for text in blocks(path, "python"):
        compile(text, str(path), "exec", flags=ast.PyCF_ONLY_AST)
    monkeypatch.chdir(ROOT)
    examples = "\n\n".join(blocks(path, "pycon"))
    test = doctest.DocTestParser().get_doctest(examples, {}, path.name, str(path), 0)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_the_tests_that_known_failures_names_are_there() -> None:
    page = (PAGES / "explain/known_failures.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)`(?::\s*`(\w+)`)?", page)
    assert len(named) > 25
    for file, name in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert not name or f"def test_{name}(" in source, f"{file}: {name}"


def _leaves(command: Any = None, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Find every command by its whole name."""
    command = command or get_command(app)
    inner = getattr(command, "commands", None)
    if inner is None:
        return {" ".join(path): command}
    return {name: leaf for word, one in inner.items() for name, leaf in _leaves(one, (*path, word)).items()}


def _lines_of_commands(path: Path) -> Iterator[str]:
    for text in (*blocks(path, "sh"), *blocks(path, "console")):
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
