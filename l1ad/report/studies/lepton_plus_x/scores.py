"""Processes of a lepton + X study, and what scores do at shares of its stream, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from l1ad.metrics.ranks import Bounded

__all__ = ["PointResult", "ProcessAccount", "ScoreKind", "ScoreResult", "SignalAtPoint"]

Reals = NDArray[np.float64]


class ScoreKind(Enum):
    """What a score is."""

    FLOAT = "autoencoder, floating point"
    DEPLOYABLE = "deployable: integers of the emulator"
    CUT = "one feature"
    SUPERVISED = "told the signal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessAccount:
    """What a process of the stream, or a signal, was made of. Errors are statistical standard errors.

    Attributes:
        name: Its name.
        title: What figures call it.
        generated: Collisions generated; events of a user's file.
        passed: Those that passed the filter.
        cross_section_pb: Cross section before the filter, with factor and branching.
        cross_section_error_pb: Its error.
        acceptance: Share that passed; 1 of a user's file, of which nothing is known.
        acceptance_error: Its error.
        filtered_pb: Cross section within the filter.
        filtered_error_pb: Its error.
        training: Different events that training and validation use.
        unseen: Events to measure on.
    """

    name: str
    title: str
    generated: int
    passed: int
    cross_section_pb: float
    cross_section_error_pb: float
    acceptance: float
    acceptance_error: float
    filtered_pb: float
    filtered_error_pb: float
    training: int = 0
    unseen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalAtPoint:
    """A signal at a threshold. Intervals hold the error of the threshold, of the signal and of its acceptance.

    Attributes:
        efficiency: Share of the signal within the stream that passes.
        n_pass: Events of it that do.
        events_pb: Cross section in pb for 100 accepted events a month.
        purity_pb: Cross section in pb for a signal of a third of the accepted background.
    """

    efficiency: Bounded
    n_pass: int
    events_pb: Bounded
    purity_pb: Bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """A score at a share of the stream.

    Attributes:
        name: As the study has it, e.g. `50 events/day`.
        share: Share of the stream.
        events_per_day: What that is in a day.
        extrapolated: Whether the threshold is that of a fitted tail.
        n_pass: Unseen events of the stream that pass.
        counted_per_day: Events a day that those are, by their weights, with the interval of the count.
        effective_pass: Effective events at the share by count; few where it is extrapolated.
        label: How the threshold was found.
        composition: Part of the accepted weight by process; empty where no event passes.
        signals: By signal.
    """

    name: str
    share: float
    events_per_day: float
    extrapolated: bool
    n_pass: int
    counted_per_day: Bounded
    effective_pass: float
    label: str
    composition: Mapping[str, float]
    signals: Mapping[str, SignalAtPoint]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreResult:
    """One way of scoring.

    Attributes:
        name: What tables call it, e.g. `vae total`.
        kind: What it is.
        auc: Area under the ROC curve by signal.
        efficiencies: Share of each signal where `LeptonPlusXResults.roc_shares` of the stream pass.
        points: At each point that can be set.
        refused: Why, of those that cannot, by name of the point.
    """

    name: str
    kind: ScoreKind
    auc: Mapping[str, Bounded]
    efficiencies: Mapping[str, Reals]
    points: tuple[PointResult, ...]
    refused: Mapping[str, str]

    def at(self, point: str) -> PointResult | None:
        """Give what it does at a point; None where that cannot be set."""
        return next((one for one in self.points if one.name == point), None)
