"""The events of a run, and which of them may be used for what."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from l1ad.config.run import DataConfig
from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch
from l1ad.data.opening import events_digest, load_events, open_events

__all__ = [
    "BACKGROUND",
    "BackgroundSplit",
    "background_digest",
    "check_unweighted",
    "read_signals",
    "seen_events",
    "sources",
    "split_background",
    "unseen_scores",
]

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BackgroundSplit:
    """The background in three parts without a common event.

    Attributes:
        training: Events the weights and the input scaling are fitted to.
        validation: Events the loss is watched on.
        rates: Events the thresholds and rates come from; no training has seen them.
    """

    training: EventBatch
    validation: EventBatch
    rates: EventBatch


def unseen_scores(data: DataConfig, scores: NDArray[Number]) -> NDArray[Number]:
    """Keep the scores of the background's last part, which no training has seen.

    By position, as the events were split: event numbers repeat from run to run.
    """
    return scores[_cuts(data, len(scores))[1] :]


def seen_events(data: DataConfig, n_events: int) -> int:
    """Count the first events of the background, of so many, that the training sees."""
    return _cuts(data, n_events)[1]


def split_background(data: DataConfig) -> BackgroundSplit:
    """Read the background and cut it by position: first part training, next validation, rest rates."""
    events = load_events(data.background)
    _refuse_weights(data, events)
    n_training, n_seen = _cuts(data, len(events))
    return BackgroundSplit(
        training=events.select(0, n_training),
        validation=events.select(n_training, n_seen),
        rates=events.select(n_seen, len(events)),
    )


BACKGROUND = "background"
"""What the background is called among the samples of a run."""


def sources(data: DataConfig) -> dict[str, str]:
    """List where the events of a run are, the background first."""
    return {BACKGROUND: data.background, **data.signals}


def read_signals(data: DataConfig) -> dict[str, EventBatch]:
    """Read the signals, by name."""
    return {name: load_events(where) for name, where in data.signals.items()}


def background_digest(data: DataConfig) -> str:
    """Digest the background's file."""
    return events_digest(data.background)


def check_unweighted(data: DataConfig) -> None:
    """Refuse a weighted background: thresholds and rates count events, each as one.

    Raises:
        DataError: If the background's events have weights that are not all 1.
    """
    for block in open_events(data.background).blocks():
        if block.weight is None:
            return
        _refuse_weights(data, block)


def _refuse_weights(data: DataConfig, events: EventBatch) -> None:
    if events.weight is not None and (events.weight != 1).any():
        raise DataError(
            f"{data.background}: its events have weights, and training and rates take each as one; give a "
            "sample without (for simulated zero bias: enrichment 0)"
        )


def _cuts(data: DataConfig, n_events: int) -> tuple[int, int]:
    n_training = int(data.training_fraction * n_events)
    n_seen = n_training + int(data.validation_fraction * n_events)
    if not 0 < n_training < n_seen < n_events:
        raise DataError(f"{data.background}: {n_events} events are too few to split for training and rates")
    return n_training, n_seen
