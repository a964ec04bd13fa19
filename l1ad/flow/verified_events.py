"""The events that a verification runs on, each with the name it has at home."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.emulate.compare import crafted_extremes
from l1ad.flow.events import BACKGROUND, read_signals, split_background
from l1ad.flow.run_directory import RunDirectory

__all__ = ["VerifiedEvents", "events_of_files", "events_of_run"]

_DRAWN = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VerifiedEvents:
    """Events of several samples in a row.

    Attributes:
        inputs_raw: Hardware integers, shape (n_events, n_inputs).
        places: Name of each sample and the numbers of its events.
    """

    inputs_raw: NDArray[np.integer]
    places: tuple[tuple[str, NDArray[np.int64]], ...]

    def place(self, index: int) -> str:
        """Name the sample and the event number of an event."""
        for sample, numbers in self.places:
            if index < len(numbers):
                return f"{sample} event {numbers[index]}"
            index -= len(numbers)
        raise IndexError(index)


def events_of_run(run: RunDirectory, trigger: TriggerAlgorithm) -> VerifiedEvents:
    """Take the background that no training has seen, every signal, and crafted extremes before them."""
    samples = {BACKGROUND: split_background(run.config.data).rates, **read_signals(run.config.data)}
    return _joined(trigger, samples)


def events_of_files(trigger: TriggerAlgorithm, sources: tuple[str, ...]) -> VerifiedEvents:
    """Take crafted extremes, events drawn evenly over the ranges, and the events of files.

    Args:
        trigger: The algorithm.
        sources: Event files or `sample:NAME`.

    Raises:
        DataError: If a file holds events of another layout.
    """
    return _joined(trigger, {source: load_events(source) for source in sources}, drawn=_DRAWN)


def _joined(trigger: TriggerAlgorithm, samples: dict[str, EventBatch], drawn: int = 0) -> VerifiedEvents:
    layout = trigger.layout
    for name, events in samples.items():
        if events.layout != layout:
            raise DataError(f"{name}: events of {events.layout.told_apart(layout)}")
    extremes = crafted_extremes(layout)
    random = np.random.default_rng(57).integers(layout.raw_min, layout.raw_max + 1, (drawn, layout.n_inputs))
    return VerifiedEvents(
        inputs_raw=np.concatenate([extremes, random, *(events.inputs_raw for events in samples.values())]),
        places=(
            ("crafted", np.arange(len(extremes))),
            ("drawn", np.arange(drawn)),
            *((name, events.event_number) for name, events in samples.items()),
        ),
    )
