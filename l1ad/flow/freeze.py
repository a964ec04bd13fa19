"""Step `freeze`: from trained weights to `trigger.json`, without what is dead."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

import l1ad
from l1ad.core.dead import Removed, without_dead
from l1ad.core.errors import DataError
from l1ad.core.fixed import FixedType
from l1ad.core.network import Conv2D, Dense
from l1ad.core.score import Score
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger
from l1ad.flow.events import background_digest
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.seen_events import load_seen_events
from l1ad.flow.train import RECORD, built_model, training_digest
from l1ad.flow.training_events import TrainingSet, training_set
from l1ad.training.environment import prepared_framework
from l1ad.training.freeze import frozen_encoder
from l1ad.training.model import Autoencoder
from l1ad.training.weights_file import load_weights

__all__ = ["REMOVED", "Frozen", "TrainedModel", "freeze", "sparsity", "trained_model", "whole_algorithm"]

REMOVED = "training/removed.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedModel:
    """A run's model with its trained weights, and the events it was trained on."""

    model: Autoencoder
    data: TrainingSet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frozen:
    """A frozen algorithm, and what was dead in the network that was trained."""

    trigger: TriggerAlgorithm
    removed: Removed


def trained_model(run: RunDirectory) -> TrainedModel:
    """Build the model of a run and give it its trained weights.

    Raises:
        DataError: If the run is not trained, or its configuration or data changed since.
    """
    config = run.config
    record = run.read_json(RECORD, step="train")
    prepared_framework(config.model.backend, config.training.seed)
    digest = training_digest(config)
    if record["digest"] != digest:
        raise DataError(f"{run.path}: configuration, data or framework changed since the training; train again")
    data = training_set(config)
    model = built_model(config, data)
    load_weights(model, run.weights_file, digest)
    return TrainedModel(model=model, data=data)


def whole_algorithm(run: RunDirectory, trained: TrainedModel) -> TriggerAlgorithm:
    """Freeze the encoder mean as it was trained, dead parts and all, without thresholds."""
    scaling, network = frozen_encoder(trained.model, trained.data.scaling)
    return TriggerAlgorithm(
        name=run.config.name,
        scaling=scaling,
        network=network,
        score=Score(FixedType.from_cpp(run.config.model.score_type)),
        provenance=_provenance(run, run.read_json(RECORD, step="train")),
    )


def freeze(run: RunDirectory) -> Frozen:
    """Freeze the trained encoder mean of a run into its `trigger.json`, without thresholds.

    What no output depends on is left out; the integers that come out are the same.

    Raises:
        DataError: If the run is not trained, or its configuration or data changed since.
        NotExactError: If the model is none that firmware computes exactly.
    """
    trigger, removed = without_dead(whole_algorithm(run, trained_model(run)))
    save_trigger(trigger, run.trigger_file)
    run.write_json(REMOVED, removed.document())
    return Frozen(trigger=trigger, removed=removed)


def sparsity(trigger: TriggerAlgorithm) -> float:
    """Fraction of zeros among all weights of an algorithm."""
    weights = [
        layer.weights_raw.ravel() for layer in trigger.network.layers if isinstance(layer, Dense | Conv2D)
    ]
    return float(np.mean(np.concatenate(weights) == 0))


def _provenance(run: RunDirectory, record: dict[str, Any]) -> dict[str, Any]:
    encoder_digest = hashlib.sha256(run.encoder_file.read_bytes()).hexdigest()
    seen = load_seen_events(run.path)
    return {
        "l1ad": l1ad.__version__,
        "versions": record["versions"],
        "training_digest": record["digest"],
        "float_model_digest": encoder_digest,
        "background": run.config.data.background,
        "background_digest": background_digest(run.config.data),
        "background_events": 0 if seen is None else seen.n_events,
        "background_seen": 0 if seen is None else seen.n_seen,
        "training": run.config.training.model_dump(mode="json"),
        "model": run.config.model.model_dump(mode="json"),
    }
