"""The trials of a scan, asked, finished and failed, and what evaluates them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Asked", "Evaluate", "Evaluation", "Failed", "Finished"]

Evaluate = Callable[[Mapping[str, Any], Path], Mapping[str, float]]
"""Turns a run's configuration, as a document, and a folder of its own into values by name.

Other processes call it, so it must be importable: a function of a module. The folder may not exist yet, or hold
what an evaluation that was stopped left behind.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A trial to evaluate.

    Attributes:
        number: Its number in the study, from 0.
        parameters: Value of each key of the space.
        document: The whole configuration of its run.
    """

    number: int
    parameters: Mapping[str, Any]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What an evaluation gave.

    Attributes:
        values: Everything it told, by name; the objectives are among it.
        seconds: Time it took.
        versions: Of the programs, where it ran.
    """

    values: Mapping[str, float]
    seconds: float
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A trial that was evaluated.

    Attributes:
        number: Its number in the study, from 0.
        parameters: Value of each key of the space.
        document: The whole configuration of its run, which rebuilds it.
        values: Everything the evaluation told, by name; the objectives are among it.
        seconds: Time the evaluation took.
        versions: Of the programs, where it ran.
    """

    number: int
    parameters: Mapping[str, Any]
    document: Mapping[str, Any]
    values: Mapping[str, float]
    seconds: float
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A trial that has no values.

    Attributes:
        number: Its number in the study, from 0.
        parameters: Value of each key of the space.
        reason: Why, in one sentence.
    """

    number: int
    parameters: Mapping[str, Any]
    reason: str
