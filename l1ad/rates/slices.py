"""Rates in slices of a sample, along a column of whole numbers whose range nobody knows beforehand."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.weighted import Sample, WeightedCount
from l1ad.rates.zero_bias import Slice

__all__ = ["Key", "SliceAccount", "at_least", "tenths"]

Key = tuple[int, ...]
Cut = Callable[[Sequence[int]], list[int]]


class SliceAccount:
    """Counts by key, that grow block by block: memory goes by the number of keys, not of events."""

    def __init__(self) -> None:
        # All events first, then those that pass each threshold.
        self._counts: dict[Key, WeightedCount] = {}
        self._sums: dict[Key, float] = {}

    def add(
        self,
        keys: NDArray[np.int64],
        values: NDArray[np.float64],
        passed: NDArray[np.bool_],
        weights: NDArray[np.float64],
    ) -> None:
        """Count events.

        Args:
            keys: Key of each event, of one whole number or more, shape (n_events, n_numbers).
            values: What the mean of a slice is taken of, shape (n_events,).
            passed: Whether each event passes each threshold, shape (n_events, n_thresholds).
            weights: Weights, shape (n_events,).
        """
        found, which = np.unique(keys, axis=0, return_inverse=True)
        which, n_keys, n_columns = which.ravel(), len(found), passed.shape[1] + 1
        event, threshold = np.nonzero(passed)
        bins = np.concatenate([which * n_columns, which[event] * n_columns + 1 + threshold])
        counted = WeightedCount.of(bins, np.concatenate([weights, weights[event]]), n_keys * n_columns)
        counted = counted.reshaped(n_keys, n_columns)
        sums = np.bincount(which, weights * values, n_keys)
        for row, numbers in enumerate(found.tolist()):
            key = tuple(numbers)
            self._counts[key] = self._counts[key] + counted[row] if key in self._counts else counted[row]
            self._sums[key] = self._sums.get(key, 0.0) + float(sums[row])

    @property
    def first_numbers(self) -> set[int]:
        """The first number of every key, e.g. the runs."""
        return {key[0] for key in self._counts}

    def slices(self, sample: Sample, cut: Cut, title: Callable[[Key, Key], str]) -> tuple[Slice, ...]:
        """Put neighbouring keys together and estimate the rates of each slice; none where no event had a key.

        Args:
            sample: The whole sample, whose events all have a key.
            cut: Given the events of each key in order, says the slice of each, counting from 0.
            title: Names a slice by its first and last key.
        """
        keys = sorted(self._counts)
        if not keys:
            return ()
        numbers = cut([int(self._counts[key].n_events[0]) for key in keys])
        result = []
        for number in sorted(set(numbers)):
            mine = [key for key, one in zip(keys, numbers, strict=True) if one == number]
            counted = self._counts[mine[0]]
            for key in mine[1:]:
                counted = counted + self._counts[key]
            weight = float(counted.weight[0])
            if not weight:  # no rate is known of events that weigh nothing
                continue
            part = Sample(
                n_events=int(counted.n_events[0]), weight=weight, squared=float(counted.squared[0]),
                equal_weights=sample.equal_weights, stream_khz=sample.stream_khz, coverage=sample.coverage,
            )  # fmt: skip
            result.append(
                Slice(
                    title=title(mine[0], mine[-1]),
                    mean=sum(self._sums[key] for key in mine) / weight,
                    low=float(mine[0][-1]),
                    high=float(mine[-1][-1]),
                    n_events=part.n_events,
                    rates=part.rates_of(counted, range(1, len(counted.n_events))),
                )
            )
        return tuple(result)


def at_least(parts: int) -> Cut:
    """Cut where a slice has one part in so many of the events; what is left at the end goes to the last."""

    def cut(n_events: Sequence[int]) -> list[int]:
        numbers, number, held, total = [], 0, 0, sum(n_events)
        for one in n_events:
            numbers.append(number)
            held += one
            if held * parts >= total:
                number, held = number + 1, 0
        last = numbers[-1]
        return [max(0, last - 1) if held and one == last else one for one in numbers]

    return cut


def tenths(n_events: Sequence[int]) -> list[int]:
    """Cut into ten slices of about equal size: each key goes where its first event does."""
    before = np.concatenate([[0], np.cumsum(n_events)[:-1]])
    return [int(one) for one in before * 10 // sum(n_events)]
