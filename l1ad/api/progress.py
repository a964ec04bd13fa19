"""How a step tells how far it is: a bar in a terminal, nothing in a notebook unless it is wanted."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from l1ad.core.progress import Progress, silent

__all__ = ["progress_bar"]

_SECONDS = 0.5
"""Between two lines where there is no terminal: a notebook keeps every one that it is sent."""


@contextmanager
def progress_bar(label: str, wanted: bool | None = None) -> Iterator[Progress]:
    """Show how far a step is, on stderr.

    Args:
        label: Name of the step.
        wanted: Whether to show it; None shows it in a terminal alone.
    """
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    if wanted is False or (wanted is None and not is_terminal):
        yield silent
    elif is_terminal:
        with _bar(label) as tell:
            yield tell
    else:
        with _line(label) as tell:
            yield tell


@contextmanager
def _bar(label: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), TextColumn("{task.fields[note]}", markup=False),
    )  # fmt: skip
    with RichProgress(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        task = bar.add_task(label, total=None, note="")

        def tell(done: int, total: int, note: str = "") -> None:
            bar.update(task, completed=done, total=total, note=note)

        yield tell


@contextmanager
def _line(label: str) -> Iterator[Progress]:
    """Write one line again and again, as notebooks without widgets can show it."""
    start = time.monotonic()
    last = start - _SECONDS
    longest = 0

    def write(text: str, end: str = "") -> None:
        nonlocal longest
        longest = max(longest, len(text))
        sys.stderr.write(f"\r{text.ljust(longest)}{end}")
        sys.stderr.flush()

    def tell(done: int, total: int, note: str = "") -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS:
            last = time.monotonic()
            write(f"{label}: {done} of {total} {note}".rstrip())

    yield tell
    write(f"{label}: done in {time.monotonic() - start:.1f} s", "\n")
