"""HDF5 files of others: opened, searched and read, with messages that a person can act on."""

import difflib
import json
import logging
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.partial_file import SUFFIX

__all__ = ["json_object", "named_dataset", "opened_hdf5", "read_rows", "refuse_full_disk", "texts"]

_LOG = logging.getLogger(__name__)
_OVERHEAD_BYTES = 1_000_000


def opened_hdf5(path: Path) -> h5py.File:
    """Open a file to read, also one that another process still writes.

    Raises:
        DataError: If it is missing, or not HDF5 to its end.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    _LOG.info("reads %s", path)
    try:
        # Of one that grows a reader must say that it knows.
        return h5py.File(path, "r", swmr=path.name.endswith(SUFFIX))
    except OSError as fault:
        raise DataError(f"{path}: not a readable HDF5 file ({fault}); is it complete?") from None


def named_dataset(file: h5py.Group, name: str, path: Path) -> h5py.Dataset:
    """Find a dataset by its name.

    Raises:
        DataError: If there is none; what there is instead is named.
    """
    found = file.get(name)
    if isinstance(found, h5py.Dataset):
        return found
    there = sorted(file)
    close = difflib.get_close_matches(name, there, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(there) or 'nothing'}"
    raise DataError(f"{path}: no dataset {name!r}; {hint}")


def read_rows(dataset: h5py.Dataset, start: int, stop: int, path: Path) -> NDArray[Any]:
    """Read the rows from `start` up to but not including `stop`.

    Raises:
        DataError: If the bytes cannot be read.
    """
    try:
        return np.asarray(dataset[start:stop])
    except OSError as fault:
        name = str(dataset.name).strip("/")
        raise DataError(f"{path}: {name!r} cannot be read ({fault}); is it complete?") from None


def texts(values: Any) -> tuple[str, ...]:
    """Read a list of names, as a dataset or an attribute holds them; none where it holds something else.

    A single text is taken for a JSON list, which is how our own files write one.
    """
    found = values[()] if isinstance(values, h5py.Dataset) else values
    if isinstance(found, bytes | str):
        try:
            found = json.loads(found)
        except ValueError:
            return ()
    if not isinstance(found, list | tuple | np.ndarray):
        return ()
    names = np.asarray(found, dtype=object).ravel().tolist()
    decoded = [name.decode(errors="replace") if isinstance(name, bytes) else name for name in names]
    return tuple(decoded) if all(isinstance(name, str) for name in decoded) else ()


def json_object(text: Any) -> dict[str, Any]:
    """Read the provenance that a writer of ours left as JSON; empty where there is none."""
    if not isinstance(text, bytes | str):
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def refuse_full_disk(path: Path, n_bytes: int) -> None:
    """Refuse to write where there is no room: on a full disk HDF5 does not fail, it crashes.

    Raises:
        DataError: If so many bytes, and some for the file itself, are not free.
    """
    needed, free = n_bytes + _OVERHEAD_BYTES, shutil.disk_usage(path.parent).free
    if free < needed:
        raise DataError(f"{path}: the next events can need {needed / 1e6:.1f} MB, {free / 1e6:.1f} MB are free")
