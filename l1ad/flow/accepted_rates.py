"""The rates of a delivery's thresholds, total and pure, held against an acceptance budget."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from l1ad.config.acceptance import AcceptedRatesConfig
from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.opening import events_digest, open_events
from l1ad.emulate.engine import emulate
from l1ad.flow.accepted_line import AcceptanceLine, held, unmeasured
from l1ad.flow.events import unseen_scores
from l1ad.flow.run_directory import RunDirectory
from l1ad.rates.rate import events_needed
from l1ad.rates.rate_account import RateAccount
from l1ad.rates.stream import Budget, PreselectedStream, Stream, ZeroBiasStream
from l1ad.rates.weighted import RateEstimate, Sample, WeightedCount

__all__ = ["CountedEvents", "counted_events", "rate_lines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedEvents:
    """The events that rates are counted on.

    Attributes:
        location: Event file or `sample:NAME`.
        start: First event that counts: those before it were trained on.
        note: What a person must know of them.
    """

    location: str
    start: int
    note: str


def counted_events(
    config: AcceptedRatesConfig, trigger: TriggerAlgorithm, run: RunDirectory | None, events: str | None
) -> CountedEvents | None:
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
        # A view without memory of its own: only where the last part begins is wanted.
        unseen = unseen_scores(run.config.data, np.broadcast_to(np.int64(0), n_events))
        return CountedEvents(
            location=location,
            start=n_events - len(unseen),
            note="not trained on, but what the run's thresholds were set on",
        )
    start = 0 if events else math.floor(Fraction(str(config.leave_out_fraction)) * n_events)
    trained_on = trigger.provenance.get("background_digest") == digest
    note = (
        "" if not trained_on else "the training's own file" if start else "trained on some of these very events"
    )
    return CountedEvents(location=location, start=start, note=note)


def rate_lines(
    trigger: TriggerAlgorithm,
    config: AcceptedRatesConfig,
    events: CountedEvents | None,
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
        sample = account.sample(stream, coverage=config.coverage)
        histogram = account.free if pure else account.total
        if histogram is None:
            yield unmeasured("rates", title, f"{events.location} has no menu bits", limit=limit, unit=unit)
            continue
        passed = histogram.passing(trigger.thresholds[name])
        rate = _as_binomial_only_if(sample, passed).rate_of(passed)
        yield _held(title, rate, sample, budget, stream, events)


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


def _account(trigger: TriggerAlgorithm, events: CountedEvents, progress: Progress) -> RateAccount:
    reader = open_events(events.location)
    if reader.layout != trigger.layout:
        raise DataError(f"{events.location}: events of {reader.layout.told_apart(trigger.layout)}")
    total: RateAccount | None = None
    done, n_events = 0, reader.n_events - events.start
    for block in reader.blocks(start=events.start):
        if not len(block):
            continue
        # No slices by pile-up are wanted, so none are kept.
        plain = replace(block, pileup=None)
        counted = RateAccount.of(plain, emulate(trigger, block.inputs_raw).score_raw)
        total = counted if total is None else total + counted
        done += len(block)
        progress(done, n_events, "rates")
    if total is None:
        raise DataError(f"{events.location}: no events to count a rate on")
    return total


def _as_binomial_only_if(sample: Sample, passed: WeightedCount) -> Sample:
    """Keep the binomial interval only where the events that pass weigh as much as all others.

    Prescaled seeds leave an event with a chance below 1, which makes its weight in the pure rate differ.
    """
    each = sample.weight / sample.n_events
    alike = math.isclose(float(passed.weight), int(passed.n_events) * each, rel_tol=1e-12)
    return replace(sample, equal_weights=sample.equal_weights and alike)


def _held(
    title: str, rate: RateEstimate, sample: Sample, budget: Budget, stream: Stream, events: CountedEvents
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
