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
    """Everything the next epoch needs, and the best weights so far.

    Attributes:
        digest: Digest of the training configuration and data; another training may not go on from it.
        variables: Values of all variables (weights, masks, optimiser, random state), in their fixed order.
        history: One record for each finished epoch.
        best: Values of the model's variables after the best epoch; empty before there is one.
        best_epoch: That epoch, from 1; 0 before there is one.
    """

    digest: str
    variables: list[Any]
    history: list[dict[str, float]]
    best: list[Any]
    best_epoch: int


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    named = {f"variable_{index:04d}": value for index, value in enumerate(checkpoint.variables)}
    named |= {f"best_{index:04d}": value for index, value in enumerate(checkpoint.best)}
    told = json.dumps(
        {"digest": checkpoint.digest, "history": checkpoint.history, "best_epoch": checkpoint.best_epoch}
    )
    try:
        with temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, told=np.array(told), **named)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
            checkpoint = Checkpoint(
                digest=str(told["digest"]),
                variables=_numbered(file, "variable_"),
                history=list(told["history"]),
                best=_numbered(file, "best_"),
                best_epoch=int(told["best_epoch"]),
            )
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
        raise DataError(f"{path}: not a readable checkpoint ({fault}); delete it to train anew") from None
    if checkpoint.digest != digest:
        raise DataError(
            f"{path}: belongs to a training with another configuration, data or framework; "
            "use another run directory, or delete it to train anew"
        )
    return checkpoint


def _numbered(file: Any, prefix: str) -> list[Any]:
    return [file[name] for name in sorted(file.files) if name.startswith(prefix)]
