"""The events of a sample slice by slice, and how much the weight that passes varies in each."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.intervals import ONE_SIGMA
from l1ad.rates.stream import Stream
from l1ad.rates.weighted import RateEstimate, Sample, WeightedCount

__all__ = ["LEAST_EXPECTED", "Series", "binomial_variance", "group_starts"]

Reals = NDArray[np.float64]

LEAST_EXPECTED = 5.0
"""Events that a slice is to pass and to stop on average before χ² is a fair distribution."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """The events of each slice, and those of them that pass one threshold or seed.

    Attributes:
        titles: Name of each slice, e.g. `run 7: 12`.
        where: Where it lies along the axis: pile-up, sections or runs since the first, crossing, place.
        counted: All events, shape (n_slices,); every slice weighs something.
        passed: Those that pass, shape (n_slices,).
    """

    titles: tuple[str, ...]
    where: NDArray[np.float64]
    counted: WeightedCount
    passed: WeightedCount

    @property
    def equal_weights(self) -> bool:
        """Whether all events weigh the same: only then is (Σw)² = n·Σw²."""
        total = self.counted.sum()
        return math.isclose(total.weight**2, total.n_events * total.squared, rel_tol=1e-9)

    @property
    def share(self) -> float:
        """Weighted share of all events that pass."""
        return float(self.passed.weight.sum() / self.counted.weight.sum())

    def rates(self, stream: Stream, *, coverage: float = ONE_SIGMA) -> tuple[RateEstimate, ...]:
        """Estimate the rate of each slice if every crossing of the fill were like it."""
        equal, counted = self.equal_weights, self.counted
        samples = (
            Sample(
                n_events=int(counted.n_events[one]), weight=float(counted.weight[one]),
                squared=float(counted.squared[one]), equal_weights=equal,
                stream_khz=stream.rate_hz / 1000, coverage=coverage,
            )
            for one in range(len(self.titles))
        )  # fmt: skip
        return tuple(sample.rate_of(self.passed[one]) for one, sample in enumerate(samples))

    @property
    def spread(self) -> float:
        """Variance of w·(pass - share) over w², of an event on average at one share for all slices."""
        share, among = self.share, float(self.passed.squared.sum() / self.counted.squared.sum())
        return (1 - share) ** 2 * among + share**2 * (1 - among)

    def effective(self) -> tuple[Reals, Reals]:
        """Give numbers of events of equal weight that fluctuate as the slices do, all and passing.

        The weights of those that pass are taken to be alike in all slices: few passing events of one slice
        tell their own spread badly, and the worse the fewer they are.

        Returns:
            Both of shape (n_slices,); for equal weights the numbers themselves.
        """
        share, spread = self.share, self.spread
        unit = share * (1 - share) / spread if spread > 0 else 1.0
        n_events = unit * self.counted.weight**2 / self.counted.squared
        return n_events, n_events * self.passed.weight / self.counted.weight


def binomial_variance(counted: WeightedCount, passed: WeightedCount) -> Reals:
    """Give the variance of the weight that passes in each bin: Σw²(pass - share)², shape (n_bins,)."""
    share = passed.weight / counted.weight
    return np.asarray((1 - share) ** 2 * passed.squared + share**2 * (counted.squared - passed.squared))


def group_starts(expected: Reals) -> NDArray[np.int64]:
    """Find the first bin of each group of neighbours in which `LEAST_EXPECTED` events are expected.

    Args:
        expected: Expected events in each bin, shape (n_bins,).

    Returns:
        Its indices, ascending; what is left at the end belongs to the last group.
    """
    starts, held = [0], 0.0
    for index, one in enumerate(expected.tolist()):
        if held >= LEAST_EXPECTED:
            starts.append(index)
            held = 0.0
        held += one
    if held < LEAST_EXPECTED and len(starts) > 1:
        starts.pop()
    return np.array(starts[: len(expected)], dtype=np.int64)
