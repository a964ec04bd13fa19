"""Step `rates`: thresholds for the budgets, their rates, and what they leave of the signals."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from l1ad.config.run import RatesConfig
from l1ad.core.errors import DataError
from l1ad.core.trigger_file import algorithm_digest, save_trigger, trigger_digest
from l1ad.data.score_file import read_scores
from l1ad.flow.events import BACKGROUND, background_digest, check_unweighted, unseen_scores
from l1ad.flow.run_directory import RunDirectory
from l1ad.metrics.efficiency import Efficiency, area_under_curve, efficiency_at_fraction
from l1ad.rates.rate import Rate, thresholds_for_budgets
from l1ad.rates.stream import Budget, PreselectedStream, Stream, ZeroBiasStream

__all__ = ["RunRates", "configured_budgets", "configured_stream", "rates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRates:
    """Rates and efficiencies of a run.

    Attributes:
        stream: The stream the rates are counted in, in words.
        budgets: Budget of each threshold, as written.
        rates: Rate at each threshold, by its name.
        auc: Area under the curve of each signal.
        efficiencies: Efficiency by signal, then by threshold.
    """

    stream: str
    budgets: dict[str, str]
    rates: dict[str, Rate]
    auc: dict[str, float]
    efficiencies: dict[str, dict[str, Efficiency]]

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        efficiencies = {
            name: {"auc": self.auc[name], "at": {threshold: asdict(one) for threshold, one in at.items()}}
            for name, at in self.efficiencies.items()
        }
        return {
            "stream": self.stream,
            "budgets": self.budgets,
            "rates": {name: asdict(rate) for name, rate in self.rates.items()},
            "efficiencies": efficiencies,
        }


def configured_stream(config: RatesConfig) -> Stream:
    """Give the stream that a configuration names."""
    if config.colliding_bunches is not None:
        return ZeroBiasStream(config.colliding_bunches)
    return PreselectedStream(config.stream_events_per_day or 0.0)


def configured_budgets(config: RatesConfig) -> dict[str, Budget]:
    """Read the budget of each threshold."""
    return {name: Budget.parse(text) for name, text in config.budgets.items()}


def rates(run: RunDirectory) -> RunRates:
    """Set the thresholds of a run from the events no training has seen, and write them into `trigger.json`.

    Raises:
        UnresolvedRateError: If a budget cannot be resolved; `trigger.json` is left as it is.
        DataError: If the scores are of another algorithm or other events.
    """
    trigger = run.trigger()
    digest = algorithm_digest(trigger)
    scores = read_scores(run.scores(BACKGROUND), algorithm_digest=digest)
    if scores.events_digest != background_digest(run.config.data):
        raise DataError(f"{run.scores(BACKGROUND)}: scores of other events; run `l1ad emulate` again")
    check_unweighted(run.config.data)
    background = unseen_scores(run.config.data, scores.score_raw)
    stream = configured_stream(run.config.rates)
    budgets = configured_budgets(run.config.rates)
    found = thresholds_for_budgets(background, budgets, stream, score_type=trigger.score.result)

    signals = {
        name: read_scores(run.scores(name), algorithm_digest=digest).score_raw
        for name in run.config.data.signals
    }
    rng = np.random.default_rng(run.config.training.seed)
    result = RunRates(
        stream=str(stream),
        budgets={name: budget.text for name, budget in budgets.items()},
        rates=found,
        auc={name: area_under_curve(background, signal) for name, signal in signals.items()},
        efficiencies={
            name: {
                threshold: efficiency_at_fraction(
                    background,
                    signal,
                    threshold_raw=found[threshold].threshold_raw,
                    fraction=budget.share_of(stream),
                    rng=rng,
                )
                for threshold, budget in budgets.items()
            }
            for name, signal in signals.items()
        },
    )
    trigger = trigger.with_thresholds({name: rate.threshold_raw for name, rate in found.items()})
    save_trigger(trigger, run.trigger_file)
    run.write_json("rates.json", {"trigger_digest": trigger_digest(trigger), **result.document()})
    return result
