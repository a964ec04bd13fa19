"""Trials of the data-quality study brought together: by family, score, failure mode and part that was fed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from l1ad.config.studies.families import FamilyConfig
from l1ad.flow.studies.data_quality.trial import POINTS
from l1ad.metrics.repetitions import Repeated, repeated, robustness
from l1ad.report.studies.data_quality.results import FamilyResults, FedResults
from l1ad.training.families.registry import family_of

__all__ = ["QualityTrial", "family_results", "reference_results"]

_MAIN = "reconstruction"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityTrial:
    """A trial that is done.

    Attributes:
        definition: What decided it.
        result: What it gave.
    """

    definition: Mapping[str, Any]
    result: Mapping[str, Any]

    def is_of(self, family: FamilyConfig) -> bool:
        """Tell whether it trained this family."""
        return bool(self.definition.get("family", {}).get("name") == family.name)

    @property
    def repetition(self) -> int:
        """Number of the repetition, from 0."""
        return int(self.definition["repetition"])

    @property
    def fraction(self) -> float:
        """Part of the training sections that was fed; 1 of a reference."""
        return float(self.definition.get("fraction", 1.0))

    @property
    def usable(self) -> bool:
        """Whether its scores can be measured."""
        return bool(self.result.get("usable", True))

    @property
    def auc(self) -> float | None:
        """Area of the score that families are compared by; None if it failed."""
        return float(self.result["scores"][_MAIN]["auc"]["value"]) if self.usable else None


def family_results(family: FamilyConfig, trials: Sequence[QualityTrial], seed: int) -> FamilyResults | None:
    """Bring the trials of a family together; None if every one with all sections failed.

    Args:
        family: The family.
        trials: All of its trials.
        seed: Of the bootstrap.
    """
    whole = [one for one in trials if one.fraction == 1]
    usable = [one for one in whole if one.usable]
    if not usable:
        return None
    return FamilyResults(
        name=family.name,
        kind=family.kind,
        deployable=family_of(family).deployable,
        fed=_fed(trials, seed),
        epochs=_mean([float(one.result["epochs"]) for one in usable]),
        seconds=_mean([float(one.result["seconds"]) for one in usable]),
        failed=len(whole) - len(usable),
        **_measures([one.result["scores"] for one in usable], _MAIN, seed),
    )


def reference_results(trials: Sequence[QualityTrial], seed: int) -> tuple[FamilyResults, ...]:
    """Bring what needs no training together."""
    names = list(trials[0].result["scores"]) if trials else []
    found = []
    for name in names:
        scores = [{name: one.result["scores"][name]} for one in trials]
        found.append(
            FamilyResults(
                name=name, kind="no training", deployable=False, fed=(), epochs=None, seconds=None, failed=0,
                **_measures(scores, name, seed),
            )
        )  # fmt: skip
    return tuple(found)


def _measures(scores: Sequence[Mapping[str, Any]], main: str, seed: int) -> dict[str, Any]:
    """Average areas, efficiencies and areas by mode over repetitions; the main score is the first."""
    rng = np.random.default_rng(seed)
    kinds = [main, *(kind for kind in scores[0] if kind != main)]
    of_main = [one[main] for one in scores]
    modes = sorted({mode for one in of_main for mode in one["modes"]})
    return {
        "auc": {kind: repeated([one[kind]["auc"]["value"] for one in scores], rng) for kind in kinds},
        "auc_errors": _mean([(one["auc"]["high"] - one["auc"]["low"]) / 2 for one in of_main]),
        "efficiency": {point: repeated([one["efficiency"][point] for one in of_main], rng) for point in POINTS},
        "modes": {
            mode: repeated([one["modes"][mode]["value"] for one in of_main if mode in one["modes"]], rng)
            for mode in modes
        },
    }


def _fed(trials: Sequence[QualityTrial], seed: int) -> tuple[FedResults, ...]:
    rng = np.random.default_rng(seed)
    found = []
    for fraction in sorted({one.fraction for one in trials}):
        members = [one for one in trials if one.fraction == fraction]
        found.append(
            FedResults(
                fraction=fraction,
                sections=int(members[0].result["sections"]),
                loss=_repeated([one.result["loss"] for one in members], rng),
                auc=_repeated([one.auc for one in members], rng),
                robustness=robustness(
                    [one.result["loss"] for one in members],
                    [one.result["ending"] == "DIVERGED" for one in members],
                ),
            )
        )
    return tuple(found)


def _repeated(values: Sequence[float | None], rng: np.random.Generator) -> Repeated | None:
    known = [value for value in values if value is not None]
    return repeated(known, rng) if known else None


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
