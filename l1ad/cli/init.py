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
    """Write a run's configuration with every key explained, at the demo's values and under the file's name."""
    from shlex import quote

    from l1ad.cli.terminal import show
    from l1ad.flow.init import initial_config, name_of, run_of, schema_beside, write_initial

    config = initial_config(backend.value, events, name=name_of(path))
    write_initial(path, config, schema=schema, force=force)
    file = quote(str(path))
    beside = f", and {schema_beside(path)} for editors" if schema else ""
    text = (
        f"{path}: a run called {config.name!r} of {config.data.background}{beside}\n"
        f"next: l1ad config check {file}, then l1ad train {file} --run {quote(str(run_of(config)))}"
    )
    document = {"file": str(path), "name": config.name, "background": config.data.background}
    show(document, text, as_json=json)
