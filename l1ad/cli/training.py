"""The commands that make an algorithm: from events to trigger.json."""

from pathlib import Path
from typing import Annotated, Any

import typer

from l1ad.cli.options import OVER_BUDGET, JsonOption, RunArgument, RunOption

__all__ = ["demo", "freeze", "simulate", "train"]


def demo(
    run: RunOption = Path("runs/demo"),
    epochs: Annotated[int | None, typer.Option(min=1, help="Train for another number of epochs.")] = None,
    json: JsonOption = False,
) -> None:
    """Do the main job on the sample that ships: train, freeze, emulate, rates, build, synth, verify, report."""
    from l1ad.cli.results import print_summary
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.config.run import RunConfig
    from l1ad.flow.demo import demo as run_demo
    from l1ad.flow.run_directory import RunDirectory

    config = RunConfig() if epochs is None else _with_epochs(RunConfig(), epochs)
    summary = run_demo(RunDirectory.begin(run, config), progress_bar)
    if json:
        print_json(summary)
    else:
        print_summary(summary, run)
    if any(line["verdict"] == "over" for line in summary["budget"]):
        raise typer.Exit(OVER_BUDGET)


def simulate(
    sample: Annotated[Path, typer.Argument(help="Sample or pool file, e.g. configs/samples/zero_bias.yaml.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Event file to write (HDF5); a pool needs none.")
    ] = None,
    pool: Annotated[
        Path | None, typer.Option(help="Folder that keeps the pool of collisions; a cache folder unless told.")
    ] = None,
    events: Annotated[
        int | None, typer.Option(min=1, help="Events to make instead of the file's number.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the events do not depend on it.")] = 1,
    check: Annotated[
        Path | None, typer.Option(help="Folder for plots and rates of the sample, which are printed too.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Simulate bunch crossings or signals with Pythia 8 and a parametrised detector (extra 'simulate')."""
    from l1ad.cli.terminal import progress_bar, show
    from l1ad.flow.simulate import Simulation, simulated

    if check is not None and out is None:
        raise typer.BadParameter("--check looks at the events of a sample; name their file with --out")
    command = f"l1ad simulate {sample}" + (f" --events {events}" if events is not None else "")
    wanted = Simulation(config=sample, out=out, pool=pool, events=events, workers=workers, command=command)
    result = simulated(wanted, progress_bar)
    if check is None or not json:  # else the check's JSON is the one that is printed
        show(result.document(), result.sentence(), as_json=json)
    if check is not None:
        from l1ad.cli.zero_bias import check_events

        check_events(str(result.file), check, as_json=json)


def train(
    config: Annotated[Path, typer.Argument(help="Run configuration, e.g. configs/quickstart.yaml.")],
    run: RunOption,
    json: JsonOption = False,
) -> None:
    """Train the autoencoder; a stopped training goes on from its last finished epoch."""
    from dataclasses import asdict

    from l1ad.cli.terminal import progress_bar, show
    from l1ad.config.loading import load_config
    from l1ad.config.run import RunConfig
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.flow.train import train as run_training

    directory = RunDirectory.begin(run, load_config(config, RunConfig))
    with progress_bar("train") as progress:
        result = run_training(directory, progress=progress)
    last = result.history[-1]
    text = (
        f"{run}: {result.epochs} epochs on {result.events} events, loss {last['loss']:.3f}, "
        f"validation {last['validation_loss']:.3f}, sparsity {last['sparsity']:.0%}"
    )
    show(asdict(result), text, as_json=json)


def freeze(run: RunArgument, json: JsonOption = False) -> None:
    """Freeze the encoder mean into trigger.json: integers and number formats, no framework."""
    from l1ad.cli.terminal import show
    from l1ad.core.trigger_file import algorithm_digest
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.flow.train import freeze as run_freeze
    from l1ad.flow.train import sparsity

    directory = RunDirectory.open(run)
    trigger = run_freeze(directory)
    digest, zeros = algorithm_digest(trigger), sparsity(trigger)
    text = f"{directory.trigger_file}: {zeros:.1%} of the weights are zero, algorithm {digest[:12]}"
    show({"file": str(directory.trigger_file), "algorithm": digest, "sparsity": zeros}, text, as_json=json)


def _with_epochs(config: Any, epochs: int) -> Any:
    """Shorten a training; pruning keeps its share of the epochs."""
    training = config.training
    share = epochs / training.epochs
    start, end = int(training.pruning_start_epoch * share), max(1, int(training.pruning_end_epoch * share))
    changed = training.model_copy(
        update={"epochs": epochs, "pruning_start_epoch": min(start, end - 1), "pruning_end_epoch": end}
    )
    return config.model_copy(update={"training": changed})
