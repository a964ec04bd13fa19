"""A ROOT file, from disk or from a URL: its tree opened, and read a few branches at a time."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError, L1adError, ToolError

__all__ = ["Branches", "Lists", "RootTree", "is_remote", "opened_root", "opened_tree"]

EVENTS = "Events"


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """One number of each object of each event.

    Attributes:
        offsets: Where the list of each event begins and, last, the end of all, shape (n_events + 1,).
        values: The numbers, one event after another.
    """

    offsets: NDArray[np.int64]
    values: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Branches:
    """What was read of some branches for some events.

    Attributes:
        where: File and first event, for messages.
        n_events: How many events.
    """

    where: str
    n_events: int
    _arrays: dict[str, Any]

    def numbers(self, name: str) -> NDArray[Any]:
        """Give a branch of one number an event, shape (n_events,)."""
        return np.asarray(self._arrays[name])

    def lists(self, name: str) -> Lists:
        """Give a branch of a list an event."""
        # Counted from this block's first object; the content may run on beyond the last.
        jagged = self._arrays[name].layout.to_ListOffsetArray64(True)
        offsets = np.asarray(jagged.offsets.data, dtype=np.int64)
        return Lists(offsets, np.asarray(jagged.content.data)[: offsets[-1]])


class RootTree:
    """The tree of an open file.

    Attributes:
        where: File, for messages.
        names: Branches, in the order of the file.
        n_events: Entries of the tree.
        uuid: Identity that ROOT gave the file.
    """

    def __init__(self, where: str, tree: Any, uuid: str) -> None:
        self.where, self.uuid = where, uuid
        self.names: tuple[str, ...] = tuple(tree.keys(recursive=False))
        self.n_events = int(tree.num_entries)
        self._tree = tree

    def number_type(self, name: str) -> np.dtype[Any] | None:
        """Find the type of a branch of one number or truth value an event; None for any other branch."""
        return _number_of(self._tree[name].interpretation)

    def check_lists(self, names: Sequence[str]) -> None:
        """Refuse branches that are no list of numbers an event.

        Raises:
            DataError: At the first.
        """
        import uproot

        for name in names:
            branch = self._tree[name]
            kind = branch.interpretation
            if not isinstance(kind, uproot.AsJagged) or _number_of(kind.content) is None:
                raise DataError(
                    f"{self.where}: branch {name!r} is of type {branch.typename}, not a list of numbers"
                )

    def check_numbers(self, names: Sequence[str]) -> None:
        """Refuse branches that are not one number an event.

        Raises:
            DataError: At the first.
        """
        for name in names:
            if self.number_type(name) is None:
                typename = self._tree[name].typename
                raise DataError(f"{self.where}: branch {name!r} is of type {typename}, not one number an event")

    def read(self, names: Sequence[str], start: int, stop: int) -> Branches:
        """Read branches for the events from `start` up to but not including `stop`.

        Raises:
            DataError: If the file cannot be read there.
        """
        where = f"{self.where}, from event {start} on" if start else self.where
        with _told(self.where):
            arrays = self._tree.arrays(list(names), entry_start=start, entry_stop=stop, library="ak", how=dict)
        return Branches(where, stop - start, arrays)


@contextmanager
def opened_tree(file: str, tree: str | None = None) -> Iterator[RootTree]:
    """Open the tree of a file, `Events` unless told otherwise.

    Raises:
        DataError: If the file is no ROOT file, is cut off, or has no such tree.
        ToolError: If uproot, or what it needs for a URL, is not installed.
    """
    name = tree or EVENTS
    with opened_root(file) as directory:
        with _told(file):
            names = directory.keys(recursive=True, cycle=False)
            found = directory[name] if name in names else None
        if found is None:
            raise DataError(f"{file}: no tree {name!r}; the file has {', '.join(names) or 'nothing'}")
        import uproot

        if not isinstance(found, uproot.TTree):
            kind = "an RNTuple, which is not read" if "RNTuple" in type(found).__name__ else "no tree"
            raise DataError(f"{file}: {name!r} is {kind}; NanoAOD is read from a TTree")
        with _told(file):
            opened = RootTree(file, found, str(directory.file.uuid))
        yield opened


def _import_uproot() -> None:
    """Import what reads ROOT files.

    Raises:
        ToolError: If it is not installed.
    """
    for library in ("awkward", "fsspec", "uproot"):
        try:
            importlib.import_module(library)
        except ImportError:
            raise ToolError(
                f"{library} is not installed; NanoAOD needs the extra 'nanoaod': pip install 'l1ad[nanoaod]'"
            ) from None


@contextmanager
def opened_root(file: str) -> Iterator[Any]:
    """Open a file and give its directory as uproot does.

    Raises:
        DataError: If it is no ROOT file or is cut off.
        ToolError: If uproot, or what it needs for a URL, is not installed.
    """
    _import_uproot()
    import uproot

    with _told(file):
        # A path as a string would be cut at a colon. Without caches, memory does not grow with the file.
        where = file if is_remote(file) else Path(file)
        directory = uproot.open(where, object_cache=None, array_cache=None)
    with directory:
        yield directory


@contextmanager
def _told(file: str) -> Iterator[None]:
    """Say of a file in one sentence what the libraries say in many ways.

    A damaged ROOT file makes them raise nearly anything, from `OSError` to `zlib.error` and `struct.error`.
    """
    try:
        yield
    except L1adError:
        raise
    except ImportError as fault:
        raise ToolError(f"{file}: needs a library that is not installed: {_first_line(fault)}") from None
    except Exception as fault:
        said = f"{type(fault).__name__}: {_first_line(fault)}"
        if is_remote(file):
            raise DataError(
                f"{file}: cannot be read ({said}); is the address right, and the file whole?"
            ) from None
        raise DataError(f"{file}: cannot be read as a ROOT file ({said}); is it complete?") from None


def _first_line(fault: Exception) -> str:
    return next((line.strip() for line in str(fault).splitlines() if line.strip()), "no reason given")


def _number_of(kind: Any) -> np.dtype[Any] | None:
    import uproot

    if not isinstance(kind, uproot.AsDtype):
        return None
    found: np.dtype[Any] = kind.to_dtype
    return None if found.shape or found.kind not in "biuf" else found


def is_remote(location: str) -> bool:
    """Tell a URL, which is fetched, from a path; `file://` is one."""
    return "://" in location and not location.startswith("file://")
