"""Thresholds in hardware units for budgets of total and of pure rate, each with what is known of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError, UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.intervals import ONE_SIGMA
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Budget, Stream, ZeroBiasStream, events_needed
from l1ad.rates.weighted import RateEstimate, Sample, WeightedCount

__all__ = [
    "LADDER",
    "RateKind",
    "SetThreshold",
    "counted_events",
    "rates_at",
    "set_threshold",
    "set_thresholds",
]

LADDER = {
    "VLoose": "10 kHz", "Loose": "5 kHz", "Medium": "3 kHz", "Nominal": "2 kHz", "Tight": "1 kHz",
    "VTight": "0.5 kHz",
}  # fmt: skip
"""Budgets that anomaly-detection groups quote thresholds at, by the names of such seeds."""


class RateKind(StrEnum):
    """Which rate a budget limits."""

    TOTAL = "total"
    """Of all events that pass."""
    PURE = "pure"
    """Of those that no seed of the menu accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetThreshold:
    """A threshold, why it is where it is, and the rates at it.

    Attributes:
        threshold_raw: In hardware units; an event passes when `score_raw >= threshold_raw`.
        budget: The budget it was set for, as written; empty for a threshold that was given.
        kind: Which rate the budget limits.
        low_raw: Lower end of the interval of the threshold at which the stream keeps the budget exactly.
        high_raw: Its upper end.
        total: Rate of all events that pass, before prescale.
        pure: Rate of those that no seed of the menu accepts; None without a menu.
        tied: Events of the sample at the threshold itself, which pass together.
        note: What is odd about it, e.g. that it was extrapolated; empty for nothing.
    """

    threshold_raw: int
    budget: str
    kind: RateKind
    low_raw: int
    high_raw: int
    total: RateEstimate
    pure: RateEstimate | None
    tied: int
    note: str = ""


def set_threshold(
    account: RateAccount,
    budget: Budget,
    stream: Stream,
    *,
    kind: RateKind = RateKind.TOTAL,
    score_type: FixedType | None = None,
) -> SetThreshold:
    """Find the lowest threshold whose rate stays within a budget.

    Ties pass together, as in the firmware: with a coarse score the rate can fall well short. The interval of
    the threshold is that of the order statistics: of the true threshold, k events of the sample pass where k is
    binomial with the budget's share, or Poisson in effective events where weights differ.

    Args:
        account: Events of the stream.
        budget: Largest allowed rate, before prescale.
        stream: What the events are a sample of.
        kind: Which rate the budget limits.
        score_type: Format of the score word; a threshold beyond its end is refused.

    Raises:
        UnresolvedRateError: If the events are too few for the budget, or too many of them have the score at
            the end of the word.
        DataError: If a pure rate is asked of events that come without a menu.
    """
    sample, histogram = account.sample(stream), counted_events(account, kind)
    lowest = int(account.total.score_raw[0])
    share = budget.share_of(stream)
    _check_resolved(sample, histogram, budget, stream)
    threshold = _threshold(sample, histogram, share, lowest)
    if score_type is not None and threshold > score_type.raw_max:
        raise UnresolvedRateError(
            f"no threshold in {score_type} keeps within {budget.text}: more events than that have the "
            f"highest score {score_type.raw_max}; give the score word more integer bits"
        )
    low, high = _interval(sample, histogram, share, threshold, lowest)
    return rates_at(threshold, account, stream, budget=budget.text, kind=kind, interval_raw=(low, high))


def set_thresholds(
    account: RateAccount,
    budgets: Mapping[str, Budget],
    stream: Stream,
    *,
    kind: RateKind = RateKind.TOTAL,
    score_type: FixedType | None = None,
) -> dict[str, SetThreshold]:
    """Find the threshold of each named budget, as `set_threshold`.

    Raises:
        DataError: If all events have the same score as well.
    """
    if account.total.n_events > 1 and len(account.total.score_raw) == 1:
        raise DataError(
            f"all {account.total.n_events} events have the score {account.total.score_raw[0]}: no threshold "
            "tells them apart; is the algorithm trained?"
        )
    return {
        name: set_threshold(account, budget, stream, kind=kind, score_type=score_type)
        for name, budget in budgets.items()
    }


