"""What is wrong with a configuration, in sentences: which keys are to blame, and what would be right."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

__all__ = ["Fault", "Location", "at_keys", "dotted", "faults_of"]

Location = tuple[int | str, ...]
"""Keys and places that lead to a value, from the top of the document."""

_AT_KEYS = "at_keys"
_LONGEST_SHOWN = 60
"""Characters of a list that a sentence repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a document.

    Attributes:
        places: The keys to blame, most of all first, and the section that they are of last.
        sentence: What is wrong, with the path to the key and a suggestion.
    """

    places: tuple[Location, ...]
    sentence: str


def at_keys(message: str, *keys: str | Location) -> PydanticCustomError:
    """Make what a validator of a section raises, which says the keys of the section that do not go together.

    Args:
        message: What is wrong, and what would be right.
        keys: Keys of the section, or ways to keys below it; the one that is most likely wrong first.
    """
    ways = [(key,) if isinstance(key, str) else key for key in keys]
    return PydanticCustomError(_AT_KEYS, "{told}", {"told": message, "keys": ways})


def dotted(place: Location) -> str:
    """Write the way to a key as people do."""
    return ".".join(str(part) for part in place)


def faults_of(fault: ValidationError, model: type[BaseModel], document: Any) -> list[Fault]:
    """Say each fault in one sentence, once each, with the path to its key and a suggestion.

    Args:
        fault: What pydantic found.
        model: The model that the document was held against.
        document: The document.
    """
    every = list(fault.errors())
    if not document and all(one["type"] == "missing" and len(one["loc"]) == 1 for one in every):
        return [Fault(places=((),), sentence=f"empty; needed are {_listed(model)}")]
    found = [(_place(one, document), one) for one in every]
    return [
        _fault(place, one, model)
        for number, (place, one) in enumerate(found)
        if not _is_told_elsewhere(place, one, found[number + 1 :], found)
    ]


def _place(one: ErrorDetails, document: Any) -> Location:
    """Find the way to a value in the document: pydantic names the members of a union on it too."""
    way: list[int | str] = []
    at = document
    for number, part in enumerate(one["loc"]):
        last_is_not_there = number == len(one["loc"]) - 1 and one["type"] == "missing"
        is_a_key = isinstance(at, Mapping) and (part in at or str(part) in map(str, at))
        if is_a_key or isinstance(part, int) or last_is_not_there:
            way.append(part)
            at = _below(at, part)
        elif isinstance(at, BaseModel):
            way.append(part)
            at = getattr(at, str(part), None)
    return tuple(way)


def _below(at: Any, part: int | str) -> Any:
    if isinstance(at, Mapping):
        return next((value for key, value in at.items() if str(key) == str(part)), None)
    if isinstance(at, list | tuple) and isinstance(part, int) and part < len(at):
        return at[part]
    return None


def _is_told_elsewhere(
    place: Location,
    one: ErrorDetails,
    later: list[tuple[Location, ErrorDetails]],
    found: list[tuple[Location, ErrorDetails]],
) -> bool:
    """Tell whether another member of a union says more of the same value: deeper, or as well and later."""
    of_a_union = len(place) < len(one["loc"])
    deeper = any(len(other) > len(place) and other[: len(place)] == place for other, _ in found)
    return of_a_union and (deeper or any(other == place for other, _ in later))


def _fault(place: Location, one: ErrorDetails, model: type[BaseModel]) -> Fault:
    path = dotted(place)
    if one["type"] == "extra_forbidden":
        return Fault(places=(place, place[:-1]), sentence=_unknown(path, place, model))
    if one["type"] == "missing":
        return Fault(places=(place[:-1],), sentence=f"key {path!r} is missing")
    message = one["msg"].removeprefix("Value error, ")
    message = f"{message[0].lower()}{message[1:]}"
    ways = one["ctx"]["keys"] if one["type"] == _AT_KEYS else []
    if ways:
        keys = [_with_value((*place, *way), _at(one["input"], way)) for way in ways]
        blamed = tuple((*place, *way) for way in ways)
        return Fault(places=(*blamed, place), sentence=f"{message}: {', '.join(keys)}")
    if not path:
        return Fault(places=(place,), sentence=message)
    if _is_shown(one["input"]):
        return Fault(places=(place,), sentence=f"{path} = {one['input']!r}: {message}")
    return Fault(places=(place,), sentence=f"{message}: {path}")


def _unknown(path: str, place: Location, model: type[BaseModel]) -> str:
    known = list(_section_at(model, place[:-1]).model_fields)
    close = difflib.get_close_matches(str(place[-1]), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known here are {', '.join(known)}"
    return f"unknown key {path!r}; {hint}"


def _with_value(place: Location, value: Any) -> str:
    """Name a key, with its value where that is given and short."""
    return f"{dotted(place)} = {value!r}" if value is not None and _is_shown(value) else dotted(place)


def _at(given: Any, way: Location) -> Any:
    for part in way:
        given = getattr(given, str(part), None) if isinstance(given, BaseModel) else _below(given, part)
    return given


def _is_shown(value: Any) -> bool:
    """Tell whether a sentence can repeat a value: whole mappings and long lists would bury it."""
    if isinstance(value, Mapping | BaseModel):
        return not value
    return not isinstance(value, list | tuple) or len(repr(value)) <= _LONGEST_SHOWN


def _listed(model: type[BaseModel]) -> str:
    return ", ".join(name for name, field in model.model_fields.items() if field.is_required())


def _section_at(model: type[BaseModel], path: Location) -> type[BaseModel]:
    """Follow a path of keys to the section it leads to."""
    for key in path:
        field = model.model_fields.get(str(key))
        if field is None:
            continue  # the key of a mapping or a list: its values' model was found one step before
        models = list(_models(field.annotation))
        if models:
            model = models[0]
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Find the sections that an annotation names, in itself or in what it is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for one in get_args(annotation):
        yield from _models(one)
