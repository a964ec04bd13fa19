"""A configuration to begin with: the demo's for a backend, or for events of one's own."""

from pathlib import Path
from shlex import quote

from l1ad.config.kinds import Kind
from l1ad.config.model import Backend
from l1ad.config.presets import OBJECT_WEIGHTS, demo_config
from l1ad.config.run import RunConfig
from l1ad.config.scan import with_values
from l1ad.config.schema import editor_line, save_schema
from l1ad.config.template import commented
from l1ad.core.errors import ConfigError
from l1ad.core.layout import InputLayout
from l1ad.core.names import cpp_identifier
from l1ad.core.trigger_file import write_text_safely
from l1ad.data.opening import open_events

__all__ = ["initial_config", "name_of", "run_of", "schema_beside", "write_initial"]

_GENERIC_TARGET = "vu13p-360"
"""A target that ships and takes any layout."""


def initial_config(backend: Backend, events: str | None = None, *, name: str | None = None) -> RunConfig:
    """Give the demo's configuration for a backend, changed where other events ask for it.

    Events of another layout than the samples that ship have no signals among these: one placeholder stands
    for them. Their objects have no weights of their own in the loss unless the demo's do, and the firmware
    is for a part that takes any inputs.

    Args:
        backend: Who quantises.
        events: The background, of any format that says its layout itself; None for the demo's.
        name: Name of the algorithm; None for the demo's, so that the file is the demo's.

    Raises:
        DataError: If the events cannot be read.
    """
    base = demo_config("hgq" if backend == "hgq" else "qkeras")
    values: dict[str, object] = {} if backend == "hgq" else {"model.backend": backend}
    if name is not None:
        values["name"] = name
    if events is not None:
        layout = open_events(events).layout
        values["data.background"] = events
        if layout != open_events(base.data.background).layout:
            values |= _of_layout(layout)
    return with_values(base, values, where="l1ad init")


def name_of(path: Path) -> str:
    """Name the algorithm after its file, e.g. `mine` for `mine.yaml`; `mine` too where that makes no name."""
    try:
        cpp_identifier(path.stem)
    except ValueError:
        return "mine"
    return path.stem


def schema_beside(path: Path) -> Path:
    """Name the schema that an editor checks a configuration with, in the same folder."""
    return path.with_name(f"l1ad_{Kind.RUN}.schema.json")


def write_initial(path: Path, config: RunConfig, *, schema: bool = False, force: bool = False) -> None:
    """Write a configuration with a comment over every key.

    Args:
        path: The file to write.
        config: What it shall load to.
        schema: Write its JSON schema beside it too, and name it in the first line for editors.
        force: Replace a file that is there.

    Raises:
        ConfigError: If there is one, and `force` is not given.
    """
    if path.is_dir():
        raise ConfigError(f"{path}: a folder; give the name of the file to write, e.g. {path / 'run.yaml'}")
    if path.exists() and not force:
        raise ConfigError(f"{path}: there is such a file; give another name, or replace it with --force")
    first = []
    if schema:
        save_schema(Kind.RUN, schema_beside(path))
        first = [editor_line(schema_beside(path).name)]
    file = quote(path.name)
    head = [
        *first,
        "# A run of l1ad, every key: change what you need; a key that is left out has its default.",
        f"# `l1ad config check {file}` tells what is wrong or unwise with it,",
        f"# `l1ad train {file} --run {quote(str(run_of(config)))}` begins the run.",
        "",
    ]
    write_text_safely(path, "\n".join([*head, commented(config)]))


def run_of(config: RunConfig) -> Path:
    """Suggest the directory of a run."""
    return Path("runs") / config.name


def _of_layout(layout: InputLayout) -> dict[str, object]:
    """Change what the demo's events alone bring along."""
    kinds = {field.object_type for field in layout.fields}
    weights = {kind: weight for kind, weight in OBJECT_WEIGHTS.items() if kind in kinds}
    return {
        "data.signals": {"signal": "signal.h5"},
        "data.development": {},
        "training.loss.object_weights": weights,
        "firmware.target": _GENERIC_TARGET,
    }
