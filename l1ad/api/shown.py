"""Results that show themselves: as tables in a terminal and in a notebook, else in one line."""

from abc import ABC, abstractmethod
from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from l1ad.report.document import State, Table

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table as RichTable

__all__ = ["Shown", "grown"]

_LONG = 30
"""Characters beyond which a cell is a sentence, and stands on the left."""

_LINE = "1px solid rgba(128,128,128,.35)"
_CELL = f"padding:.2em .6em;border-bottom:{_LINE};vertical-align:top"
_COLOURS = {State.GOOD: "#2da44e", State.BAD: "#d1242f", State.OPEN: "#9a6700"}
"""Of the stripe beside a row; its words are in the row, so that nobody needs the colour."""


class Shown(ABC):
    """A result with its tables, from which come the terminal's view and the notebook's.

    Colours and font are those of whoever shows it, so that it is readable on light and on dark.
    """

    __slots__ = ()

    @abstractmethod
    def headline(self) -> str:
        """Say the result in one line."""

    @abstractmethod
    def tables(self) -> tuple[Table, ...]:
        """Lay the result out in tables."""

    @abstractmethod
    def document(self) -> Any:
        """Lay the result out for JSON, as `l1ad ... --json` prints it."""

    def remarks(self) -> tuple[str, ...]:
        """Say what the tables do not, a sentence each."""
        return ()

    def show(self) -> None:
        """Print the result on the terminal."""
        from rich.console import Console

        Console(highlight=False).print(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.headline()}>"

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        yield Text(self.headline())
        for table in self.tables():
            yield _rich_table(table)
        for remark in self.remarks():
            yield Text(remark)

    def _repr_html_(self) -> str:
        parts = [f"<p>{escape(self.headline())}</p>", *map(_html_table, self.tables())]
        parts += [f"<p>{escape(remark)}</p>" for remark in self.remarks()]
        return f'<div style="overflow-x:auto">{"".join(parts)}</div>'


Kind = TypeVar("Kind")


def grown(kind: type[Kind], value: Any, **more: Any) -> Kind:
    """Make a result of what a step returned: of a dataclass that `kind` extends.

    Args:
        kind: The class that shows itself.
        value: What the step returned.
        more: What `kind` holds beside it.
    """
    return kind(**{field.name: getattr(value, field.name) for field in fields(value)}, **more)


def _on_the_left(table: Table, column: int) -> bool:
    """Tell what is read as words: the first column, and columns with sentences."""
    cells = (row[column] for row in table.rows)
    return column == 0 or any(" " in cell.strip() and len(cell) > _LONG for cell in cells)


def _rich_table(table: Table) -> "RichTable":
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(title=Text(table.title) if table.title else None, title_justify="left")
    for column, name in enumerate(table.header):
        side = "left" if _on_the_left(table, column) else "right"
        drawn.add_column(Text(name), justify=side, overflow="fold")  # type: ignore[arg-type]
    for row in table.rows:
        drawn.add_row(*map(Text, row))  # as it stands: a name in brackets is no markup
    return drawn


def _html_table(table: Table) -> str:
    sides = ["left" if _on_the_left(table, column) else "right" for column in range(len(table.header))]
    head = "".join(
        f'<th style="{_CELL};text-align:{side}">{escape(name)}</th>'
        for name, side in zip(table.header, sides, strict=True)
    )
    states = table.states or (None,) * len(table.rows)
    body = "".join(_html_row(row, sides, state) for row, state in zip(table.rows, states, strict=True))
    title = escape(table.title)
    caption = f'<caption style="text-align:left;font-weight:bold">{title}</caption>' if title else ""
    drawn = (
        f'<table style="border-collapse:collapse;background:none;color:inherit;margin:.6em 0">'
        f"{'' if table.folded else caption}"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
    if not table.folded:
        return drawn
    return f"<details><summary>{title or escape(table.name)}</summary>{drawn}</details>"


def _html_row(row: tuple[str, ...], sides: list[str], state: State | None) -> str:
    cells = []
    for column, (cell, side) in enumerate(zip(row, sides, strict=True)):
        stripe = ""
        if state is not None and column == 0:
            stripe = f";border-left:4px solid {_COLOURS[state]}"
        cells.append(f'<td style="{_CELL};text-align:{side}{stripe}">{escape(cell)}</td>')
    named = "" if state is None else f' title="{state.value}"'
    return f'<tr style="background:none"{named}>{"".join(cells)}</tr>'
