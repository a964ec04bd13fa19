"""The commands of the firmware engineer: build, inspect, verify."""

from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import OVER_BUDGET, JsonOption, RunOrTriggerArgument

__all__ = ["build", "inspect", "verify"]


def build(
    source: RunOrTriggerArgument,
    firmware: Annotated[
        Path | None, typer.Option(help="Folder to put firmware/<name> in; the run's or 'firmware' by default.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="Target that ships, e.g. ugt-vx690t, or a target file of your own.",
            autocompletion=completion.targets,
        ),
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(help="How hls4ml multiplies: latency, resource, distributed_arithmetic.")
    ] = None,
    reuse_factor: Annotated[
        int | None, typer.Option(min=1, help="Products that share a multiplier, with --strategy resource.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a folder that holds what no build made.")] = False,
    json: JsonOption = False,
) -> None:
    """Write firmware/<name>: HLS project, pipelined Verilog, emulator library, vectors, README."""
    from dataclasses import asdict

    from l1ad.cli.terminal import show
    from l1ad.config.loading import parse_config
    from l1ad.config.run import FirmwareConfig
    from l1ad.core.trigger_file import load_trigger
    from l1ad.flow.build import build as run_build
    from l1ad.flow.run_directory import RunDirectory

    if source.is_dir():
        directory = RunDirectory.open(source)
        trigger, config = directory.trigger(), directory.config.firmware
    else:
        trigger, config = load_trigger(source), FirmwareConfig()
    said = {
        "folder": None if firmware is None else str(firmware), "target": target, "strategy": strategy,
        "reuse_factor": reuse_factor,
    }  # fmt: skip
    changed = {key: value for key, value in said.items() if value is not None}
    config = parse_config({**config.model_dump(), **changed}, FirmwareConfig, where="l1ad build")
    built = run_build(trigger, config, force=force)
    hint = "" if built.thresholds else " (`l1ad rates thresholds` sets them)"
    stages = " + ".join(f"{one:.1f}" for one in built.stage_ns)
    text = (
        f"{built.folder}: firmware for {built.target} with {len(built.thresholds)} accept bits{hint}; "
        f"planned: {built.latency_cycles} of {built.budget_cycles} cycles of {built.clock_mhz:g} MHz "
        f"({stages} ns by the delay model)"
    )
    show({**asdict(built), "folder": str(built.folder)}, text, as_json=json)
    if not built.within_budget:
        typer.echo("l1ad: built, but the planned latency is over budget", err=True)
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
    source: RunOrTriggerArgument,
    firmware: Annotated[
        Path | None, typer.Option(help="Folder that holds firmware/<name>; the run's or 'firmware' by default.")
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option(
            help="With a trigger.json: event files or sample:NAME to add.", autocompletion=completion.events
        ),
    ] = None,
    original: Annotated[
        Path | None, typer.Option(help="hls4ml project that the network was imported from; compared as well.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            help="With a trigger.json and one --events: CSV of results of anything else, compared alone."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compare Keras, emulators, C simulation, RTL and QONNX on the same events, integer for integer."""
    from l1ad.cli.results import print_verification
    from l1ad.cli.terminal import print_json, progress_bar
    from l1ad.core.trigger_file import load_trigger
    from l1ad.flow.against import verify_against
    from l1ad.flow.run_directory import RunDirectory
    from l1ad.flow.verify import verify_run, verify_trigger

    with progress_bar("verify", "events") as progress:
        if source.is_dir():
            if events or against:
                raise typer.BadParameter(
                    "--events and --against go with a trigger.json; a run has its own events"
                )
            run = RunDirectory.open(source)
            trigger = run.trigger()
            result = verify_run(run, firmware=firmware, original=original, progress=progress)
        elif against:
            if len(events or ()) != 1:
                raise typer.BadParameter("--against needs the one --events that the results are of")
            if firmware is not None or original is not None:
                raise typer.BadParameter("--against compares results alone, without --firmware and --original")
            trigger = load_trigger(source)
            result = verify_against(trigger, (events or [""])[0], tuple(against))
        else:
            trigger = load_trigger(source)
            result = verify_trigger(
                trigger, firmware=firmware or Path("firmware"), sources=tuple(events or ()), original=original,
                progress=progress,
            )  # fmt: skip
    document = result.document(trigger)
    if json:
        print_json(document)
    else:
        print_verification(document)
