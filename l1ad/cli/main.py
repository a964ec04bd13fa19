"""The `l1ad` program: what it is called, and what a fault looks like."""

import io
import sys
from typing import Annotated

import typer

from l1ad import __version__
from l1ad.cli.benches import BENCHES
from l1ad.cli.commands import COMMANDS
from l1ad.cli.data import DATA_COMMANDS
from l1ad.cli.rates import RATES_COMMANDS
from l1ad.cli.synthesis import SYNTH_COMMANDS

__all__ = ["app", "main"]

app = typer.Typer(
    name="l1ad",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Anomaly-detection triggers for FPGAs: from trigger objects to firmware that equals its "
    "emulator bit for bit.",
)
for command, example in COMMANDS:
    app.command(command.__name__.rstrip("_"), epilog=f"Example: {example}")(command)
for group, what, members in (
    ("data", "Events of any format: what they hold, and in which file.", DATA_COMMANDS),
    ("rates", "Rates that an expert signs: thresholds, menu, stability, tails, field.", RATES_COMMANDS),
    ("synth", "What the firmware takes of a part: estimated, synthesised, reported.", SYNTH_COMMANDS),
    ("bench", "Measure speeds side by side in one run.", BENCHES),
):
    inner = typer.Typer(no_args_is_help=True, help=what)
    for name, command, example in members:
        inner.command(name, epilog=f"Example: {example}")(command)
    app.add_typer(inner, name=group)


def main() -> None:
    """Run the command line; a fault of the input or the machine is one sentence and exit code 1."""
    from l1ad.core.errors import L1adError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without UTF-8 shows '?', never a traceback
            stream.reconfigure(errors="replace")
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
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
