"""The command that puts algorithms side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from l1ad.cli.options import JsonOption

if TYPE_CHECKING:
    from l1ad.report.comparison import ComparedAlgorithm, Comparison

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
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.compare import compare as run_compare
    from l1ad.flow.compare import save_comparison
    from l1ad.flow.run_directory import RunDirectory

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
        _print(result)
        typer.echo(
            f"{page}: all figures, intervals and a choice of rate; also as Markdown, JSON, CSV, PNG and PDF"
        )


def _print(result: "Comparison") -> None:
    """Print the efficiencies at the tightest budget in percent, ratios and costs."""
    from l1ad.cli.terminal import print_table
    from l1ad.report.comparison_text import exceeded_text, wins_text

    point, signals = result.tightest, result.signals
    ratios = ["mean ratio", "wins"] if result.reference is not None else []
    rows = []
    for one in result.algorithms:
        found = [f"{100 * one.measured[name].at[point].efficiency.value:.2f}" for name in signals]
        over = [_ratio(one, point), wins_text(one, point)] if ratios else []
        cost = ["-" if value is None else f"{value:,}" for value in (one.cost.lut, one.cost.ebops)]
        rows.append([one.name, *found, *over, *cost])
    print_table(f"Efficiency at {point}, in %", ["algorithm", *signals, *ratios, "LUT", "EBOPs"], rows)
    if result.exceeded:
        typer.echo(exceeded_text(result))


def _ratio(one: "ComparedAlgorithm", point: str) -> str:
    ratios = one.ratios.get(point)
    return "-" if ratios is None else f"{ratios.geometric_mean.value:.3f}"
