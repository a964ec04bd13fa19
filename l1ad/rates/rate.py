"""Rates of a threshold, and the threshold of a rate, of scores in an array."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.fixed import FixedType
from l1ad.rates.intervals import ONE_SIGMA, clopper_pearson
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Budget, Stream, ZeroBiasStream
from l1ad.rates.thresholds import set_threshold

__all__ = [
    "Rate",
    "rate_at",
    "threshold_for_budget",
    "threshold_for_rate",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often a threshold accepts, with its interval.

    Attributes:
        threshold_raw: Threshold in hardware units; an event passes when `score_raw >= threshold_raw`.
        n_pass: Events that passed.
        n_total: Events of the sample.
        rate_hz: Rate in the stream, before prescale.
        low_hz: Lower end of the Clopper-Pearson interval.
        high_hz: Upper end of the Clopper-Pearson interval.
        coverage: Coverage of the interval.
    """

    threshold_raw: int
    n_pass: int
    n_total: int
    rate_hz: float
    low_hz: float
    high_hz: float
    coverage: float


def rate_at(
    threshold_raw: int, scores_raw: NDArray[np.int64], stream: Stream, *, coverage: float = ONE_SIGMA
) -> Rate:
    """Count the rate of a threshold in a sample of the stream.

    Args:
        threshold_raw: Threshold in hardware units.
        scores_raw: Scores of unselected events of the stream, shape (n_events,).
        stream: What the events are a sample of.
        coverage: Coverage of the interval.
    """
    _check(scores_raw)
    n_pass, n_total = int(np.count_nonzero(scores_raw >= threshold_raw)), len(scores_raw)
    low, high = clopper_pearson(n_pass, n_total, coverage=coverage)
    return Rate(
        threshold_raw=threshold_raw,
        n_pass=n_pass,
        n_total=n_total,
        rate_hz=n_pass / n_total * stream.rate_hz,
        low_hz=low * stream.rate_hz,
        high_hz=high * stream.rate_hz,
        coverage=coverage,
    )


def threshold_for_budget(
    scores_raw: NDArray[np.int64], budget: Budget, stream: Stream, *, score_type: FixedType | None = None
) -> int:
    """Find the lowest threshold whose rate stays within the budget.

    An event is accepted when `score_raw >= threshold`, as in the firmware. Ties pass together, so with a
    coarse score the rate can fall well short of the budget.

    Args:
        scores_raw: Scores of unselected events of the stream, shape (n_events,), hardware units.
        budget: Largest allowed rate, before prescale.
        stream: What the events are a sample of.
        score_type: Format of the score word; a threshold beyond its end is refused.

    Raises:
        UnresolvedRateError: If the sample is too small to resolve the budget, or too many scores sit at
            the end of the score word.
        DataError: If there are no scores.
    """
    _check(scores_raw)
    account = RateAccount.of_scores(scores_raw)
    return set_threshold(account, budget, stream, score_type=score_type).threshold_raw


def threshold_for_rate(scores_raw: NDArray[np.int64], *, target_khz: float, colliding_bunches: int) -> int:
    """Find the lowest threshold whose zero-bias rate stays within the target, as `threshold_for_budget`.

    Args:
        scores_raw: Scores of zero-bias events in hardware units, shape (n_events,).
        target_khz: Largest allowed rate in kHz, before prescale.
        colliding_bunches: Colliding bunch pairs of the fill the rate is meant for, e.g. 2340.
            Neither 3564 nor 40 MHz: empty crossings do not collide.

    Raises:
        UnresolvedRateError: If the sample is too small to resolve the target.
    """
    budget = Budget(1000 * Fraction(str(target_khz)), f"{target_khz:g} kHz")
    return threshold_for_budget(scores_raw, budget, ZeroBiasStream(colliding_bunches))


def _check(scores_raw: NDArray[np.int64]) -> None:
    if scores_raw.ndim != 1 or not len(scores_raw):
        raise DataError(f"scores of shape {scores_raw.shape} are no sample; give at least one event")
