"""What a generation study found, as values that a document is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.plain import plain
from l1ad.metrics.repetitions import Repeated

__all__ = [
    "Distances",
    "GenerationCounts",
    "GenerationResults",
    "GeneratorResults",
    "ShownVariable",
    "TriedSettings",
]

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distances:
    """How far events are from true ones, over repetitions.

    Attributes:
        ks: Kolmogorov-Smirnov distance, mean over variables.
        wasserstein: Wasserstein-1 distance in standard deviations, likewise.
        chi2_per_bin: χ² over degrees of freedom, likewise.
        correlation: Frobenius norm of the difference of rank correlations.
        classifier_auc: Area under the ROC curve of the classifier two-sample test.
        classifier_accuracy: Share that it gets right.
        auc_errors: Half width of the interval of each repetition's area, averaged.
        by_variable: `ks`, `wasserstein` and `chi2_per_bin` of each variable, averaged, shape (18,) each.
        relations: Fault of each relation that holds exactly in true events.
    """

    ks: Repeated
    wasserstein: Repeated
    chi2_per_bin: Repeated
    correlation: Repeated
    classifier_auc: Repeated
    classifier_accuracy: Repeated
    auc_errors: float
    by_variable: Mapping[str, Reals]
    relations: Mapping[str, Repeated]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedSettings:
    """Settings that a search tried.

    Attributes:
        settings: Value by key.
        distance: Of what was generated from validation events; None if the training failed.
    """

    settings: Mapping[str, Any]
    distance: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GeneratorResults:
    """A family.

    Attributes:
        name: Its name.
        kind: Which family it is.
        settings: Those that were trained, of which it has a use.
        distances: Of what it generates.
        ranks: Place among the families in each repetition, by `distribution` (KS), `correlation`,
            `classifier` and `overall`, the mean of these three; 1 is best.
        scores: Area under the ROC curve of the resonance against background, by score.
        score_errors: Half width of the interval of one repetition's area, averaged, by score.
        efficiency: Share of the resonance at the shares of background of the results, averaged, by score.
        counts: Generated events by variable and bin of the figures, averaged.
        count_spread: Standard deviation of these over repetitions.
        pulls: Of the first repetition, by variable, in bins of about equal numbers of true events.
        correlations: Rank correlations, averaged, shape (18, 18).
        tried: What the search tried; empty without one.
        epochs: Of each training, averaged.
        seconds: Of each training with what was measured, averaged.
        failed: Trainings that gave no usable network; they are in no average.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    distances: Distances
    ranks: Mapping[str, Repeated]
    scores: Mapping[str, Repeated]
    score_errors: Mapping[str, float]
    efficiency: Mapping[str, Reals]
    counts: tuple[Reals, ...]
    count_spread: tuple[Reals, ...]
    pulls: tuple[Reals, ...]
    correlations: Reals
    tried: tuple[TriedSettings, ...]
    epochs: float
    seconds: float
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShownVariable:
    """A variable of true events as figures show it.

    Attributes:
        name: Its column.
        label: Of its axis, with the unit.
        edges: Edges of the bins, shape (n_bins + 1,).
        counts: True test events, shape (n_bins,).
        is_count: Whether it counts something, and most events lie in few bins.
    """

    name: str
    label: str
    edges: Reals
    counts: Reals
    is_count: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationCounts:
    """How many events there were of what.

    Attributes:
        training: Background to train on.
        validation: Background to stop early and to search by.
        test: Background to measure on.
        signal: Of the resonance.
        compared: True, and as many generated, that distances are of.
    """

    training: int
    validation: int
    test: int
    signal: int
    compared: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GenerationResults:
    """The whole study.

    Attributes:
        families: What was trained and generates numbers.
        unusable: Families of which every training failed.
        floor: Distances of true events from others.
        floor_repetitions: How often test events were parted for it.
        best: Name of the best family by `distribution`, `correlation`, `classifier` and `overall`.
        alike: Names whose range over repetitions overlaps that of the best, by the same.
        variables: True test events.
        correlations: Their rank correlations, shape (18, 18).
        background_shares: Where `efficiency` is, shape (n_points,).
        repetitions: Trainings of each.
        counts: How many events.
        mass_gev: Mass of the simulated resonance; None of the user's table.
        digest: SHA-256 of the events.
        versions: Version of each package.
        settings: Key and value of the configuration.
    """

    families: tuple[GeneratorResults, ...]
    unusable: tuple[str, ...]
    floor: Distances
    floor_repetitions: int
    best: Mapping[str, str]
    alike: Mapping[str, tuple[str, ...]]
    variables: tuple[ShownVariable, ...]
    correlations: Reals
    background_shares: Reals
    repetitions: int
    counts: GenerationCounts
    mass_gev: float | None
    digest: str
    versions: Mapping[str, str]
    settings: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """Lay the results out for JSON."""
        return {"kind": "generation", **plain(self)}
