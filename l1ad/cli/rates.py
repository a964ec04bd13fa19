"""The commands of whoever signs the rates: thresholds, menu, stability, tails, review, field."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from l1ad.cli.options import JsonOption
from l1ad.cli.rates_compare import compare_field

if TYPE_CHECKING:
    from l1ad.flow.event_parts import EventParts
    from l1ad.flow.rate_thresholds import GivenEvents
    from l1ad.rates.stream import Budget, Stream

__all__ = ["RATES_COMMANDS"]

SourceArgument = Annotated[Path, typer.Argument(help="Run directory, or a trigger.json with --events.")]
EventsOption = Annotated[
    list[str] | None,
    typer.Option(help="Unselected events of any format, or sample:NAME; give it again for more files."),
]
BunchesOption = Annotated[
    int | None, typer.Option("--bunches", min=1, max=3564, help="Zero bias: colliding bunch pairs, e.g. 2340.")
]
PerDayOption = Annotated[
    float | None, typer.Option("--events-per-day", help="Instead: events a day of a preselected stream.")
]
MenuOption = Annotated[
    Path | None, typer.Option(help="Menu file (CSV or JSON): seeds and prescales instead of the events'.")
]
MixedOption = Annotated[bool, typer.Option("--mixed", help="Count files of different pile-up together.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes; the counts do not depend on it.")]
SchedulerOption = Annotated[
    str | None, typer.Option(help="Count on the workers of a Dask scheduler, e.g. tcp://10.0.0.1:8786.")
]


def rates_thresholds(
    source: SourceArgument,
    events: EventsOption = None,
    bunches: BunchesOption = None,
    events_per_day: PerDayOption = None,
    budget: Annotated[
        list[str] | None, typer.Option(help="NAME=RATE of a total rate, e.g. tight='1 kHz'; again for more.")
    ] = None,
    pure: Annotated[list[str] | None, typer.Option(help="The same for rates beside the menu.")] = None,
    menu: MenuOption = None,
    extrapolate: Annotated[
        bool, typer.Option("--extrapolate", help="Take what the events do not resolve from a fitted tail.")
    ] = False,
    write: Annotated[bool, typer.Option(help="Write the thresholds into trigger.json.")] = True,
    mixed: MixedOption = False,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Set thresholds for rate budgets, total and pure, and write them, in hardware units, into trigger.json.

    With a run directory: its own budgets, and the background that its training has not seen. With a
    trigger.json and no budget: the usual ladder, VLoose 10 kHz to VTight 0.5 kHz.
    """
    import numpy as np

    from l1ad.cli.rates_tables import print_run_rates, print_thresholds
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_thresholds import ladder_budgets, thresholds_of_files
    from l1ad.flow.rates import rates as run_rates
    from l1ad.flow.run_directory import RunDirectory

    with progress_bar("rates") as progress:
        if source.is_dir():
            _refuse_with_a_run(events, bunches, events_per_day, budget, pure, menu)
            done = run_rates(
                RunDirectory.open(source),
                workers=Workers(processes=workers, scheduler=scheduler),
                extrapolate=extrapolate,
                progress=progress,
            )
            document = done.document()
        else:
            table = thresholds_of_files(
                _trigger(source),
                _given(events, menu, mixed, workers, scheduler),
                _stream(bunches, events_per_day),
                total=_budgets(budget) if budget or pure else ladder_budgets(),
                pure=_budgets(pure),
                write=write,
                extrapolate=np.random.default_rng(1) if extrapolate else None,
                progress=progress,
            )
            document = table.document()
    if json:
        print_json(document)
    elif source.is_dir():
        print_run_rates(document)
    else:
        print_thresholds(document)


def rates_menu(
    source: SourceArgument,
    events: EventsOption = None,
    bunches: BunchesOption = None,
    events_per_day: PerDayOption = None,
    menu: MenuOption = None,
    signal: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE of a signal, whose gain is counted; again for more.")
    ] = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Hold the thresholds against the menu: total, pure and proportional rates, overlap, gain, what is new."""
    from l1ad.cli.rates_tables import print_menu
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_menu import beside_menu_of
    from l1ad.flow.run_directory import RunDirectory

    parts, stream = _prepared(source, events, bunches, events_per_day, menu)
    signals = RunDirectory.open(source).config.data.signals if source.is_dir() else {}
    signals = {**signals, **_pairs(signal, "--signal", "a_to_4l=sample:a_to_4l")}
    with progress_bar("menu") as progress:
        result = beside_menu_of(
            parts,
            stream,
            signals=signals,
            workers=Workers(processes=workers, scheduler=scheduler),
            progress=progress,
        )
    if json:
        print_json(result.document())
    else:
        print_menu(result)


def rates_stability(
    source: SourceArgument,
    events: EventsOption = None,
    bunches: BunchesOption = None,
    events_per_day: PerDayOption = None,
    menu: MenuOption = None,
    seed: Annotated[
        list[str] | None, typer.Option(help="Seed of the menu to follow too, e.g. one that only monitors.")
    ] = None,
    pileup: Annotated[
        str | None, typer.Option(help="Rates at another pile-up too: a mean, or a CSV of pileup and weight.")
    ] = None,
    sculpt: Annotated[
        list[str] | None, typer.Option(help="Quantity whose spectrum is compared, e.g. ht; again for more.")
    ] = None,
    mixed: MixedOption = False,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Test whether the rates are steady over pile-up, time and orbit, and say what the score goes with."""
    from l1ad.cli.rates_tables import print_stability
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_stability import rate_stability_of

    parts, stream = _prepared(source, events, bunches, events_per_day, menu)
    with progress_bar("stability") as progress:
        result = rate_stability_of(
            parts,
            stream,
            seeds=tuple(seed or ()),
            target=None if pileup is None else _profile(pileup),
            sculpted=tuple(sculpt or ()),
            mixed=mixed,
            workers=Workers(processes=workers, scheduler=scheduler),
            progress=progress,
        )
    if json:
        print_json(result.document())
    else:
        print_stability(result)


