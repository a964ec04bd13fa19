"""The command that puts algorithms side by side."""

from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli.options import JsonOption

__all__ = ["compare"]


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run directories, all of the same events.")],
    out: Annotated[Path, typer.Option(help="Folder for comparison.html, .md, .json, figures and tables.")],
    reference: Annotated[
        Path | None, typer.Option(help="Run that the efficiencies of all are divided by.")
    ] = None,
    classical: Annotated[
        bool, typer.Option("--classical/--no-classical", help="Compare classical references too.")
    ] = True,
    json: JsonOption = False,
) -> None:
    """Compare runs and classical references: efficiency at the same rate on the same events, and cost."""
    from l1ad.cli.results import print_tables
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.compare import compare as run_compare
    from l1ad.flow.compare import save_comparison
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.report.comparison_tables import comparison_remarks, comparison_table

    with progress_bar("compare") as progress:
        result = run_compare(
            [RunDirectory.open(run) for run in runs],
            reference=None if reference is None else RunDirectory.open(reference),
            classical=classical,
            progress=progress,
        )
    with progress_bar("write") as progress:
        page = save_comparison(result, out, progress=progress)
    if json:
        print_json(result.document())
    else:
        print_tables([comparison_table(result)], comparison_remarks(result))
        typer.echo(
            f"{page}: all figures, intervals and a choice of rate; also as Markdown, JSON, CSV, PNG and PDF"
        )
