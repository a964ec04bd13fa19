"""One trial of the generation study: a network trained and what it generates measured, or true against true."""

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
from l1ad.config.studies.families import FitConfig
from l1ad.config.studies.generation import GenerationFitConfig, GenerationSplitConfig
from l1ad.config.studies.generation_families import GenerativeKind, GenerativeSettings
from l1ad.data.z_gamma import VARIABLES
from l1ad.flow.studies.generation.data import GenerationSplit, split_events, studied_events
from l1ad.flow.studies.generation.measures import halves_of_test, measured, scored, shown_histograms
from l1ad.metrics.two_sample import bin_edges, relative_distance, two_sample
from l1ad.training.environment import framework_versions, prepared_framework
from l1ad.training.families.fit import Fitted, Trainer
from l1ad.training.families.generative import Generative, GenerativeMember
from l1ad.training.families.registry import family_of
from l1ad.training.normal_scores import NormalScores

__all__ = ["generation_trial"]

Reals = NDArray[np.float64]

_SEEDS_OF_A_STUDY = 1_000
_SEED_OF_SEARCH = 500
_BINS_OF_SEARCH = 20
_GENERATED_OF_SEARCH = 4
"""Generated events for each of the validation."""


def generation_trial(definition: Mapping[str, Any], *, events: Path, label: str) -> dict[str, Any]:
    """Do a trial.

    Args:
        definition: What decides the result: `seed`, `split`, `table` (its digest), `stage`; of the stage
            `floor` `repetition` and `folds`; of `search` `family` (its kind), `settings` and `fit`; of
            `final` all of these.
        events: Path of the events.
        label: Column of a user's table that says what is signal.
    """
    table = studied_events(events, label)
    split = split_events(
        table, parse_config(definition["split"], GenerationSplitConfig, where="split"), definition["seed"]
    )
    if definition["stage"] == "floor":
        first, second = halves_of_test(split.test, definition["seed"], definition["repetition"])
        seed = definition["seed"] + definition["repetition"]
        return measured(first, second, split.test, folds=definition["folds"], seed=seed)
    begin = time.perf_counter()
    prepared_framework("float", definition["seed"])
    trained = _Trained(definition, split)
    result = trained.searched() if definition["stage"] == "search" else trained.final()
    return {**result, "seconds": time.perf_counter() - begin, "versions": framework_versions()}


class _Trained:
    """A network that is trained, and what is asked of it."""

    def __init__(self, definition: Mapping[str, Any], split: GenerationSplit) -> None:
        self._definition, self._split = definition, split
        seed = definition["seed"]
        self._rng = np.random.default_rng([seed, definition.get("repetition", _SEED_OF_SEARCH)])
        self._scores = NormalScores.of(split.training, np.random.default_rng([seed, 1]))
        self._training = self._scores.shown(split.training, np.random.default_rng([seed, 2]))
        self._trainer = _trainer(
            definition["family"], json.dumps(definition["settings"]), json.dumps(definition["fit"])
        )
        self._fitted = self._trainer.fit(
            self._training,
            self._scores.shown(split.validation, np.random.default_rng([seed, 3])),
            seed=seed * _SEEDS_OF_A_STUDY + definition.get("repetition", _SEED_OF_SEARCH),
        )

    @property
    def family(self) -> Generative:
        """The family, which generates."""
        if not isinstance(self._trainer.family, Generative):
            raise TypeError(f"{self._definition['family']} generates nothing")
        return self._trainer.family

    def searched(self) -> dict[str, Any]:
        """Measure the distance of what is generated from validation events; null if training failed."""
        true = self._split.validation
        generated = self._generated(_GENERATED_OF_SEARCH * len(true))
        if generated is None:
            return {"usable": False, "distance": None, **_ending(self._fitted)}
        edges = [bin_edges(column, _BINS_OF_SEARCH) for column in true.T]
        distance = relative_distance(two_sample(true, generated, edges=edges), len(true), len(generated))
        return {"usable": True, "distance": distance, **_ending(self._fitted)}

    def final(self) -> dict[str, Any]:
        """Measure what is generated, and every score, on events that neither training nor search has seen."""
        definition, split = self._definition, self._split
        generated = self._generated(len(split.test))
        if generated is None:
            return {"usable": False, **_ending(self._fitted)}
        first, _ = halves_of_test(split.test, definition["seed"], definition["repetition"])
        found = measured(
            first, generated[: len(first)], split.test, folds=definition["folds"],
            seed=definition["seed"] + definition["repetition"],
        )  # fmt: skip
        rng = np.random.default_rng([definition["seed"], 4])
        background, signal = self._scores.shown(split.test, rng), self._scores.shown(split.signal, rng)
        network, family = self._trainer.network, self.family
        codes = [family.codes(network, one) for one in (self._training, background, signal)]
        scores = (self._trainer.scores(background), self._trainer.scores(signal))
        return {
            "usable": True,
            **_ending(self._fitted),
            **found,
            **shown_histograms(split.test, generated),
            "scores": scored(*scores, codes=codes),
            "history": self._fitted.history,
        }

    def _generated(self, count: int) -> Reals | None:
        """Generate events; None if the network gives what is no number."""
        shown = self.family.samples(self._trainer.network, count, self._rng)
        if self._fitted.best_epoch == 0 or not np.isfinite(shown).all():
            return None
        return self._scores.events(shown)


@functools.lru_cache(maxsize=1)  # repetitions follow one another, and compile once
def _trainer(kind: GenerativeKind, settings: str, fit: str) -> Trainer:
    chosen = parse_config(json.loads(settings), GenerativeSettings, where="settings")
    common = parse_config(json.loads(fit), GenerationFitConfig, where="fit")
    config = FitConfig(
        epochs=common.epochs, batch=chosen.batch, learning_rate=chosen.learning_rate,
        learning_rate_decay=common.learning_rate_decay, patience_epochs=common.patience_epochs,
    )  # fmt: skip
    member = GenerativeMember(kind=kind, n_inputs=len(VARIABLES), settings=chosen)
    return Trainer(family_of(member), len(VARIABLES), config)


def _ending(fitted: Fitted) -> dict[str, Any]:
    best = fitted.best.get("validation_loss", math.nan)
    return {
        "ending": fitted.ending.name,
        "epochs": len(fitted.history["loss"]),
        "best_epoch": fitted.best_epoch,
        "loss": best if math.isfinite(best) else None,
    }
