"""A training that was stopped goes on from its last finished epoch."""

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.core.errors import DataError

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """Everything the next epoch needs.

    Attributes:
        digest: Digest of the training configuration and data; another training may not go on from it.
        variables: Values of all variables (weights, masks, optimiser, random state), in their fixed order.
        history: One record for each finished epoch.
    """

    digest: str
    variables: list[Any]
    history: list[dict[str, float]]


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    named = {f"variable_{index:04d}": value for index, value in enumerate(checkpoint.variables)}
    told = json.dumps({"digest": checkpoint.digest, "history": checkpoint.history})
    with temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, told=np.array(told), **named)
    temporary.replace(path)


def load_checkpoint(path: Path, digest: str) -> Checkpoint | None:
    """Read the checkpoint of a training, if it was begun.

    Raises:
        DataError: If the checkpoint belongs to another configuration or data, or cannot be read.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            told = json.loads(str(file["told"]))
            found, history = str(told["digest"]), list(told["history"])
            variables = [file[name] for name in sorted(file.files) if name.startswith("variable_")]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
        raise DataError(f"{path}: not a readable checkpoint ({fault}); delete it to train anew") from None
    if found != digest:
        raise DataError(
            f"{path}: belongs to a training with another configuration, data or framework; "
            "use another run directory, or delete it to train anew"
        )
    return Checkpoint(digest=digest, variables=variables, history=history)
