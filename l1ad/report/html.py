"""A document as one HTML page that holds all it shows and loads nothing."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from l1ad import __version__
from l1ad.core.plain import plain
from l1ad.report.canvas import COLOURS
from l1ad.report.charts import Chart, Heatmap, Series
from l1ad.report.document import Block, Document, State, Table
from l1ad.report.interactive import plotly_figure
from l1ad.report.interactive_traces import Pen, pens
from l1ad.report.slider import Slider
from l1ad.report.table_columns import csv_columns

__all__ = ["html_document"]

# Pictures are left out: the page may load none.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")
_NUMBER = re.compile(r"(?:[<>≤≥~±+−-]{0,2}\s?\d.{0,40}|[–-]?)")
_SYMBOLS = {State.GOOD: "✓", State.BAD: "✗", State.OPEN: "○"}


def html_document(document: Document) -> str:
    """Write a document as one HTML page: text, tables, charts to point at and sliders to move.

    Plotly, the style, the script and the numbers are inside; the page's own policy forbids it to load anything
    and to run any other script. Text is Markdown without HTML; cells and names are shown as they are.
    Without JavaScript all but the charts is there, sliders as a table of their marks.
    """
    templates = _templates()
    scripts = [get_plotlyjs(), templates.get_template("report.js").render()]
    return templates.get_template("report.html").render(
        document=document,
        policy=_policy(scripts),
        scripts=[_as_script(text) for text in scripts],
        style=Markup(templates.get_template("report.css").render(colours=COLOURS)),  # noqa: S704
        version=__version__,
    )


def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("l1ad.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        kind=lambda block: type(block).__name__.lower(),
        markdown=lambda text: Markup(_MARKDOWN.render(text)),  # noqa: S704
        inline=lambda text: Markup(_MARKDOWN.renderInline(text)),  # noqa: S704
        words=_words,
        breakable=_breakable,
        embedded=_embedded,
        legend=_legend,
        symbol=_SYMBOLS.get,
        numeric=_numeric_columns,
        places=_places,
    )
    return templates


def _policy(scripts: Sequence[str]) -> str:
    """Say what the page may do: run these scripts, and nothing else."""
    digests = (base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    inside = "style-src 'unsafe-inline'; img-src data: blob:"
    return f"default-src 'none'; script-src {allowed}; {inside}; base-uri 'none'; form-action 'none'"


def _as_script(text: str) -> Markup:
    if re.search(r"</script|<!--|\r", text, re.IGNORECASE):
        raise ValueError("a script with '</script', '<!--' or a carriage return would not arrive as it is")
    return Markup(text)  # noqa: S704


def _words(text: str) -> str:
    """Read what Markdown says, without its marks."""
    inline = [token for block in _MARKDOWN.parse(text) for token in block.children or []]
    return "".join(" " if token.type in ("softbreak", "hardbreak") else token.content for token in inline)


def _breakable(cell: str) -> Markup:
    """Let a list without spaces be broken after a comma, e.g. `ap_fixed<6,1,AP_RND_CONV,AP_SAT>`."""
    return Markup(re.sub(r",(?=[A-Za-z_])", ",<wbr>", escape(cell)))  # noqa: S704


def _embedded(block: Block) -> Markup:
    """Write what the page's script needs of a block as JSON that no reader of HTML can take for a tag."""
    laid_out: dict[str, Any] = {"kind": type(block).__name__.lower()}
    if isinstance(block, Table):  # its cells are on the page; the script gives them as the file has them
        laid_out["block"] = dict(zip(("header", "rows"), csv_columns(block), strict=True))
    else:
        laid_out["block"] = plain(block)
    if isinstance(block, Chart | Heatmap):
        laid_out["figure"] = plotly_figure(block)
    text = json.dumps(laid_out, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704


def _legend(chart: Chart) -> list[dict[str, Any]]:
    """List the names of the legend, each with its pen and the places of all series that it hides.

    These are the series of its name, and those of its colour that the legend does not name.
    """
    drawn = list(enumerate(zip(chart.series, pens(chart), strict=True)))
    first: dict[str, tuple[Series, Pen]] = {}
    for _, (one, pen) in drawn:
        if one.in_legend:
            first.setdefault(one.name, (one, pen))
    return [
        {
            "series": named,
            "pen": pen,
            "places": [
                place
                for place, (one, its) in drawn
                if (one.name == name if one.in_legend else its.colour == pen.colour)
            ],
        }
        for name, (named, pen) in first.items()
    ]


def _numeric_columns(table: Table) -> list[bool]:
    """Tell which columns hold numbers, which stand on the right."""
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.header)
    return [any(cells) and all(_NUMBER.fullmatch(cell) for cell in cells) for cells in columns]


def _places(slider: Slider) -> list[tuple[str, int]]:
    """Find the position of each mark; without marks that of the first."""
    positions = slider.positions.tolist()
    marks = slider.marks or {slider.setting_text(0): positions[0]}
    return [(name, positions.index(at)) for name, at in marks.items()]
