"""Keras model files, opened without Keras: `.keras`, `.h5`, and an architecture `.json` with its weights.

Nothing in a file is executed. Keras 2 and Keras 3 are told apart by what they wrote, not by the suffix.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.records import KerasModel, model_of_record

__all__ = ["read_keras"]

_FAULTS = (
    OSError, KeyError, TypeError, AttributeError, ValueError, RuntimeError, EOFError, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip
"""What json, zipfile and h5py raise, and what follows, when a file is damaged or of another make."""

_LARGEST_BYTES = 1 << 30
"""No trigger is of this size: an archive that says so is broken, or made to fill the memory."""


def read_keras(path: Path, weights: Path | None = None) -> KerasModel:
    """Read a model of Keras 2 or Keras 3.

    Args:
        path: A `.keras` archive, a whole model in HDF5, or the `.json` of an architecture.
        weights: The weights that go with a `.json`: what `save_weights` wrote.

    Raises:
        ModelFileError: If a file is missing or is none of these.
    """
    for one in (path, weights):
        if one is not None and not one.is_file():
            raise ModelFileError(
                f"{one}: a folder; save the model as one file, .keras or .h5"
                if one.is_dir()
                else f"{one}: no such file"
            )
    try:
        with _parts(path, weights) as (config, file):
            return model_of_record(_json(config, path), file, path.name)
    except _FAULTS as fault:
        raise ModelFileError(
            f"{path}: not a Keras model as Keras writes it ({' '.join(str(fault).split())[:200]})"
        ) from None


@contextmanager
def _parts(path: Path, weights: Path | None) -> Iterator[tuple[str | bytes, Any]]:
    """Open the JSON text of a model and the HDF5 file of its weights, None when there is none."""
    import h5py

    archived = zipfile.is_zipfile(path)
    if weights is not None and (archived or h5py.is_hdf5(path)):
        raise ModelFileError(f"{path}: a whole model, weights included; {weights} would go with a .json only")
    if weights is not None and not h5py.is_hdf5(weights):
        raise ModelFileError(
            f"{weights}: no HDF5 file; weights are what model.save_weights writes, *.weights.h5"
        )
    if archived:
        with zipfile.ZipFile(path) as archive, h5py.File(_member(archive, "model.weights.h5", path)) as file:
            yield _member(archive, "config.json", path).read(), file
    elif h5py.is_hdf5(path):
        with h5py.File(path) as file:
            yield _architecture(file, path), file
    elif weights is not None:
        with h5py.File(weights) as file:
            yield path.read_bytes(), file
    else:
        yield path.read_bytes(), None


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> io.BytesIO:
    if name not in archive.namelist():
        raise ModelFileError(f"{path}: an archive without {name!r}; is it a .keras file?")
    size = archive.getinfo(name).file_size
    if size > _LARGEST_BYTES:
        raise ModelFileError(f"{path}: {name!r} unpacks to {size} bytes; at most {_LARGEST_BYTES} are read")
    return io.BytesIO(archive.read(name))


def _architecture(file: Any, path: Path) -> str | bytes:
    if "model_config" not in file.attrs:
        raise ModelFileError(
            f"{path}: holds weights but no model; give the model's .json, and this file as its weights"
        )
    config: str | bytes = file.attrs["model_config"]
    return config


def _json(text: str | bytes, path: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise ModelFileError(
            f"{path}: neither a .keras archive nor HDF5 nor JSON ({str(fault)[:120]})"
        ) from None
