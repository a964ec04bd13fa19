"""What a configuration that loads is still wrong or unwise about: files, layouts, budgets, events."""

from collections.abc import Generator, Iterator, Mapping
from functools import singledispatch
from pathlib import Path

from l1ad.config.acceptance import AcceptanceConfig
from l1ad.config.faults import Location
from l1ad.config.importing import ImportConfig
from l1ad.config.loading import Section, load_config
from l1ad.config.run import DataConfig, RunConfig
from l1ad.config.sample import PoolConfig, SampleConfig
from l1ad.config.target import load_target
from l1ad.core.errors import L1adError
from l1ad.data.opening import open_events
from l1ad.data.reader import EventReader
from l1ad.data.samples import SAMPLE_PREFIX
from l1ad.flow.advice_model import model_remarks
from l1ad.flow.advice_remark import Remark, remark
from l1ad.flow.events import seen_events
from l1ad.rates.stream import Budget, PreselectedStream, Stream, ZeroBiasStream, events_needed

__all__ = ["remarks"]

_EMPTY_RUN = (
    "empty: every key has its default, which is the demo's but for training.loss.object_weights; "
    "`l1ad init` writes a file with every key to change"
)
_BACKGROUND = ("data", "background")
_EMPTY_IMPORT = "empty: every key has its default, as for `l1ad import` without --config"


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
    if not config.model_fields_set:
        yield remark((), _EMPTY_RUN)
    target = None
    try:
        target = load_target(config.firmware.target)
    except L1adError as fault:
        yield remark(("firmware", "target"), str(fault), wrong=True)
    background = yield from _of_events(config.data)
    n_events = None
    if background is not None:
        try:
            n_events = background.n_events - seen_events(config.data, background.n_events)
        except L1adError as fault:
            yield remark(_BACKGROUND, str(fault), wrong=True)
    yield from model_remarks(config, target, None if background is None else background.layout.n_inputs)
    rates = config.rates
    named = {"budgets": rates.budgets, "pure_budgets": rates.pure_budgets}
    budgets: dict[Location, str] = {
        ("rates", key, name): text for key, of_names in named.items() for name, text in of_names.items()
    }
    yield from _of_budgets(budgets, _stream(rates.colliding_bunches, rates.stream_events_per_day), n_events)


def _of_events(data: DataConfig) -> Generator[Remark, None, EventReader | None]:
    """Open all events, whose layouts must be those of the background, which is given back."""
    background = yield from _opened(_BACKGROUND, data.background)
    for key, named in (("signals", data.signals), ("development", data.development)):
        for name, source in named.items():
            place = ("data", key, name)
            opened = yield from _opened(place, source)
            if opened is not None and background is not None and opened.layout != background.layout:
                yield remark(place, background.layout.told_apart(opened.layout), wrong=True)
    return background


@_remarks.register
def _of_acceptance(config: AcceptanceConfig, _: Path) -> Iterator[Remark]:
    rates, n_events = config.rates, None
    if rates.events is not None:
        opened = yield from _opened(("rates", "events"), rates.events)
        if opened is not None:
            n_events = opened.n_events - int(rates.leave_out_fraction * opened.n_events)
    asked = [
        (name, key, text)
        for name, one in rates.thresholds.items()
        for key, text in (("total", one.total), ("pure", one.pure))
    ]
    budgets: dict[Location, str] = {
        ("rates", "thresholds", name, key): text for name, key, text in asked if text is not None
    }
    yield from _of_budgets(budgets, _stream(rates.colliding_bunches, rates.stream_events_per_day), n_events)


@_remarks.register
def _of_sample(config: SampleConfig, file: Path) -> Iterator[Remark]:
    pool = file.parent / config.pool
    if not pool.is_file():
        text = f"{pool}: no such file; it is looked for beside the sample's"
        yield remark(("pool",), text, wrong=True)
        return
    try:
        load_config(pool, PoolConfig)
    except L1adError as fault:
        yield remark(("pool",), str(fault), wrong=True)


@_remarks.register
def _of_import(config: ImportConfig, _: Path) -> Iterator[Remark]:
    if not config.model_fields_set:
        yield remark((), _EMPTY_IMPORT)
    places: dict[Location, str | None] = {
        ("scaling", "scaler"): config.scaling.scaler,
        ("weights",): config.weights,
    }
    for place, named in places.items():
        if named is not None and not Path(named).is_file():
            yield remark(place, f"{named}: no such file in the working directory")


def _opened(place: Location, source: str) -> Generator[Remark, None, EventReader | None]:
    """Open events; what is wrong with those that ship or are there is wrong, those of elsewhere may come."""
    try:
        return open_events(source)
    except L1adError as fault:
        there = source.startswith(SAMPLE_PREFIX) or Path(source).exists()
        yield remark(place, str(fault), wrong=there)
        return None


def _stream(bunches: int | None, events_per_day: float | None) -> Stream:
    if bunches is not None:
        return ZeroBiasStream(bunches)
    return PreselectedStream(events_per_day or 0.0)


def _of_budgets(budgets: Mapping[Location, str], stream: Stream, n_events: int | None) -> Iterator[Remark]:
    for place, text in budgets.items():
        try:
            budget = Budget.parse(text)
        except L1adError as fault:
            yield remark(place, str(fault), wrong=True)
            continue
        if budget.share_of(stream) > 1:
            hz = stream.rate_hz
            whole = f"{hz / 1e3:,.0f} kHz" if hz >= 1e4 else f"{hz:,.4g} Hz"
            said = f"{text} is more than all of {stream}, {whole}; give a budget below that"
            yield remark(place, said, wrong=True)
        elif n_events is not None and n_events < (needed := events_needed(budget, stream)):
            yield remark(
                place,
                f"{n_events:,} events cannot resolve {text} of {stream}; at least {needed:,} are needed",
            )