def rates_tail(
    source: SourceArgument,
    events: EventsOption = None,
    bunches: BunchesOption = None,
    events_per_day: PerDayOption = None,
    threshold: Annotated[
        list[int] | None, typer.Option(help="Threshold in hardware units, beside those of the algorithm.")
    ] = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Fit the tail of the scores beyond the sample, with its diagnostics; always labelled as extrapolation."""
    from l1ad.cli.rates_tables import print_tail
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_review import rate_tail

    parts, stream = _prepared(source, events, bunches, events_per_day, None)
    asked = {**parts.trigger.thresholds, **{str(raw): raw for raw in threshold or ()}}
    with progress_bar("tail") as progress:
        result = rate_tail(
            parts,
            stream,
            thresholds_raw=asked,
            workers=Workers(processes=workers, scheduler=scheduler),
            progress=progress,
        )
    if json:
        print_json(result.document())
    else:
        print_tail(result.document())


def rates_review(
    source: SourceArgument,
    events: EventsOption = None,
    bunches: BunchesOption = None,
    events_per_day: PerDayOption = None,
    menu: MenuOption = None,
    pileup: Annotated[
        list[float] | None, typer.Option(help="Mean pile-up to suggest thresholds for; again for more.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file for the menu review.")] = None,
    mixed: MixedOption = False,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a unit of threshold changes, where thresholds go with pile-up, and a menu review's table."""
    from l1ad.cli.rates_tables import print_review, review_csv
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.core.trigger_file import write_text_safely
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_review import rate_review_of
    from l1ad.flow.targets import check_target

    if out is not None:
        check_target(out, source)
    parts, stream = _prepared(source, events, bunches, events_per_day, menu)
    with progress_bar("review") as progress:
        result = rate_review_of(
            parts,
            stream,
            means=pileup or (),
            mixed=mixed,
            workers=Workers(processes=workers, scheduler=scheduler),
            progress=progress,
        )
    if out is not None:
        write_text_safely(out, review_csv(result))
    if json:
        print_json(result.document())
    else:
        print_review(result)


def _prepared(
    source: Path,
    events: list[str] | None,
    bunches: int | None,
    events_per_day: float | None,
    menu: Path | None,
) -> "tuple[EventParts, Stream]":
    """Take a run's unseen background and stream, or what is named."""
    from l1ad.core.trigger_file import load_trigger
    from l1ad.flow.rate_table import configured_stream
    from l1ad.flow.rate_thresholds import given_parts
    from l1ad.flow.rates import unseen_background
    from l1ad.flow.run_directory import RunDirectory

    if source.is_dir() and not events:
        run = RunDirectory.open(source)
        told = bunches is not None or events_per_day is not None
        stream = _stream(bunches, events_per_day) if told else configured_stream(run.config.rates)
        return unseen_background(run, menu=menu), stream
    file = _trigger(source / "trigger.json" if source.is_dir() else source)
    given = _given(events, menu, False, 1, None)
    return given_parts(file, load_trigger(file), given), _stream(bunches, events_per_day)


def _given(
    events: list[str] | None, menu: Path | None, mixed: bool, workers: int, scheduler: str | None
) -> "GivenEvents":
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_thresholds import GivenEvents

    if not events:
        raise typer.BadParameter("with a trigger.json, give --events as well")
    return GivenEvents(
        sources=events, menu=menu, mixed=mixed, workers=Workers(processes=workers, scheduler=scheduler)
    )


def _stream(bunches: int | None, events_per_day: float | None) -> "Stream":
    from l1ad.flow.rate_thresholds import given_stream

    return given_stream(colliding_bunches=bunches, stream_events_per_day=events_per_day)


def _trigger(source: Path) -> Path:
    from l1ad.core.errors import DataError

    if not source.is_file():
        raise DataError(f"{source}: no such run directory or trigger.json")
    return source


def _refuse_with_a_run(*said: Any) -> None:
    if any(said):
        raise typer.BadParameter(
            "a run has its events, stream and budgets in its config.yaml; such options go with a trigger.json"
        )


def _budgets(pairs: list[str] | None) -> "dict[str, Budget]":
    from l1ad.rates.stream import Budget

    return {name: Budget.parse(text) for name, text in _pairs(pairs, "--budget", "tight='1 kHz'").items()}


def _pairs(pairs: list[str] | None, option: str, example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not (name and equals and value) or name in found:
            raise typer.BadParameter(f"{option} is {pair!r}; give a name and a value once each, e.g. {example}")
        found[name] = value
    return found


def _profile(text: str) -> Any:
    from l1ad.rates.reweighting import PileupProfile

    try:
        return PileupProfile.poisson(float(text))
    except ValueError:
        return PileupProfile.read(Path(text))


RATES_COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    (
        "thresholds",
        rates_thresholds,
        "l1ad rates thresholds runs/a   or   l1ad rates thresholds trigger.json --events a.h5 --bunches 2340",
    ),
    ("menu", rates_menu, "l1ad rates menu runs/mine"),
    ("stability", rates_stability, "l1ad rates stability runs/mine --pileup 48 --sculpt ht --sculpt met"),
    ("tail", rates_tail, "l1ad rates tail runs/mine --threshold 3000"),
    ("review", rates_review, "l1ad rates review runs/mine --pileup 45 --pileup 50 --out review.csv"),
    (
        "compare",
        compare_field,
        "l1ad rates compare trigger.json --events nano.root --bits L1_AXO_Nominal=tight",
    ),
)
"""The commands about rates: name, command, example."""
