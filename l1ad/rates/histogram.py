"""Events by the integer score they have: exact, in memory that goes by the score word and not by the sample."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.rates.weighted import WeightedCount

__all__ = ["ScoreHistogram"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreHistogram:
    """Events by score. Two are added with `+`; the sum of parts is that of the whole, to the last event.

    Attributes:
        score_raw: Scores that occur, in hardware units and ascending, shape (n_scores,).
        counted: Events that have each of them, shape (n_scores,).
    """

    score_raw: NDArray[np.int64]
    counted: WeightedCount

    @classmethod
    def none(cls) -> "ScoreHistogram":
        """Begin with no event."""
        return cls(score_raw=np.zeros(0, np.int64), counted=WeightedCount.none(0))

    @classmethod
    def of(cls, scores_raw: NDArray[np.int64], weights: NDArray[np.float64] | None = None) -> "ScoreHistogram":
        """Count events.

        Args:
            scores_raw: Scores in hardware units, shape (n_events,).
            weights: Weights, shape (n_events,); None counts each event as 1.

        Raises:
            DataError: If the shapes differ or are none of a sample.
        """
        if scores_raw.ndim != 1 or (weights is not None and weights.shape != scores_raw.shape):
            told = "none" if weights is None else weights.shape
            raise DataError(f"scores of shape {scores_raw.shape} with weights of {told} are no sample")
        if not len(scores_raw):
            return cls.none()
        low, high = int(scores_raw.min()), int(scores_raw.max())
        if high - low < max(_DENSE_WORD, len(scores_raw)):  # counting beats sorting
            n_events = np.bincount(scores_raw - low, minlength=high - low + 1)
            found, which = np.flatnonzero(n_events) + low, None
            n_events = n_events[found - low]
        else:
            found, which, n_events = np.unique(scores_raw, return_inverse=True, return_counts=True)
        if weights is None:
            ones = n_events.astype(np.float64)
            counted = WeightedCount(n_events=n_events.astype(np.int64), weight=ones, squared=ones)
        else:
            if which is None:
                place = np.zeros(high - low + 1, np.int64)
                place[found - low] = np.arange(len(found))
                which = place[scores_raw - low]
            counted = WeightedCount.of(which.ravel(), weights, len(found))
        return cls(score_raw=found.astype(np.int64), counted=counted)

    def __add__(self, other: "ScoreHistogram") -> "ScoreHistogram":
        found = np.union1d(self.score_raw, other.score_raw)
        total = WeightedCount.none(len(found))
        for one in (self, other):
            where = np.searchsorted(found, one.score_raw)
            total.n_events[where] += one.counted.n_events
            total.weight[where] += one.counted.weight
            total.squared[where] += one.counted.squared
        return ScoreHistogram(score_raw=found, counted=total)

    @property
    def n_events(self) -> int:
        """Events, of any weight."""
        return int(self.counted.n_events.sum())

    @property
    def weight(self) -> float:
        """Sum of their weights."""
        return float(self.counted.weight.sum())

    @property
    def squared(self) -> float:
        """Sum of the squares of their weights."""
        return float(self.counted.squared.sum())

    def passing(self, threshold_raw: int) -> WeightedCount:
        """Count the events with `score_raw >= threshold_raw`, as the firmware does; one bin without axes."""
        return self.counted[slice(int(np.searchsorted(self.score_raw, threshold_raw)), None)].sum()

    def at_or_above(self) -> WeightedCount:
        """Count for each score the events that have it or a higher one, shape (n_scores,)."""
        return self.counted.at_or_above()


_DENSE_WORD = 2**18
"""Scores in a word of 18 bits, the usual one."""
