"""Steps that Ctrl-C must not cut in two: the signal is real, and comes in the middle."""

import signal
import threading
from collections.abc import Iterator

import pytest

from l1ad.core.interrupts import interrupts_held_back


@pytest.fixture(autouse=True)
def _as_in_a_terminal() -> Iterator[None]:
    """What a background job of a shell inherits is deafness."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_step_ends_before_it_is_interrupted() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts_held_back():
        signal.raise_signal(signal.SIGINT)
        done.append("the rest of the step")
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_users_is_asked_after_the_step() -> None:
    heard: list[str] = []
    signal.signal(signal.SIGINT, lambda *_: heard.append("handler"))
    with interrupts_held_back():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        heard.append("step")
    assert heard == ["step", "handler"]


def test_a_fault_of_the_step_is_not_lost_behind_the_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, interrupts_held_back():
        signal.raise_signal(signal.SIGINT)
        raise OSError("no such program")
    assert str(caught.value.__context__) == "no such program"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_ignores_interrupts_goes_on_ignoring_them() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_held_back():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_has_nothing_to_hold_back() -> None:
    done = []

    def step() -> None:
        with interrupts_held_back():
            done.append(True)

    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
    assert done
