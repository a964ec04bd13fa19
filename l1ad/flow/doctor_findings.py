"""One thing that `l1ad doctor` looked at."""

from dataclasses import dataclass
from enum import Enum

__all__ = ["Finding", "Health"]


class Health(Enum):
    """How something is."""

    GOOD = "good"
    MISSING = "missing"
    """Not there, which is well for whoever does not need it."""
    ODD = "odd"
    """There, but not as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        group: What it is: package, extra, conflict, tool, card, machine or trial.
        name: Its name.
        found: What is there, e.g. versions; empty for nothing.
        health: How it is.
        purpose: What it is good for.
        note: What is wrong with it, and how to get it right; empty when all is well.
        needed: Whether nothing works without it.
    """

    group: str
    name: str
    found: str
    health: Health = Health.GOOD
    purpose: str = ""
    note: str = ""
    needed: bool = False
