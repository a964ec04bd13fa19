"""The commands that make an algorithm: from events to trigger.json."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import INTERRUPTED, OVER_BUDGET, JsonOption, RunArgument, RunOption

__all__ = ["demo", "freeze", "simulate", "train"]


class Backend(StrEnum):
    """Who quantises in the demo."""

    QKERAS = "qkeras"
    HGQ = "hgq"


def demo(
    run: Annotated[
        Path | None,
        typer.Option(
            help="Run directory; runs/demo unless told, with HGQ2 runs/demo_hgq.",
            autocompletion=completion.runs,
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Train for another number of epochs.")] = None,
    backend: Annotated[Backend, typer.Option(help="Who quantises: QKeras or HGQ2.")] = Backend.QKERAS,
    json: JsonOption = False,
) -> None:
    """Do the main job on the sample that ships.

    Its steps: train, evaluate, freeze, emulate, rates, build, synth, verify, accept, report.
    """
    from l1ad.cli.logs import log_in
    from l1ad.cli.results import print_summary
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.config.presets import demo_config, with_epochs
    from l1ad.flow.demo import demo as run_demo
    from l1ad.flow.run_directory import RunDirectory

    config = demo_config(backend.value)
    if epochs is not None:
        config = with_epochs(config, epochs)
    run = run or Path("runs") / config.name
    log_in(run)
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
    seeds: Annotated[
        int | None, typer.Option(min=2, help="Train with so many seeds, measure the spread, keep one.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train the autoencoder; a stopped training goes on from its last finished epoch."""
    from dataclasses import asdict

    from l1ad.cli.scan import print_ensemble
    from l1ad.cli.terminal import note, progress_bar, show
    from l1ad.config.loading import load_config
    from l1ad.config.run import RunConfig
    from l1ad.flow.ensemble import train_ensemble
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.flow.train import train as run_training

    directory = RunDirectory.begin(run, load_config(config, RunConfig))
    if seeds is not None:
        with progress_bar("train", "epochs") as progress:
            ensemble = train_ensemble(directory, seeds, progress=progress)
        if json:
            show(ensemble.document(), "", as_json=True)
        else:
            print_ensemble(ensemble)
        return
    with progress_bar("train", "epochs") as progress:
        result = run_training(directory, progress=progress)
    for warning in result.warnings():
        note(warning)
    kept = result.history[result.best_epoch - 1]
    text = (
        f"{run}: {result.epochs} epochs on {result.events} events; kept epoch {result.best_epoch}: loss "
        f"{kept['loss']:.3f}, validation {kept['validation_loss']:.3f}, sparsity {kept['sparsity']:.0%}"
    )
    text += f", {kept['ebops']:.0f} EBOPs" if "ebops" in kept else ""
    show(asdict(result), text, as_json=json)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)


def freeze(run: RunArgument, json: JsonOption = False) -> None:
    """Freeze the encoder mean into trigger.json: integers and number formats, no framework."""
    from l1ad.cli.terminal import show
    from l1ad.core.trigger_file import algorithm_digest
    from l1ad.flow.freeze import freeze as run_freeze
    from l1ad.flow.freeze import sparsity
    from l1ad.flow.run_directory import RunDirectory

    directory = RunDirectory.open(run)
    frozen = run_freeze(directory)
    digest, zeros = algorithm_digest(frozen.trigger), sparsity(frozen.trigger)
    text = (
        f"{directory.trigger_file}: {zeros:.1%} of the weights are zero, algorithm {digest[:12]}; "
        f"{frozen.removed.sentence()}"
    )
    document = {
        "file": str(directory.trigger_file), "algorithm": digest, "sparsity": zeros,
        "removed": frozen.removed.document(),
    }  # fmt: skip
    show(document, text, as_json=json)
