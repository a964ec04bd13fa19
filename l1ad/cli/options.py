"""Arguments that several commands share, and the exit code of what is over its budget."""

from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli import completion

__all__ = ["INTERRUPTED", "OVER_BUDGET", "JsonOption", "RunArgument", "RunOption", "RunOrTriggerArgument"]

OVER_BUDGET = 3
"""Built, but over the budget."""

INTERRUPTED = 130
"""Stopped by Ctrl-C with everything kept that was done."""

RunArgument = Annotated[
    Path, typer.Argument(help="Run directory, e.g. runs/demo.", autocompletion=completion.runs)
]
RunOption = Annotated[
    Path,
    typer.Option("--run", help="Run directory to make or to go on in.", autocompletion=completion.runs),
]
RunOrTriggerArgument = Annotated[
    Path, typer.Argument(help="Run directory, or a trigger.json.", autocompletion=completion.runs)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
