"""The commands that say what an algorithm does to events: scores, and the report."""

from pathlib import Path
from typing import Annotated, Any

import typer

from l1ad.cli import completion
from l1ad.cli.options import JsonOption, RunArgument, RunOrTriggerArgument

__all__ = ["emulate", "report"]


def emulate(
    source: RunOrTriggerArgument,
    events: Annotated[
        str | None,
        typer.Option(
            help="Event file or sample:NAME; needed with a trigger.json.", autocompletion=completion.events
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Score file to write; needed with a trigger.json.")] = None,
    json: JsonOption = False,
) -> None:
    """Score events with the exact emulator: every sample of a run, or one file with any trigger.json."""
    from l1ad.cli.terminal import progress_bar, show
    from l1ad.core.errors import DataError
    from l1ad.core.trigger_file import load_trigger
    from l1ad.flow.emulate import emulate_file, emulate_run
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.flow.targets import check_target

    if not source.exists():
        raise DataError(f"{source}: no such run directory or trigger.json")
    if source.is_dir():
        if events is not None or out is not None:
            raise typer.BadParameter("--events and --out go with a trigger.json, not with a run directory")
        with progress_bar("emulate") as progress:
            counts = emulate_run(RunDirectory.open(source), progress=progress)
    else:
        if events is None or out is None:
            raise typer.BadParameter("with a trigger.json, give --events and --out as well")
        check_target(out, source)
        with progress_bar("emulate", "events") as progress:
            counts = {events: emulate_file(load_trigger(source), events, out, progress=progress)}
    text = "\n".join(f"{name}: {count} events scored" for name, count in counts.items())
    show(counts, text, as_json=json)


def report(run: RunArgument, json: JsonOption = False) -> None:
    """Write report.html (one file to send round), Markdown, JSON, figures and tables of what the steps left."""
    from l1ad.cli.results import print_summary
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.report import report as run_report
    from l1ad.flow.run_directory import RunDirectory

    directory = RunDirectory.open(run)
    with progress_bar("report") as progress:
        run_report(directory, progress=progress)
    summary: dict[str, Any] = directory.read_json("summary.json", step="report")
    if json:
        print_json(summary)
    else:
        print_summary(summary, run)
