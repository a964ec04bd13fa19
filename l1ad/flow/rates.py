"""Step `rates`: thresholds for the budgets of a run, their rates, and what they leave of the signals."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger_file import algorithm_digest, trigger_digest
from l1ad.data.opening import open_events
from l1ad.data.score_file import read_scores
from l1ad.flow.event_parts import EventParts, Workers, event_parts
from l1ad.flow.events import BACKGROUND, background_digest, check_unweighted, seen_events, unseen_scores
from l1ad.flow.rate_pass import counted_events
from l1ad.flow.rate_table import (
    RateTable,
    configured_budgets,
    configured_stream,
    rate_table,
    save_thresholds,
)
from l1ad.flow.rate_thresholds import chosen_menu
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.seen_events import SeenEvents, load_seen_events
from l1ad.metrics.efficiency import Efficiency, area_under_curve, efficiency_at_fraction
from l1ad.rates.stream import Budget
from l1ad.rates.thresholds import RateKind, SetThreshold

__all__ = ["RunRates", "rates", "seen_by", "unseen_background"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRates:
    """Rates and efficiencies of a run.

    Attributes:
        table: Thresholds and their rates.
        auc: Area under the curve of each signal.
        efficiencies: Efficiency by signal, then by threshold.
    """

    table: RateTable
    auc: dict[str, float]
    efficiencies: dict[str, dict[str, Efficiency]]

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        efficiencies = {
            name: {"auc": self.auc[name], "at": {threshold: asdict(one) for threshold, one in at.items()}}
            for name, at in self.efficiencies.items()
        }
        return {**self.table.document(), "efficiencies": efficiencies}


def rates(
    run: RunDirectory,
    *,
    workers: Workers | None = None,
    extrapolate: bool = False,
    progress: Progress = silent,
) -> RunRates:
    """Set the thresholds of a run from the events no training has seen, and write them into `trigger.json`.

    Args:
        run: The run.
        workers: Who counts; this process unless told.
        extrapolate: Whether budgets that the events do not resolve get a threshold from the tail of the scores.
        progress: Told the events counted.

    Raises:
        UnresolvedRateError: If a budget cannot be resolved; `trigger.json` is left as it is.
        DataError: If the scores are of another algorithm or other events.
    """
    trigger, config = run.trigger(), run.config.rates
    digest = algorithm_digest(trigger)
    scores = read_scores(run.scores(BACKGROUND), algorithm_digest=digest)
    if scores.events_digest != background_digest(run.config.data):
        raise DataError(f"{run.scores(BACKGROUND)}: scores of other events; run `l1ad emulate` again")
    check_unweighted(run.config.data)
    stream, total = configured_stream(config), configured_budgets(config)
    pure = {name: Budget.parse(text) for name, text in config.pure_budgets.items()}
    counted = counted_events(unseen_background(run), workers=workers, progress=progress)
    rng = np.random.default_rng(run.config.training.seed)
    table = rate_table(
        counted, stream, total=total, pure=pure, score_type=trigger.score.result,
        extrapolate=rng if extrapolate else None,
    )  # fmt: skip

    background = unseen_scores(run.config.data, scores.score_raw)
    signals = {
        name: read_scores(run.scores(name), algorithm_digest=digest).score_raw
        for name in run.config.data.signals
    }
    shares = {
        name: _share(table.thresholds[name], budget.share_of(stream), table.n_events)
        for name, budget in {**total, **pure}.items()
    }
    result = RunRates(
        table=table,
        auc={name: area_under_curve(background, signal) for name, signal in signals.items()},
        efficiencies={
            name: {
                threshold: efficiency_at_fraction(
                    background,
                    signal,
                    threshold_raw=table.thresholds[threshold].threshold_raw,
                    fraction=share,
                    rng=rng,
                )
                for threshold, share in shares.items()
            }
            for name, signal in signals.items()
        },
    )
    trigger = save_thresholds(trigger, table, run.trigger_file)
    run.write_json("rates.json", {"trigger_digest": trigger_digest(trigger), **result.document()})
    return result


def unseen_background(run: RunDirectory, *, menu: Path | None = None) -> EventParts:
    """Give the background of a run without the events that its training has seen.

    Args:
        run: The run.
        menu: Menu file whose seeds and prescales count instead of the events'.
    """
    background = run.config.data.background
    chosen = None if menu is None else chosen_menu(menu, background)
    return event_parts(run.trigger(), [background], seen=seen_by(run), menu=chosen)


def seen_by(run: RunDirectory) -> SeenEvents:
    """Tell what the training of a run has seen; by position alone where it was trained before that was kept."""
    kept = load_seen_events(run.path)
    if kept is not None:
        return kept
    n_events = open_events(run.config.data.background).n_events
    return SeenEvents(
        n_seen=seen_events(run.config.data, n_events),
        n_events=n_events,
        digest=background_digest(run.config.data),
        fingerprints=np.zeros(0, np.uint64),
    )


def _share(threshold: SetThreshold, budget: Fraction, n_events: int) -> Fraction:
    """Give the accepted fraction that the efficiency's interval sets the threshold anew for.

    A pure budget is none of all events: its threshold is set anew for as many as it lets pass.
    """
    if threshold.kind is RateKind.TOTAL:
        return budget
    return Fraction(max(1, threshold.total.n_pass), n_events)
