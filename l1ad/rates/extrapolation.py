"""Thresholds for budgets that a sample does not resolve, from the tail of its scores, and labelled as such."""

from collections.abc import Mapping

import numpy as np

from l1ad.core.errors import UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Budget, Stream
from l1ad.rates.tail_onset import choose_onset
from l1ad.rates.tails import Tail
from l1ad.rates.thresholds import RateKind, SetThreshold, counted_events, set_threshold
from l1ad.rates.weighted import RateEstimate

__all__ = ["extrapolated_thresholds"]


def extrapolated_thresholds(
    account: RateAccount,
    budgets: Mapping[str, Budget],
    stream: Stream,
    *,
    kind: RateKind,
    score_type: FixedType,
    rng: np.random.Generator,
) -> dict[str, SetThreshold]:
    """Find the threshold of each budget, from a generalised Pareto tail where the events do not resolve it.

    Args:
        account: Events of the stream.
        budgets: Budgets by the name of the threshold.
        stream: What the events are a sample of.
        kind: Which rate the budgets limit.
        score_type: Format of the score word.
        rng: Source of randomness of the bootstrap.

    Raises:
        UnresolvedRateError: If no tail can be fitted, or the threshold would lie beyond the score word.
    """
    found: dict[str, SetThreshold] = {}
    tail: Tail | None = None
    for name, budget in budgets.items():
        try:
            found[name] = set_threshold(account, budget, stream, kind=kind, score_type=score_type)
        except UnresolvedRateError:
            if tail is None:
                histogram = counted_events(account, kind)
                tail = choose_onset(histogram, score_type=score_type, rng=rng).tail
            found[name] = _from_tail(tail, account, budget, stream, kind)
    return found


def _from_tail(
    tail: Tail, account: RateAccount, budget: Budget, stream: Stream, kind: RateKind
) -> SetThreshold:
    # The tail is that of what the budget limits, whose shares are of those events and not of all.
    part = counted_events(account, kind).weight / account.total.weight
    share = float(budget.share_of(stream)) / part
    threshold = tail.threshold_for(share)
    there = tail.share_at(threshold.threshold_raw)
    khz = part * stream.rate_hz / 1000
    rate = RateEstimate(
        n_pass=int(account.total.passing(threshold.threshold_raw).n_events), effective_pass=0.0,
        rate_khz=there.share * khz, low_khz=there.low * khz, high_khz=there.high * khz,
    )  # fmt: skip
    return SetThreshold(
        threshold_raw=threshold.threshold_raw, budget=budget.text, kind=kind, low_raw=threshold.low_raw,
        high_raw=threshold.high_raw, total=rate, pure=rate if kind is RateKind.PURE else None, tied=0,
        note=threshold.label,
    )  # fmt: skip
