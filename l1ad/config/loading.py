"""YAML in, typed configuration out; every fault says which file, which key and what would be right."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from l1ad.config.faults import faults_of
from l1ad.core.errors import ConfigError

__all__ = ["Section", "load_config", "parse_config", "read_document"]


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
    except IsADirectoryError:
        raise ConfigError(f"{path}: a folder; name one of its files") from None
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
        first, *others = faults_of(fault, model, document)
        more = f" (and {len(others)} more)" if others else ""
        raise ConfigError(f"{where}: {first.sentence}{more}") from None
