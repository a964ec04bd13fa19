"""What an operator asks: one unit up or down, and where the threshold should go when the pile-up changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from l1ad.core.errors import DataError, UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.pileup_profile import PileupProfile
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Budget, Stream
from l1ad.rates.thresholds import RateKind, SetThreshold, rates_at, set_threshold
from l1ad.rates.weighted import RateEstimate, WeightedCount

__all__ = ["STEPS", "Step", "at_profile", "steps_around", "thresholds_over_pileup"]

STEPS = (-16, -4, -1, 0, 1, 4, 16)
"""Hardware units by which a threshold is moved in thought; sixteen are one unit of the usual score."""

_UNCOVERED = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A threshold that is moved.

    Attributes:
        step: By how many hardware units.
        threshold_raw: Where it is then.
        total: Total rate there, before prescale.
        pure: Pure rate there; None without a menu.
        change: Rate of the events that pass at one of the two thresholds alone; its interval is that of the
            change, and smaller than those of two rates would make it, for they share most of their events.
    """

    step: int
    threshold_raw: int
    total: RateEstimate
    pure: RateEstimate | None
    change: RateEstimate


def steps_around(
    threshold_raw: int, account: RateAccount, stream: Stream, *, steps: Sequence[int] = STEPS
) -> tuple[Step, ...]:
    """Move a threshold by a few units; one below zero is left out."""
    sample = account.sample(stream)
    found = []
    for step in steps:
        moved = threshold_raw + step
        if moved < 0:
            continue
        at = rates_at(moved, account, stream)
        low, high = sorted((threshold_raw, moved))
        between = slice(*np.searchsorted(account.total.score_raw, [low, high]).tolist())
        change = sample.rate_of(account.total.counted[between].sum())
        found.append(Step(step=step, threshold_raw=moved, total=at.total, pure=at.pure, change=change))
    return tuple(found)


def at_profile(account: RateAccount, profile: PileupProfile) -> RateAccount:
    """Weight the events of an account so that their pile-up is that of a profile.

    Each whole-number pile-up weighs target share over sample share. Pure rates are not kept by pile-up, and are
    left out.

    Raises:
        DataError: If the pile-up of the events is not known.
        UnresolvedRateError: If the sample has no events for more than a thousandth of the profile.
    """
    if not account.pileup:
        raise DataError("the pile-up of the events is not known; without it no rate at another can be told")
    share = dict(zip(profile.pileup.tolist(), profile.share.tolist(), strict=True))
    uncovered = sum(one for pileup, one in share.items() if pileup not in account.pileup)
    if uncovered > _UNCOVERED:
        have = sorted(account.pileup)
        raise UnresolvedRateError(
            f"the sample has no events for {uncovered:.1%} of a profile of mean {profile.mean:.4g}; it has "
            f"pile-up {have[0]} to {have[-1]}"
        )
    total, factors = ScoreHistogram.none(), []
    for pileup, histogram in account.pileup.items():
        wanted = share.get(pileup, 0.0) / (1 - uncovered)
        if not wanted:
            continue
        factor = wanted * account.total.weight / histogram.weight
        factors.append(factor)
        counted = histogram.counted
        total += ScoreHistogram(
            score_raw=histogram.score_raw,
            counted=WeightedCount(
                n_events=counted.n_events, weight=factor * counted.weight, squared=factor**2 * counted.squared
            ),
        )
    return RateAccount(
        total=total, free=None, lightest=account.lightest * min(factors),
        heaviest=account.heaviest * max(factors), menu=None, pileup={},
    )  # fmt: skip


def thresholds_over_pileup(
    account: RateAccount,
    budgets: Mapping[str, Budget],
    means: Sequence[float],
    stream: Stream,
    *,
    score_type: FixedType,
) -> dict[float, dict[str, SetThreshold]]:
    """Suggest thresholds that keep the budgets at each mean pile-up, of crossings that all have that mean.

    A controller that follows the luminosity of a fill sets the threshold of the nearest mean.

    Raises:
        UnresolvedRateError: If the events do not cover a pile-up, or do not resolve a budget there.
    """
    found: dict[float, dict[str, SetThreshold]] = {}
    for mean in means:
        there = at_profile(account, PileupProfile.poisson(mean))
        found[mean] = {
            name: set_threshold(there, budget, stream, kind=RateKind.TOTAL, score_type=score_type)
            for name, budget in budgets.items()
        }
    return found
