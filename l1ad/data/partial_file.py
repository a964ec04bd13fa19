"""A file that grows under another name until it is whole."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from l1ad.core.errors import DataError

__all__ = ["SUFFIX", "growing_file"]

SUFFIX = ".partial"


@contextmanager
def growing_file(path: Path) -> Iterator[Path]:
    """Give the name `PATH.partial` to write to; what is there at the end gets its own name, all at once.

    After a fault or an interrupt nothing is left of it, and a file that had the name before stays.

    Raises:
        DataError: If the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}{SUFFIX}")
    try:
        yield partial
        partial.replace(path)
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            raise
        raise DataError(f"{path}: no space is left on the disk; what was there before stays") from None
    finally:
        partial.unlink(missing_ok=True)
