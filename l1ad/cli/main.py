"""The `l1ad` command: its steps in pipeline order, and what a fault looks like."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from l1ad import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="l1ad",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Anomaly-detection triggers for FPGAs: from trigger objects to firmware that equals its "
    "emulator bit for bit.",
)


def main() -> None:
    """Run the command line; a fault of the input or the machine is one sentence and exit code 1."""
    from l1ad.core.errors import L1adError

    try:
        app()
    except L1adError as fault:
        typer.echo(f"l1ad: {fault}", err=True)
        sys.exit(1)
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename else ""
        typer.echo(f"l1ad: {where}{fault.strerror or fault}", err=True)
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"l1ad {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    pass


@app.command(epilog="Example: l1ad simulate configs/samples/a_to_4l.yaml --out a_to_4l.h5 --workers 2")
def simulate(
    sample: Annotated[Path, typer.Argument(help="Sample file, e.g. configs/samples/minimum_bias.yaml.")],
    out: Annotated[Path, typer.Option("--out", help="Event file to write (HDF5).")],
    events: Annotated[int | None, typer.Option(help="Events to make instead of the file's number.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the events do not depend on it.")] = 1,
) -> None:
    """Simulate events with Pythia 8 and a parametrised detector (extra `simulate`)."""
    from l1ad.cli.terminal import progress_bar
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
    typer.echo(f"{out}: {made} events of {config.title}, {out.stat().st_size / 1e6:.1f} MB")
