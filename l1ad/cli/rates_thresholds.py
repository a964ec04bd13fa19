"""The command that sets thresholds for rate budgets."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from l1ad.cli.options import JsonOption
from l1ad.cli.rates_sources import (
    BunchesOption,
    EventsOption,
    MenuOption,
    MixedOption,
    PerDayOption,
    SchedulerOption,
    SourceArgument,
    WorkersOption,
    existing_trigger,
    given_events,
    named_stream,
    parsed_pairs,
)

if TYPE_CHECKING:
    from l1ad.rates.stream import Budget

__all__ = ["rates_thresholds"]


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

    from l1ad.cli.rates_tables import print_thresholds
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.event_parts import Workers
    from l1ad.flow.rate_thresholds import ladder_budgets, thresholds_of_files
    from l1ad.flow.rates import rates as run_rates
    from l1ad.flow.run_directory import RunDirectory

    with progress_bar("rates", "events") as progress:
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
                existing_trigger(source),
                given_events(events, menu, mixed, workers, scheduler),
                named_stream(bunches, events_per_day),
                total=_budgets(budget) if budget or pure else ladder_budgets(),
                pure=_budgets(pure),
                write=write,
                extrapolate=np.random.default_rng(1) if extrapolate else None,
                progress=progress,
            )
            document = table.document()
    if json:
        print_json(document)
    else:
        print_thresholds(document)


def _refuse_with_a_run(*said: Any) -> None:
    if any(said):
        raise typer.BadParameter(
            "a run has its events, stream and budgets in its config.yaml; such options go with a trigger.json"
        )


def _budgets(pairs: list[str] | None) -> "dict[str, Budget]":
    from l1ad.rates.stream import Budget

    return {name: Budget.parse(text) for name, text in parsed_pairs(pairs, "--budget", "tight='1 kHz'").items()}
