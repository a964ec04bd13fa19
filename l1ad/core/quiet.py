"""Keeping foreign libraries from writing past us to the terminal."""

import contextlib
import os
from collections.abc import Iterator

__all__ = ["silenced"]


@contextlib.contextmanager
def silenced(descriptor: int) -> Iterator[None]:
    """Send what C++ code writes to a file descriptor (1 or 2) nowhere; Python's own streams cannot stop it."""
    kept = os.dup(descriptor)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
