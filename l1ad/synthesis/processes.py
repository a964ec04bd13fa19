"""Programs in process groups of their own, so that whatever they start can be ended with them."""

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.core.interrupts import interrupts_held_back

__all__ = ["GRACE_S", "TimeUpError", "lines_of", "output_of", "start", "stop"]

GRACE_S = 5.0
"""How long a program may take to end when it is asked to."""

_SILENCE_S = 2.0
_DYING_S = 2.0


class TimeUpError(Exception):
    """A program that is still there at its deadline; not seen outside this room."""


def start(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program that reads nothing, as the leader of a new process group.

    What it and its children write to stdout and stderr is one stream, `stdout` of the process.

    Raises:
        ToolError: If it cannot be started.
    """
    process = None
    try:
        with interrupts_held_back():
            process = subprocess.Popen(
                list(command), cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
    except OSError as fault:
        raise ToolError(f"{command[0]} cannot be started: {fault.strerror or fault}") from None
    except BaseException:  # of an interrupt that came while it started: nobody else knows of it yet
        if process is not None:
            stop(process)
        raise
    return process


def stop(process: subprocess.Popen[bytes], grace_s: float = GRACE_S) -> bool:
    """End a program and everything in its group: ask first, then kill.

    Returns:
        Whether asking was enough.
    """
    ended = False
    try:
        _signal(process, signal.SIGTERM)
        ended = _ends(process, grace_s)
    finally:  # also when a second Ctrl-C breaks the wait off
        if not ended:
            _signal(process, signal.SIGKILL)
            _ends(process, _DYING_S)
        process.wait()
    return ended


def output_of(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> str | None:
    """Give what a program writes, whatever it ends with; None if it does not end in time.

    Raises:
        ToolError: If it cannot be started.
    """
    process = start(command, folder, environment)
    said: list[str] = []
    try:
        said.extend(lines_of(process, time.monotonic() + seconds))
    except TimeUpError:
        stop(process)
        return None
    except BaseException:
        stop(process)
        raise
    return "\n".join(said)


def lines_of(process: subprocess.Popen[bytes], deadline: float) -> Iterator[str]:
    """Give the lines of a process as they come, until it ends.

    A thread reads, because reading cannot be told to stop at a time.

    Args:
        process: As `start` gave it.
        deadline: Of `time.monotonic`.

    Raises:
        TimeUpError: If the process is still there at the deadline.
    """
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    heard = time.monotonic()
    while True:
        try:
            line = lines.get(timeout=0.1)
        except queue.Empty:
            # Something that the program left behind can hold its output open for ever.
            if process.poll() is not None and time.monotonic() > heard + _SILENCE_S:
                return
        else:
            if line is None:
                break
            heard = time.monotonic()
            yield line
        if process.poll() is None and time.monotonic() > deadline:
            raise TimeUpError
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise TimeUpError from None


def _read(process: subprocess.Popen[bytes], lines: "queue.Queue[str | None]") -> None:
    """Pass on lines and then None."""
    if process.stdout is not None:
        with process.stdout as stream:
            for line in stream:
                for part in line.decode(errors="replace").splitlines():  # a bar redraws its line with \\r
                    lines.put(part)
    lines.put(None)


def _ends(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a program and everything it started, and tell whether they are gone in time."""
    deadline = time.monotonic() + seconds
    while _is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _is_alive(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether the leader or anything it started is still at work."""
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return process.returncode is None
    # In a container the first process may never take note of orphans, which then stay listed when dead.
    if not Path("/proc/self/stat").exists():
        return True
    return any(state not in "ZX" for state in _states(process.pid))


def _states(group: int) -> Iterator[str]:
    """Give the state of every process of a group, as Linux lists it: `pid (name) state parent group ...`."""
    for listed in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            fields = listed.read_text(errors="replace").rpartition(")")[2].split()
            if fields[2] == str(group):
                yield fields[0]


def _signal(process: subprocess.Popen[bytes], what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, what)
