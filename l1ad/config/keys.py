"""Dotted keys of a run's configuration, e.g. `training.loss.beta`: which there are, and how they are set."""

import difflib
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from l1ad.config.loading import Section
from l1ad.config.run import RunConfig

__all__ = ["check_key", "document_with", "known_keys", "number_at"]


def known_keys() -> list[str]:
    """List the keys of a run's configuration, sections before what lies in them."""
    return list(_keys(RunConfig))


def check_key(key: str) -> None:
    """Refuse a key that a run does not have.

    Raises:
        ValueError: If it is none; the one that may have been meant is named.
    """
    _type_at(key)


def number_at(key: str) -> type[int] | type[float] | None:
    """Tell whether a key counts something, measures something, or holds no number."""
    kinds = set(_kinds(_type_at(key)))
    return float if float in kinds else int if int in kinds else None


def document_with(base: RunConfig, values: Mapping[str, Any]) -> dict[str, Any]:
    """Write a configuration down with other values at some keys; it is not checked.

    Raises:
        ValueError: If a run does not have one of the keys.
    """
    document = base.model_dump(mode="json")
    for key, value in values.items():
        check_key(key)
        *outer, last = key.split(".")
        at = document
        for part in outer:
            at = at.setdefault(part, {})
        at[last] = value
    return document


def _keys(section: type[Section], before: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        yield f"{before}{name}"
        inner = _section(field.annotation)
        if inner is not None:
            yield from _keys(inner, f"{before}{name}.")


def _type_at(key: str) -> Any:
    """Follow a key to the annotation of what it holds."""
    at: Any = RunConfig
    parts = key.split(".")
    for place, part in enumerate(parts):
        section = _section(at)
        if get_origin(at) is dict and part:
            at = get_args(at)[1]
        elif section is not None and part in section.model_fields:
            at = section.model_fields[part].annotation
        else:
            here = [".".join([*parts[:place], name]) for name in section.model_fields] if section else []
            raise ValueError(f"a run has no key {key!r}; {_meant(key, here)}")
    return at


def _meant(key: str, here: list[str]) -> str:
    """Suggest a key: one that ends alike in whatever section, or one spelt alike, in its own section first."""
    known, last = known_keys(), key.rpartition(".")[2]
    alike = [one for one in known if one.rpartition(".")[2] == last]
    for candidates, cutoff in ((here, 0.8), (alike, 0.0), (known, 0.6)):
        close = difflib.get_close_matches(key, candidates, n=1, cutoff=cutoff)
        if close:
            return f"did you mean {close[0]!r}?"
    return f"it begins with {', '.join(RunConfig.model_fields)}"


def _section(annotation: Any) -> type[Section] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def _kinds(annotation: Any) -> Iterator[Any]:
    """List the types that an annotation stands for, without limits and alternatives."""
    if get_origin(annotation) is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from _kinds(one)
    else:
        yield annotation
