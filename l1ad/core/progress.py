"""How long work tells how far it is, without knowing who listens."""

from collections.abc import Callable

__all__ = ["Progress", "noted", "silent"]

Progress = Callable[[int, int, str], None]
"""Called as `progress(done, total, note)`; a note may be empty."""


def silent(done: int, total: int, note: str = "") -> None:
    """Tell nobody."""


def noted(progress: Progress, note: str) -> Progress:
    """Give what tells of one part of a work, always with the same note."""

    def told(done: int, total: int, _: str = "") -> None:
        progress(done, total, note)

    return told
