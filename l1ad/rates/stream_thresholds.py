"""Thresholds for shares of a weighted stream: measured where the sample resolves them, else extrapolated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.tail_onset import choose_onset
from l1ad.rates.tails import Tail
from l1ad.rates.weighted import RateEstimate, Sample

__all__ = ["FEWEST_EFFECTIVE", "StreamSample", "StreamThreshold"]

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

FEWEST_EFFECTIVE = 5.0
"""Effective events that must pass for a share to count as measured."""

_REPLICAS = 300
_SCORE_TYPE = FixedType(62, 62, signed=False)
"""Room for every whole number that a score is written as."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreamThreshold:
    """A threshold that keeps within a share of the stream.

    Attributes:
        share: The share.
        threshold_raw: The threshold; an event passes when its score is at least this.
        drawn_raw: Thresholds of replicas of the stream, which say how firm it is, shape (n_replicas,).
        extrapolated: Whether it is read off a fitted tail, and not counted.
        n_pass: Events of the sample that pass the threshold.
        counted: Share of the sample that passes it with its interval, whatever the threshold comes from: what
            an extrapolation is to be held against.
        effective_pass: As many events of equal weight, (Σw)²/Σw².
        label: How it was found.
    """

    share: float
    threshold_raw: int
    drawn_raw: Reals
    extrapolated: bool
    n_pass: int
    counted: RateEstimate
    effective_pass: float
    label: str


class StreamSample:
    """Unseen weighted events of a stream by their score, and replicas of them.

    Replicas are Poisson bootstraps: every event counts as often as a Poisson number of mean 1 says.
    """

    def __init__(self, score_raw: Integers, weights: Reals, rng: np.random.Generator) -> None:
        """Sort the events.

        Args:
            score_raw: Scores as whole numbers of at least 0, shape (n_events,).
            weights: Weights, shape (n_events,).
            rng: Source of the resampling.
        """
        order = np.argsort(-score_raw, kind="stable")
        self._score, self._weight, self._rng = score_raw[order], weights[order], rng
        self._passing = np.cumsum(self._weight)
        self._histogram = ScoreHistogram.of(score_raw, weights)
        # Of a stream of rate 1, so that its rates are shares.
        self._sample = Sample(
            n_events=len(weights), weight=float(weights.sum()), squared=float(np.square(weights).sum()),
            equal_weights=bool((weights == weights[0]).all()), stream_khz=1.0,
        )  # fmt: skip
        self._tail: Tail | None = None

    @property
    def effective_events(self) -> float:
        """As many events of equal weight as carry the same information, (Σw)²/Σw²."""
        return float(self._weight.sum() ** 2 / np.square(self._weight).sum())

    def threshold(self, share: float, *, extrapolate: bool = True) -> StreamThreshold:
        """Find the lowest threshold that no more than a share of the stream passes.

        It is counted where at least five effective events pass it; what replicas of the sample have instead is
        its error. Elsewhere it is that of a generalised Pareto tail. The error of such a one is drawn from a
        normal distribution on each side of it whose width is that side of the band; it holds no error of the
        assumption that the tail goes on as it began.

        Args:
            share: Share of the stream.
            extrapolate: Whether the tail of the score may be taken to go on beyond the sample.

        Raises:
            UnresolvedRateError: If neither can be done.
        """
        place = int(np.searchsorted(self._passing, share * self._passing[-1], side="right"))
        found = self._above(place)
        counted = self._histogram.passing(found)
        squared = float(counted.squared)
        effective = float(counted.weight) ** 2 / squared if squared else 0.0
        if effective >= FEWEST_EFFECTIVE:
            return StreamThreshold(
                share=share, threshold_raw=found, drawn_raw=self._replicas(share), extrapolated=False,
                n_pass=int(counted.n_events), counted=self._sample.rate_of(counted), effective_pass=effective,
                label=f"measured with {int(counted.n_events)} events",
            )  # fmt: skip
        if not extrapolate:
            raise UnresolvedRateError(
                f"a share of {share:.2g} is {effective:.2g} effective events of the sample, of which "
                f"{FEWEST_EFFECTIVE:g} are needed, and the tail of this score is not taken to go on beyond it"
            )
        if self._tail is None:
            self._tail = choose_onset(self._histogram, score_type=_SCORE_TYPE, rng=self._rng).tail
        tail = self._tail.threshold_for(share)
        passing = self._histogram.passing(tail.threshold_raw)
        drawn = self._rng.standard_normal(_REPLICAS)
        above, below = tail.high_raw - tail.threshold_raw, tail.threshold_raw - tail.low_raw
        return StreamThreshold(
            share=share, threshold_raw=tail.threshold_raw,
            drawn_raw=tail.threshold_raw + np.where(drawn > 0, above, below) * drawn, extrapolated=True,
            n_pass=int(passing.n_events), counted=self._sample.rate_of(passing), effective_pass=effective,
            label=tail.label,
        )  # fmt: skip

    def _above(self, place: int) -> int:
        """Give the lowest threshold that the event in this place fails; those that tie with it fail too."""
        return int(self._score[place]) + 1 if place < len(self._score) else int(self._score[-1])

    def _replicas(self, share: float) -> Reals:
        drawn = np.empty(_REPLICAS)
        for number in range(_REPLICAS):
            passing = np.cumsum(self._weight * self._rng.poisson(1.0, len(self._weight)))
            place = int(np.searchsorted(passing, share * passing[-1], side="right"))
            drawn[number] = self._above(place)
        return drawn
