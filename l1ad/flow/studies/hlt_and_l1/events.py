"""The events of the study in memory: both views of every sample, and which of them are for what."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.hlt_and_l1 import ACCEPTED, ZERO_BIAS, BothSplitConfig
from l1ad.core.errors import DataError
from l1ad.core.layouts import ugt_57
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.flow.studies.hlt_and_l1.data import BothFiles
from l1ad.simulate.hlt_views import accepted_by_menu

__all__ = ["VIEWS", "BothEvents", "Parts", "drawn_by_weight", "parts_of", "read_both"]

VIEWS = ("l1", "hlt")
_SPLIT = (ZERO_BIAS, ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BothEvents:
    """A sample, seen twice.

    Attributes:
        views: Events by view, the same ones in the same order.
        accepted: Whether L1 accepts each, shape (n_events,).
    """

    views: Mapping[str, EventBatch]
    accepted: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.accepted)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weight of each event, shape (n_events,)."""
        return self.views["l1"].weights

    def select(self, start: int, stop: int) -> "BothEvents":
        """Give the events from `start` up to but not including `stop`."""
        return BothEvents(
            views={name: one.select(start, stop) for name, one in self.views.items()},
            accepted=self.accepted[start:stop],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Events to train on, to validate and to test.

    Attributes:
        training: Zero bias, and what L1 accepts.
        validation: The same.
        test: The same, and every signal.
    """

    training: Mapping[str, BothEvents]
    validation: Mapping[str, BothEvents]
    test: Mapping[str, BothEvents]

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals."""
        return tuple(name for name in self.test if name not in _SPLIT)


@functools.lru_cache(maxsize=1)
def _all_of(files: tuple[tuple[str, str, str], ...]) -> Mapping[str, BothEvents]:
    return {name: _read(name, l1, hlt) for name, l1, hlt in files}


def read_both(files: Mapping[str, BothFiles]) -> Mapping[str, BothEvents]:
    """Read both views of every sample; once in each process.

    Raises:
        DataError: If the views of a sample are not the same events of layout `ugt_57`, no menu decided,
            zero bias or a signal has weights, or L1 accepts not all of what it is said to accept.
    """
    return _all_of(tuple((name, str(one.l1), str(one.hlt)) for name, one in files.items()))


def parts_of(events: Mapping[str, BothEvents], split: BothSplitConfig) -> Parts:
    """Cut zero bias and what L1 accepts by position; signals are all test.

    Raises:
        DataError: If a part is left without events.
    """
    training, validation, test = {}, {}, {}
    for name, one in events.items():
        if name not in _SPLIT:
            test[name] = one
            continue
        first = round(split.training * len(one))
        second = round((split.training + split.validation) * len(one))
        if not 0 < first < second < len(one) - 1:
            raise DataError(f"{len(one)} events of {name!r} are too few for training, validation and test")
        training[name] = one.select(0, first)
        validation[name] = one.select(first, second)
        test[name] = one.select(second, len(one))
    return Parts(training=training, validation=validation, test=test)


def drawn_by_weight(events: EventBatch, n_events: int, rng: np.random.Generator) -> EventBatch:
    """Draw events as often as their weights say, so that none weighs more than another."""
    weights = events.weights
    which = rng.choice(len(events), size=n_events, p=weights / weights.sum())
    return replace(events.take(which), weight=None)


def _read(name: str, l1: str, hlt: str) -> BothEvents:
    views = {"l1": load_events(l1), "hlt": load_events(hlt)}
    for where, one in zip((l1, hlt), views.values(), strict=True):
        if one.layout != ugt_57():
            raise DataError(f"{where}: events of {one.layout.told_apart(ugt_57())}")
    if not np.array_equal(views["l1"].event_number, views["hlt"].event_number):
        raise DataError(
            f"{name}: {hlt} has other event numbers than {l1}; both must be the same events in order"
        )
    if views["l1"].menu is None:
        raise DataError(f"{l1}: no menu decided on these events; L1 accepts are not known")
    if name != ACCEPTED and np.ptp(views["l1"].weights) > 0:
        raise DataError(f"{l1}: events of {name!r} have different weights, and thresholds count each as one")
    accepted = accepted_by_menu(views["l1"])
    if name == ACCEPTED and not accepted.all():
        raise DataError(
            f"{l1}: {np.count_nonzero(~accepted)} of {len(accepted)} events of 'accepted' are taken by no "
            "unprescaled seed of L1's menu; give those alone that one takes"
        )
    return BothEvents(views=views, accepted=accepted)
