"""Configurations for Python: from a file, from a dictionary, or the demo's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from l1ad.config.importing import ImportConfig
from l1ad.config.loading import Section, parse_config
from l1ad.config.loading import load_config as load_section
from l1ad.config.presets import demo_config as demo_run
from l1ad.config.presets import with_epochs
from l1ad.config.run import RunConfig

__all__ = ["ConfigLike", "chosen_config", "chosen_import", "demo_config", "load_config"]

ConfigLike = RunConfig | str | Path | Mapping[str, Any]
"""A configuration, the path of a YAML file, or its keys and values."""

Model = TypeVar("Model", bound=Section)


def load_config(path: str | Path) -> RunConfig:
    """Read the configuration of a run from a YAML file, e.g. `configs/quickstart.yaml`.

    Raises:
        ConfigError: If the file is missing, not YAML, or holds a key or value that is not known.
    """
    return load_section(Path(path), RunConfig)


def demo_config(backend: Literal["qkeras", "hgq"] = "qkeras", *, epochs: int | None = None) -> RunConfig:
    """Give the configuration of `l1ad demo`.

    Args:
        backend: Who quantises: `qkeras` or `hgq`.
        epochs: Another number of epochs; pruning keeps its share of them.
    """
    config = demo_run(backend)
    return config if epochs is None else with_epochs(config, epochs)


def chosen_config(config: ConfigLike) -> RunConfig:
    """Take a configuration in whatever form it comes; keys that are left out have their defaults.

    Raises:
        ConfigError: If it says something unknown or out of range.
    """
    return _chosen(config, RunConfig)


def chosen_import(config: ImportConfig | str | Path | Mapping[str, Any] | None) -> ImportConfig:
    """Take what an import needs to know, in whatever form it comes.

    Raises:
        ConfigError: If it says something unknown or out of range.
    """
    return _chosen({} if config is None else config, ImportConfig)


def _chosen(config: Any, model: type[Model]) -> Model:
    if isinstance(config, model):
        return config
    if isinstance(config, str | Path):
        return load_section(Path(config), model)
    return parse_config(dict(config) if isinstance(config, Mapping) else config, model, where="configuration")
