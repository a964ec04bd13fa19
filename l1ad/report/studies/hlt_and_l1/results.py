"""What a study of HLT and L1 objects found, as values that a document is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.plain import plain
from l1ad.metrics.ensemble import Spread
from l1ad.metrics.repetitions import Repeated

__all__ = [
    "BothResults",
    "Cell",
    "Deployed",
    "Entry",
    "Figure",
    "Found",
    "MetCurve",
    "SampleView",
    "Trained",
    "Volatility",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What networks were trained as and on.

    Attributes:
        family: Name of the network.
        view: `l1` or `hlt`.
        stream: `zero_bias`, or `accepted`: what L1 accepts.
    """

    family: str
    view: str
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of merit of several trainings.

    Attributes:
        repeated: Its mean and spread over trainings.
        error: Half width of a training's own interval, averaged: statistics of the test.
    """

    repeated: Repeated
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is found of a signal.

    Attributes:
        auc: Area under the ROC curve against zero bias.
        efficiency: By share of zero bias that passes.
        pure: The same of what L1's menu does not accept, as a part of all events.
        stream: Accepted by L1 and passed, as a part of all events, by share of what L1 accepts that passes.
    """

    auc: Figure
    efficiency: Mapping[str, Figure]
    pure: Mapping[str, Figure]
    stream: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Networks asked about the events of a view.

    Attributes:
        trained: The networks.
        scored: The view.
        signals: What they find, by signal.
        same_events: Rank correlation, event by event of zero bias, with what they score in their own view.
        met: Rank correlation of score and MET on zero bias, both of this view.
    """

    trained: Trained
    scored: str
    signals: Mapping[str, Found]
    same_events: Repeated
    met: Repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Volatility:
    """How trainings that differ in nothing but their seed differ, in their own view.

    Attributes:
        trained: The networks.
        auc: By signal.
        efficiency: At the first share of zero bias, by signal.
        threshold: At the first share.
        correlation_mean: Mean over pairs of the rank correlation of their scores on zero bias.
        correlation_low: That of the two most unlike.
        common: Events that two both accept over those that either does, mean over pairs, by share.
    """

    trained: Trained
    auc: Mapping[str, Spread]
    efficiency: Mapping[str, Spread]
    threshold: Spread
    correlation_mean: float
    correlation_low: float
    common: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetCurve:
    """Score against MET of the first training, in its own view. Arrays have one entry a bin.

    Attributes:
        trained: The network.
        edges: Edges of the bins in GeV, one more.
        quantiles: 16, 50 and 84 % quantiles of score / threshold on zero bias, shape (3, n_bins); NaN of
            bins with few events.
        passed: Part of each sample that passes the threshold, with its interval, shape (3, n_bins) each.
    """

    trained: Trained
    edges: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    passed: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How one entry comes back from a family's networks, mean over trainings.

    Attributes:
        name: Its name.
        unit: Its unit.
        events: Events in which its object is there.
        true_width: Standard deviation of the entry itself.
        mean: Mean of reconstructed − true.
        width: Its standard deviation.
    """

    name: str
    unit: str
    events: int
    true_width: float
    mean: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleView:
    """What a sample looks like in a view.

    Attributes:
        sample: Its name.
        view: The view.
        events: How many.
        accepted: Part of them that L1 accepts.
        met: 16, 50 and 84 % quantiles of MET in GeV.
        objects: Mean number of objects by type.
        leading: Median pT in GeV of the leading object of each type, where there is one.
        correlation: Rank correlation of MET in both views.
    """

    sample: str
    view: str
    events: int
    accepted: float
    met: tuple[float, float, float]
    objects: Mapping[str, float]
    leading: Mapping[str, float]
    correlation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The algorithm that became a run directory.

    Attributes:
        name: Its name.
        run: Its run directory, from the study's folder.
        training: Number of the training, from 1: the one with the lowest validation loss.
        trainings: Of how many.
        loss: That loss.
    """

    name: str
    run: str
    training: int
    trainings: int
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BothResults:
    """The whole study.

    Attributes:
        signals: Names of the signals.
        cells: What networks find in a view.
        volatility: How alike trainings are.
        pairs: Rank correlation of the score of the L1 network on L1 objects with that of the HLT network on
            HLT objects, of the same events, by family and sample.
        curves: Score against MET.
        entries: Reconstruction by family and view.
        views: What the samples look like.
        counts: Events by what they are for.
        effective: Events of equal weight that say as much as the accepted ones that are trained on.
        accepted_signals: Part of each signal that L1 accepts.
        failed: Trainings that gave no usable network, by network.
        seconds: Mean time of a training, by network.
        deployed: The algorithm that was deployed; None if none was to be.
        trainings: Trainings of each.
        made: Whether the events were made here.
        digests: SHA-256 by file.
        versions: Version of each package.
        settings: Key and value of the configuration.
    """

    signals: tuple[str, ...]
    cells: tuple[Cell, ...]
    volatility: tuple[Volatility, ...]
    pairs: Mapping[str, Mapping[str, Repeated]]
    curves: tuple[MetCurve, ...]
    entries: Mapping[str, Mapping[str, tuple[Entry, ...]]]
    views: tuple[SampleView, ...]
    counts: Mapping[str, int]
    effective: float
    accepted_signals: Mapping[str, float]
    failed: Mapping[str, int]
    seconds: Mapping[str, float]
    deployed: Deployed | None
    trainings: int
    made: bool
    digests: Mapping[str, str]
    versions: Mapping[str, str]
    settings: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """Lay the results out for JSON."""
        return {"kind": "hlt_and_l1", **plain(self)}
