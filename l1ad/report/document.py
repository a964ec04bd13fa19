"""A document of results as values: said once, and written as HTML, Markdown, JSON, CSV, PNG and PDF.

Nothing here knows how it is drawn. Text is Markdown of one paragraph or one list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from l1ad.core.plain import plain
from l1ad.report.charts import Chart, Heatmap
from l1ad.report.slider import Slider

__all__ = ["Block", "Document", "Paragraph", "Section", "State", "Table", "Verdict"]


class State(Enum):
    """How a figure stands to its limit."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"
    """Not decided: not measured, or without a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One line of the summary on top.

    Attributes:
        what: What was asked, e.g. `agreement`.
        found: The answer in a few words, e.g. `0 of 280,117 events differ`.
        state: How it stands.
        why: Limit and source.
        section: Id of the section that tells more; empty without one.
    """

    what: str
    found: str
    state: State
    why: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text of one paragraph or one list, as Markdown."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells in rows.

    Attributes:
        name: Name of its file, e.g. `budget`; unique in the document.
        title: What stands over it; empty where the section's title says it.
        header: Title of each column.
        rows: Cells as they are shown, each row as long as the header.
        states: State of each row, shown as a colour and a word; empty without verdicts.
        folded: Whether it is long, and shown folded where that can be.
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    states: tuple[State, ...] = ()
    folded: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(
                    f"table {self.name!r}: {len(row)} cells under {len(self.header)} titles: {row}"
                )
        if self.states and len(self.states) != len(self.rows):
            raise ValueError(f"table {self.name!r}: {len(self.states)} states of {len(self.rows)} rows")


Block = Paragraph | Table | Chart | Heatmap | Slider


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the document.

    Attributes:
        id: Its anchor, e.g. `rates`; unique in the document.
        title: Its title.
        blocks: What it shows, in order.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Everything that is shown of a run or of a comparison.

    Attributes:
        title: Its title, e.g. ``Trigger algorithm `demo` ``; Markdown of one line.
        subtitle: One sentence under it.
        verdicts: The summary on top.
        sections: The parts, in order.
        data: Results as JSON knows them, beside what is shown; goes to the JSON file alone.
    """

    title: str
    subtitle: str
    verdicts: tuple[Verdict, ...]
    sections: tuple[Section, ...]
    data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [one.id for one in self.sections]
        names += [block.name for block in self.blocks if not isinstance(block, Paragraph)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two parts of the document are called {twice!r}")

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every block of every section, in order."""
        return tuple(block for section in self.sections for block in section.blocks)

    def document(self) -> dict[str, Any]:
        """Lay it out for JSON: what is shown by section and block, each with its kind, and the data."""
        sections = [
            {
                "id": section.id,
                "title": section.title,
                "blocks": [{"kind": type(block).__name__.lower(), **plain(block)} for block in section.blocks],
            }
            for section in self.sections
        ]
        verdicts = [plain(verdict) for verdict in self.verdicts]
        head = {"title": self.title, "subtitle": self.subtitle, "verdicts": verdicts}
        return {**head, "sections": sections, "data": plain(self.data)}
