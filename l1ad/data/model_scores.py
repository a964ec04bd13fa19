"""Scores of a model before its numbers become integers, of every kind and sample, in one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.hdf5 import refuse_full_disk
from l1ad.data.partial_file import growing_file

__all__ = ["ModelScores", "read_model_scores", "write_model_scores"]

CHUNK_EVENTS = 65_536
_EVENTS, _TRAINING = "events_digest", "training_digest"

Scores = Mapping[str, Mapping[str, NDArray[np.float64]]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelScores:
    """Scores of one model.

    Attributes:
        scores: By sample, then by kind of score, each of shape (n_events,), in the order of the events.
        digests: Digest of the events of each sample.
        training_digest: Digest of the training that the model came from.
    """

    scores: Scores
    digests: Mapping[str, str]
    training_digest: str


def write_model_scores(path: Path, scores: Scores, *, digests: Mapping[str, str], training_digest: str) -> None:
    """Write the scores of a model; the file appears under its name when all is written, or not at all.

    Args:
        path: File to write.
        scores: By sample, then by kind of score, each of shape (n_events,).
        digests: Digest of the events of each sample.
        training_digest: Digest of the training.

    Raises:
        DataError: If a sample's scores are of different numbers of events or no digest is given for it, or
            the disk has no room for them before compression.
    """
    for sample, of_sample in scores.items():
        _check(path, sample, of_sample)
        if sample not in digests:
            raise DataError(f"{path}: no digest of the events of {sample!r}; scores need their origin")
    path.parent.mkdir(parents=True, exist_ok=True)
    refuse_full_disk(path, sum(values.nbytes for kinds in scores.values() for values in kinds.values()))
    with growing_file(path) as partial, h5py.File(partial, "w", track_order=True) as file:
        file.attrs[_TRAINING] = training_digest
        for sample, of_sample in scores.items():
            group = file.create_group(sample, track_order=True)
            group.attrs[_EVENTS] = digests[sample]
            for kind, values in of_sample.items():
                group.create_dataset(
                    kind, data=values, dtype=np.float64, chunks=(min(CHUNK_EVENTS, max(1, len(values))),),
                    compression="lzf", shuffle=True, track_times=False,
                )  # fmt: skip


def read_model_scores(path: Path) -> ModelScores:
    """Read the scores of a model.

    Raises:
        DataError: If the file is missing or not readable, or a sample's scores are of different numbers of
            events.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; `l1ad evaluate` writes it")
    try:
        with h5py.File(path, "r") as file:
            found = ModelScores(
                scores={
                    sample: {kind: np.asarray(values[()], np.float64) for kind, values in group.items()}
                    for sample, group in file.items()
                },
                digests={sample: str(group.attrs[_EVENTS]) for sample, group in file.items()},
                training_digest=str(file.attrs[_TRAINING]),
            )
    except (OSError, KeyError, AttributeError, TypeError, ValueError) as fault:
        raise DataError(f"{path}: not a readable file of model scores ({fault})") from None
    for sample, of_sample in found.scores.items():
        _check(path, sample, of_sample)
    return found


def _check(path: Path, sample: str, of_sample: Mapping[str, NDArray[np.float64]]) -> None:
    if not of_sample:
        raise DataError(f"{path}: no scores of {sample!r}; is it complete?")
    shapes = {kind: values.shape for kind, values in of_sample.items()}
    if len(set(shapes.values())) > 1 or len(next(iter(shapes.values()))) != 1:
        told = ", ".join(f"{kind!r} {shape}" for kind, shape in shapes.items())
        raise DataError(
            f"{path}: scores of {sample!r} have shapes {told}; one number an event is wanted of each"
        )
