"""The trained weights on disk: all variables for l1ad, and the encoder as a Keras file for others."""

import os
from pathlib import Path

from l1ad.core.errors import DataError
from l1ad.data.arrays_file import read_arrays, write_arrays
from l1ad.training.model import Autoencoder

__all__ = ["load_weights", "save_encoder", "save_weights"]


def save_weights(model: Autoencoder, path: Path, digest: str) -> None:
    """Write every variable of the model and the training's digest, at once or not at all."""
    write_arrays(path, {"digest": digest}, variable=model.variables)


def load_weights(model: Autoencoder, path: Path, digest: str) -> None:
    """Put trained weights into a model built from the same configuration.

    Raises:
        DataError: If the file is missing, not readable, or of another training.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; `l1ad train` writes it")
    found = read_arrays(path, what="not readable weights ({fault}); train again")
    values = found.of("variable")
    shapes = [tuple(variable.shape) for variable in model.variables]
    if found.told.get("digest") != digest or [value.shape for value in values] != shapes:
        raise DataError(f"{path}: weights of another training; train again")
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)


def save_encoder(model: Autoencoder, path: Path) -> None:
    """Write the encoder up to its mean as a `.keras` file, quantisers included, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.partial.{path.name}")
    try:
        model.encoder.save(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
