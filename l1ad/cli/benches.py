"""Benchmarks: ratios measured side by side in one run, never absolute promises."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import JsonOption

__all__ = ["BENCHES"]


def bench_emulate(
    trigger: Annotated[Path, typer.Argument(help="A trigger.json.")],
    events: Annotated[
        str, typer.Option(help="Event file or sample:NAME.", autocompletion=completion.events)
    ] = "sample:zero_bias",
    copies: Annotated[int, typer.Option(min=1, help="How often the events are repeated in a row.")] = 2,
    json: JsonOption = False,
) -> None:
    """Time the engines and hls4ml's predict side by side on the same events, and compare their scores."""
    import numpy as np

    from l1ad.cli.terminal import print_json, print_table, progress_bar
    from l1ad.core.trigger_file import load_trigger
    from l1ad.data.opening import load_events
    from l1ad.flow.bench import bench_emulate as run_bench

    algorithm = load_trigger(trigger)
    inputs_raw = np.concatenate([load_events(events).inputs_raw] * copies)
    with progress_bar("bench emulate") as progress:
        speeds = run_bench(algorithm, inputs_raw, progress=progress)
    if json:
        print_json([speed.document() for speed in speeds])
    else:
        rows = [
            [one.engine, str(one.cores), f"{one.events:,}", f"{one.events_per_second:,.0f}", f"{one.ratio:.1f}",
             str(one.differing)]
            for one in speeds
        ]  # fmt: skip
        header = ["engine", "cores", "events", "events/s", "ratio", "scores that differ"]
        print_table("Emulation speed, median of 5 passes in turns", header, rows)


def bench_formats(
    events: Annotated[int, typer.Option(min=1, help="Events of each file.")] = 200_000,
    source: Annotated[str, typer.Option(help="Events to write, repeated in a row.")] = "sample:zero_bias",
    json: JsonOption = False,
) -> None:
    """Write the same events in each format and read them side by side: size, speed, events that differ."""
    from l1ad.cli.terminal import print_json, print_table, progress_bar
    from l1ad.flow.bench_formats import bench_formats as run_bench
    from l1ad.flow.bench_formats import repeated_events

    with progress_bar("bench formats") as progress:
        speeds = run_bench(repeated_events(source, events), progress=progress)
    if json:
        print_json([speed.document() for speed in speeds])
    else:
        rows = [
            [one.format, f"{one.bytes_per_event:.1f}", f"{one.written_per_second:,.0f}",
             f"{one.read_per_second:,.0f}", f"{one.ratio:.2f}", str(one.differing)]
            for one in speeds
        ]  # fmt: skip
        header = ["format", "bytes/event", "written/s", "read/s", "ratio", "events that differ"]
        print_table(f"{events:,} events in each format, read 3 times in turns", header, rows)


def bench_simulate(
    sample: Annotated[Path, typer.Argument(help="A zero-bias sample file.")] = Path(
        "configs/samples/zero_bias.yaml"
    ),
    pool: Annotated[Path | None, typer.Option(help="Folder of its pool; made if it is not finished.")] = None,
    crossings: Annotated[int, typer.Option(min=250, help="Crossings of one turn and process.")] = 2000,
    collisions: Annotated[int, typer.Option(min=1, help="Collisions of one turn.")] = 5000,
    workers: Annotated[int, typer.Option(min=1, help="Processes of the last line.")] = 2,
    json: JsonOption = False,
) -> None:
    """Time Pythia alone, the making of a pool, and crossings put together from it, in turns."""
    from l1ad.cli.terminal import print_json, print_table
    from l1ad.flow.bench_simulate import simulation_speeds

    speeds = simulation_speeds(
        sample, pool_folder=pool, collisions=collisions, crossings=crossings, workers=workers
    )
    if json:
        print_json([speed.document() for speed in speeds])
        return
    rows = [
        [one.what, str(one.processes), f"{one.events:,}", f"{one.events_per_second:,.0f}",
         "" if one.ratio is None else f"{one.ratio:.3f}"]
        for one in speeds
    ]  # fmt: skip
    header = ["what", "processes", "events", "events/s", "ratio to Pythia"]
    print_table("Simulation speed, median of 3 turns", header, rows)


def bench_train(
    config: Annotated[Path, typer.Argument(help="Run configuration, e.g. configs/quickstart.yaml.")],
    batch: Annotated[list[int] | None, typer.Option(min=1, help="Events of a batch; may be repeated.")] = None,
    json: JsonOption = False,
) -> None:
    """Time epochs of training, many batches a compiled call beside one batch a call."""
    from l1ad.cli.terminal import print_json, print_table, progress_bar
    from l1ad.config.loading import load_config
    from l1ad.config.run import RunConfig
    from l1ad.flow.bench_train import training_speeds

    loaded = load_config(config, RunConfig)
    with progress_bar("bench train") as progress:
        speeds = training_speeds(loaded, tuple(batch or (1024, 4096)), progress=progress)
    if json:
        print_json([speed.document() for speed in speeds])
        return
    rows = [
        [one.what, f"{one.events:,}", f"{one.events_per_second:,.0f}", f"{one.ratio:.1f}"] for one in speeds
    ]
    header = ["what", "events", "events/s", "ratio"]
    print_table("Training speed, median of 5 epochs after the one that compiles", header, rows)


def bench_rates(
    trigger: Annotated[Path, typer.Argument(help="A trigger.json.")],
    source: Annotated[str, typer.Option(help="Event file or sample:NAME, read again and again.")] = (
        "sample:zero_bias"
    ),
    events: Annotated[int, typer.Option(min=1, help="Events to score and count.")] = 100_000_000,
    workers: Annotated[int, typer.Option(min=2, help="Processes of the second line.")] = 2,
    json: JsonOption = False,
) -> None:
    """Score and count events from compressed HDF5 with one process and with several: speed, memory, counts."""
    from l1ad.cli.terminal import print_json, print_table, progress_bar
    from l1ad.core.trigger_file import load_trigger
    from l1ad.flow.bench_rates import counting_speeds

    with progress_bar("bench rates", "events") as progress:
        speeds = counting_speeds(load_trigger(trigger), source, events, (1, workers), progress=progress)
    if json:
        print_json([speed.document() for speed in speeds])
        return
    rows = [
        [str(one.processes), f"{one.events:,}", f"{one.events_per_second:,.0f}", f"{one.ratio:.2f}",
         f"{one.resident_mb[0]:.0f} and {one.resident_mb[1]:.0f}", "yes" if one.same else "no"]
        for one in speeds
    ]  # fmt: skip
    header = [
        "processes",
        "events",
        "events/s",
        "ratio",
        "MB resident, here and the largest other",
        "same counts",
    ]
    print_table("Events scored and counted from compressed HDF5", header, rows)


BENCHES: tuple[tuple[str, Callable[..., None], str], ...] = (
    ("emulate", bench_emulate, "l1ad bench emulate runs/demo/trigger.json"),
    ("simulate", bench_simulate, "l1ad bench simulate configs/samples/zero_bias.yaml"),
    ("rates", bench_rates, "l1ad bench rates runs/demo/trigger.json --events 100000000"),
    ("train", bench_train, "l1ad bench train configs/quickstart.yaml"),
    ("formats", bench_formats, "l1ad bench formats --events 200000"),
)
"""The benchmarks: name, command, example."""
