"""What a score follows: its correlation with inputs and sums of the event, and what accepting does to them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch
from l1ad.rates.correlation_bins import Bins, bin_of, quantities
from l1ad.rates.weighted import WeightedCount

__all__ = ["Correlation", "CorrelationAccount", "Profile", "Sculpting"]

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

_CHUNK = 2**13  # what stays in the cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """How a score goes with a quantity, over the events in which it counts.

    Attributes:
        effective_events: As many events of equal weight as carry the same information.
        pearson: Correlation of the quantity with sign(score)·log(1 + |score|), from the values themselves.
        spearman: Correlation of the ranks, ties at their mean rank, from the bins.
        error: Standard error of either where there is none: 1/√(n - 1).
        mutual_information_bits: Of the bins, less what chance adds (Miller & Madow, 1955 *(from memory)*).
    """

    effective_events: float
    pearson: float
    spearman: float
    error: float
    mutual_information_bits: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """The score in bins of a quantity; NaN where a bin is empty.

    Attributes:
        first: First value of each bin in hardware units, shape (n_bins,).
        counted: Events in each bin, shape (n_bins,).
        mean_score: Mean score, shape (n_bins,).
        share: Share of them that passes each threshold, by name, shape (n_bins,).
    """

    first: Integers
    counted: WeightedCount
    mean_score: Reals
    share: Mapping[str, Reals]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sculpting:
    """How the spectrum of a quantity changes among the events that a threshold accepts.

    Attributes:
        first: First value of each bin in hardware units, shape (n_bins,).
        every: Share of all events in each bin, shape (n_bins,); adds up to 1.
        accepted: Share of the accepted events in each bin, shape (n_bins,).
        ratio: Accepted over every; NaN where nothing is.
        ratio_error: Its statistical error from the squares of the weights of the accepted.
        distance: Largest distance of the cumulative shares, as of Kolmogorov & Smirnov, at the ends of bins.
        by_chance: Mean distance of as many events drawn from all, for many bins.
    """

    first: Integers
    every: Reals
    accepted: Reals
    ratio: Reals
    ratio_error: Reals
    distance: float
    by_chance: float


class CorrelationAccount:
    """Counts of score and quantities together, that grow block by block in constant memory.

    Two with the same bins, of other processes perhaps, are added with `+`.
    """

    def __init__(self, bins: Bins, *, where: str) -> None:
        self.bins, self._where = bins, where
        self._joint = {
            name: WeightedCount.none(len(first) * len(bins.score)) for name, first in bins.quantities.items()
        }
        # Moments wx, wy, wxx, wyy, wxy are about the middle of the bins, lest digits cancel.
        self._scores = {name: np.zeros(len(first)) for name, first in bins.quantities.items()}
        self._moments = {name: np.zeros(5) for name in bins.quantities}

    def add(self, events: EventBatch, score_raw: Integers) -> None:
        """Count events.

        Raises:
            DataError: If the scores are not theirs, or the quantities not those of the bins.
        """
        if score_raw.shape != (len(events),):
            raise DataError(f"{self._where}: scores of shape {score_raw.shape} for {len(events)} events")
        for start in range(0, len(events), _CHUNK):
            stop = start + _CHUNK
            self._add(events.select(start, stop), score_raw[start:stop])

    def _add(self, events: EventBatch, score_raw: Integers) -> None:
        found, bins, weights = quantities(events), self.bins, events.weight
        if list(found) != list(bins.quantities):
            other = sorted(set(found) ^ set(bins.quantities)) or list(found)
            raise DataError(f"{self._where}: bins and events do not know the same: {', '.join(other[:3])}")
        score = np.asarray(score_raw * 2.0**-bins.fraction, dtype=np.float64)
        middle = bins.score[len(bins.score) // 2 : len(bins.score) // 2 + 1] * 2.0**-bins.fraction
        y = _log(score) - _log(np.asarray(middle, dtype=np.float64))
        of_score = bin_of(score_raw, bins.score)
        for name, (values, counts) in found.items():
            here = slice(None) if counts is None else counts
            self._count(
                name, values[here], of_score[here], score[here], y[here],
                None if weights is None else weights[here],
            )  # fmt: skip

    def _count(
        self, name: str, values: Integers, of_score: Integers, score: Reals, y: Reals, weights: Reals | None
    ) -> None:
        first, n_scores = self.bins.quantities[name], len(self.bins.score)
        mine = bin_of(values, first)
        joint, size = mine * n_scores + of_score, len(first) * n_scores
        x = (values - first[len(first) // 2]).astype(np.float64)
        if weights is None:
            n_events = np.bincount(joint, minlength=size)
            ones = n_events.astype(np.float64)
            self._joint[name] += WeightedCount(n_events=n_events, weight=ones, squared=ones)
            wx, wy, weighted = x, y, score
        else:
            self._joint[name] += WeightedCount.of(joint, weights, size)
            wx, wy, weighted = weights * x, weights * y, weights * score
        self._scores[name] += np.bincount(mine, weighted, len(first))
        self._moments[name] += [wx.sum(), wy.sum(), wx @ x, wy @ y, wx @ y]

    def __add__(self, other: "CorrelationAccount") -> "CorrelationAccount":
        if not self.bins.same_as(other.bins):
            raise DataError(f"{other._where}: other bins than {self._where}; choose them once and hand them on")
        total = CorrelationAccount(self.bins, where=self._where)
        for name in self.bins.quantities:
            total._joint[name] = self._joint[name] + other._joint[name]
            total._scores[name] = self._scores[name] + other._scores[name]
            total._moments[name] = self._moments[name] + other._moments[name]
        return total

    def counts(self, name: str) -> bool:
        """Tell whether a quantity counts in any event; the direction of what is never there does not."""
        return bool(self._joint[name].weight.sum() > 0)

    def joint(self, name: str) -> WeightedCount:
        """Give the events by bin of the quantity and bin of the score, shape (n_bins, n_score_bins).

        Raises:
            DataError: If there is no such quantity, or it counts in no event of any weight.
        """
        if name not in self._joint:
            raise DataError(f"{self._where}: {name!r} is no quantity; there are {', '.join(self._joint)}")
        counted = self._joint[name]
        if not counted.weight.sum() > 0:
            raise DataError(f"{self._where}: {name!r} is in no event of any weight")
        return counted.reshaped(len(self.bins.quantities[name]), len(self.bins.score))

    def correlation(self, name: str) -> Correlation:
        """Correlate the score with a quantity; 0 where either is always the same.

        Raises:
            DataError: As `joint`.
        """
        joint = self.joint(name)
        weight, total = joint.weight, float(joint.weight.sum())
        n_events = total**2 / float(joint.squared.sum())
        x, y, xx, yy, xy = self._moments[name] / total
        by_quantity, by_score = weight.sum(axis=1), weight.sum(axis=0)
        ranks = [np.cumsum(one) - (one + total) / 2 for one in (by_quantity, by_score)]
        spearman = _ratio(
            float(ranks[0] @ weight @ ranks[1]),
            float(by_quantity @ ranks[0] ** 2),
            float(by_score @ ranks[1] ** 2),
        )
        some, expected = weight > 0, np.outer(by_quantity, by_score) / total
        information = float(weight[some] @ np.log2(weight[some] / expected[some])) / total
        by_chance = (np.count_nonzero(by_quantity) - 1) * (np.count_nonzero(by_score) - 1) / (2 * n_events)
        return Correlation(
            effective_events=n_events, pearson=_ratio(xy - x * y, xx - x * x, yy - y * y), spearman=spearman,
            error=1 / math.sqrt(max(1.0, n_events - 1)),
            mutual_information_bits=information - by_chance / math.log(2),
        )  # fmt: skip

    def profile(self, name: str) -> Profile:
        """Follow score and acceptance along a quantity.

        Raises:
            DataError: As `joint`.
        """
        joint = self.joint(name)
        weight = np.where(joint.weight.sum(axis=1) > 0, joint.weight.sum(axis=1), np.nan)
        above = {
            threshold: np.asarray(joint.weight[:, self.bins.first_passing(raw) :].sum(axis=1) / weight)
            for threshold, raw in self.bins.thresholds_raw.items()
        }
        return Profile(
            first=self.bins.quantities[name], mean_score=self._scores[name] / weight, share=above,
            counted=WeightedCount(
                n_events=joint.n_events.sum(axis=1), weight=joint.weight.sum(axis=1),
                squared=joint.squared.sum(axis=1),
            ),
        )  # fmt: skip

    def sculpting(self, name: str, threshold: str) -> Sculpting:
        """Compare the spectrum of a quantity among accepted events with that of all.

        Raises:
            DataError: As `joint`, if the threshold is not followed, or accepts no event in which it counts.
        """
        if threshold not in self.bins.thresholds_raw:
            followed = ", ".join(self.bins.thresholds_raw) or "none"
            raise DataError(f"{self._where}: threshold {threshold!r} is not followed; there are {followed}")
        joint = self.joint(name)
        start = self.bins.first_passing(self.bins.thresholds_raw[threshold])
        every, weight = joint.weight.sum(axis=1), joint.weight[:, start:].sum(axis=1)
        squared = joint.squared[:, start:].sum(axis=1)
        if not weight.sum() > 0:
            raise DataError(f"{self._where}: {threshold!r} accepts no event with {name!r}; nothing to compare")
        every, accepted = every / every.sum(), weight / weight.sum()
        known = np.where(every > 0, every, np.nan)
        return Sculpting(
            first=self.bins.quantities[name], every=every, accepted=accepted, ratio=accepted / known,
            ratio_error=np.sqrt(squared) / weight.sum() / known,
            distance=float(np.abs(np.cumsum(accepted - every)).max()),
            by_chance=float(stats.kstwobign.mean()) * math.sqrt(float(squared.sum())) / float(weight.sum()),
        )  # fmt: skip


def _log(score: Reals) -> Reals:
    return np.asarray(np.sign(score) * np.log1p(np.abs(score)))


def _ratio(covariance: float, first: float, second: float) -> float:
    product = first * second
    return float(covariance / math.sqrt(product)) if product > 0 else 0.0
