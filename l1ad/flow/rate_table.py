"""Thresholds for budgets, in a table that says what they were counted on, and the file they go to."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.config.run import RatesConfig
from l1ad.core.errors import UnresolvedRateError
from l1ad.core.fixed import FixedType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger
from l1ad.flow.rate_pass import CountedEvents
from l1ad.rates.extrapolation import extrapolated_thresholds
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Budget, PreselectedStream, Stream, ZeroBiasStream
from l1ad.rates.thresholds import LADDER, RateKind, SetThreshold, set_threshold, set_thresholds

__all__ = [
    "RateTable",
    "configured_budgets",
    "configured_stream",
    "rate_table",
    "save_thresholds",
    "threshold_document",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    """Thresholds and their rates.

    Attributes:
        stream: The stream that rates are counted in, in words.
        n_events: Events they were counted on.
        weight: Sum of their weights.
        effective_events: As many events of equal weight as carry the same information, (Σw)²/Σw².
        equal_weights: Whether all weigh the same; intervals are Clopper-Pearson then, else scaled Garwood.
        coverage: Coverage of the intervals.
        excluded: Events left out because the training has seen them.
        checked: Whether the others are known to be unseen.
        menu: Number of seeds that pure rates are counted beside; None without a menu.
        thresholds: The thresholds, by name.
        ladder: Rungs of the usual ladder, by kind and name, as far as the events resolve them.
        unresolved: Why, of those that they do not.
    """

    stream: str
    n_events: int
    weight: float
    effective_events: float
    equal_weights: bool
    coverage: float
    excluded: int
    checked: bool
    menu: int | None
    thresholds: dict[str, SetThreshold]
    ladder: dict[str, dict[str, SetThreshold]]
    unresolved: dict[str, str]

    def document(self) -> dict[str, Any]:
        """Lay the table out for JSON; rates in Hz."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in ("thresholds", "ladder")}
        return {
            **plain,
            "budgets": {name: one.budget for name, one in self.thresholds.items()},
            "rates": {name: threshold_document(one, self) for name, one in self.thresholds.items()},
            "ladder": {
                kind: {name: threshold_document(one, self) for name, one in rungs.items()}
                for kind, rungs in self.ladder.items()
            },
        }


def threshold_document(one: SetThreshold, table: RateTable) -> dict[str, Any]:
    """Lay one threshold out for JSON."""
    pure = one.pure
    return {
        "threshold_raw": one.threshold_raw,
        "budget": one.budget,
        "kind": one.kind.value,
        "threshold_low_raw": one.low_raw,
        "threshold_high_raw": one.high_raw,
        "tied": one.tied,
        "note": one.note,
        "n_pass": one.total.n_pass,
        "n_total": table.n_events,
        "effective_pass": one.total.effective_pass,
        "rate_hz": one.total.rate_khz * 1000,
        "low_hz": one.total.low_khz * 1000,
        "high_hz": one.total.high_khz * 1000,
        "coverage": table.coverage,
        "pure": None
        if pure is None
        else {
            "n_pass": pure.n_pass,
            "rate_hz": pure.rate_khz * 1000,
            "low_hz": pure.low_khz * 1000,
            "high_hz": pure.high_khz * 1000,
        },
    }


def configured_stream(config: RatesConfig) -> Stream:
    """Give the stream that a configuration names."""
    if config.colliding_bunches is not None:
        return ZeroBiasStream(config.colliding_bunches)
    return PreselectedStream(config.stream_events_per_day or 0.0)


def configured_budgets(config: RatesConfig) -> dict[str, Budget]:
    """Read the budget of each threshold, those of pure rates left out."""
    return {name: Budget.parse(text) for name, text in config.budgets.items()}


def rate_table(
    counted: CountedEvents,
    stream: Stream,
    *,
    total: Mapping[str, Budget],
    pure: Mapping[str, Budget],
    score_type: FixedType,
    extrapolate: np.random.Generator | None = None,
) -> RateTable:
    """Set a threshold for every budget, and show the usual ladder beside them.

    Args:
        counted: Events of the stream.
        stream: What they are a sample of.
        total: Budgets of total rates, by the name of the threshold.
        pure: Budgets of pure rates.
        score_type: Format of the score word.
        extrapolate: Source of randomness for the bootstrap of a generalised Pareto tail, from which budgets get
            a threshold that the events do not resolve; None refuses them.

    Raises:
        UnresolvedRateError: If the events do not resolve a budget.
        DataError: If all scores are equal, or pure rates are asked of events without a menu.
    """
    account = counted.account
    sample = account.sample(stream)
    thresholds: dict[str, SetThreshold] = {}
    for kind, budgets in ((RateKind.TOTAL, total), (RateKind.PURE, pure)):
        if extrapolate is None:
            thresholds |= set_thresholds(account, budgets, stream, kind=kind, score_type=score_type)
        else:
            thresholds |= extrapolated_thresholds(
                account, budgets, stream, kind=kind, score_type=score_type, rng=extrapolate
            )
    ladder, unresolved = _ladder(account, stream, score_type)
    return RateTable(
        stream=str(stream),
        n_events=sample.n_events,
        weight=sample.weight,
        effective_events=sample.weight**2 / sample.squared,
        equal_weights=sample.equal_weights,
        coverage=sample.coverage,
        excluded=sum(counted.excluded.values()),
        checked=counted.checked,
        menu=None if account.menu is None else len(account.menu.names),
        thresholds=thresholds,
        ladder=ladder,
        unresolved=unresolved,
    )


def save_thresholds(trigger: TriggerAlgorithm, table: RateTable, path: Path) -> TriggerAlgorithm:
    """Write the thresholds of a table into a `trigger.json`, in place of those that it has."""
    changed = trigger.with_thresholds({name: one.threshold_raw for name, one in table.thresholds.items()})
    save_trigger(changed, path)
    return changed


def _ladder(
    account: RateAccount, stream: Stream, score_type: FixedType
) -> tuple[dict[str, dict[str, SetThreshold]], dict[str, str]]:
    ladder: dict[str, dict[str, SetThreshold]] = {}
    unresolved: dict[str, str] = {}
    if not isinstance(stream, ZeroBiasStream):
        return ladder, unresolved
    for kind in RateKind:
        if kind is RateKind.PURE and account.free is None:
            continue
        ladder[kind.value] = {}
        for name, text in LADDER.items():
            budget = Budget.parse(text)
            try:
                ladder[kind.value][name] = set_threshold(
                    account, budget, stream, kind=kind, score_type=score_type
                )
            except UnresolvedRateError as fault:
                unresolved[f"{kind.value} {name}"] = str(fault)
    return ladder, unresolved
