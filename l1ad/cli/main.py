"""The `l1ad` program: what it is called, and what a fault looks like."""

import io
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from l1ad import __version__
from l1ad.cli.command import LoggedCommand, QuietOption, VerboseOption
from l1ad.cli.commands import PANELS, Group
from l1ad.cli.completion import answer_bash

if TYPE_CHECKING:
    from l1ad.cli.logs import UnexpectedError

__all__ = ["app", "main"]


class _Pipeline(TyperGroup):
    """The group of everything: commands and groups in pipeline order, which typer keeps apart."""

    def list_commands(self, ctx: Any) -> list[str]:
        """List the names in the order of the panels."""
        order = [member.name for members in PANELS.values() for member in members]
        return sorted(super().list_commands(ctx), key=order.index)


app = typer.Typer(
    name="l1ad",
    cls=_Pipeline,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Anomaly-detection triggers for FPGAs: from trigger objects to firmware that equals its "
    "emulator bit for bit.",
    epilog="Example: l1ad demo",
)
for panel, members in PANELS.items():
    for member in members:
        epilog = f"Example: {member.example}"
        if isinstance(member, Group):
            inner = typer.Typer(no_args_is_help=True, help=member.what, epilog=epilog)
            for name, command, example in member.members:
                inner.command(name, cls=LoggedCommand, epilog=f"Example: {example}")(command)
            app.add_typer(inner, name=member.name, rich_help_panel=panel)
        else:
            app.command(member.name, cls=LoggedCommand, epilog=epilog, rich_help_panel=panel)(member.command)


def main() -> None:
    """Run the command line; a fault of the input or the machine is one sentence and exit code 1."""
    from l1ad.core.errors import L1adError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without UTF-8 shows '?', never a traceback
            stream.reconfigure(errors="replace")
    if os.environ.get("NO_COLOR"):
        os.environ["TERM"] = "dumb"  # without colours rich still prints bold; a dumb terminal gets no codes
    if os.environ.get("_L1AD_COMPLETE") == "complete_bash":
        answer_bash(app)
        return
    try:
        app()
    except L1adError as fault:
        typer.echo(f"l1ad: {fault}", err=True)
        sys.exit(1)
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename else ""
        typer.echo(f"l1ad: {where}{fault.strerror or fault}", err=True)
        sys.exit(1)
    except Exception as fault:
        from l1ad.cli.logs import UnexpectedError

        if not isinstance(fault, UnexpectedError):
            raise
        _tell_unexpected(fault)
        sys.exit(1)


def _tell_unexpected(fault: "UnexpectedError") -> None:
    """Say in a sentence what should not have happened; how it came about is in the log, or follows here."""
    import traceback

    cause = fault.__cause__
    where = "this should not happen" if fault.log is None else f"the log is {fault.log}"
    if fault.log is None and cause is not None:
        typer.echo("".join(traceback.format_exception(cause)), err=True, nl=False)
    typer.echo(f"l1ad: internal error: {type(cause).__name__}: {cause}; {where}", err=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"l1ad {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    pass
