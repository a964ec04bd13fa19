"""What a report says of scores, rates and efficiencies, gathered from a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest
from l1ad.data.score_file import read_scores
from l1ad.flow.event_parts import Workers
from l1ad.flow.events import BACKGROUND
from l1ad.flow.rate_pass import counted_events
from l1ad.flow.rate_table import configured_stream
from l1ad.flow.rates import unseen_background
from l1ad.flow.run_directory import RunDirectory
from l1ad.metrics.working_points import WorkingPoint, measured
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import ZeroBiasStream
from l1ad.rates.threshold_scan import Curve, ThresholdScan, binomial_curve
from l1ad.report.efficiency_section import EfficiencyContent
from l1ad.report.rates_section import KHZ, PER_DAY, RatesContent, RateUnit
from l1ad.report.scores_section import ScoresContent

__all__ = ["RateContents", "efficiency_content", "gather_rates"]

Integers = NDArray[np.int64]

_RATES = 20
"""Rates that efficiencies are measured at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateContents:
    """What the sections on scores, rates and efficiencies show."""

    scores: ScoresContent
    rates: RatesContent
    efficiency: EfficiencyContent


def gather_rates(
    run: RunDirectory,
    trigger: TriggerAlgorithm,
    titles: Mapping[str, str],
    *,
    workers: Workers | None = None,
) -> RateContents:
    """Count the unseen background once more, and the signals, at every threshold that matters.

    Args:
        run: The run, after its step `rates`.
        trigger: Its algorithm with the thresholds.
        titles: What to call each sample.
        workers: Who counts; this process unless told.

    Raises:
        DataError: If a step is missing, or `rates.json` is of other events.
    """
    rates = run.read_json("rates.json", step="rates")
    account = counted_events(unseen_background(run), workers=workers).account
    if account.total.n_events != rates["n_events"]:
        raise DataError(
            f"{run.path / 'rates.json'}: counted on {rates['n_events']} events, and there are "
            f"{account.total.n_events} unseen now; run `l1ad rates {run.path}` again"
        )
    digest = algorithm_digest(trigger)
    signals = {
        name: read_scores(run.scores(name), algorithm_digest=digest).score_raw
        for name in run.config.data.signals
    }
    stream = configured_stream(run.config.rates)
    scan = ThresholdScan.of(account, stream, signals=signals, thresholds_raw=trigger.thresholds.values())
    score_type = trigger.score.result
    unit = KHZ if isinstance(stream, ZeroBiasStream) else PER_DAY
    return RateContents(
        scores=ScoresContent(
            samples={
                BACKGROUND: account.total,
                **{name: ScoreHistogram.of(scores) for name, scores in signals.items()},
            },
            titles=titles,
            thresholds_raw=trigger.thresholds,
            raw_max=score_type.raw_max,
            fraction=score_type.fraction,
        ),
        rates=RatesContent(rates=rates, scan=scan, unit=unit, fraction=score_type.fraction, titles=titles),
        efficiency=efficiency_content(
            account, signals, scan, rates, unit=unit, titles=titles,
            rng=np.random.default_rng(run.config.training.seed),
        ),
    )  # fmt: skip


def efficiency_content(
    account: RateAccount,
    signals: Mapping[str, Integers],
    scan: ThresholdScan,
    rates: Mapping[str, Any],
    *,
    unit: RateUnit,
    titles: Mapping[str, str],
    rng: np.random.Generator,
) -> EfficiencyContent:
    """Measure the efficiency of each signal at some 20 rates, as far as the events resolve them.

    Thresholds are set anew in a bootstrap of background and signal. Where events have different weights that is
    not known how, and the intervals are those of the signal alone.

    Args:
        account: Events of the background.
        signals: Scores of each signal.
        scan: Counts at every threshold that matters.
        rates: What the step `rates` found.
        unit: Unit that rates are shown in.
        titles: What to call each sample.
        rng: Source of the resampling.
    """
    n_events, share = scan.n_events, scan.fine_khz / scan.stream_khz
    most = min(n_events - 1, int(share * n_events))
    allowed = np.unique(np.round(np.geomspace(1, max(1, most), _RATES)).astype(np.int64))
    if account.lightest == account.heaviest and min(map(len, signals.values())) > 1 and n_events > 1:
        background = np.repeat(account.total.score_raw, account.total.counted.n_events)
        points = [WorkingPoint(str(count), Fraction(int(count), n_events)) for count in allowed]
        at_rate = {name: _bootstrapped(background, scores, points, rng) for name, scores in signals.items()}
        intervals = (
            "central 68.27 % of a bootstrap of background and signal, the threshold's own error included"
        )
    else:
        at_rate = {name: _counted(account, scores, allowed / n_events) for name, scores in signals.items()}
        intervals = "Clopper-Pearson intervals of the signal, without the threshold's own error"
    return EfficiencyContent(
        rates=rates, scan=scan, allowed_khz=allowed / n_events * scan.stream_khz, at_rate=at_rate,
        intervals=intervals, unit=unit, titles=titles,
    )  # fmt: skip


def _bootstrapped(
    background: Integers, signal: Integers, points: list[WorkingPoint], rng: np.random.Generator
) -> Curve:
    found = [one.efficiency for one in measured(background, signal, points, rng).at.values()]
    return Curve(
        value=np.array([one.value for one in found]),
        low=np.array([one.low for one in found]),
        high=np.array([one.high for one in found]),
    )


def _counted(account: RateAccount, signal: Integers, shares: NDArray[np.float64]) -> Curve:
    """Count a signal at the lowest threshold that keeps within each share of the background's weight."""
    above, levels = account.total.at_or_above().weight, account.total.score_raw
    # Weights that pass fall as the score rises: so many of the levels are too many.
    too_many = np.searchsorted(-above, -shares * account.total.weight)
    thresholds = np.where(too_many > 0, levels[np.maximum(too_many - 1, 0)] + 1, levels[0])
    n_pass = len(signal) - np.searchsorted(np.sort(signal), thresholds)
    return binomial_curve(n_pass, np.float64(len(signal)))
