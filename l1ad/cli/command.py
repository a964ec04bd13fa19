"""What every command has: --quiet and --verbose, and a log in the run it works in."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

__all__ = ["LoggedCommand", "QuietOption", "VerboseOption"]

_PANEL = "Everywhere"


def _quiet(wanted: bool) -> None:
    if wanted:
        from l1ad.cli.terminal import be_quiet

        be_quiet()


def _verbose(wanted: bool) -> None:
    if wanted:
        from l1ad.cli.terminal import be_verbose

        be_verbose()


QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", callback=_quiet, rich_help_panel=_PANEL, show_default=False,
        help="No progress and no notes: errors and the result only.",
    ),
]  # fmt: skip
VerboseOption = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", callback=_verbose, rich_help_panel=_PANEL, show_default=False,
        help="Tell what is read, written and run, on stderr.",
    ),
]  # fmt: skip


class LoggedCommand(TyperCommand):
    """A command that knows the options of all commands, and keeps a log in the run it works in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_everywhere()]

    def invoke(self, ctx: Any) -> Any:
        """Run the command with a log."""
        from l1ad.cli.logs import recorded

        for name in ("quiet", "verbose"):  # their callbacks have done it, and the function does not take them
            ctx.params.pop(name, None)
        with recorded(ctx.command_path.split()[1:], _run_of(ctx.params)):
            return super().invoke(ctx)


def _options(quiet: QuietOption = False, verbose: VerboseOption = False) -> None:
    pass


@cache
def _everywhere() -> tuple[Any, ...]:
    """Make the options by typer's own road from a function to options, the one that is public."""
    app = typer.Typer(add_completion=False)
    app.command()(_options)
    return tuple(typer.main.get_command(app).params)


def _run_of(params: Mapping[str, Any]) -> Path | None:
    """Find the run directory among a command's arguments: one that it names, or a source that is one."""
    run, source = params.get("run"), params.get("source")
    if run is not None:
        return Path(run)
    return Path(source) if source is not None and Path(source).is_dir() else None
