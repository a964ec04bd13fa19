"""What people see while they wait and when it is done: progress on stderr, results on stdout."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from l1ad.core.progress import Progress

__all__ = ["errors", "print_json", "print_table", "progress_bar", "show"]

_WIDTH_OF_FILES = 160
_LONG = 30
"""Characters beyond which a cell is a sentence."""

errors = Console(stderr=True, highlight=False)


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Show a bar with a count and the time left on stderr; one line at the end when it is no terminal."""
    columns = (
        SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[note]}", markup=False),
    )  # fmt: skip
    with RichProgress(*columns, console=errors, disable=not errors.is_terminal, transient=True) as bar:
        task = bar.add_task(label, total=None, note="")

        def tell(done: int, total: int, note: str = "") -> None:
            bar.update(task, completed=done, total=total, note=note)

        start = time.perf_counter()
        yield tell
    if not errors.is_terminal:
        errors.print(f"{label}: done in {time.perf_counter() - start:.1f} s", soft_wrap=True)


def print_table(title: str, header: list[str], rows: list[list[str]]) -> None:
    """Print a table on stdout; numbers line up on the right, the first column and sentences on the left."""
    table = Table(title=Text(title), title_justify="left")
    for index, name in enumerate(header):
        is_text = index == 0 or any(" " in row[index].strip() and len(row[index]) > _LONG for row in rows)
        table.add_column(name, justify="left" if is_text else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # as it stands: a name in brackets is no markup
    console = Console(highlight=False)
    if not console.is_terminal:  # a file or a pipe has no width that cells would have to be cut for
        console = Console(highlight=False, width=_WIDTH_OF_FILES)
    console.print(table)


def show(document: Any, text: str, *, as_json: bool) -> None:
    """Print a result: as a sentence for people, or as JSON for machines."""
    if as_json:
        print_json(document)
    else:
        print(text)  # noqa: T201


def print_json(document: Any) -> None:
    """Print a result for machines."""
    print(json.dumps(document, indent=1))  # noqa: T201 -- this is the one place that prints results
