"""The log of a command: appended to `RUN/logs/COMMAND.log`, so that what was done to a run stays known.

A log never makes a command fail: where it cannot be written, the command goes on without.
"""

import logging
import platform
import re
import shlex
import sys
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import typer

from l1ad import __version__
from l1ad.cli.observed import observe
from l1ad.core.errors import L1adError

__all__ = ["UnexpectedError", "log_in", "recorded"]

_LONGEST = 1000
"""Lines that wait for a run directory, which may never come."""

_SECRET = re.compile(r"(\w+:/{1,2})(?:[^\s/@]*@)?([^\s?#'\"]*)(?:[?#][^\s'\"]*)?")
"""A URL; user, password and query, which let one in, are not kept."""


class UnexpectedError(Exception):
    """A fault that is none of the input or of the machine but of l1ad; its cause is what happened.

    Attributes:
        log: The log that holds the traceback; None without one.
    """

    def __init__(self, log: Path | None) -> None:
        super().__init__(str(log))
        self.log = log


class _RunLog(logging.Handler):
    """Appends records to the log of a run, once the run is there; a run that never begins has no log."""

    def __init__(self, command: Sequence[str], run: Path | None) -> None:
        super().__init__(logging.DEBUG)
        self.run = run
        self.is_written = False
        self._name = f"{'_'.join(command)}.log"
        self._waiting: deque[str] = deque(maxlen=_LONGEST)
        text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        text.converter = time.gmtime
        self.setFormatter(text)

    @property
    def path(self) -> Path | None:
        """The file; None as long as no run is known."""
        return None if self.run is None else self.run / "logs" / self._name

    def emit(self, record: logging.LogRecord) -> None:
        """Write what waits and this record, or let it wait."""
        self._waiting.append(_SECRET.sub(r"\1\2", self.format(record)))
        path = self.path
        if path is None or self.run is None or not (self.run / "config.yaml").is_file():
            return
        with suppress(OSError):  # e.g. a run that may only be read
            path.parent.mkdir(exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write("\n".join(self._waiting) + "\n")
            self.is_written = True
        self._waiting.clear()


def log_in(run: Path) -> None:
    """Tell the log of this command which run it works in, where its arguments did not say so."""
    for handler in logging.getLogger("l1ad").handlers:
        if isinstance(handler, _RunLog):
            handler.run = run


@contextmanager
def recorded(command: Sequence[str], run: Path | None) -> Iterator[None]:
    """Record what a command was told, what it does, how long it takes and how it ends.

    Args:
        command: Name of the command, e.g. `("rates", "menu")`.
        run: The run directory that it works in; None if it works in none, or says so later with `log_in`.

    Raises:
        UnexpectedError: From anything that is neither an error of ours nor one of the operating system.
    """
    logger, file = logging.getLogger("l1ad"), _RunLog(command, run)
    kept = logger.level, logger.propagate, warnings.showwarning
    logger.addHandler(file)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False  # some libraries print what reaches the root
    warnings.showwarning = _told_warnings(warnings.showwarning)
    logger.info(
        "l1ad %s, Python %s: %s", __version__, platform.python_version(), shlex.join(["l1ad", *sys.argv[1:]])
    )
    observe()
    start = time.perf_counter()
    try:
        yield
    except BaseException as fault:
        told = _outcome(fault)
        if told is None:
            logger.exception("internal error after %.1f s", time.perf_counter() - start)
            raise UnexpectedError(file.path if file.is_written else None) from fault
        logger.info("%s, after %.1f s", told, time.perf_counter() - start)
        raise
    else:
        logger.info("done in %.1f s", time.perf_counter() - start)
    finally:
        logger.removeHandler(file)
        logger.level, logger.propagate, warnings.showwarning = kept


def _outcome(fault: BaseException) -> str | None:
    """Say how a command ended that did not end well; None for what should not happen."""
    if isinstance(fault, typer.Exit):
        return f"ended with exit code {fault.exit_code}"
    if isinstance(fault, typer.BadParameter):
        return f"wrong usage: {fault.message}"
    if isinstance(fault, L1adError | OSError):
        return f"failed: {fault}"
    if isinstance(fault, KeyboardInterrupt | typer.Abort | SystemExit):
        return "interrupted"
    return None


def _told_warnings(show: Any) -> Any:
    """Let what libraries warn of go to the log too; with --quiet to the log alone."""

    def told(message: Warning | str, category: type[Warning], filename: str, *rest: Any) -> None:
        from l1ad.cli.terminal import errors

        logging.getLogger("l1ad").warning("%s: %s (%s)", category.__name__, message, filename)
        if not errors.quiet:
            show(message, category, filename, *rest)

    return told
