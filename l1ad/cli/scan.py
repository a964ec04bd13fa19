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
    from l1ad.cli.terminal import progress_bar, show
    from l1ad.config.scan import load_scan
    from l1ad.flow.scan import rebuilt_trial
    from l1ad.flow.scan import scan as run_scan

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
    with progress_bar("scan") as progress:
        result = run_scan(wanted, out, workers=workers, scheduler=scheduler, progress=progress)
    if json:
        show(result.document(), "", as_json=True)
    else:
        _print_front(result, out)


def evaluate(run: RunArgument, json: JsonOption = False) -> None:
    """Measure every score the trained model allows, and what deploying Σµ² alone costs."""
    from l1ad.cli.terminal import print_table, progress_bar, show
    from l1ad.flow.evaluate import evaluate as run_evaluation
    from l1ad.flow.run_directory import RunDirectory

    directory = RunDirectory.open(run)
    with progress_bar("evaluate") as progress:
        result = run_evaluation(directory, progress=progress)
    if json:
        show(result.document(), "", as_json=True)
        return
    point = result.points[0]
    signals = list(next(iter(result.measured.values())))
    rows = [
        [kind, *(f"{of[signal].at[point].efficiency.value:.2%}" for signal in signals)]
        for kind, of in result.measured.items()
    ]
    print_table(f"efficiency at {point}, by score", ["score", *signals], rows)
    criteria = [[name, f"{value:.4g}"] for name, value in result.criteria.items()]
    print_table("latent space of validation events", ["figure of merit", "value"], criteria)


def print_ensemble(result: Any) -> None:
    """Print how results spread over the seeds, and which seed was kept."""
    from l1ad.cli.terminal import print_table

    rows = []
    for signal, at in result.efficiencies.items():
        cells = [f"{at[point].mean:.2%} ± {at[point].standard_deviation or 0:.2%}" for point in result.points]
        rows.append([signal, f"{result.auc[signal].mean:.3f}", *cells])
    title = f"{len(result.seeds)} trainings: mean ± standard deviation over seeds"
    print_table(title, ["signal", "AUC", *result.points], rows)
    names = list(result.criteria)
    rows = [
        [str(seed) + (" *" if seed == result.picked else ""), *(f"{result.criteria[n][i]:.4g}" for n in names)]
        for i, seed in enumerate(result.seeds)
    ]
    print_table("figures of merit of each training; * is kept", ["seed", *names], rows)


def _print_front(result: Any, out: Path) -> None:
    from l1ad.cli.terminal import print_table

    rows = [
        [str(one.number), f"{one.values['efficiency']:.2%}", f"{one.values['lut']:.0f}",
         f"{one.values['latency_cycles']:.0f}", f"{one.values['ebops']:.0f}",
         ", ".join(_parameter(key, value) for key, value in one.parameters.items())]
        for one in result.front
    ]  # fmt: skip
    title = f"{out}: {len(result.finished)} trials, {len(result.failed)} failed; the Pareto front"
    print_table(title, ["trial", "efficiency", "logic bits", "cycles", "EBOPs", "parameters"], rows)


def _parameter(key: str, value: object) -> str:
    """Name a choice by the end of its key; the record has all digits."""
    return (
        f"{key.rsplit('.', 1)[-1]} {value:.4g}"
        if isinstance(value, float)
        else f"{key.rsplit('.', 1)[-1]} {value}"
    )
