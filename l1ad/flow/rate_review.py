"""What operators and a menu review are given: steps of a threshold, thresholds over pile-up, one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from l1ad.core.errors import UnresolvedRateError
from l1ad.core.plain import plain
from l1ad.core.progress import Progress, silent
from l1ad.flow.event_parts import EventParts, Workers
from l1ad.flow.rate_menu import check_thresholds
from l1ad.flow.rate_pass import counted_events
from l1ad.flow.rate_thresholds import refuse_mixed
from l1ad.rates.operation import Step, steps_around, thresholds_over_pileup
from l1ad.rates.stream import Budget, Stream
from l1ad.rates.tail_onset import OnsetChoice, choose_onset
from l1ad.rates.thresholds import SetThreshold, rates_at

__all__ = ["RateReview", "RateTail", "rate_review", "rate_tail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateReview:
    """A table for a menu review, and what an operator needs beside it.

    Attributes:
        algorithm: Name of the algorithm.
        stream: The stream that rates are counted in, in words.
        n_events: Events they were counted on.
        thresholds: Each threshold with its rates.
        steps: What a step of a few hardware units changes, by threshold.
        over_pileup: By mean pile-up, the threshold that gives each the rate that it has now; empty where the
            pile-up is not known.
        unresolved: Why, of the means for which there is none.
    """

    algorithm: str
    stream: str
    n_events: int
    thresholds: dict[str, SetThreshold]
    steps: dict[str, tuple[Step, ...]]
    over_pileup: dict[float, dict[str, SetThreshold]]
    unresolved: dict[float, str]

    def document(self) -> dict[str, Any]:
        """Lay the review out for JSON."""
        document: dict[str, Any] = plain(self)
        return document


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateTail:
    """The tail of the scores, and rates from it.

    Attributes:
        choice: Fits from all onsets on, and the one that was chosen.
        rates: Rate in kHz at each threshold with its band, and a label that says where it comes from.
    """

    choice: OnsetChoice
    rates: dict[str, dict[str, Any]]

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        fit, goodness = self.choice.tail.fit, self.choice.tail.goodness
        return {
            "onset_raw": fit.onset_raw, "n_above": fit.n_above, "shape": fit.shape, "scale": fit.scale,
            "p_value": goodness.p_value, "rates": self.rates,
            "onsets": [
                {"onset_raw": one.onset_raw, "n_above": one.n_above, "shape": one.shape, "scale": one.scale,
                 "shape_error": float(np.sqrt(one.covariance[0, 0])), "agrees": bool(agrees)}
                for one, agrees in zip(self.choice.fits, self.choice.agreeing, strict=True)
            ],
        }  # fmt: skip


def rate_review(
    parts: EventParts,
    stream: Stream,
    *,
    means: Sequence[float],
    mixed: bool = False,
    workers: Workers,
    progress: Progress = silent,
) -> RateReview:
    """Gather what a menu review asks about the thresholds that an algorithm has.

    Args:
        parts: Unselected events, and the algorithm with its thresholds.
        stream: What they are a sample of.
        means: Mean pile-up to suggest thresholds for, of crossings that all have that mean.
        mixed: Whether files of different pile-up may be counted together.
        workers: Who counts.
        progress: Told the events counted.

    Raises:
        ConfigError: If the algorithm has no thresholds.
        DataError: If the events cannot be used.
    """
    trigger = parts.trigger
    check_thresholds(trigger)
    counted = counted_events(parts, workers=workers, progress=progress)
    if not mixed:
        refuse_mixed(counted)
    account = counted.account
    thresholds = {name: rates_at(raw, account, stream) for name, raw in trigger.thresholds.items()}
    # What each lets pass now is what it is to go on letting pass.
    budgets = {
        name: Budget(one.total.rate_khz * 1000, f"{one.total.rate_khz:.3g} kHz")
        for name, one in thresholds.items()
        if one.total.n_pass
    }
    over_pileup: dict[float, dict[str, SetThreshold]] = {}
    unresolved: dict[float, str] = {}
    for mean in means if account.pileup else ():
        try:
            over_pileup |= thresholds_over_pileup(
                account, budgets, [mean], stream, score_type=trigger.score.result
            )
        except UnresolvedRateError as fault:
            unresolved[mean] = str(fault)
    return RateReview(
        algorithm=trigger.name,
        stream=str(stream),
        n_events=account.total.n_events,
        thresholds=thresholds,
        steps={name: steps_around(raw, account, stream) for name, raw in trigger.thresholds.items()},
        over_pileup=over_pileup,
        unresolved=unresolved,
    )


def rate_tail(
    parts: EventParts,
    stream: Stream,
    *,
    thresholds_raw: dict[str, int],
    seed: int = 1,
    workers: Workers,
    progress: Progress = silent,
) -> RateTail:
    """Fit the tail of the scores, with its diagnostics, and give the rates of thresholds from it.

    Args:
        parts: Unselected events.
        stream: What they are a sample of.
        thresholds_raw: Thresholds in hardware units, by name; those below the onset are counted, not fitted.
        seed: Of the bootstrap.
        workers: Who counts.
        progress: Told the events counted.

    Raises:
        UnresolvedRateError: If no tail can be fitted.
    """
    account = counted_events(parts, workers=workers, progress=progress).account
    choice = choose_onset(account.total, score_type=parts.trigger.score.result, rng=np.random.default_rng(seed))
    sample, khz = account.sample(stream), stream.rate_hz / 1000
    rates: dict[str, dict[str, Any]] = {}
    for name, raw in thresholds_raw.items():
        if raw < choice.tail.fit.onset_raw:
            rate = sample.rate_of(account.total.passing(raw))
            rates[name] = {
                "threshold_raw": raw, "rate_khz": rate.rate_khz, "low_khz": rate.low_khz,
                "high_khz": rate.high_khz, "extrapolated": False, "label": f"counted, {rate.n_pass} events",
            }  # fmt: skip
            continue
        there = choice.tail.share_at(raw)
        rates[name] = {
            "threshold_raw": raw, "rate_khz": there.share * khz, "low_khz": there.low * khz,
            "high_khz": there.high * khz, "extrapolated": there.extrapolated, "label": there.label,
        }  # fmt: skip
    return RateTail(choice=choice, rates=rates)
