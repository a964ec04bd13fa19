"""The command of a trigger group's CI: take a delivery, or say why not."""

from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import OVER_BUDGET, JsonOption

__all__ = ["accept"]


def accept(
    folder: Annotated[Path, typer.Argument(help="Firmware folder, e.g. firmware/demo.")],
    budget: Annotated[
        str,
        typer.Option(
            help="What it must keep: a budget that ships, or a YAML file.", autocompletion=completion.budgets
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option(help="Run that it was built from: adds the float model.", autocompletion=completion.runs),
    ] = None,
    events: Annotated[
        str | None,
        typer.Option(
            help="Event file or sample:NAME to count rates on; the budget's by default.",
            autocompletion=completion.events,
        ),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Compare every implementation here first.")] = False,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML file to write.")] = None,
    json: JsonOption = False,
) -> None:
    """Hold a delivery against a budget: origin, equality, float model, latency, rates; exit code 3 if not."""
    from datetime import UTC, datetime

    from l1ad.cli.results import print_tables
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.config.acceptance import load_acceptance
    from l1ad.flow.acceptance import accept as run_accept
    from l1ad.flow.acceptance import save_acceptance
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.report.acceptance_tables import acceptance_suite, acceptance_table
    from l1ad.report.junit import write_junit

    began = datetime.now(UTC)
    config = load_acceptance(budget)
    directory = None if run is None else RunDirectory.open(run)
    with progress_bar("accept") as progress:
        result = run_accept(folder, config, run=directory, events=events, verify=verify, progress=progress)
    if directory is not None:
        save_acceptance(directory, result)
    document = result.document()
    if junit is not None:
        write_junit(acceptance_suite(document, began=began, ended=datetime.now(UTC)), junit)
    if json:
        print_json(document)
    else:
        print_tables([acceptance_table(document)])
    if not result.accepted:
        for line in result.failed:
            typer.echo(f"l1ad: not accepted: {line.name}: {line.reason}", err=True)
        raise typer.Exit(OVER_BUDGET)
