"""Options that the commands about rates share, and the events and the stream that they name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from l1ad.cli import completion

if TYPE_CHECKING:
    from l1ad.flow.event_parts import EventParts
    from l1ad.flow.rate_thresholds import GivenEvents
    from l1ad.rates.stream import Stream

__all__ = [
    "BunchesOption",
    "EventsOption",
    "MenuOption",
    "MixedOption",
    "PerDayOption",
    "SchedulerOption",
    "SourceArgument",
    "WorkersOption",
    "existing_trigger",
    "given_events",
    "named_stream",
    "parsed_pairs",
    "prepared",
]

SourceArgument = Annotated[
    Path,
    typer.Argument(help="Run directory, or a trigger.json with --events.", autocompletion=completion.runs),
]
EventsOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Unselected events of any format, or sample:NAME; give it again for more files.",
        autocompletion=completion.events,
    ),
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


def prepared(
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
        stream = named_stream(bunches, events_per_day) if told else configured_stream(run.config.rates)
        return unseen_background(run, menu=menu), stream
    file = existing_trigger(source / "trigger.json" if source.is_dir() else source)
    given = given_events(events, menu, False, 1, None)
    return given_parts(file, load_trigger(file), given), named_stream(bunches, events_per_day)


def given_events(
    events: list[str] | None, menu: Path | None, mixed: bool, workers: int, scheduler: str | None
) -> "GivenEvents":
    """Take the events that options name, with their menu and who counts them.

    Raises:
        typer.BadParameter: If there are none.
    """
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_thresholds import GivenEvents

    if not events:
        raise typer.BadParameter("with a trigger.json, give --events as well")
    return GivenEvents(
        sources=events, menu=menu, mixed=mixed, workers=Workers(processes=workers, scheduler=scheduler)
    )


def named_stream(bunches: int | None, events_per_day: float | None) -> "Stream":
    """Take the stream that options name: zero bias by colliding bunches, or preselected by events a day."""
    from l1ad.flow.rate_thresholds import given_stream

    return given_stream(colliding_bunches=bunches, stream_events_per_day=events_per_day)


def existing_trigger(source: Path) -> Path:
    """Give a trigger.json that is there.

    Raises:
        DataError: If it is not.
    """
    from l1ad.core.errors import DataError

    if not source.is_file():
        raise DataError(f"{source}: no such run directory or trigger.json")
    return source


def parsed_pairs(pairs: list[str] | None, option: str, example: str) -> dict[str, str]:
    """Read NAME=VALUE pairs.

    Args:
        pairs: As they were given, e.g. `tight=1 kHz`.
        option: The option they were given with, for messages.
        example: A pair that is right, for messages.

    Raises:
        typer.BadParameter: If one has no name or no value, or a name is given twice.
    """
    found: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not (name and equals and value) or name in found:
            raise typer.BadParameter(f"{option} is {pair!r}; give a name and a value once each, e.g. {example}")
        found[name] = value
    return found
