"""A configuration as a file to be read and changed: every key with its meaning, limits and default."""

import textwrap
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from l1ad.config.loading import Section

__all__ = ["commented"]

_WIDTH = 110
_SHORT = 60
"""Longest default that is written out."""

_LIMITS = {"gt": "over", "ge": "at least", "lt": "below", "le": "at most"}


def commented(section: Section) -> str:
    """Write a configuration as YAML that loads to the same, with a comment over every key.

    Args:
        section: The configuration; its values are written, its defaults are named.

    Returns:
        The text, with a line break at its end.
    """
    return "\n".join(_lines(section, "")).strip("\n") + "\n"


def _lines(section: Section, indent: str) -> Iterator[str]:
    document = section.model_dump(mode="json")
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield ""
            yield from _comment(_first_paragraph(type(value)), indent)
            yield f"{indent}{name}:"
            yield from _lines(value, f"{indent}  ")
        else:
            yield from _comment(_told(field), indent)
            yield from _entry(name, document[name], indent)


def _entry(name: str, value: Any, indent: str) -> Iterator[str]:
    """Write a key: filled mappings and lists of them one line a value, anything else in one line."""
    if isinstance(value, dict) and value:
        yield f"{indent}{name}:"
        yield from (f"{indent}  {_in_line(key)}: {_in_line(one)}" for key, one in value.items())
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        yield f"{indent}{name}:"
        yield from (f"{indent}  - {_in_line(one)}" for one in value)
    else:
        yield f"{indent}{name}: {_in_line(value)}"


def _in_line(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1_000_000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ", break_on_hyphens=False
    )


def _told(field: FieldInfo) -> str:
    """Say of a key what it means, what it may be, and what it is unless told."""
    parts = [field.description or "", *_allowed(field)]
    if not field.is_required():
        parts.append(f"default {_default(field)}")
    return "; ".join(filter(None, parts))


def _allowed(field: FieldInfo) -> Iterator[str]:
    choices = [str(one) for one in _choices(field.annotation)]
    if choices:
        yield f"one of {', '.join(choices)}"
    limits = [
        f"{word} {getattr(one, name):g}" for one in field.metadata for name, word in _LIMITS.items()
        if getattr(one, name, None) is not None
    ]  # fmt: skip
    if limits:
        yield " and ".join(limits)
    inner = next(_sections(field.annotation), None)
    if inner is not None:
        yield f"each with {', '.join(inner.model_fields)}"


def _default(field: FieldInfo) -> str:
    text = _in_line(to_jsonable_python(field.get_default(call_default_factory=True)))
    return text if len(text) <= _SHORT else "as it ships"


def _choices(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)


def _sections(annotation: Any) -> Iterator[type[Section]]:
    """Find the sections that lists and mappings of an annotation hold."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    elif get_origin(annotation) in (tuple, list, dict, Union, types.UnionType, Annotated):
        for one in get_args(annotation):
            yield from _sections(one)


def _first_paragraph(model: type[Section]) -> str:
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())
