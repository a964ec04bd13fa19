"""One trial of the data-quality study: a network trained on some sections and measured on others."""

import functools
import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.loading import parse_config
from l1ad.config.studies.data_quality import SplitConfig
from l1ad.config.studies.families import FamilyConfig, FitConfig
from l1ad.core.plain import plain
from l1ad.data.quality_table import QualityTable
from l1ad.flow.studies.data_quality.split import QualitySplit, is_plain, split_sections, studied_table
from l1ad.metrics.ranks import area_with_interval, ranked
from l1ad.metrics.repetitions import areas_by_group
from l1ad.metrics.working_points import WorkingPoint
from l1ad.references.standardised import standardised_scores
from l1ad.training.environment import framework_versions, prepared_framework
from l1ad.training.families.fit import Standardisation, Trainer
from l1ad.training.families.registry import family_of

__all__ = ["POINTS", "quality_trial"]

POINTS = {"1 %": WorkingPoint.at_false_positive_rate(0.01), "10 %": WorkingPoint.at_false_positive_rate(0.1)}
"""Shares of good sections that may be called bad."""

_SEEDS_OF_A_STUDY = 1_000


def quality_trial(
    definition: Mapping[str, Any], *, table: Path, features: str | tuple[str, ...], label: str
) -> dict[str, Any]:
    """Do a trial: train and measure the family that it names, or measure what needs no training.

    Args:
        definition: What decides the result: `seed`, `split`, `repetition`, `table` (its digest), and either
            `family`, `fit` and `fraction`, or `components`.
        table: Path of the table.
        features: Which of its features.
        label: Column that says which sections are good.
    """
    sections = studied_table(table, features, label)
    split = split_sections(
        sections.rows.good,
        parse_config(definition["split"], SplitConfig, where="split"),
        seed=definition["seed"],
        repetition=definition["repetition"],
    )
    if "family" in definition:
        return _trained(definition, sections, split)
    training = sections.rows.features[split.training]
    standard = Standardisation.of(training)
    found = standardised_scores(
        standard.shown(training), _shown_test(sections, split, standard), n_components=definition["components"]
    )
    return {"scores": {name: _measured(scores, sections, split) for name, scores in found.items()}}


def _trained(definition: Mapping[str, Any], sections: QualityTable, split: QualitySplit) -> dict[str, Any]:
    begin = time.perf_counter()
    family = parse_config(definition["family"], FamilyConfig, where="family")
    prepared_framework(family.backend, definition["seed"])
    training = sections.rows.features[split.fed(definition["fraction"])]
    standard = Standardisation.of(training)
    trainer = _trainer(json.dumps(definition["family"]), json.dumps(definition["fit"]), len(sections.names))
    fitted = trainer.fit(
        standard.shown(training),
        standard.shown(sections.rows.features[split.validation]),
        seed=definition["seed"] * _SEEDS_OF_A_STUDY + definition["repetition"],
    )
    scores = trainer.scores(_shown_test(sections, split, standard))
    usable = fitted.best_epoch > 0 and all(np.isfinite(values).all() for values in scores.values())
    loss = fitted.best["validation_reconstruction"] / len(sections.names) if usable else math.nan
    return {
        "sections": len(training),
        "usable": usable,
        "loss": plain(loss),
        "ending": fitted.ending.name,
        "epochs": len(fitted.history["loss"]),
        "best_epoch": fitted.best_epoch,
        "history": fitted.history,
        "scores": {name: _measured(values, sections, split) for name, values in scores.items()}
        if usable
        else {},
        "seconds": time.perf_counter() - begin,
        "versions": framework_versions(),
    }


@functools.lru_cache(maxsize=1)  # trials of one family follow one another, and compile once
def _trainer(family: str, fit: str, n_inputs: int) -> Trainer:
    config = parse_config(json.loads(family), FamilyConfig, where="family")
    return Trainer(family_of(config), n_inputs, parse_config(json.loads(fit), FitConfig, where="fit"))


def _shown_test(sections: QualityTable, split: QualitySplit, standard: Standardisation) -> NDArray[np.float32]:
    return standard.shown(sections.rows.features[np.concatenate([split.good, split.bad])])


def _measured(scores: NDArray[np.float64], sections: QualityTable, split: QualitySplit) -> dict[str, Any]:
    """Measure the scores of the test, good sections first."""
    good, bad = ranked(scores[: len(split.good)], scores[len(split.good) :])
    modes = sections.rows.failure_mode
    plain_good = is_plain(modes[split.good])
    others = np.concatenate([good[~plain_good], bad])
    names = np.concatenate([modes[split.good][~plain_good], modes[split.bad]])
    ordered = np.sort(good)
    return {
        "auc": plain(area_with_interval(good, bad)),
        "efficiency": {
            name: float(np.mean(bad > point.best_refused(ordered))) for name, point in POINTS.items()
        },
        "modes": plain(areas_by_group(good[plain_good], others, names)),
    }
