"""The commands that search: many configurations, and many seeds of one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from l1ad.cli.options import JsonOption, RunArgument

__all__ = ["evaluate", "print_ensemble", "scan"]


def scan(
    config: Annotated[Path, typer.Argument(help="Scan file, e.g. configs/scan.yaml.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the study: study.db, trials, picture.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler whose workers evaluate, e.g. tcp://10.0.0.1:8786.")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Trials in all instead of the file's.")] = None,
    rebuild: Annotated[
        int | None, typer.Option(min=0, help="Instead: begin a run with the configuration of this trial.")
    ] = None,
    run: Annotated[Path | None, typer.Option("--run", help="Run directory for --rebuild.")] = None,
    json: JsonOption = False,
) -> None:
    """Search configurations with Optuna: efficiency on development signals against cells and latency."""
    from l1ad.cli.results import print_tables
    from l1ad.cli.terminal import progress_bar, resumable, show
    from l1ad.config.scan import load_scan
    from l1ad.flow.scan import rebuilt_trial
    from l1ad.flow.scan import scan as run_scan
    from l1ad.report.training_tables import front_table

    if rebuild is not None:
        if run is None:
            raise typer.BadParameter("--rebuild begins a run; name its directory with --run")
        rebuilt_trial(config, out, rebuild, run)
        show({"run": str(run), "trial": rebuild}, f"{run}: begun as trial {rebuild}; `l1ad train "
             f"{run / 'config.yaml'} --run {run}` trains it again", as_json=json)  # fmt: skip
        return
    wanted = load_scan(config)
    if trials is not None:
        wanted = wanted.model_copy(update={"trials": trials})
    with resumable(out), progress_bar("scan") as progress:
        result = run_scan(wanted, out, workers=workers, scheduler=scheduler, progress=progress)
    if json:
        show(result.document(), "", as_json=True)
    else:
        print_tables([front_table(result.document(), where=str(out))])


def evaluate(run: RunArgument, json: JsonOption = False) -> None:
    """Measure every score the trained model allows, and what deploying Σµ² alone costs."""
    from l1ad.cli.results import print_tables
    from l1ad.cli.terminal import progress_bar, show
    from l1ad.flow.evaluate import evaluate as run_evaluation
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.report.training_tables import evaluation_tables

    directory = RunDirectory.open(run)
    with progress_bar("evaluate") as progress:
        result = run_evaluation(directory, progress=progress)
    if json:
        show(result.document(), "", as_json=True)
        return
    print_tables(evaluation_tables(result.document()))


def print_ensemble(result: Any) -> None:
    """Print how results spread over the seeds, and which seed was kept."""
    from l1ad.cli.results import print_tables
    from l1ad.report.training_tables import ensemble_tables

    print_tables(ensemble_tables(result.document()))
