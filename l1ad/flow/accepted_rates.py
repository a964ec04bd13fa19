"""The rates of a delivery's thresholds, total and pure, held against an acceptance budget."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from l1ad.config.acceptance import AcceptedRatesConfig
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.opening import events_digest, open_events
from l1ad.flow.accepted_line import AcceptanceLine, held, unmeasured
from l1ad.flow.event_parts import event_parts
from l1ad.flow.events import seen_events
from l1ad.flow.rate_pass import counted_events
from l1ad.flow.run_directory import RunDirectory
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Budget, PreselectedStream, Stream, ZeroBiasStream, events_needed
from l1ad.rates.thresholds import rates_at
from l1ad.rates.weighted import RateEstimate, Sample

__all__ = ["ChosenEvents", "chosen_events", "rate_lines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenEvents:
    """The events that rates are counted on.

    Attributes:
        location: Event file or `sample:NAME`.
        start: First event that counts: those before it were trained on.
        note: What a person must know of them.
    """

    location: str
    start: int
    note: str


def chosen_events(
    config: AcceptedRatesConfig, trigger: TriggerAlgorithm, run: RunDirectory | None, events: str | None
) -> ChosenEvents | None:
    """Choose the events: those named, else those of the budget, else the background of the run.

    Of the run's own background only the part counts that no training has seen.

    Args:
        config: The budget.
        trigger: The algorithm, which knows the digest of what it was trained on.
        run: The run, if it is there.
        events: Event file or `sample:NAME` that the user named, if any.

    Returns:
        The events; None where nobody names any.

    Raises:
        DataError: If they cannot be read.
    """
    location = events or config.events or (None if run is None else run.config.data.background)
    if location is None:
        return None
    n_events, digest = open_events(location).n_events, events_digest(location)
    if run is not None and events_digest(run.config.data.background) == digest:
        return ChosenEvents(
            location=location,
            start=seen_events(run.config.data, n_events),
            note="not trained on, but what the run's thresholds were set on",
        )
    start = 0 if events else math.floor(Fraction(str(config.leave_out_fraction)) * n_events)
    trained_on = trigger.provenance.get("background_digest") == digest
    seen = trigger.provenance.get("background_seen")
    if trained_on and isinstance(seen, int):
        start = max(start, seen)
    note = (
        "" if not trained_on else "the training's own file" if start else "trained on some of these very events"
    )
    return ChosenEvents(location=location, start=start, note=note)


def rate_lines(
    trigger: TriggerAlgorithm,
    config: AcceptedRatesConfig,
    events: ChosenEvents | None,
    *,
    progress: Progress = silent,
) -> Iterator[AcceptanceLine]:
    """Count total and pure rate of each threshold, in constant memory, and hold them against their budgets.

    The pure rate is of events that no seed of the menu takes, each weighted with the chance of that which the
    prescales leave.

    Raises:
        ConfigError: If a budget is no rate.
        DataError: If the events cannot be read, or are of another layout.
    """
    wanted, stream = _wanted(config), _stream(config)
    account = None if events is None else _account(trigger, events, progress)
    for name, pure, budget in wanted:
        title = f"{'pure rate' if pure else 'rate'} of {name!r}"
        unit, size_hz = _unit(budget)
        limit = float(budget.rate_hz) / size_hz
        if events is None or account is None:
            why = "no events: give --events, --run, or rates.events in the budget"
            yield unmeasured("rates", title, why, limit=limit, unit=unit)
            continue
        if name not in trigger.thresholds:
            yield unmeasured("rates", title, "there is no such threshold", limit=limit, unit=unit)
            continue
        at = rates_at(trigger.thresholds[name], account, stream, coverage=config.coverage)
        rate = at.pure if pure else at.total
        if rate is None:
            yield unmeasured("rates", title, f"{events.location} has no menu bits", limit=limit, unit=unit)
            continue
        yield _held(title, rate, account.sample(stream, coverage=config.coverage), budget, stream, events)


def _wanted(config: AcceptedRatesConfig) -> list[tuple[str, bool, Budget]]:
    """List threshold, whether pure, and the budget; every text is read before any event is."""
    found = []
    for name, one in config.thresholds.items():
        found.append((name, False, Budget.parse(one.total)))
        if one.pure is not None:
            found.append((name, True, Budget.parse(one.pure)))
    return found


def _stream(config: AcceptedRatesConfig) -> Stream:
    if config.colliding_bunches is not None:
        return ZeroBiasStream(config.colliding_bunches)
    return PreselectedStream(config.stream_events_per_day or 0.0)


def _account(trigger: TriggerAlgorithm, events: ChosenEvents, progress: Progress) -> RateAccount:
    parts = event_parts(trigger, [events.location], first=events.start)
    return counted_events(parts, progress=progress).account


def _held(
    title: str, rate: RateEstimate, sample: Sample, budget: Budget, stream: Stream, events: ChosenEvents
) -> AcceptanceLine:
    unit, size_hz = _unit(budget)
    value, low, high = (1000 * one / size_hz for one in (rate.rate_khz, rate.low_khz, rate.high_khz))
    limit = float(budget.rate_hz) / size_hz
    needed, effective = events_needed(budget, stream), sample.weight**2 / sample.squared
    if effective < needed and low <= limit:
        why = f"{effective:.0f} events cannot resolve {budget.text}: at least {needed} are needed in {stream}"
        return unmeasured("rates", title, why, limit=limit, unit=unit)
    source = f"{rate.n_pass:,} of {sample.n_events:,} events of {events.location}, as {stream}"
    return held("rates", title, value, limit, interval=(low, high), unit=unit, source=source, note=events.note)


def _unit(budget: Budget) -> tuple[str, float]:
    """Give the unit that a budget was written in, and its size in Hz."""
    number = re.match(r"[0-9.]+(?:e[+-]?[0-9]+)?", budget.text)
    if number is None:
        raise ValueError(f"{budget.text!r} is no budget that was read from text")
    return budget.text[number.end() :].strip(), float(Fraction(budget.rate_hz) / Fraction(number[0]))
