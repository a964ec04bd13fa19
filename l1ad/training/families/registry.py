"""Where families are found by their name; each one registers itself when its module is imported."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Protocol, TypeVar

from l1ad.core.errors import ConfigError
from l1ad.training import families
from l1ad.training.families.family import Family

__all__ = ["FAMILIES", "every_family", "family_of", "registered"]

FAMILIES: dict[str, type[Family]] = {}
"""Every family that was imported, by its name."""

Kind = TypeVar("Kind", bound=type[Family])


class Configured(Protocol):
    """Configuration of a member of a family."""

    @property
    def kind(self) -> str:
        """Name of the family."""


def registered(name: str) -> Callable[[Kind], Kind]:
    """Give the decorator that makes a class known as the family of this name.

    Its constructor takes the configuration of a member.

    Raises:
        ValueError: If another class has the name.
    """

    def register(family: Kind) -> Kind:
        if FAMILIES.setdefault(name, family) is not family:
            raise ValueError(f"two families are called {name!r}: {FAMILIES[name].__name__}, {family.__name__}")
        return family

    return register


def every_family() -> dict[str, type[Family]]:
    """Import every module of the room, which registers its families, and give them by their names."""
    for module in pkgutil.iter_modules(families.__path__):
        importlib.import_module(f"{families.__name__}.{module.name}")
    return FAMILIES


def family_of(config: Configured) -> Family:
    """Make the family that a configuration names.

    Raises:
        ConfigError: If there is none of the name.
    """
    known = every_family()
    if config.kind not in known:
        raise ConfigError(f"no family is called {config.kind!r}; known are {', '.join(known)}")
    return known[config.kind](config)