def rates_at(
    threshold_raw: int,
    account: RateAccount,
    stream: Stream,
    *,
    budget: str = "",
    kind: RateKind = RateKind.TOTAL,
    interval_raw: tuple[int, int] | None = None,
    note: str = "",
    coverage: float = ONE_SIGMA,
) -> SetThreshold:
    """Count the rates of a threshold; what is not asked for says nothing of it."""
    sample = account.sample(stream, coverage=coverage)
    low, high = interval_raw or (threshold_raw, threshold_raw)
    at = account.total.passing(threshold_raw), account.total.passing(threshold_raw + 1)
    pure = None if account.free is None else _pure_rate(sample, account.free, threshold_raw)
    return SetThreshold(
        threshold_raw=threshold_raw, budget=budget, kind=kind, low_raw=low, high_raw=high,
        total=sample.rate_of(at[0]), pure=pure, tied=int(at[0].n_events - at[1].n_events), note=note,
    )  # fmt: skip


def counted_events(account: RateAccount, kind: RateKind) -> ScoreHistogram:
    """Give the events that a kind of rate counts.

    Raises:
        DataError: If a pure rate is asked of events that come without a menu.
    """
    if kind is RateKind.TOTAL:
        return account.total
    if account.free is None:
        raise DataError(
            "a pure rate needs events that come with the decisions of a trigger menu; these have none"
        )
    return account.free


def _check_resolved(sample: Sample, histogram: ScoreHistogram, budget: Budget, stream: Stream) -> None:
    needed = events_needed(budget, stream)
    effective = sample.n_events
    if not sample.equal_weights:
        # One event that could sit at the top, of the weight that events have there.
        top = histogram.counted[-1] if len(histogram.score_raw) else WeightedCount.none(1)[0]
        unit = float(top.squared) / float(top.weight) if float(top.weight) else sample.squared / sample.weight
        effective = math.floor(sample.weight / unit)
    if effective >= needed:
        return
    of = "" if sample.equal_weights else f" (effective at the top of {sample.n_events})"
    events, where = "events", f"in {stream}"
    if isinstance(stream, ZeroBiasStream):
        events, where = "zero-bias events", f"with {stream.colliding_bunches} colliding bunches"
    raise UnresolvedRateError(
        f"{effective} {events}{of} cannot resolve {budget.text}: at least {needed} are needed {where}"
    )


def _threshold(sample: Sample, histogram: ScoreHistogram, share: Fraction, lowest: int) -> int:
    """The highest score that must not pass decides; all that tie with it stay out as well."""
    above = histogram.at_or_above()
    if sample.equal_weights and _is_whole(histogram):
        too_many = above.n_events > math.floor(share * sample.n_events)
    else:
        too_many = above.weight > float(share) * sample.weight
    return _above(histogram, too_many, lowest)


def _interval(
    sample: Sample, histogram: ScoreHistogram, share: Fraction, threshold_raw: int, lowest: int
) -> tuple[int, int]:
    tails = np.array([(1 - sample.coverage) / 2, (1 + sample.coverage) / 2])
    passed = histogram.passing(threshold_raw)
    if sample.equal_weights and _is_whole(histogram):
        unit = 1.0
        few, many = np.asarray(stats.binom.ppf(tails, sample.n_events, float(share)))
    else:
        unit = float(passed.squared) / float(passed.weight) if float(passed.weight) else 1.0
        few, many = np.asarray(stats.poisson.ppf(tails, float(share) * sample.weight / unit))
    above = histogram.at_or_above().weight / unit
    # Where k events pass is still inside: out is where no more than k - 1 do.
    low, high = (_above(histogram, above > count, lowest) for count in (many, max(few - 1, 0)))
    return min(threshold_raw, low), max(threshold_raw, high)


def _above(histogram: ScoreHistogram, stay_out: NDArray[np.bool_], lowest: int) -> int:
    return int(histogram.score_raw[stay_out].max(initial=lowest - 1)) + 1


def _is_whole(histogram: ScoreHistogram) -> bool:
    """Whether every event counts as one, so that counts of events decide exactly."""
    return bool(np.array_equal(histogram.counted.n_events, histogram.counted.weight))


def _pure_rate(sample: Sample, free: ScoreHistogram, threshold_raw: int) -> RateEstimate:
    """Estimate the rate of what the menu leaves; shares of events, where seeds are prescaled, weigh less."""
    whole = sample.equal_weights and bool(
        np.array_equal(free.counted.squared * sample.n_events, free.counted.n_events * sample.squared)
    )
    if not whole:
        sample = replace(sample, equal_weights=False)
    return sample.rate_of(free.passing(threshold_raw))
