"""Lists of arrays, and what is told of them, in one file: written at once or not at all, and without pickle."""

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.core.errors import DataError

__all__ = ["Arrays", "read_arrays", "write_arrays"]

_TOLD = "told"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrays:
    """What a file holds.

    Attributes:
        told: What is told of the arrays, as JSON can hold it.
        lists: Arrays in their order, by the name of the list.
    """

    told: dict[str, Any]
    lists: dict[str, list[Any]]

    def of(self, name: str) -> list[Any]:
        """Give a list; one without arrays leaves no trace in the file."""
        return self.lists.get(name, [])


def write_arrays(path: Path, told: Mapping[str, Any], **lists: Sequence[Any]) -> None:
    """Write lists of arrays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    named = {
        f"{name}_{index:04d}": np.asarray(value)
        for name, values in lists.items()
        for index, value in enumerate(values)
    }
    try:
        with temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **{_TOLD: np.array(json.dumps(told))}, **named)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_arrays(path: Path, *, what: str) -> Arrays:
    """Read what `write_arrays` wrote.

    Raises:
        DataError: If the file cannot be read; `what` says what it should be, and what to do without it.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            lists: dict[str, list[Any]] = {}
            for name in sorted(set(file.files) - {_TOLD}):
                lists.setdefault(name.rpartition("_")[0], []).append(file[name])
            return Arrays(told=dict(json.loads(str(file[_TOLD]))), lists=lists)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
        raise DataError(f"{path}: {what.format(fault=fault)}") from None
