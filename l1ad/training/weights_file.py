"""The trained weights on disk: all variables for l1ad, and the encoder as a Keras file for others."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np

from l1ad.core.errors import DataError
from l1ad.training.model import Autoencoder

__all__ = ["load_weights", "save_encoder", "save_weights"]


def save_weights(model: Autoencoder, path: Path, digest: str) -> None:
    """Write every variable of the model and the training's digest, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    named = {f"variable_{i:04d}": np.asarray(one) for i, one in enumerate(model.variables)}
    told = np.array(json.dumps({"digest": digest}))
    with temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, told=told, **named)
    temporary.replace(path)


def load_weights(model: Autoencoder, path: Path, digest: str) -> None:
    """Put trained weights into a model built from the same configuration.

    Raises:
        DataError: If the file is missing, not readable, or of another training.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; `l1ad train` writes it")
    try:
        with np.load(path, allow_pickle=False) as file:
            found = str(json.loads(str(file["told"]))["digest"])
            values = [file[name] for name in sorted(file.files) if name.startswith("variable_")]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
        raise DataError(f"{path}: not readable weights ({fault}); train again") from None
    shapes = [tuple(variable.shape) for variable in model.variables]
    if found != digest or [value.shape for value in values] != shapes:
        raise DataError(f"{path}: weights of another training; train again")
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)


def save_encoder(model: Autoencoder, path: Path) -> None:
    """Write the encoder up to its mean as a `.keras` file, quantisers included, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.partial.{path.name}")
    model.encoder.save(temporary)
    temporary.replace(path)
