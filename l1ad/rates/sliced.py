"""Events counted by a key of whole numbers, such as a run and a lumi section."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.weighted import WeightedCount

__all__ = ["SlicedCounts", "Slicing"]

Integers = NDArray[np.int64]

_DENSE = 2**20


class Slicing(Enum):
    """What a sample is cut along."""

    PILEUP = "pile-up"
    LUMI_SECTION = "lumi section"
    RUN = "run"
    BUNCH_CROSSING = "bunch crossing"
    TRAIN = "place in the train"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlicedCounts:
    """Events by a key of whole numbers. Two are added with `+`; memory goes by the keys that occur.

    Attributes:
        keys: Keys that occur, in order, shape (n_keys, n_numbers).
        counted: All events first, then those that pass each column, shape (n_keys, 1 + n_columns).
    """

    keys: Integers
    counted: WeightedCount

    @classmethod
    def none(cls, n_numbers: int, n_columns: int) -> "SlicedCounts":
        """Begin with no event."""
        return cls(keys=np.zeros((0, n_numbers), np.int64), counted=WeightedCount.none(0, 1 + n_columns))

    @classmethod
    def of(cls, keys: Integers, passed: NDArray[np.bool_], weights: NDArray[np.float64]) -> "SlicedCounts":
        """Count events.

        Args:
            keys: Key of each event, shape (n_events, n_numbers).
            passed: Whether it passes each column, shape (n_columns, n_events).
            weights: Weights, shape (n_events,).
        """
        found, which = _grouped(keys)
        counted = [WeightedCount.of(which, weights, len(found))]
        for column in passed:
            here = np.flatnonzero(column)
            counted.append(WeightedCount.of(which[here], weights[here], len(found)))
        return cls(keys=found, counted=_each(lambda *columns: np.stack(columns, axis=1), *counted))

    def __add__(self, other: "SlicedCounts") -> "SlicedCounts":
        both = _each(lambda *parts: np.concatenate(parts), self.counted, other.counted)
        return SlicedCounts(keys=np.concatenate([self.keys, other.keys]), counted=both).by()

    def by(self, keys: Integers | None = None) -> "SlicedCounts":
        """Put keys together that get the same new one, shape (n_keys, n_numbers); or that are the same."""
        found, which = _grouped(self.keys if keys is None else keys)

        def gathered(values: NDArray[Any]) -> NDArray[Any]:
            total = np.zeros((len(found), values.shape[1]), values.dtype)
            np.add.at(total, which, values)
            return total

        return SlicedCounts(keys=found, counted=_each(gathered, self.counted))

    def only(self, which: NDArray[np.bool_]) -> "SlicedCounts":
        """Keep some of the keys, shape (n_keys,)."""
        return SlicedCounts(keys=self.keys[which], counted=_each(lambda values: values[which], self.counted))

    def column(self, index: int) -> WeightedCount:
        """Give the counts of one column, 0 for all events, shape (n_keys,)."""
        return _each(lambda values: values[:, index], self.counted)


def _compressed(values: Integers) -> tuple[Integers, Integers]:
    """Find the values that occur, in order, and the index of each entry among them."""
    low = int(values.min()) if len(values) else 0
    span = int(values.max()) - low + 1 if len(values) else 0
    if span > _DENSE:
        found, which = np.unique(values, return_inverse=True)
        return found, which.ravel()
    occupied = np.zeros(span, np.bool_)
    occupied[values - low] = True  # marking beats sorting
    return np.flatnonzero(occupied) + low, (np.cumsum(occupied) - 1)[values - low]


def _grouped(keys: Integers) -> tuple[Integers, Integers]:
    """Find the keys that occur, in order, and the index of each entry among them."""
    parts = [_compressed(column) for column in keys.T]
    code = np.zeros(len(keys), np.int64)
    for found, which in parts:
        code = code * len(found) + which
    codes, index = _compressed(code)
    numbers = []
    for found, _ in reversed(parts):
        codes, place = np.divmod(codes, max(1, len(found)))
        numbers.append(found[place])
    return np.stack(numbers[::-1], axis=1), index


def _each(function: Callable[..., Any], *counted: WeightedCount) -> WeightedCount:
    """Do one thing with the numbers, the weights and the squares of counts."""
    return WeightedCount(
        n_events=function(*(one.n_events for one in counted)),
        weight=function(*(one.weight for one in counted)),
        squared=function(*(one.squared for one in counted)),
    )
