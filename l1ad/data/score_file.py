"""Scores on disk, with the digests of the algorithm and of the events that gave them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError

__all__ = ["ScoreFile", "ScoreWriter", "read_scores", "writing_scores"]

CHUNK_EVENTS = 65_536
_TEXTS = ("sample", "algorithm_digest", "events_digest")
_COLUMNS = ("score_raw", "event_number")
_BYTES_PER_EVENT = 16
_OVERHEAD_BYTES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreFile:
    """Scores of one sample.

    Attributes:
        sample: Name of the sample.
        score_raw: Score words, shape (n_events,).
        event_number: Number of each event in its sample, shape (n_events,).
        algorithm_digest: Digest of the algorithm that gave the scores.
        events_digest: Digest of the event file.
    """

    sample: str
    score_raw: NDArray[np.int64]
    event_number: NDArray[np.int64]
    algorithm_digest: str
    events_digest: str


@dataclass(frozen=True, slots=True)
class ScoreWriter:
    """An open score file that grows block by block."""

    file: h5py.File

    def append(self, score_raw: NDArray[np.int64], event_number: NDArray[np.int64]) -> None:
        """Write the next events."""
        for name, values in zip(_COLUMNS, (score_raw, event_number), strict=True):
            dataset = self.file[name]
            done = len(dataset)
            dataset.resize(done + len(values), axis=0)
            dataset[done:] = values


@contextmanager
def writing_scores(
    path: Path, *, n_events: int, sample: str, algorithm_digest: str, events_digest: str
) -> Iterator[ScoreWriter]:
    """Open a score file to write; it appears under its name when all is written, or not at all.

    Raises:
        DataError: If the disk has no room for `n_events` scores before compression. Asked beforehand,
            because on a full disk HDF5 does not fail, it crashes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    needed, free = _BYTES_PER_EVENT * n_events + _OVERHEAD_BYTES, shutil.disk_usage(path.parent).free
    if free < needed:
        raise DataError(
            f"{path}: scores of {n_events} events can need {needed / 1e6:.1f} MB, {free / 1e6:.1f} MB are free"
        )
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with h5py.File(temporary, "w") as file:
            for name, text in zip(_TEXTS, (sample, algorithm_digest, events_digest), strict=True):
                file.attrs[name] = text
            for name in _COLUMNS:
                file.create_dataset(
                    name, (0,), np.int64, maxshape=(None,), chunks=(CHUNK_EVENTS,), compression="lzf",
                    shuffle=True, track_times=False,
                )  # fmt: skip
            yield ScoreWriter(file)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_scores(path: Path, *, algorithm_digest: str) -> ScoreFile:
    """Read scores, and refuse those of another algorithm.

    Raises:
        DataError: If the file is missing, not readable, or of another algorithm.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; `l1ad emulate` writes it")
    try:
        with h5py.File(path, "r") as file:
            scores = ScoreFile(
                score_raw=file["score_raw"][:],
                event_number=file["event_number"][:],
                **{name: str(file.attrs[name]) for name in _TEXTS},
            )
    except (OSError, KeyError) as fault:
        raise DataError(f"{path}: not a readable score file ({fault})") from None
    if scores.score_raw.shape != scores.event_number.shape:
        raise DataError(
            f"{path}: {scores.score_raw.shape} scores for {scores.event_number.shape} event numbers; "
            "is it complete?"
        )
    if scores.algorithm_digest != algorithm_digest:
        raise DataError(
            f"{path}: scores of algorithm {scores.algorithm_digest[:12]}, not of {algorithm_digest[:12]}; "
            "run `l1ad emulate` again"
        )
    return scores
