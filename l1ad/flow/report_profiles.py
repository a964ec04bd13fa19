"""Score and acceptance along a quantity, in the units and bins that a report draws."""

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.correlations import Profile
from l1ad.rates.observables import Observable
from l1ad.rates.threshold_scan import Curve, binomial_curve
from l1ad.report.correlation_section import QuantityProfile

__all__ = ["quantity_profile"]

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

_PARTS = 20
_ROUNDING = 1e-9
_FEWEST = 5
"""Events of equal weight that a bin needs for a mean score to be shown."""


def quantity_profile(
    profile: Profile, squared_scores: Reals, quantity: Observable, fraction: int
) -> QuantityProfile:
    """Turn sums in bins of a quantity into means with errors and shares with intervals, without empty bins.

    Args:
        profile: Events, mean score and accepted shares in bins.
        squared_scores: Sum of weight times squared score in hardware units, shape (n_bins,).
        quantity: What the bins are of.
        fraction: Bits right of the point of the score word.
    """
    some = profile.counted.n_events > 0
    first, last = profile.first[some], np.append(profile.first[1:] - 1, profile.first[-1])[some]
    weight, squared = profile.counted.weight[some], profile.counted.squared[some]
    mean = profile.mean_score[some] * 2.0**fraction
    effective = weight**2 / squared
    # A few events, or some that outweigh the others, tell little of how scores scatter.
    freedom = np.where(effective >= _FEWEST - _ROUNDING, effective - 1, np.nan)
    mean_shown = np.where(np.isnan(freedom), np.nan, mean)
    error = np.sqrt(np.maximum(squared_scores[some] / weight - mean**2, 0.0) / freedom)
    starts = _wide_starts(weight)
    wide_weight = np.add.reduceat(weight, starts)
    n_wide = wide_weight**2 / np.add.reduceat(squared, starts)
    is_number = quantity.name.startswith("n_")
    return QuantityProfile(
        name=quantity.name,
        title=quantity.title,
        unit="" if is_number else quantity.unit,
        middle=_middle(first, last, quantity),
        score=Curve(value=mean_shown, low=mean - error, high=mean + error),
        wide_middle=_middle(first[starts], last[np.append(starts[1:] - 1, len(last) - 1)], quantity),
        share={
            threshold: binomial_curve(
                np.add.reduceat(share[some] * weight, starts) / wide_weight * n_wide, n_wide
            )
            for threshold, share in profile.share.items()
        },
    )


def _wide_starts(weight: Reals) -> Integers:
    """Give the first bin of each wider one, of a twentieth of the events; in the last twentieth bins stay."""
    part = np.floor((np.cumsum(weight) - weight) / weight.sum() * _PARTS)
    is_tail = part >= _PARTS - 1
    return np.flatnonzero(np.append(True, (np.diff(part) > 0) | is_tail[1:]))


def _middle(first: Integers, last: Integers, quantity: Observable) -> Reals:
    """Give the middle of the integers of each bin; the last bin, which has no end, is its first integer."""
    return np.asarray(((first + last) / 2 - quantity.offset) * quantity.lsb, dtype=np.float64)
