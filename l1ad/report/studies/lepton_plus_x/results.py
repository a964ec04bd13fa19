"""What a lepton + X study found, as values that a document is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.plain import plain
from l1ad.report.studies.lepton_plus_x.scores import ProcessAccount, ScoreKind, ScoreResult

__all__ = ["FeatureDistances", "FeatureOverlay", "LeptonPlusXResults", "PValues", "TrainingResult"]

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """How a training went.

    Attributes:
        name: Of the algorithm.
        backend: Who quantised it.
        epochs: Epochs trained.
        best_epoch: Epoch whose weights were kept.
        reconstruction: Reconstruction term of the validation events at that epoch, summed over features.
        kl: KL divergence there.
        collapsed: Latents that say nothing.
        latents: Size of the latent space.
        seconds: Of its last session.
        versions: Of the packages that trained it.
        warnings: What a reader should know.
    """

    name: str
    backend: str
    epochs: int
    best_epoch: int
    reconstruction: float
    kl: float
    collapsed: int
    latents: int
    seconds: float
    versions: Mapping[str, str]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PValues:
    """p-values of a score: the share of one half of the unseen stream at or above an event of the other.

    Attributes:
        score: Name of the score.
        edges: Edges of bins of the p-value, shape (n + 1,).
        stream: Part of the stream's other half in each, shape (n,).
        stream_error: Its error.
        tail_edges: Edges of bins of log10 of the p-value.
        processes: Part of each process in those, by title.
        signals: Part of each signal, by title.
        floor: Smallest p-value that the half can tell from 0.
        kolmogorov: Distance of the stream's p-values from an even distribution.
        probability: Probability of one so large, for so many effective events.
    """

    score: str
    edges: Reals
    stream: Reals
    stream_error: Reals
    tail_edges: Reals
    processes: Mapping[str, Reals]
    signals: Mapping[str, Reals]
    floor: float
    kolmogorov: float
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDistances:
    """How far generated events are from true ones in one feature.

    Attributes:
        kolmogorov: Kolmogorov-Smirnov distance.
        wasserstein: Wasserstein distance in standard deviations of the true ones.
    """

    kolmogorov: float
    wasserstein: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureOverlay:
    """A feature of true and of generated events.

    Attributes:
        name: Its name.
        unit: Its unit, `1` of numbers.
        edges: Edges of bins, shape (n + 1,); what lies beyond is in the outermost.
        true: Part of the unseen stream in each, shape (n,).
        prior: Of events drawn from N(0, 1) in the latent space.
        codes: Of events drawn from the posteriors of unseen events.
        of_prior: Distances of those from the true ones.
        of_codes: Likewise.
        floor: Distances of two halves of the true ones.
    """

    name: str
    unit: str
    edges: Reals
    true: Reals
    prior: Reals
    codes: Reals
    of_prior: FeatureDistances
    of_codes: FeatureDistances
    floor: FeatureDistances


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeptonPlusXResults:
    """The whole study.

    Attributes:
        made: Whether the events were made here.
        accounts: Processes of the stream.
        signals: Signals.
        stream_pb: Cross section of the stream.
        stream_error_pb: Its statistical error.
        events_per_day: Rate of the stream.
        luminosity_fb: Integrated luminosity of a month.
        unseen: Unseen events.
        effective: As many of equal weight, (Σw)²/Σw².
        trained: Events that trainings were shown, repetitions counted.
        points: Names of the points, budgets first.
        headline: Score that the p-values are of, fixed before any signal was looked at.
        scores: Every way of scoring.
        roc_shares: Shares of the stream of the ROC curves.
        trainings: How each training went.
        left_out: Algorithms that the environment cannot train, with the reason.
        p_values: Of the headline score.
        overlays: Generated against true, by algorithm.
        lepton_gev: pT that the leading lepton is over; 0 of a user's events.
        versions: Version of each package.
        digests: Digest of what the events are, by name.
        settings: Key and value of the configuration.
    """

    made: bool
    accounts: tuple[ProcessAccount, ...]
    signals: tuple[ProcessAccount, ...]
    stream_pb: float
    stream_error_pb: float
    events_per_day: float
    luminosity_fb: float
    unseen: int
    effective: float
    trained: int
    points: tuple[str, ...]
    headline: str
    scores: tuple[ScoreResult, ...]
    roc_shares: Reals
    trainings: tuple[TrainingResult, ...]
    left_out: Mapping[str, str]
    p_values: PValues
    overlays: Mapping[str, tuple[FeatureOverlay, ...]]
    lepton_gev: float
    versions: Mapping[str, str]
    digests: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)

    def of_kind(self, *kinds: ScoreKind) -> tuple[ScoreResult, ...]:
        """Give the scores of some kinds."""
        return tuple(one for one in self.scores if one.kind in kinds)

    def document(self) -> dict[str, Any]:
        """Lay the results out for JSON."""
        return {"kind": "lepton_plus_x", **{name: plain(getattr(self, name)) for name in self.__slots__}}
