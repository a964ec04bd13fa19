"""A document as Markdown, for a terminal, a merge request or a wiki; its figures and tables lie beside it."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from l1ad.report.charts import Chart, Heatmap
from l1ad.report.document import Block, Document, Paragraph, Section, Table, Verdict
from l1ad.report.slider import Slider

__all__ = ["literal", "markdown_document", "table"]

# Marks that Markdown takes for its own; `_` within a word and `<` before a number are harmless.
_MARKS = re.compile(r"[\\`*~|]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=[#\w])|\](?=[(\[:])")


def markdown_document(document: Document) -> str:
    """Write a document: the verdicts on top, then section by section; long tables are folded.

    Links lead to `figures/NAME.png`, `.pdf` and `.csv`, and to `tables/NAME.csv`.
    """
    named = {verdict.section for verdict in document.verdicts}
    parts = [f"# {document.title}", document.subtitle, _verdicts(document.verdicts)]
    for section in document.sections:
        parts += _section(section, anchored=section.id in named)
    return "\n\n".join(part for part in parts if part) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay a table out, whose cells are Markdown; a line break in a cell becomes a space."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_one_cell(cell) for cell in line) + " |" for line in lines)


def literal(text: str) -> str:
    """Write text so that Markdown shows it as it is; white space is run together."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def _one_cell(cell: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(cell.splitlines()))


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return ""
    rows = []
    for one in verdicts:
        what = f"[{literal(one.what)}](#{quote(one.section)})" if one.section else literal(one.what)
        rows.append([what, literal(one.found), one.state.value, literal(one.why)])
    return table(["what", "found", "verdict", "why"], rows)


def _section(section: Section, *, anchored: bool) -> Iterator[str]:
    # The anchors that readers of Markdown make of titles change with the titles.
    yield (f'<a id="{html.escape(section.id)}"></a>\n\n' if anchored else "") + f"## {section.title}"
    for block in section.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield block.text
        case Table():
            yield from _table(block)
        case Slider():
            yield from _slider(block)
        case _:
            yield from _figure(block)


def _table(block: Table) -> Iterator[str]:
    header, rows = _literals(block.header), [_literals(row) for row in block.rows]
    if block.states:
        header.append("verdict")
        rows = [[*row, state.value] for row, state in zip(rows, block.states, strict=True)]
    laid_out, link = table(header, rows), f"[CSV]({_path('tables', block.name, 'csv')})"
    if block.folded:
        summary = html.escape(block.title or f"{len(rows)} rows")
        yield from (f"<details><summary>{summary}</summary>", laid_out, link, "</details>")
    else:
        yield from ([f"**{block.title}**"] if block.title else [])
        yield from (laid_out, link)


def _slider(block: Slider) -> Iterator[str]:
    """Show the numbers at the marks; all others are in the file."""
    yield f"**{block.title}**"
    if block.marks:
        marks = [
            f"{name} ({block.setting_text(place)})"
            for name, place in zip(block.marks, _places(block), strict=True)
        ]
        yield table(_literals([block.setting, *marks]), _rows_at_marks(block))
    yield _caption(block.caption)
    yield f"[CSV of all {len(block.positions)} settings]({_path('tables', block.name, 'csv')})"


def _rows_at_marks(slider: Slider) -> Iterator[list[str]]:
    places = _places(slider)
    for row in slider.rows:
        for column, title in enumerate(slider.columns):
            shown = [row.text(place, column) for place in places]
            yield _literals([f"{row.name}, {title}" if title else row.name, *shown])


def _places(slider: Slider) -> list[int]:
    return [slider.positions.tolist().index(at) for at in slider.marks.values()]


def _figure(block: Chart | Heatmap) -> Iterator[str]:
    title = block.title.replace("[", "\\[").replace("]", "\\]")
    yield f"![{title}]({_path('figures', block.name, 'png')})"
    yield _caption(block.caption)
    yield " · ".join(f"[{kind.upper()}]({_path('figures', block.name, kind)})" for kind in ("pdf", "csv"))


def _caption(text: str) -> str:
    if not text.strip():
        return ""
    mark = "_" if "*" in text else "*"
    return f"{mark}{text.strip()}{mark}"


def _literals(cells: Iterable[str]) -> list[str]:
    return [literal(cell) for cell in cells]


def _path(folder: str, name: str, kind: str) -> str:
    return f"{folder}/{quote(name)}.{kind}"
