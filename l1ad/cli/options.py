"""Arguments that several commands share, and the exit code of what is over its budget."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["INTERRUPTED", "OVER_BUDGET", "JsonOption", "RunArgument", "RunOption"]

OVER_BUDGET = 3
"""Built, but over the budget."""

INTERRUPTED = 130
"""Stopped by Ctrl-C with everything kept that was done."""

RunArgument = Annotated[Path, typer.Argument(help="Run directory, e.g. runs/demo.")]
RunOption = Annotated[Path, typer.Option("--run", help="Run directory to make or to go on in.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
