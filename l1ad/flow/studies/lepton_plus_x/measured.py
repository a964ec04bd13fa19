"""A score of the lepton + X study measured: areas, curves, thresholds of the stream, and cross sections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import UnresolvedRateError
from l1ad.data.events import EventBatch
from l1ad.metrics.ranks import Bounded
from l1ad.metrics.weighted_curves import weighted_area, weighted_efficiencies
from l1ad.rates.intervals import clopper_pearson
from l1ad.rates.sensitivity import section_for_events, section_for_purity
from l1ad.rates.stream_thresholds import StreamSample, StreamThreshold
from l1ad.report.studies.lepton_plus_x.scores import (
    PointResult,
    ProcessAccount,
    ScoreKind,
    ScoreResult,
    SignalAtPoint,
)

__all__ = ["EVENTS_A_MONTH", "PURITY", "MeasuredStream", "Point", "measured_score"]

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

EVENTS_A_MONTH, PURITY = 100.0, 1 / 3
"""What cross sections are asked for: accepted events in a month, and signal over background."""

_STEPS_A_UNIT = 1024
"""Scores are whole numbers of this part of a unit: what tails are fitted to."""


@dataclass(frozen=True, slots=True)
class Point:
    """A share of the stream, and what it is called."""

    name: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredStream:
    """What scores are measured on, the same for all.

    Attributes:
        unseen: Unseen events of the stream, with weights in pb and labels.
        points: Shares to set thresholds for.
        roc_shares: Shares for the curves.
        events_per_day: Rate of the stream.
        luminosity_fb: Integrated luminosity of a month.
        stream_pb: Cross section of the stream.
        signals: Account of each signal, by name.
        seed: Of bootstraps.
    """

    unseen: EventBatch
    points: Sequence[Point]
    roc_shares: Reals
    events_per_day: float
    luminosity_fb: float
    stream_pb: float
    signals: Mapping[str, ProcessAccount]
    seed: int


def measured_score(
    name: str,
    kind: ScoreKind,
    background: NDArray[np.number],
    signals: Mapping[str, NDArray[np.number]],
    stream: MeasuredStream,
) -> ScoreResult:
    """Measure a score on the unseen stream.

    Args:
        name: What it is called.
        kind: What it is.
        background: Scores of the unseen events, shape (n_unseen,).
        signals: Scores of signals that no training saw, by name.
        stream: What it is measured on.

    Raises:
        DataError: If there are no events.
    """
    rng = np.random.default_rng([stream.seed, 2])
    weights = stream.unseen.weights
    raw = _whole_numbers(background, *signals.values())
    of_signal = dict(zip(signals, raw[1:], strict=True))
    sample = StreamSample(raw[0], weights, rng)
    points, refused = [], {}
    for point in stream.points:
        try:
            # Log odds of trees end where their leaves do; a network is treated alike.
            threshold = sample.threshold(point.share, extrapolate=kind is not ScoreKind.SUPERVISED)
        except UnresolvedRateError as fault:
            refused[point.name] = str(fault)
            continue
        points.append(_at_point(point, threshold, raw[0], of_signal, stream, rng))
    return ScoreResult(
        name=name,
        kind=kind,
        auc={one: weighted_area(raw[0], weights, found, rng) for one, found in of_signal.items()},
        efficiencies={
            one: weighted_efficiencies(raw[0], weights, found, stream.roc_shares)
            for one, found in of_signal.items()
        },
        points=tuple(points),
        refused=refused,
    )


def _whole_numbers(*scores: NDArray[np.number]) -> list[Integers]:
    """Write scores of several samples as whole numbers from 0, in one scale; hardware integers stay such."""
    lowest = min(float(one.min()) for one in scores)
    if all(np.issubdtype(one.dtype, np.integer) for one in scores):
        return [(one - int(lowest)).astype(np.int64) for one in scores]
    return [np.rint((one - lowest) * _STEPS_A_UNIT).astype(np.int64) for one in scores]


def _at_point(
    point: Point,
    threshold: StreamThreshold,
    background: Integers,
    signals: Mapping[str, Integers],
    stream: MeasuredStream,
    rng: np.random.Generator,
) -> PointResult:
    return PointResult(
        name=point.name,
        share=point.share,
        events_per_day=point.share * stream.events_per_day,
        extrapolated=threshold.extrapolated,
        n_pass=threshold.n_pass,
        counted_per_day=Bounded(
            value=threshold.counted.rate_khz * stream.events_per_day,
            low=threshold.counted.low_khz * stream.events_per_day,
            high=threshold.counted.high_khz * stream.events_per_day,
        ),
        effective_pass=threshold.effective_pass,
        label=threshold.label,
        composition=_composition(stream.unseen, background >= threshold.threshold_raw),
        signals={
            name: _signal(found, threshold, stream.signals[name], stream, rng)
            for name, found in signals.items()
        },
    )


def _composition(unseen: EventBatch, passed: NDArray[np.bool_]) -> dict[str, float]:
    total = float(unseen.weights[passed].sum())
    if not total or unseen.label is None:
        return {}
    parts = np.bincount(unseen.label[passed], unseen.weights[passed], len(unseen.label_names))
    return {name: float(part) / total for name, part in zip(unseen.label_names, parts, strict=True)}


def _signal(
    scores: Integers,
    threshold: StreamThreshold,
    account: ProcessAccount,
    stream: MeasuredStream,
    rng: np.random.Generator,
) -> SignalAtPoint:
    """Count a signal; the bootstrap draws threshold, signal and acceptance anew together."""
    ordered, n_events = np.sort(scores), len(scores)
    n_pass = n_events - int(np.searchsorted(ordered, threshold.threshold_raw))
    passing = 1 - np.searchsorted(ordered, threshold.drawn_raw) / n_events
    efficiency = rng.binomial(n_events, np.clip(passing, 0, 1)) / n_events
    acceptance = np.maximum(
        account.acceptance + account.acceptance_error * rng.standard_normal(len(efficiency)), 1e-12
    )

    def events(accepted: float, passed: float) -> float:
        return section_for_events(
            EVENTS_A_MONTH, luminosity_fb=stream.luminosity_fb, acceptance=accepted, efficiency=passed
        )

    def purity(accepted: float, passed: float) -> float:
        return section_for_purity(
            PURITY, share=threshold.share, stream_pb=stream.stream_pb, acceptance=accepted, efficiency=passed
        )

    if not n_pass:
        # A bootstrap of nothing is nothing: the upper end is that of Clopper and Pearson.
        most = clopper_pearson(0, n_events)[1]
        nowhere = float("inf")
        return SignalAtPoint(
            efficiency=Bounded(value=0.0, low=0.0, high=most), n_pass=0,
            events_pb=Bounded(value=nowhere, low=events(account.acceptance, most), high=nowhere),
            purity_pb=Bounded(value=nowhere, low=purity(account.acceptance, most), high=nowhere),
        )  # fmt: skip
    drawn = list(zip(acceptance.tolist(), efficiency.tolist(), strict=True))
    return SignalAtPoint(
        efficiency=Bounded.of_resampled(n_pass / n_events, efficiency),
        n_pass=n_pass,
        events_pb=_bounded(events(account.acceptance, n_pass / n_events), [events(*one) for one in drawn]),
        purity_pb=_bounded(purity(account.acceptance, n_pass / n_events), [purity(*one) for one in drawn]),
    )


def _bounded(value: float, drawn: list[float]) -> Bounded:
    """Take the central 68.27 %; by order alone, as some may be infinite."""
    ordered = np.sort(np.array(drawn))
    last = len(ordered) - 1
    low, high = ordered[round(0.15865 * last)], ordered[round(0.84135 * last)]
    return Bounded(value=value, low=min(float(low), value), high=max(float(high), value))
