"""Steps that Ctrl-C must not cut in two."""

import contextlib
import signal
import threading
from collections.abc import Iterator

__all__ = ["interrupts_held_back"]


@contextlib.contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Let a short step end before Ctrl-C is heard, such as starting a program and noting that it is ours.

    Between the two, `subprocess` leaves a program that nobody can end. What the signal does stays what it was,
    and is done after the step. In a thread other than the main one, which alone hears signals, nothing changes.
    """
    before = signal.getsignal(signal.SIGINT)
    # None: set by code that is not Python's, which then could not be put back.
    if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
        yield
        return
    heard = False

    def note(*_: object) -> None:
        nonlocal heard
        heard = True

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if heard:
            signal.raise_signal(signal.SIGINT)
