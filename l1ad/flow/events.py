"""The events of a run, and which of them may be used for what."""

from dataclasses import dataclass
from pathlib import Path

from l1ad.config.run import DataConfig
from l1ad.core.errors import DataError
from l1ad.data.event_file import file_digest, read_events
from l1ad.data.events import EventBatch
from l1ad.data.samples import locate_events

__all__ = ["BackgroundSplit", "background_digest", "read_signals", "split_background"]


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


def split_background(data: DataConfig) -> BackgroundSplit:
    """Read the background and cut it by event order: first part training, next validation, rest rates."""
    events = read_events(locate_events(data.background))
    n_training = int(data.training_fraction * len(events))
    n_seen = n_training + int(data.validation_fraction * len(events))
    if not 0 < n_training < n_seen < len(events):
        raise DataError(f"{data.background}: {len(events)} events are too few to split for training and rates")
    return BackgroundSplit(
        training=events.select(0, n_training),
        validation=events.select(n_training, n_seen),
        rates=events.select(n_seen, len(events)),
    )


def read_signals(data: DataConfig) -> dict[str, EventBatch]:
    """Read the signals, by name."""
    return {name: read_events(locate_events(where)) for name, where in data.signals.items()}


def background_digest(data: DataConfig) -> str:
    """Digest the background's file."""
    path: Path = locate_events(data.background)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    return file_digest(path)
