"""One command per step, in pipeline order: read, call one function, print.

Imports are inside the commands so that `l1ad --help` answers at once.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["COMMANDS", "JsonOption"]

OVER_BUDGET = 3

RunArgument = Annotated[Path, typer.Argument(help="Run directory, e.g. runs/demo.")]
RunOption = Annotated[Path, typer.Option("--run", help="Run directory to make or to go on in.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def demo(
    run: RunOption = Path("runs/demo"),
    epochs: Annotated[int | None, typer.Option(min=1, help="Train for another number of epochs.")] = None,
    json: JsonOption = False,
) -> None:
    """Do the main job on the sample that ships: train, freeze, emulate, rates, build, verify, report."""
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
    if not summary["latency"]["within_budget"]:
        raise typer.Exit(OVER_BUDGET)


def simulate(
    sample: Annotated[Path, typer.Argument(help="Sample file, e.g. configs/samples/minimum_bias.yaml.")],
    out: Annotated[Path, typer.Option("--out", help="Event file to write (HDF5).")],
    events: Annotated[
        int | None, typer.Option(min=1, help="Events to make instead of the file's number.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the events do not depend on it.")] = 1,
    json: JsonOption = False,
) -> None:
    """Simulate events with Pythia 8 and a parametrised detector (extra 'simulate')."""
    from l1ad.cli.terminal import progress_bar, show
    from l1ad.config.loading import load_config
    from l1ad.config.sample import SampleConfig
    from l1ad.simulate.production import make_sample

    config = load_config(sample, SampleConfig)
    command = f"l1ad simulate {sample} --out {out.name}"
    if events is not None:
        config = config.model_copy(update={"events": events})
        command = f"{command} --events {events}"
    with progress_bar(f"simulate {config.name}") as progress:
        made = make_sample(config, out, command=command, workers=workers, progress=progress)
    text = f"{out}: {made} events of {config.title}, {out.stat().st_size / 1e6:.1f} MB"
    show({"file": str(out), "sample": config.name, "events": made}, text, as_json=json)


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


def emulate(
    source: Annotated[Path, typer.Argument(help="Run directory, or a trigger.json.")],
    events: Annotated[
        str | None, typer.Option(help="Event file or sample:NAME; needed with a trigger.json.")
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
        with progress_bar("emulate") as progress:
            counts = {events: emulate_file(load_trigger(source), events, out, progress=progress)}
    text = "\n".join(f"{name}: {count} events scored" for name, count in counts.items())
    show(counts, text, as_json=json)


def rates(run: RunArgument, json: JsonOption = False) -> None:
    """Set the thresholds for the rate budgets and write them, in hardware units, into trigger.json."""
    from l1ad.cli.results import print_rates
    from l1ad.cli.terminal import print_json
    from l1ad.flow.rates import rates as run_rates
    from l1ad.flow.run_directory import RunDirectory

    result = run_rates(RunDirectory.open(run)).document()
    if json:
        print_json(result)
    else:
        print_rates(result)


def build(
    source: Annotated[Path, typer.Argument(help="Run directory, or a trigger.json.")],
    firmware: Annotated[
        Path | None, typer.Option(help="Folder to put firmware/<name> in; the run's or 'firmware' by default.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the HLS C++ project around the network, with test bench and vectors, under firmware/."""
    from dataclasses import asdict

    from l1ad.cli.terminal import show
    from l1ad.config.run import FirmwareConfig
    from l1ad.core.trigger_file import load_trigger
    from l1ad.flow.build import build as run_build
    from l1ad.flow.run_directory import RunDirectory

    if source.is_dir():
        directory = RunDirectory.open(source)
        trigger, config = directory.trigger(), directory.config.firmware
    else:
        trigger, config = load_trigger(source), FirmwareConfig()
    if firmware is not None:
        config = config.model_copy(update={"folder": str(firmware)})
    built = run_build(trigger, config)
    hint = "" if built.thresholds else " (`l1ad rates` sets thresholds)"
    latency = built.latency
    text = (
        f"{built.folder}: HLS project with {len(built.thresholds)} accept bits{hint}; estimate before "
        f"synthesis: {latency.latency_cycles} of {built.budget_cycles} cycles ({latency.latency_ns:.1f} ns)"
    )
    show({**asdict(built), "folder": str(built.folder)}, text, as_json=json)
    if not built.within_budget:
        typer.echo("l1ad: built, but the latency estimate is over budget", err=True)
        raise typer.Exit(OVER_BUDGET)


def inspect(
    trigger: Annotated[Path, typer.Argument(help="A trigger.json.")],
    json: JsonOption = False,
) -> None:
    """Show every tensor's formats, proven ranges and headroom, and events that leave a format."""
    from dataclasses import asdict

    from l1ad.cli.results import print_inspection
    from l1ad.cli.terminal import print_json
    from l1ad.core.trigger_file import load_trigger
    from l1ad.emulate.inspection import inspect as run_inspection

    algorithm = load_trigger(trigger)
    reports = run_inspection(algorithm)
    if json:
        print_json([asdict(report) for report in reports])
    else:
        print_inspection(reports, algorithm.layout.names)


def verify(
    run: RunArgument,
    firmware: Annotated[
        Path | None, typer.Option(help="Folder that holds firmware/<name>; the run's by default.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compare quantised Keras, emulator and C simulation on the same events, integer for integer."""
    from l1ad.cli.results import print_verification
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.flow.verify import verify as run_verification

    with progress_bar("verify") as progress:
        result = run_verification(RunDirectory.open(run), firmware=firmware, progress=progress).document()
    if json:
        print_json(result)
    else:
        print_verification(result)


def report(run: RunArgument, json: JsonOption = False) -> None:
    """Write report.md, its figures and summary.json from what the steps left."""
    from l1ad.cli.results import print_summary
    from l1ad.cli.terminal import print_json
    from l1ad.flow.report import report as run_report
    from l1ad.flow.run_directory import RunDirectory

    directory = RunDirectory.open(run)
    run_report(directory)
    summary: dict[str, Any] = directory.read_json("summary.json", step="report")
    if json:
        print_json(summary)
    else:
        print_summary(summary, run)


def _with_epochs(config: Any, epochs: int) -> Any:
    """Shorten a training; pruning keeps its share of the epochs."""
    training = config.training
    share = epochs / training.epochs
    start, end = int(training.pruning_start_epoch * share), max(1, int(training.pruning_end_epoch * share))
    changed = training.model_copy(
        update={"epochs": epochs, "pruning_start_epoch": min(start, end - 1), "pruning_end_epoch": end}
    )
    return config.model_copy(update={"training": changed})


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = (
    (demo, "l1ad demo"),
    (simulate, "l1ad simulate configs/samples/a_to_4l.yaml --out a_to_4l.h5 --workers 2"),
    (train, "l1ad train configs/quickstart.yaml --run runs/mine"),
    (freeze, "l1ad freeze runs/mine"),
    (emulate, "l1ad emulate runs/mine   or   l1ad emulate trigger.json --events my.h5 --out scores.h5"),
    (rates, "l1ad rates runs/mine --json"),
    (build, "l1ad build runs/mine   or   l1ad build trigger.json --firmware firmware"),
    (inspect, "l1ad inspect runs/mine/trigger.json"),
    (verify, "l1ad verify runs/mine"),
    (report, "l1ad report runs/mine"),
)
"""The commands in pipeline order, each with its example."""
