"""The commands about configuration files: check, show, schema."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from l1ad.cli.options import JsonOption

if TYPE_CHECKING:
    from l1ad.config.kinds import CheckedFile
    from l1ad.flow.advice_remark import Remark

__all__ = ["CONFIG_COMMANDS"]


class KindName(StrEnum):
    """The kinds of files, as `l1ad.config.kinds.Kind`, which help need not wait for."""

    RUN = "run"
    SCAN = "scan"
    TARGET = "target"
    LAYOUT = "layout"
    ACCEPTANCE = "acceptance"
    SAMPLE = "sample"
    POOL = "pool"
    IMPORT = "import"
    STUDY_DATA_QUALITY = "study_data_quality"
    STUDY_JETS = "study_jets"
    STUDY_HLT_AND_L1 = "study_hlt_and_l1"
    STUDY_GENERATION = "study_generation"
    STUDY_LEPTON_PLUS_X = "study_lepton_plus_x"
    STUDY_WITHOUT_SIGNAL = "study_without_signal"


KindOption = Annotated[
    KindName | None, typer.Option(help="What the file configures; by default its keys tell.")
]


def config_check(
    files: Annotated[list[Path], typer.Argument(help="Files of any of l1ad's kinds (YAML).")],
    kind: KindOption = None,
    json: JsonOption = False,
) -> None:
    """Tell everything that is wrong or unwise with configuration files; exit code 1 if something is wrong."""
    from l1ad.cli.terminal import print_json
    from l1ad.config.kinds import checked_file
    from l1ad.flow.advice import remarks

    told = []
    for file in files:
        checked = checked_file(file, _kind(kind))
        said = () if checked.config is None else remarks(checked.config, file)
        told.append(_document(checked, said))
        if not json:
            _print(told[-1])
    if json:
        print_json(told)
    if any(one["faults"] for one in told):
        raise typer.Exit(1)


def config_show(
    file: Annotated[Path, typer.Argument(help="File of any of l1ad's kinds (YAML).")],
    kind: KindOption = None,
    json: JsonOption = False,
) -> None:
    """Print a configuration in full: what the file says, and every default it leaves to l1ad."""
    import yaml

    from l1ad.cli.terminal import show
    from l1ad.config.kinds import checked_file
    from l1ad.core.errors import ConfigError

    checked = checked_file(file, _kind(kind))
    if checked.config is None:
        first, *others = checked.faults
        more = f" (and {len(others)} more; `l1ad config check {file}` lists them)" if others else ""
        line = "" if first.line is None else f":{first.line}"
        raise ConfigError(f"{file}{line}: {first.sentence}{more}")
    document = checked.config.model_dump(mode="json")
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True).rstrip("\n")
    show(document, text, as_json=json)


def config_schema(
    kind: Annotated[KindName, typer.Option(help="What the files configure.")] = KindName.RUN,
    out: Annotated[Path | None, typer.Option(help="File to write instead of stdout.")] = None,
) -> None:
    """Give the JSON schema of a kind of file; VS Code's YAML extension completes and checks with it.

    The first line of a YAML file tells the editor: # yaml-language-server: $schema=run.schema.json
    """
    from l1ad.cli.terminal import print_json
    from l1ad.config.kinds import Kind
    from l1ad.config.schema import editor_line, json_schema, save_schema
    from l1ad.flow.targets import check_target

    if out is None:
        print_json(json_schema(Kind(kind.value)))
        return
    check_target(out)
    save_schema(Kind(kind.value), out)
    typer.echo(f"{out}: schema of {kind.value} files; their first line for editors: {editor_line(out.name)}")


def _kind(name: KindName | None) -> Any:
    from l1ad.config.kinds import Kind

    return None if name is None else Kind(name.value)


def _print(told: dict[str, Any]) -> None:
    """Print a file that is fine in one line, and of others every fault and what is unwise, with the line."""
    counts = [
        f"{len(told[what])} {word}" for what, word in (("faults", "wrong"), ("unwise", "unwise")) if told[what]
    ]
    typer.echo(f"{told['file']}: {', '.join(counts) or 'fine'} ({told['kind']} configuration)")
    for what, word in (("faults", ""), ("unwise", "unwise: ")):
        for one in told[what]:
            line = "" if one["line"] is None else f":{one['line']}"
            typer.echo(f"{told['file']}{line}: {word}{one['text']}")


def _document(checked: "CheckedFile", said: "tuple[Remark, ...]") -> dict[str, Any]:
    from l1ad.config.kinds import line_of

    def placed(one: "Remark") -> dict[str, Any]:
        return {"line": line_of(checked.path, [one.place]), "text": one.text}

    faults = [{"line": one.line, "text": one.sentence} for one in checked.faults]
    faults += [placed(one) for one in said if one.wrong]
    unwise = [placed(one) for one in said if not one.wrong]
    return {"file": str(checked.path), "kind": str(checked.kind), "faults": faults, "unwise": unwise}


CONFIG_COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    ("check", config_check, "l1ad config check mine.yaml configs/scan.yaml"),
    ("show", config_show, "l1ad config show configs/quickstart.yaml"),
    ("schema", config_schema, "l1ad config schema --kind run --out run.schema.json"),
)
"""The commands about configurations: name, command, example."""
