"""Where families are found by their name; each one registers itself when its module is imported."""

from collections.abc import Callable
from typing import TypeVar

from l1ad.config.study import FamilyConfig
from l1ad.core.errors import ConfigError
from l1ad.training.families.family import Family

__all__ = ["FAMILIES", "family_of", "registered"]

FAMILIES: dict[str, type[Family]] = {}
"""Every family that was imported, by its name."""

Kind = TypeVar("Kind", bound=type[Family])


def registered(name: str) -> Callable[[Kind], Kind]:
    """Give the decorator that makes a class known as the family of this name.

    Raises:
        ValueError: If another class has the name.
    """

    def register(family: Kind) -> Kind:
        if FAMILIES.setdefault(name, family) is not family:
            raise ValueError(f"two families are called {name!r}: {FAMILIES[name].__name__}, {family.__name__}")
        return family

    return register


def family_of(config: FamilyConfig) -> Family:
    """Make the family that a configuration names.

    Raises:
        ConfigError: If there is none of the name.
    """
    # Importing registers them.
    from l1ad.training.families import contractive, dense, sparse, variational  # noqa: F401

    if config.kind not in FAMILIES:
        raise ConfigError(f"no family is called {config.kind!r}; known are {', '.join(FAMILIES)}")
    return FAMILIES[config.kind](config)
