"""The stream split: events to train on and to watch, drawn by their weights, and unseen ones to measure on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.lepton_plus_x import StreamSplitConfig
from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch, concatenated

__all__ = ["StreamSplit", "drawn_copies", "split_stream"]

_FEWEST_UNSEEN = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreamSplit:
    """Events of a study by what they are for.

    Attributes:
        stream: Events without weights: training, then validation, then unseen ones.
        seen: How many of them training and validation are.
        unseen: All unseen events, with their weights in pb, in any order.
        counts: Different events by process that training and validation use, and that are unseen.
    """

    stream: EventBatch
    seen: tuple[int, int]
    unseen: EventBatch
    counts: tuple[Mapping[str, int], Mapping[str, int]]


def split_stream(
    processes: Sequence[EventBatch], config: StreamSplitConfig, rng: np.random.Generator
) -> StreamSplit:
    """Split each process alike, so that each part has the cross sections of the whole.

    Training and validation take events in proportion to their weights: each as often as its weight is the mean
    weight of its part, rounded up or down at random. Copies never cross from part to part. The unseen events
    of `stream` are accepted with a chance of their weight over the largest, so that none is there twice: runs
    count them as independent. The weighted ones are all there.

    Args:
        processes: Events of each process with weights and labels.
        config: Shares.
        rng: Source of randomness.

    Raises:
        DataError: If a process has too few events to split, or one event outweighs the others.
    """
    parts: tuple[list[EventBatch], ...] = ([], [], [])
    for events in processes:
        order = rng.permutation(len(events))
        first = int(config.training * len(events))
        last = first + int(config.validation * len(events))
        if not 0 < first < last < len(events):
            raise DataError(
                f"{events.where or events.sample}: {len(events)} events are too few to split in three; "
                "generate or give more"
            )
        for part, which in zip(parts, np.split(order, [first, last]), strict=True):
            part.append(_standing_for(events, which))
    training, validation, unseen = (replace(concatenated(part), sample="stream") for part in parts)
    unseen = unseen.take(rng.permutation(len(unseen)))
    drawn = [one.take(rng.permutation(drawn_copies(one.weights, rng))) for one in (training, validation)]
    accepted = unseen.take(rng.random(len(unseen)) * unseen.weights.max() < unseen.weights)
    if not len(drawn[1]) or len(accepted) < _FEWEST_UNSEEN:
        raise DataError(
            f"drawn by their weights, {len(drawn[1])} events are left to watch the loss on and {len(accepted)} "
            f"unseen ones, of which {_FEWEST_UNSEEN} are needed; give more events, or weights less unlike"
        )
    stream = replace(concatenated([*drawn, accepted]), weight=None)
    return StreamSplit(
        stream=replace(stream, event_number=np.arange(len(stream))),
        seen=(len(drawn[0]), len(drawn[1])),
        unseen=replace(unseen, event_number=np.arange(len(unseen))),
        counts=(_counted(concatenated([training, validation])), _counted(unseen)),
    )


def drawn_copies(weights: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """List events, each as often as its weight is the mean weight, rounded up or down at random.

    Args:
        weights: Weight of each event, shape (n_events,).
        rng: Source of randomness.

    Returns:
        Indices of events, in order, about as many as there are events.
    """
    copies = np.floor(weights / weights.mean() + rng.random(len(weights))).astype(np.int64)
    return np.repeat(np.arange(len(weights)), copies)


def _standing_for(events: EventBatch, which: NDArray[np.int64]) -> EventBatch:
    """Take some events of a process, with weights that add up to those of all of it."""
    taken = events.take(which)
    return replace(taken, weight=taken.weights * (events.weights.sum() / taken.weights.sum()))


def _counted(events: EventBatch) -> dict[str, int]:
    if events.label is None:
        return {}
    counts = np.bincount(events.label, minlength=len(events.label_names))
    return {name: int(count) for name, count in zip(events.label_names, counts, strict=True)}
