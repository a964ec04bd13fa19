"""A generalised Pareto distribution fitted to the highest scores of a sample, from an onset upwards."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ConfigError, DataError, UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.tail_likelihood import Excesses, effective_events, maximise

__all__ = ["FEWEST_EVENTS", "ONSET_COUNTS", "TailFit", "fit_tail", "onset_of", "scan_onsets"]

FEWEST_EVENTS = 30
"""Fewest events, of equal weight, that a tail is fitted to."""

ONSET_COUNTS = (5000, 3000, 2000, 1000, 700, 500, 300, 200, 100, 50)
"""Events in the tail for which onsets are compared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TailFit:
    """The tail from an onset u on: of the events there, a share (1 + ξ(t − u)/σ)^(−1/ξ) has `score_raw >= t`.

    Attributes:
        onset_raw: Onset u, in hardware units.
        shape: Shape ξ; below 0 the tail ends, at 0 it is exponential, above 0 it is a power law.
        scale: Scale σ, in hardware units.
        covariance: Covariance of shape and scale, in this order, shape (2, 2).
        n_events: Events of the sample.
        n_above: Events from the onset on.
        effective_above: As many events of equal weight as know their share as well, (Σw)²/Σw².
        effective_fit: As many events of equal weight as fix shape and scale as well.
        share_above: Weighted share of the sample from the onset on.
        highest_raw: Highest score of the sample.
        last_raw: Highest score of the word.
        excesses: What was fitted.
    """

    onset_raw: int
    shape: float
    scale: float
    covariance: NDArray[np.float64]
    n_events: int
    n_above: int
    effective_above: float
    effective_fit: float
    share_above: float
    highest_raw: int
    last_raw: int
    excesses: Excesses

    @property
    def shape_error(self) -> float:
        """Standard error of the shape."""
        return math.sqrt(self.covariance[0, 0])

    @property
    def scale_error(self) -> float:
        """Standard error of the scale."""
        return math.sqrt(self.covariance[1, 1])

    @property
    def modified_scale(self) -> float:
        """Scale less what the onset adds to it, σ − ξu: the same for all onsets within one tail."""
        return self.scale - self.shape * self.onset_raw

    @property
    def modified_scale_error(self) -> float:
        """Standard error of the modified scale."""
        by = np.array([-self.onset_raw, 1.0])
        return math.sqrt(by @ self.covariance @ by)

    @property
    def endpoint_raw(self) -> float:
        """Score that the tail does not reach, u − σ/ξ; infinite unless the shape is below 0."""
        return self.onset_raw - self.scale / self.shape if self.shape < 0 else math.inf

    @property
    def one_event(self) -> float:
        """Share of the sample that is one event of the tail: smaller ones it does not resolve."""
        return self.share_above / self.effective_above

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to mistrust in the fit, in sentences; none as a rule."""
        told = []
        if self.shape >= 1:
            told.append(f"shape {self.shape:.2f}: a tail with no mean; is it one population of events?")
        if self.shape <= -0.5:
            told.append(f"shape {self.shape:.2f}: at -0.5 and below the standard errors are not to be trusted")
        return tuple(told)

    def agrees_with(self, higher: "TailFit", *, n_sigma: float) -> bool:
        """Say whether a fit from a higher onset of the same sample has the same shape and modified scale.

        Its events are part of these, so the variance of the difference is the difference of the variances
        (Hausman, Econometrica 46 (1978) 1251, *from memory*).
        """
        pairs = (
            (self.shape, self.shape_error, higher.shape, higher.shape_error),
            (
                self.modified_scale,
                self.modified_scale_error,
                higher.modified_scale,
                higher.modified_scale_error,
            ),
        )
        return all(
            abs(there - here) <= n_sigma * math.sqrt(max(far**2 - near**2, _LEAST_VARIANCE * far**2))
            for here, near, there, far in pairs
        )


def onset_of(histogram: ScoreHistogram, n_tail: int) -> int:
    """Find the lowest onset with no more than so many events from it on; ties stay below it together.

    Raises:
        UnresolvedRateError: If the sample has no more events than that.
    """
    above = histogram.at_or_above().n_events
    if not 0 < n_tail < histogram.n_events:
        raise UnresolvedRateError(
            f"a tail of {n_tail} events cannot be cut off a sample of {histogram.n_events}; give fewer"
        )
    return int(histogram.score_raw[np.flatnonzero(above > n_tail)[-1]]) + 1


def fit_tail(
    histogram: ScoreHistogram,
    *,
    score_type: FixedType,
    from_threshold_raw: int | None = None,
    n_tail: int | None = None,
) -> TailFit:
    """Fit the tail of a sample from an onset on, by maximum likelihood.

    Coles, An Introduction to Statistical Modeling of Extreme Values (2001), chapter 4; Pickands, Ann. Stat. 3
    (1975) 119 *(both from memory)*. Scores are whole numbers, so the likelihood is that of their intervals.
    Weights enter it; the covariance is the inverse of the observed information for the effective number
    of events. It is not right where the score word wraps (AP_WRAP), nor where events come in bunches that
    score alike.

    Args:
        histogram: Unselected events of the stream by score.
        score_type: Format of the score word. One event at its end counts as there or anywhere beyond.
        from_threshold_raw: Onset; or else
        n_tail: Most events from the onset on.

    Raises:
        ConfigError: If it is not told just one of onset and number of events.
        DataError: If scores lie beyond the score word.
        UnresolvedRateError: If there are too few events or too few different scores, several sit at the end
            of the score word, or nothing fits.
    """
    if n_tail is not None and from_threshold_raw is None:
        onset = onset_of(histogram, n_tail)
    elif from_threshold_raw is not None and n_tail is None:
        onset = from_threshold_raw
    else:
        raise ConfigError("a tail begins at 'from_threshold_raw' or has 'n_tail' events; give just one of them")
    _check(histogram, onset, score_type)
    chosen = (histogram.score_raw >= onset) & (histogram.counted.weight > 0)
    excess = (histogram.score_raw[chosen] - onset)[None].astype(np.float64)
    tail = histogram.passing(onset)
    unit = float(tail.weight / tail.squared)  # makes the sum of the weights the effective number of events
    weight = histogram.counted.weight[chosen][None] * unit
    squared = histogram.counted.squared[chosen][None] * unit**2
    excesses = Excesses(excess=excess, weight=weight, last=score_type.raw_max - onset)
    mean = float((weight * (excess + 0.5)).sum() / weight.sum())
    best = maximise(excesses, np.log([mean]), np.zeros(1))
    if not best.found[0]:
        raise UnresolvedRateError(
            f"no generalised Pareto tail fits the {tail.n_events} events that score "
            f"{onset} or above: the likelihood has no maximum; begin lower"
        )
    effective = float(effective_events(excesses, squared, best.log_scale, best.shape)[0])
    scale = math.exp(best.log_scale[0])
    by = np.array([[0.0, 1.0], [scale, 0.0]])  # from (log scale, shape) to (shape, scale)
    covariance = by @ np.linalg.inv(best.information[0]) @ by.T * float(weight.sum()) / effective
    return TailFit(
        onset_raw=onset,
        shape=float(best.shape[0]),
        scale=scale,
        covariance=covariance,
        n_events=histogram.n_events,
        n_above=int(tail.n_events),
        effective_above=float(tail.weight) * unit,
        effective_fit=effective,
        share_above=float(tail.weight) / histogram.weight,
        highest_raw=int(histogram.score_raw[-1]),
        last_raw=score_type.raw_max,
        excesses=excesses,
    )


def scan_onsets(
    histogram: ScoreHistogram, *, score_type: FixedType, n_tails: Sequence[int] = ONSET_COUNTS
) -> tuple[TailFit, ...]:
    """Fit the tail from several onsets on, the lowest first; those that cannot be fitted are left out.

    Within one generalised Pareto tail all have one shape and one modified scale: the stability plot of Coles
    (2001), section 4.3.4 *(from memory)*.

    Args:
        histogram: Unselected events of the stream by score.
        score_type: Format of the score word.
        n_tails: Most events from each onset on.

    Raises:
        UnresolvedRateError: If none can be fitted; it tells of the one with fewest events.
    """
    fits: dict[int, TailFit] = {}
    told = "no number of events was named to fit a tail to"
    for n_tail in sorted(n_tails, reverse=True):
        try:
            fit = fit_tail(histogram, score_type=score_type, n_tail=n_tail)
        except UnresolvedRateError as refusal:
            told = str(refusal)
        else:
            fits[fit.onset_raw] = fit
    if not fits:
        raise UnresolvedRateError(told)
    return tuple(fits[onset] for onset in sorted(fits))


def _check(histogram: ScoreHistogram, onset_raw: int, score_type: FixedType) -> None:
    last = score_type.raw_max
    if histogram.n_events and histogram.score_raw[-1] > last:
        raise DataError(
            f"score {histogram.score_raw[-1]} does not fit {score_type}, which ends at {last}; "
            "name the format of the scores"
        )
    saturated = int(histogram.passing(last).n_events)
    if saturated > 1:
        raise UnresolvedRateError(
            f"{saturated} events sit at the end of {score_type}, {last}, and hide the tail; "
            "give the score word more integer bits"
        )
    tail = histogram.passing(onset_raw)
    effective = float(tail.weight**2 / tail.squared) if tail.squared else 0.0
    if effective < FEWEST_EVENTS:
        weighted = f", worth {effective:.1f} of equal weight," if effective < int(tail.n_events) else ""
        raise UnresolvedRateError(
            f"{tail.n_events} events{weighted} score {onset_raw} or above; a tail needs at least "
            f"{FEWEST_EVENTS}: begin lower or take more data"
        )
    different = int(np.count_nonzero(histogram.score_raw >= onset_raw))
    if different < 3:
        raise UnresolvedRateError(
            f"the {tail.n_events} events that score {onset_raw} or above have {different} different "
            f"score{'s' if different > 1 else ''}; a tail needs at least 3: begin lower or give the score "
            "more bits"
        )


_LEAST_VARIANCE = 0.01
"""Least part of its variance by which a higher fit may differ from a lower: errors are estimates too."""
