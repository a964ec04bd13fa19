"""Who is at work on a study: locks that the kernel takes back from a process however it ends."""

import fcntl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

__all__ = ["Session"]

_SUFFIX = ".session"


class Session:
    """One process at work on the file of a study, known to the others until it ends.

    Each session holds a lock on a file of its own beside the study (`flock`). A lock that can be taken tells
    that its holder is gone, killed or not, without heartbeats and their wait. As for SQLite itself, the file
    must be on a disk whose locks work.

    Attributes:
        name: What the session is called in the study.
    """

    def __init__(self, study: Path) -> None:
        self.name = uuid.uuid4().hex
        self._folder = study.parent
        self._prefix = f".{study.name}."
        self._folder.mkdir(parents=True, exist_ok=True)
        with self.alone():
            self._held = self._file.open("w")
            fcntl.flock(self._held, fcntl.LOCK_EX)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the other sessions from changing the study; they wait."""
        with (self._folder / f"{self._prefix}lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def living(self) -> set[str]:
        """Name the sessions that go on, this one among them; what dead ones left is cleared away.

        To be called `alone`, or a session that just begins could be taken for a dead one.
        """
        names = {path.name for path in self._folder.iterdir() if path.name.endswith(_SUFFIX)}
        mine = {name for name in names if name.startswith(self._prefix)}
        dead = {name for name in mine if _is_dead(self._folder / name)}
        return {name.removeprefix(self._prefix).removesuffix(_SUFFIX) for name in mine - dead}

    def close(self) -> None:
        """End the session: what it still runs is free for others."""
        self._file.unlink(missing_ok=True)
        self._held.close()

    @property
    def _file(self) -> Path:
        return self._folder / f"{self._prefix}{self.name}{_SUFFIX}"


def _is_dead(path: Path) -> bool:
    """Tell whether nobody holds the lock of a session, and delete its file if so."""
    with suppress(FileNotFoundError), path.open("r+") as file:
        if not _can_be_locked(file):
            return False
        path.unlink()
    return True


def _can_be_locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
