"""A document written as files: a page, Markdown, JSON, and its figures and tables beside them."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from l1ad.core.progress import Progress, silent
from l1ad.core.trigger_file import write_text_safely
from l1ad.report.charts import Chart, Heatmap
from l1ad.report.csv_data import csv_text
from l1ad.report.document import Document, Paragraph, Table
from l1ad.report.document_markdown import markdown_document
from l1ad.report.drawing import draw
from l1ad.report.html import html_document
from l1ad.report.slider import Slider

__all__ = ["write_document"]

_FIGURES = {kind.__name__.lower() for kind in (Chart, Heatmap)}
_TABLES = {kind.__name__.lower() for kind in (Table, Slider)}
_FILE_NAME = re.compile(r"[^\W.][^/\\\x00-\x1f]*")


def write_document(
    document: Document, folder: Path, *, name: str = "report", progress: Progress = silent
) -> Path:
    """Write a document into a folder, the parts beside it first.

    Written are `figures/NAME.png`, `.pdf` and `.csv` of each chart and heatmap, `tables/NAME.csv` of each
    table and slider, `<name>.md`, `<name>.html` and, when all else is there, `<name>.json`: a folder that
    has it has the others. Each file is written at once or not at all. What the former `<name>.json` of the
    folder tells of and the document does not have is removed.

    Args:
        document: What is written.
        folder: Where; it is made where it is missing.
        name: Name of the page, the Markdown and the JSON file.
        progress: Told of each block and each of the three files.

    Returns:
        Path of the page.

    Raises:
        ValueError: If a block has a name that is none of a file.
    """
    laid_out = document.document()
    blocks = [block for block in document.blocks if not isinstance(block, Paragraph)]
    strange = next((one.name for one in blocks if not _FILE_NAME.fullmatch(one.name)), None)
    if strange is not None:
        raise ValueError(f"{strange!r} is not the name of a file, e.g. 'rate_by_pileup'")
    former = _former_parts(folder / f"{name}.json")
    for done, block in enumerate(blocks):
        progress(done, len(blocks) + 3, block.name)
        _write_block(block, folder)
    texts: dict[str, Callable[[Document], str]]
    texts = {"md": markdown_document, "html": html_document, "json": lambda _: _json(laid_out)}
    for done, (kind, text) in enumerate(texts.items(), start=len(blocks)):
        progress(done, len(blocks) + 3, f"{name}.{kind}")
        write_text_safely(folder / f"{name}.{kind}", text(document))
    for left in former - _parts(laid_out):
        (folder / left).unlink(missing_ok=True)
    progress(len(blocks) + 3, len(blocks) + 3, "")
    return folder / f"{name}.html"


def _write_block(block: Table | Chart | Heatmap | Slider, folder: Path) -> None:
    kind = type(block).__name__.lower()
    paths = {path.rsplit(".", 1)[1]: folder / path for path in _files(kind, block.name)}
    paths["csv"].parent.mkdir(parents=True, exist_ok=True)
    if isinstance(block, Chart | Heatmap):
        draw(block, [paths["png"], paths["pdf"]])
    write_text_safely(paths["csv"], csv_text(block))


def _files(kind: str, name: str) -> list[str]:
    """Name the files of a block, within the folder; none of a kind that has no files."""
    if kind in _FIGURES:
        return [f"figures/{name}.{ending}" for ending in ("png", "pdf", "csv")]
    return [f"tables/{name}.csv"] if kind in _TABLES else []


def _parts(laid_out: Mapping[str, Any]) -> set[str]:
    """List the files beside a document that is laid out for JSON."""
    blocks = [block for section in laid_out["sections"] for block in section["blocks"]]
    return {path for block in blocks for path in _files(block["kind"], block.get("name", ""))}


def _former_parts(path: Path) -> set[str]:
    """List the files beside the document that was written before; none where that is no document."""
    try:
        parts = _parts(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return set()
    return {part for part in parts if _FILE_NAME.fullmatch(part.split("/", 1)[1])}


def _json(laid_out: Mapping[str, Any]) -> str:
    return json.dumps(laid_out, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
