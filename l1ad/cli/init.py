"""The command that writes a configuration to begin with."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from l1ad.cli import completion
from l1ad.cli.options import JsonOption

__all__ = ["init"]


class Quantiser(StrEnum):
    """Who quantises in a run."""

    QKERAS = "qkeras"
    HGQ = "hgq"
    FLOAT = "float"


def init(
    path: Annotated[Path, typer.Argument(help="File to write (YAML).")] = Path("run.yaml"),
    backend: Annotated[
        Quantiser, typer.Option(help="Who quantises: QKeras, HGQ2, or nobody.")
    ] = Quantiser.QKERAS,
    events: Annotated[
        str | None,
        typer.Option(
            help="Background of your own, whose layout is looked at.", autocompletion=completion.events
        ),
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Write the JSON schema beside it, for editors.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Write a run's configuration with every key explained, at the demo's values."""
    from l1ad.cli.terminal import show
    from l1ad.flow.init import initial_config, schema_beside, write_initial

    config = initial_config(backend.value, events)
    write_initial(path, config, schema=schema, force=force)
    beside = f", and {schema_beside(path)} for editors" if schema else ""
    text = (
        f"{path}: a run called {config.name!r} of {config.data.background}{beside}\n"
        f"next: l1ad config check {path}, then l1ad train {path} --run runs/{config.name}"
    )
    document = {"file": str(path), "name": config.name, "background": config.data.background}
    show(document, text, as_json=json)
