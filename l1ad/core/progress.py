"""How long work tells how far it is, without knowing who listens."""

from collections.abc import Callable

__all__ = ["Progress", "silent"]

Progress = Callable[[int, int, str], None]
"""Called as `progress(done, total, note)`; a note may be empty."""


def silent(done: int, total: int, note: str = "") -> None:
    """Tell nobody."""
