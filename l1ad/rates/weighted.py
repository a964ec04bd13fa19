"""Weighted events counted in bins, and the rate of those that pass, with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.rates.intervals import ONE_SIGMA, clopper_pearson

__all__ = ["RateEstimate", "Sample", "WeightedCount"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightedCount:
    """Events that fell into each bin. All three arrays have one shape, that of the bins.

    Attributes:
        n_events: How many.
        weight: Sum of their weights.
        squared: Sum of the squares of their weights.
    """

    n_events: NDArray[np.int64]
    weight: NDArray[np.float64]
    squared: NDArray[np.float64]

    @classmethod
    def none(cls, *shape: int) -> "WeightedCount":
        """Begin with bins that hold nothing."""
        return cls(n_events=np.zeros(shape, np.int64), weight=np.zeros(shape), squared=np.zeros(shape))

    @classmethod
    def of(cls, bins: NDArray[np.integer], weights: NDArray[np.float64], n_bins: int) -> "WeightedCount":
        """Count events in bins.

        Args:
            bins: Bin of each entry, 0 to `n_bins` - 1.
            weights: Weight of each entry, of the same shape.
            n_bins: Number of bins.
        """
        return cls(
            n_events=np.bincount(bins, minlength=n_bins).astype(np.int64),
            weight=np.bincount(bins, weights, n_bins).astype(np.float64),
            squared=np.bincount(bins, weights**2, n_bins).astype(np.float64),
        )

    def __add__(self, other: "WeightedCount") -> "WeightedCount":
        return WeightedCount(
            n_events=self.n_events + other.n_events,
            weight=self.weight + other.weight,
            squared=self.squared + other.squared,
        )

    def __getitem__(self, which: int | slice) -> "WeightedCount":
        return WeightedCount(
            n_events=np.asarray(self.n_events[which]),
            weight=np.asarray(self.weight[which]),
            squared=np.asarray(self.squared[which]),
        )

    def reshaped(self, *shape: int) -> "WeightedCount":
        """Arrange the bins in another shape."""
        return WeightedCount(
            n_events=self.n_events.reshape(shape),
            weight=self.weight.reshape(shape),
            squared=self.squared.reshape(shape),
        )

    def sum(self) -> "WeightedCount":
        """Put all bins together into one without axes."""
        return WeightedCount(
            n_events=np.asarray(self.n_events.sum()),
            weight=np.asarray(self.weight.sum()),
            squared=np.asarray(self.squared.sum()),
        )

    def at_or_above(self) -> "WeightedCount":
        """Count for each bin the events in it and in all above."""
        return WeightedCount(
            n_events=self.n_events[::-1].cumsum()[::-1],
            weight=self.weight[::-1].cumsum()[::-1],
            squared=self.squared[::-1].cumsum()[::-1],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RateEstimate:
    """How often something happens, with its interval.

    Attributes:
        n_pass: Events in which it did.
        effective_pass: As many events of equal weight as carry the same information, (Σw)²/Σw².
        rate_khz: Rate in the stream.
        low_khz: Lower end of the interval.
        high_khz: Upper end of the interval.
    """

    n_pass: int
    effective_pass: float
    rate_khz: float
    low_khz: float
    high_khz: float

    def over(self, prescale: int) -> "RateEstimate":
        """Give what a prescale leaves on average; 0 lets nothing pass."""
        share = 1 / prescale if prescale else 0.0
        return RateEstimate(
            n_pass=self.n_pass,
            effective_pass=self.effective_pass,
            rate_khz=self.rate_khz * share,
            low_khz=self.low_khz * share,
            high_khz=self.high_khz * share,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Unselected events of a stream, of which some pass.

    Attributes:
        n_events: Events.
        weight: Sum of their weights, over 0.
        squared: Sum of the squares of their weights.
        equal_weights: Whether all of them weigh the same.
        stream_khz: Rate of the stream that they are a sample of.
        coverage: Coverage of the intervals.
    """

    n_events: int
    weight: float
    squared: float
    equal_weights: bool
    stream_khz: float
    coverage: float = ONE_SIGMA

    def rate_of(self, passed: WeightedCount) -> RateEstimate:
        """Estimate the rate of one bin of events, an array without axes.

        Events of equal weight are binomial: the interval is that of Clopper and Pearson. Else it is the
        Garwood interval of the effective number of those that pass, scaled to their weights: the scaled
        Poisson distribution of Bohm & Zech, NIM A 748 (2014) 1 *(from memory)*. That ignores that no more can
        pass than there are, so it is too wide where much of the sample passes. Where nothing passes, nothing
        is known of the weights that could have: those of the whole sample stand in, too large where
        enrichment made the tail light.
        """
        n_pass, weight, squared = int(passed.n_events), float(passed.weight), float(passed.squared)
        effective = weight**2 / squared if squared else 0.0
        if self.equal_weights:
            low, high = clopper_pearson(n_pass, self.n_events, coverage=self.coverage)
        else:
            unit = squared / weight if squared else self.squared / self.weight
            tail = (1 - self.coverage) / 2
            below = float(stats.gamma.ppf(tail, effective)) if effective else 0.0
            above = float(stats.gamma.isf(tail, effective + 1))
            low, high = (min(1.0, unit * end / self.weight) for end in (below, above))
        return RateEstimate(
            n_pass=n_pass,
            effective_pass=effective,
            rate_khz=weight / self.weight * self.stream_khz,
            low_khz=low * self.stream_khz,
            high_khz=high * self.stream_khz,
        )

    def rates_of(self, passed: WeightedCount, which: Sequence[int]) -> tuple[RateEstimate, ...]:
        """Estimate the rates of some bins."""
        return tuple(self.rate_of(passed[one]) for one in which)
