"""What MkDocs asks while it builds: pages and tables that are made of the code, and the notebooks there are.

A page says `<!-- made: NAME ARGUMENT -->` where a table shall stand. Nothing that is made is kept: it cannot be
older than the code.
"""

import re
from collections.abc import Callable
from typing import Any

import api_rooms
import command_reference
import configuration_reference
import number_tables
import results_shown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

__all__ = ["on_config", "on_files", "on_page_content", "on_page_markdown"]

NOTEBOOKS = {
    "first_algorithm.ipynb": "A first algorithm",
    "your_own_data.ipynb": "Your own data",
    "from_qkeras_to_firmware.ipynb": "From QKeras to firmware",
}
"""Notebooks in the order of the navigation; those that are not there are left out."""

MAKERS: dict[str, Callable[[str], str]] = {
    "commands": lambda _: command_reference.commands(),
    "configuration": configuration_reference.keys_of,
    "rounding": lambda _: number_tables.rounding(),
    "overflow": lambda _: number_tables.overflow(),
    "shifts": lambda _: number_tables.shifts(),
    "sums": lambda _: number_tables.sums(),
    "spellings": lambda _: number_tables.spellings(),
    "inspection": lambda _: results_shown.inspection(),
    "samples": lambda _: results_shown.samples(),
}

_LOADERS = re.compile(
    r'<script src="">\s*</script>|<script type="(?:module|text/x-mathjax-config)">.*?</script>', re.DOTALL
)
"""Scripts of notebooks that would load formulas and diagrams from elsewhere, where a page had any."""

_MADE = re.compile(r"^<!-- made: (?P<maker>\w+) ?(?P<argument>[\w.]*) -->$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the parts of the navigation that follow what is there."""
    nav: list[dict[str, Any]] = config.nav or []
    folder = f"{config.docs_dir}/notebooks"
    there = api_rooms.existing(folder, NOTEBOOKS)
    for part in nav:
        if "Notebooks" in part:
            pages: list[Any] = [{title: f"notebooks/{name}"} for name, title in there.items()]
            part["Notebooks"] = ["notebooks/index.md", *pages]
        for inner in part.get("Reference", ()):
            if isinstance(inner, dict) and "Python" in inner:
                inner["Python"] = ["reference/python/index.md", *(page for page, _ in api_rooms.pages())]
    config.nav = nav
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages of the Python interface, one for each room."""
    for path, text in api_rooms.pages():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put what is made of the code in its place."""
    del page, config, files
    return _MADE.sub(lambda found: MAKERS[found["maker"]](found["argument"]), markdown)


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leave out what a converted notebook would load from elsewhere."""
    del config, files
    return _LOADERS.sub("", html) if page.file.src_uri.endswith(".ipynb") else html
