"""The command of a trigger group's CI: take a delivery, or say why not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import OVER_BUDGET, JsonOption

if TYPE_CHECKING:
    from datetime import datetime

    from l1ad.flow.acceptance import Acceptance

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

    from l1ad.cli.terminal import print_json, print_table, progress_bar
    from l1ad.config.acceptance import load_acceptance
    from l1ad.flow.acceptance import accept as run_accept
    from l1ad.flow.acceptance import save_acceptance
    from l1ad.flow.run_directory import RunDirectory

    began = datetime.now(UTC)
    config = load_acceptance(budget)
    directory = None if run is None else RunDirectory.open(run)
    with progress_bar("accept") as progress:
        result = run_accept(folder, config, run=directory, events=events, verify=verify, progress=progress)
    if directory is not None:
        save_acceptance(directory, result)
    if junit is not None:
        _write_junit(result, junit, began)
    if json:
        print_json(result.document())
    else:
        header = ["check", "measured", "limit", "verdict", "source"]
        print_table(f"Acceptance of {folder} by {result.budget}", header, _rows(result))
    if not result.accepted:
        for line in result.failed:
            typer.echo(f"l1ad: not accepted: {line.name}: {line.reason}", err=True)
        raise typer.Exit(OVER_BUDGET)


def _rows(result: "Acceptance") -> list[list[str]]:
    return [
        [line.name, line.measured_text, line.limit_text, line.verdict.value,
         "; ".join(filter(None, (line.source, line.note)))]
        for line in result.lines
    ]  # fmt: skip


def _write_junit(result: "Acceptance", path: Path, began: "datetime") -> None:
    from datetime import UTC, datetime

    from l1ad.flow.accepted_line import Verdict
    from l1ad.report.junit import JUnitCase, JUnitSuite, Outcome, write_junit

    outcomes = {
        Verdict.PASS: Outcome.PASSED, Verdict.FAIL: Outcome.FAILED, Verdict.NOT_MEASURED: Outcome.SKIPPED,
    }  # fmt: skip
    cases = [
        JUnitCase(
            group=line.group, name=line.name, outcome=outcomes[line.verdict], message=line.reason,
            details=f"measured {line.measured_text}, limit {line.limit_text}; {line.source}",
        )
        for line in result.lines
    ]  # fmt: skip
    suite = JUnitSuite(
        name=result.budget, cases=cases, properties={"firmware": result.folder.name}, began=began,
        seconds=(datetime.now(UTC) - began).total_seconds(),
    )  # fmt: skip
    write_junit(suite, path)
