"""What people see while they wait and when it is done: progress on stderr, results on stdout."""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from l1ad.core.progress import Progress

__all__ = [
    "be_quiet",
    "be_verbose",
    "errors",
    "note",
    "print_json",
    "print_table",
    "progress_bar",
    "resumable",
    "show",
]

_WIDTH_OF_FILES = 160
_LONG = 30
"""Characters beyond which a cell is a sentence."""

_PAUSE_S = 0.1
"""Between two states of a bar."""

errors = Console(stderr=True, highlight=False)


class _RateColumn(ProgressColumn):
    """How fast it goes: so many a second, or so many seconds for each."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = f" {unit}" if unit else ""

    def render(self, task: Task) -> Text:
        """Give the rate of late, or of all, as rich knows it."""
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:,.0f}{self._unit}/s" if speed >= 10 else f"{1 / speed:.2g} s each")


class _Shown(logging.Handler):
    """Shows records on stderr, above a bar where there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        errors.print(self.format(record), markup=False, soft_wrap=True, style="dim")


def be_quiet() -> None:
    """Show no progress and no notes from now on."""
    errors.quiet = True
    _refuse_both()


def be_verbose() -> None:
    """Show log records of l1ad on stderr from now on."""
    logger = logging.getLogger("l1ad")
    if not _verbose_handlers():
        logger.addHandler(_Shown(logging.INFO))
    logger.setLevel(logging.DEBUG)
    _refuse_both()


def note(text: str) -> None:
    """Tell something beside the result: on stderr, unless quiet, and in the log."""
    if not _verbose_handlers():
        errors.print(f"note: {text}", markup=False, soft_wrap=True)
    logging.getLogger("l1ad").info("note: %s", text)


@contextmanager
def resumable(out: Path) -> Iterator[None]:
    """Say after Ctrl-C that the same command goes on with what is finished, which is in a folder."""
    try:
        yield
    except KeyboardInterrupt:
        note(f"interrupted; what is finished stays in {out}, and the same command goes on from there")
        raise


@contextmanager
def progress_bar(label: str, unit: str = "") -> Iterator[Progress]:
    """Show a bar with a count, the rate and the time left on stderr; one line at the end if no terminal.

    Args:
        label: What goes on.
        unit: What is counted, e.g. `events`; empty where that changes on the way.
    """
    told = TextColumn("{task.description}", markup=False)
    said = TextColumn("{task.fields[note]}", markup=False)
    numbers = (MofNCompleteColumn(), _RateColumn(unit), TimeElapsedColumn(), TimeRemainingColumn())
    is_terminal = errors.file.isatty() and not errors.quiet  # FORCE_COLOR makes a file no place for a bar
    is_plain = is_terminal and errors.is_dumb_terminal
    bar = RichProgress(
        SpinnerColumn(), told, BarColumn(), *numbers, said, console=errors, transient=True,
        disable=not is_terminal or is_plain,
    )  # fmt: skip
    task = bar.add_task(label, total=None, note="")
    redraw = _plain_line(bar, (told, *numbers, said)) if is_plain else None

    def tell(done: int, total: int, note: str = "") -> None:
        bar.update(task, completed=done, total=total, note=note)
        if redraw is not None:
            redraw()

    start = time.perf_counter()
    with bar:
        yield tell
    seconds = time.perf_counter() - start
    if redraw is not None:
        errors.file.write("\r" + " " * (errors.width - 1) + "\r")
    elif not is_terminal and not _verbose_handlers():
        errors.print(f"{label}: done in {seconds:.1f} s", soft_wrap=True)
    logging.getLogger("l1ad").info("%s: done in %.1f s", label, seconds)


def print_table(title: str, header: list[str], rows: list[list[str]]) -> None:
    """Print a table on stdout; numbers line up on the right, the first column and sentences on the left."""
    table = Table(title=Text(title), title_justify="left")
    for index, name in enumerate(header):
        is_text = index == 0 or any(" " in row[index].strip() and len(row[index]) > _LONG for row in rows)
        table.add_column(name, justify="left" if is_text else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # as it stands: a name in brackets is no markup
    # A file or a pipe has no width that cells would have to be cut for.
    width = None if sys.stdout.isatty() else _WIDTH_OF_FILES
    Console(highlight=False, width=width).print(table)


def show(document: Any, text: str, *, as_json: bool) -> None:
    """Print a result: as a sentence for people, or as JSON for machines."""
    if as_json:
        print_json(document)
    else:
        print(text)  # noqa: T201


def print_json(document: Any) -> None:
    """Print a result for machines."""
    print(json.dumps(document, indent=1))  # noqa: T201 -- this is the one place that prints results


def _plain_line(bar: RichProgress, columns: tuple[ProgressColumn, ...]) -> Callable[[], None]:
    """Draw a bar's numbers over one another with a carriage return, where no escape code is wanted."""
    last = 0.0

    def redraw() -> None:
        nonlocal last
        if time.perf_counter() - last < _PAUSE_S:
            return
        last = time.perf_counter()
        cells = [cell.plain for one in columns if isinstance(cell := one(bar.tasks[0]), Text)]
        width = errors.width - 1
        errors.file.write("\r" + " ".join(filter(None, cells))[:width].ljust(width))
        errors.file.flush()

    return redraw


def _verbose_handlers() -> list[logging.Handler]:
    return [one for one in logging.getLogger("l1ad").handlers if isinstance(one, _Shown)]


def _refuse_both() -> None:
    if errors.quiet and _verbose_handlers():
        raise typer.BadParameter("give either --quiet or --verbose")
