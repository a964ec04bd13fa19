"""What a configuration that loads is still wrong or unwise about: files, layouts, budgets, events."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path

from l1ad.config.acceptance import AcceptanceConfig
from l1ad.config.importing import ImportConfig
from l1ad.config.loading import Section
from l1ad.config.run import RunConfig
from l1ad.config.sample import SampleConfig
from l1ad.config.target import load_target
from l1ad.core.errors import L1adError
from l1ad.data.opening import open_events
from l1ad.data.reader import EventReader
from l1ad.data.samples import SAMPLE_PREFIX
from l1ad.flow.events import seen_events
from l1ad.rates.stream import Budget, PreselectedStream, Stream, ZeroBiasStream, events_needed

__all__ = ["Remark", "remarks"]


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know before the work begins.

    Attributes:
        text: One sentence, with the key.
        wrong: Whether the work would end in a fault; else it is unwise.
    """

    text: str
    wrong: bool = False


def remarks(config: Section, file: Path) -> tuple[Remark, ...]:
    """Look at what the keys name, where it is there, and at what they ask of it.

    Paths of events are those of the working directory, as the commands take them.

    Args:
        config: The configuration.
        file: Where it was read from.
    """
    return tuple(_remarks(config, file))


@singledispatch
def _remarks(config: Section, file: Path) -> Iterator[Remark]:  # noqa: ARG001 -- of one kind with the others
    yield from ()


@_remarks.register
def _of_run(config: RunConfig, _: Path) -> Iterator[Remark]:
    try:
        load_target(config.firmware.target)
    except L1adError as fault:
        yield Remark(f"firmware.target: {fault}", wrong=True)
    background = None
    layouts = {}
    named = {**config.data.signals, **config.data.development}
    for key, source in {"data.background": config.data.background, **named}.items():
        opened = yield from _opened(key, source)
        if opened is not None:
            layouts[key] = opened.layout
            background = opened if key == "data.background" else background
    if background is not None:
        for name in named:
            if name in layouts and layouts[name] != background.layout:
                yield Remark(f"{name}: {background.layout.told_apart(layouts[name])}", wrong=True)
    n_events = None
    if background is not None:
        try:
            n_events = background.n_events - seen_events(config.data, background.n_events)
        except L1adError as fault:
            yield Remark(f"data.background: {fault}", wrong=True)
    rates = config.rates
    yield from _of_budgets(
        {"rates.budgets": rates.budgets, "rates.pure_budgets": rates.pure_budgets},
        _stream(rates.colliding_bunches, rates.stream_events_per_day), n_events,
    )  # fmt: skip


@_remarks.register
def _of_acceptance(config: AcceptanceConfig, _: Path) -> Iterator[Remark]:
    rates, n_events = config.rates, None
    if rates.events is not None:
        opened = yield from _opened("rates.events", rates.events)
        if opened is not None:
            n_events = opened.n_events - int(rates.leave_out_fraction * opened.n_events)
    total = {name: one.total for name, one in rates.thresholds.items()}
    pure = {name: one.pure for name, one in rates.thresholds.items() if one.pure is not None}
    stream = _stream(rates.colliding_bunches, rates.stream_events_per_day)
    yield from _of_budgets({"rates.thresholds": total, "rates.thresholds (pure)": pure}, stream, n_events)


@_remarks.register
def _of_sample(config: SampleConfig, file: Path) -> Iterator[Remark]:
    pool = file.parent / config.pool
    if not pool.is_file():
        yield Remark(f"pool: {pool}: no such file; it is looked for beside the sample's", wrong=True)


@_remarks.register
def _of_import(config: ImportConfig, _: Path) -> Iterator[Remark]:
    for key, named in (("scaling.scaler", config.scaling.scaler), ("weights", config.weights)):
        if named is not None and not Path(named).is_file():
            yield Remark(f"{key}: {named}: no such file in the working directory")


def _opened(key: str, source: str) -> Generator[Remark, None, EventReader | None]:
    """Open events; what is wrong with those that ship or are there is wrong, those of elsewhere may come."""
    try:
        return open_events(source)
    except L1adError as fault:
        there = source.startswith(SAMPLE_PREFIX) or Path(source).exists()
        yield Remark(f"{key}: {fault}", wrong=there)
        return None


def _stream(bunches: int | None, events_per_day: float | None) -> Stream:
    if bunches is not None:
        return ZeroBiasStream(bunches)
    return PreselectedStream(events_per_day or 0.0)


def _of_budgets(budgets: dict[str, dict[str, str]], stream: Stream, n_events: int | None) -> Iterator[Remark]:
    for key, of_thresholds in budgets.items():
        for name, text in of_thresholds.items():
            try:
                budget = Budget.parse(text)
            except L1adError as fault:
                yield Remark(f"{key}.{name}: {fault}", wrong=True)
                continue
            needed = events_needed(budget, stream)
            if n_events is not None and n_events < needed:
                yield Remark(
                    f"{key}.{name}: {n_events:,} events cannot resolve {text} of {stream}; "
                    f"at least {needed:,} are needed"
                )
