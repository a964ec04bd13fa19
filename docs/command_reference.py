"""The reference of the command line, made of the commands themselves."""

import inspect
from html import escape
from typing import Any

import typer
from typer.main import get_command

from l1ad.cli.main import app

__all__ = ["commands", "leaves"]


def leaves() -> dict[str, Any]:
    """Find every command, in the order of the help, by its whole name, e.g. `rates menu`."""
    return dict(_leaves(get_command(app), ()))


def commands() -> str:
    """Write a section for each command: what it does, how it is called, what it takes."""
    parts, group = [], ""
    for name, command in leaves().items():
        first, _, inner = name.partition(" ")
        if inner and first != group:
            purpose = getattr(get_command(app), "commands")[first].help  # noqa: B009 -- a group has commands
            parts.append(f"## l1ad {first} {{ #{first}-commands }}\n\n{purpose}")
        group = first if inner else ""
        parts.append(_section(name, command, level=3 if inner else 2))
    return "\n\n".join(parts)


def _leaves(command: Any, path: tuple[str, ...]) -> list[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(" ".join(path), command)]
    return [leaf for name, one in inner.items() for leaf in _leaves(one, (*path, name))]


def _section(name: str, command: Any, *, level: int) -> str:
    context = command.context_class(command, info_name=f"l1ad {name}")
    title = f"{'#' * level} l1ad {name} {{ #{name.replace(' ', '-')} }}"
    usage = " ".join([f"l1ad {name}", *command.collect_usage_pieces(context)])
    parts = [title, inspect.cleandoc(command.help or ""), f"```text\n{usage}\n```"]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not _everywhere(one)]
    if arguments:
        rows = [[f"`{one.get_usage_pieces(context)[0]}`", _clean(one.help)] for one in arguments]
        parts.append(_table(["argument", "what it is"], rows))
    if options:
        rows = [_option(one, context) for one in options]
        header = ["option", "what it does", "unless given"]
        n = 3 if any(row[2] for row in rows) else 2  # no column that says nothing
        parts.append(_table(header[:n], [row[:n] for row in rows]))
    example = (command.epilog or "").removeprefix("Example: ")
    if example:
        parts.append("```sh\n" + "\n".join(one.strip() for one in example.split("  or  ")) + "\n```")
    return "\n\n".join(parts)


def _everywhere(option: Any) -> bool:
    """Tell an option that every command has, which the page says once."""
    return bool({"--quiet", "--verbose"} & set(option.opts))


def _option(option: Any, context: typer.Context) -> list[str]:
    spelling = option.get_help_record(context)[0]
    return [f"<code>{escape(spelling).replace('|', '&#124;')}</code>", _clean(option.help), _default(option)]


def _default(option: Any) -> str:
    if option.required:
        return "needed"
    value = option.default
    if value is None or value is False or value == [] or callable(value):
        return ""
    value = getattr(value, "value", value)
    return "on" if value is True else f"`{_clean(str(value))}`"


def _clean(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
