"""YAML in, typed configuration out; every fault says which file, which key and what would be right."""

import difflib
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from l1ad.core.errors import ConfigError

__all__ = ["Location", "Section", "fault_sentences", "load_config", "parse_config", "read_document"]

Location = tuple[int | str, ...]
"""Keys and places that lead to a value, from the top of the document."""


class Section(BaseModel):
    """A part of the configuration: immutable, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _OnceLoader(yaml.SafeLoader):
    """YAML's safe loader, which takes the last of two equal keys in silence, made to refuse the second."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"key {key!r} is given twice, the first time {node.start_mark}")
        return super().construct_mapping(node, deep)


Model = TypeVar("Model", bound=Section)


def load_config(path: Path, model: type[Model]) -> Model:
    """Read a YAML file into a configuration model.

    Raises:
        ConfigError: If the file is missing, not YAML, or holds a key or value that is not known.
    """
    return parse_config(read_document(path), model, where=str(path))


def read_document(path: Path) -> dict[Any, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        ConfigError: If the file is missing, not YAML, or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path}: {fault}") from None
    try:
        document = yaml.load(text, Loader=_OnceLoader)  # noqa: S506 -- a SafeLoader
    except yaml.YAMLError as fault:
        raise ConfigError(f"{path}: not YAML ({' '.join(str(fault).split())})") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        given = type(document).__name__
        raise ConfigError(f"{path}: a configuration is a mapping of 'key: value', not {given}")
    return document


def parse_config(document: Any, model: type[Model], *, where: str) -> Model:
    """Check a parsed document against a configuration model."""
    if not isinstance(document, dict):
        given = type(document).__name__
        raise ConfigError(f"{where}: a configuration is a mapping of 'key: value', not {given}")
    try:
        return model.model_validate(document)
    except ValidationError as fault:
        (_, sentence), *others = fault_sentences(fault, model)
        more = f" (and {len(others)} more)" if others else ""
        raise ConfigError(f"{where}: {sentence}{more}") from None


def fault_sentences(fault: ValidationError, model: type[BaseModel]) -> list[tuple[Location, str]]:
    """Say each fault in one sentence, with the path to its key and a suggestion, beside where it is."""
    return [(one["loc"], _sentence(one, model)) for one in fault.errors()]


def _sentence(one: ErrorDetails, model: type[BaseModel]) -> str:
    path = ".".join(str(part) for part in one["loc"])
    if one["type"] == "extra_forbidden":
        known = list(_section_at(model, one["loc"][:-1]).model_fields)
        close = difflib.get_close_matches(str(one["loc"][-1]), known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known here are {', '.join(known)}"
        return f"unknown key {path!r}; {hint}"
    if one["type"] == "missing":
        return f"key {path!r} is missing"
    message = one["msg"].removeprefix("Value error, ")
    return f"{path or 'configuration'} = {one['input']!r}: {message[0].lower()}{message[1:]}"


def _section_at(model: type[BaseModel], path: Location) -> type[BaseModel]:
    """Follow a path of keys to the section it leads to."""
    for key in path:
        field = model.model_fields.get(str(key))
        if field is None:
            continue  # the key of a mapping or a list: its values' model was found one step before
        candidates = [field.annotation, *get_args(field.annotation)]
        models = [one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)]
        if models:
            model = models[0]
    return model
