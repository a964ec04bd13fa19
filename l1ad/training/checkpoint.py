"""A training that was stopped goes on from its last finished epoch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad.core.errors import DataError
from l1ad.data.arrays_file import read_arrays, write_arrays

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]

_UNREADABLE = "not a readable checkpoint ({fault}); delete it to train anew"


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
    told = {"digest": checkpoint.digest, "history": checkpoint.history, "best_epoch": checkpoint.best_epoch}
    write_arrays(path, told, variable=checkpoint.variables, best=checkpoint.best)


def load_checkpoint(path: Path, digest: str) -> Checkpoint | None:
    """Read the checkpoint of a training, if it was begun.

    Raises:
        DataError: If the checkpoint belongs to another configuration or data, or cannot be read.
    """
    if not path.exists():
        return None
    found = read_arrays(path, what=_UNREADABLE)
    try:
        checkpoint = Checkpoint(
            digest=str(found.told["digest"]),
            variables=found.of("variable"),
            history=list(found.told["history"]),
            best=found.of("best"),
            best_epoch=int(found.told["best_epoch"]),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise DataError(f"{path}: {_UNREADABLE.format(fault=fault)}") from None
    if checkpoint.digest != digest:
        raise DataError(
            f"{path}: belongs to a training with another configuration, data or framework; "
            "use another run directory, or delete it to train anew"
        )
    return checkpoint
