"""Steps `train` and `freeze`: from background events to `trigger.json`."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import l1ad
from l1ad.config.run import RunConfig
from l1ad.core.errors import DataError
from l1ad.core.fixed import FixedType
from l1ad.core.network import Conv2D, Dense
from l1ad.core.progress import Progress, silent
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import save_trigger
from l1ad.data.events import EventBatch
from l1ad.flow.events import background_digest, split_background
from l1ad.flow.rates import configured_budgets
from l1ad.flow.run_directory import RunDirectory
from l1ad.training.checkpoint import load_checkpoint
from l1ad.training.encoder_file import load_encoder, save_encoder
from l1ad.training.environment import framework_versions, prepared_framework
from l1ad.training.freeze import frozen_encoder
from l1ad.training.loop import TrainingEvents, trained
from l1ad.training.losses import rarity_weights
from l1ad.training.model import built_autoencoder
from l1ad.training.scaling import chosen_scaling

__all__ = ["Training", "freeze", "train"]

RECORD = "training/record.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a training left.

    Attributes:
        events: Events trained on.
        epochs: Epochs trained, those before a resume included.
        history: One record an epoch.
    """

    events: int
    epochs: int
    history: list[dict[str, float]]


def train(run: RunDirectory, *, progress: Progress = silent) -> Training:
    """Train the autoencoder of a run, or go on where an earlier one stopped.

    Raises:
        DataError: If the directory holds the training of another configuration; it is left as it is.
    """
    config = run.config
    configured_budgets(config.rates)  # a budget that cannot be read is told now, not after the training
    split = split_background(config.data)
    prepared_framework(config.training.seed)
    digest = _digest(config)
    load_checkpoint(run.checkpoint, digest)
    run.save_config()
    scaling = chosen_scaling(split.training, FixedType.from_cpp(config.model.input_type))
    weights = rarity_weights(_present(split.training), config.training.rarity_cap)
    model = built_autoencoder(config.model, split.training.layout.n_inputs)
    history = trained(
        model,
        config.training,
        training=_as_seen(split.training, scaling, weights),
        validation=_as_seen(split.validation, scaling, weights),
        checkpoint=run.checkpoint,
        digest=digest,
        progress=progress,
    )
    save_encoder(model.encoder, run.encoder_file)
    run.write_json(RECORD, {"digest": digest, "versions": framework_versions(), "history": history})
    return Training(events=len(split.training), epochs=len(history), history=history)


def freeze(run: RunDirectory) -> TriggerAlgorithm:
    """Freeze the trained encoder mean of a run into its `trigger.json`, without thresholds.

    Raises:
        DataError: If the run is not trained, or its configuration or data changed since.
    """
    config = run.config
    record = run.read_json(RECORD, step="train")
    prepared_framework(config.training.seed)
    if record["digest"] != _digest(config):
        raise DataError(f"{run.path}: configuration, data or framework changed since the training; train again")
    split = split_background(config.data)
    scaling = chosen_scaling(split.training, FixedType.from_cpp(config.model.input_type))
    network = frozen_encoder(load_encoder(run.encoder_file), scaling.result)
    trigger = TriggerAlgorithm(
        name=config.name,
        scaling=scaling,
        network=network,
        score=Score(FixedType.from_cpp(config.model.score_type)),
        provenance=_provenance(run, record),
    )
    save_trigger(trigger, run.trigger_file)
    return trigger


def sparsity(trigger: TriggerAlgorithm) -> float:
    """Fraction of zeros among all weights of an algorithm."""
    weights = [
        layer.weights_raw.ravel() for layer in trigger.network.layers if isinstance(layer, Dense | Conv2D)
    ]
    return float(np.mean(np.concatenate(weights) == 0))


def _as_seen(events: EventBatch, scaling: Scaling, weights: NDArray[np.float32]) -> TrainingEvents:
    """Scale events exactly as the firmware does, then hand them to Keras as floats."""
    scaled = scaling.apply(events.inputs_raw) * 2.0**-scaling.result.fraction
    return TrainingEvents(inputs=scaled.astype(np.float32), weights=_present(events) * weights)


def _present(events: EventBatch) -> NDArray[np.bool_]:
    return events.layout.present(events.inputs_raw)


def _digest(config: RunConfig) -> str:
    """Digest what decides the weights: data, model, training, framework."""
    document = {
        "data": [
            background_digest(config.data),
            config.data.training_fraction,
            config.data.validation_fraction,
        ],
        "model": config.model.model_dump(mode="json"),
        "training": config.training.model_dump(mode="json"),
        "versions": framework_versions(),
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _provenance(run: RunDirectory, record: dict[str, Any]) -> dict[str, Any]:
    encoder_digest = hashlib.sha256(run.encoder_file.read_bytes()).hexdigest()
    return {
        "l1ad": l1ad.__version__,
        "versions": record["versions"],
        "training_digest": record["digest"],
        "float_model_digest": encoder_digest,
        "background": run.config.data.background,
        "background_digest": background_digest(run.config.data),
        "training": run.config.training.model_dump(mode="json"),
        "model": run.config.model.model_dump(mode="json"),
    }
