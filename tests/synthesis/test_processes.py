"""Programs in groups of their own: none is left behind, whenever Ctrl-C comes."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from l1ad.synthesis.processes import start, stop

TOLD_BY = f"60.{os.getpid()}"
"""Seconds to sleep, as nothing else on this machine does."""

PATIENCE_S = 60


def sleepers() -> Iterator[str]:
    """Give the numbers of the processes that were started here and have not ended."""
    for listed in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if listed.read_bytes() == b"sleep\0" + TOLD_BY.encode() + b"\0":
                yield listed.parent.name
        except OSError:
            continue  # ended meanwhile


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="lists processes as Linux does")
def test_an_interrupt_at_any_moment_of_starting_leaves_no_program(tmp_path: Path) -> None:
    """Without holding back interrupts, one in seven of these leaves its program to run."""
    main = threading.get_ident()
    rng = np.random.default_rng(1)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for _ in range(60):
            timer = threading.Timer(rng.uniform(0, 0.003), signal.pthread_kill, (main, signal.SIGINT))
            with pytest.raises(KeyboardInterrupt):
                timer.start()
                _start_and_stop_on_and_on(tmp_path)
            timer.join()
        assert not list(sleepers())
    finally:
        signal.signal(signal.SIGINT, before)
        for left in sleepers():
            os.kill(int(left), signal.SIGKILL)


def _start_and_stop_on_and_on(folder: Path) -> None:
    process, deadline = None, time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < deadline:
            process = start(["sleep", TOLD_BY], folder, os.environ)
            stop(process)
    finally:
        if process is not None:
            stop(process)
