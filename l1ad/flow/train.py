"""Step `train`: from background events to trained weights."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l1ad.config.run import RunConfig
from l1ad.config.training import PruningConfig, TrainingConfig
from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, silent
from l1ad.data.opening import load_events
from l1ad.flow.events import background_digest
from l1ad.flow.history_file import write_history
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.seen_events import save_seen_events
from l1ad.flow.training_events import TrainingSet, training_set
from l1ad.metrics.latent import active_units, collapsed_latents
from l1ad.training.checkpoint import load_checkpoint
from l1ad.training.compiled import mean_squares
from l1ad.training.environment import framework_versions, machine, prepared_framework
from l1ad.training.latents import Latents, latents
from l1ad.training.loop import INTERRUPTED, Outcome, trained
from l1ad.training.model import Autoencoder, built_autoencoder
from l1ad.training.objective import decoder_outputs
from l1ad.training.weights_file import save_encoder, save_weights

__all__ = ["RECORD", "Training", "built_model", "train", "training_digest"]

RECORD = "training/record.json"
HISTORY = "training/history.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a training left.

    Attributes:
        events: Events trained on.
        epochs: Epochs trained, those before a resume included.
        best_epoch: Epoch whose weights were kept, from 1.
        stopped: Why it ended early; empty if it did not.
        constant: Inputs that never varied.
        collapsed: Latents that say nothing (posterior collapse), numbered from 0.
        latents: Size of the latent space.
        history: One record an epoch.
    """

    events: int
    epochs: int
    best_epoch: int
    stopped: str
    constant: tuple[str, ...]
    collapsed: tuple[int, ...]
    latents: int
    history: list[dict[str, float]]

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it; what was trained is kept, and what comes after should not begin."""
        return self.stopped == INTERRUPTED

    def warnings(self) -> list[str]:
        """Say what a reader should know before going on."""
        told = []
        if self.stopped:
            told.append(f"stopped early: {self.stopped}; the weights of epoch {self.best_epoch} are kept")
        if self.constant:
            told.append(f"never varied, and weigh nothing: {', '.join(self.constant)}")
        if self.collapsed:
            named = ", ".join(str(one) for one in self.collapsed)
            told.append(
                f"posterior collapse: {len(self.collapsed)} of {self.latents} latents say nothing ({named}); a "
                "smaller training.loss.beta or model.latent would use them"
            )
        return told


def train(run: RunDirectory, *, progress: Progress = silent) -> Training:
    """Train the autoencoder of a run, or go on where an earlier one stopped.

    Raises:
        DataError: If the directory holds the training of another configuration; it is left as it is. Or if
            nothing can be learned from the events, or the whole latent space collapsed.
        UnresolvedRateError: If a budget cannot be resolved by the events kept for the rates.
    """
    config = run.config
    data = training_set(config)
    prepared_framework(config.model.backend, config.training.seed)
    digest = training_digest(config)
    load_checkpoint(run.checkpoint, digest)
    run.save_config()
    model = built_model(config, data)
    if config.training.float_epochs:
        _pretrain(model, config, data, run.checkpoint.with_name("pretraining.npz"), digest, progress)
    outcome = _trained(
        model, config.training, data, run.checkpoint, digest, progress, _watch(model, config, data)
    )
    save_weights(model, run.weights_file, digest)
    save_encoder(model, run.encoder_file)
    save_seen_events(run.path, data.split, digest=background_digest(config.data))
    result = _result(model, data, outcome)
    record = {
        "digest": digest, "versions": framework_versions(), "machine": machine(),
        "best_epoch": result.best_epoch, "stopped": result.stopped, "constant_inputs": result.constant,
        "collapsed_latents": result.collapsed, "warnings": result.warnings(), "history": result.history,
    }  # fmt: skip
    run.write_json(RECORD, record)
    write_history(run.path / HISTORY, result.history)
    if len(result.collapsed) == result.latents:
        raise DataError(
            f"{run.path}: posterior collapse: none of the {result.latents} latents says anything, so no score "
            "can; lower training.loss.beta or training.compression.beta, or train longer"
        )
    return result


def built_model(config: RunConfig, data: TrainingSet) -> Autoencoder:
    """Build the untrained autoencoder of a configuration."""
    n_outputs = decoder_outputs(config.training, data.inputs)
    return built_autoencoder(config.model, data.inputs.layout.n_inputs, n_outputs, config.training.seed)


def training_digest(config: RunConfig) -> str:
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


def _trained(
    model: Autoencoder,
    config: TrainingConfig,
    data: TrainingSet,
    checkpoint: Path,
    digest: str,
    progress: Progress,
    watch: Callable[[], dict[str, float]] = dict,
) -> Outcome:
    return trained(
        model, config, training=data.shown(data.split.training), validation=data.shown(data.split.validation),
        inputs=data.inputs, rarity=data.rarity, checkpoint=checkpoint, digest=digest, progress=progress,
        watch=watch,
    )  # fmt: skip


def _pretrain(
    model: Autoencoder, config: RunConfig, data: TrainingSet, checkpoint: Path, digest: str, progress: Progress
) -> None:
    """Train the same network without quantisers, and let the quantised one begin with its weights."""
    free = config.model.model_copy(update={"backend": "float"})
    short = config.training.model_copy(
        update={"epochs": config.training.float_epochs, "pruning": PruningConfig(sparsity=0.0)}
    )
    twin = built_autoencoder(
        free, data.inputs.layout.n_inputs, decoder_outputs(config.training, data.inputs), config.training.seed
    )

    def told(done: int, total: int, note: str = "") -> None:
        progress(done, total, f"without quantisers: {note}" if note else "without quantisers")

    outcome = _trained(twin, short, data, checkpoint, digest, told)
    if outcome.stopped == INTERRUPTED:
        raise KeyboardInterrupt
    for quantised, plain in zip(model.weighted, twin.weighted, strict=True):
        quantised.kernel.assign(plain.kernel)
        quantised.bias.assign(plain.bias)
    for part, other in ((model.variance, twin.variance), (model.decoder, twin.decoder)):
        if part is not None and other is not None:
            part.set_weights(other.get_weights())


def _watch(model: Autoencoder, config: RunConfig, data: TrainingSet) -> Callable[[], dict[str, float]]:
    """Measure efficiencies on development signals on validation events, after every epoch."""
    if not config.data.development:
        return dict
    fraction = config.training.watch_fraction
    background = data.shown(data.split.validation).inputs
    signals = {name: data.shown(load_events(where)).inputs for name, where in config.data.development.items()}
    scores = mean_squares(model)

    def efficiencies() -> dict[str, float]:
        ordered = np.sort(scores(background))
        highest_refused = ordered[len(ordered) - 1 - int(fraction * len(ordered))]
        shares = [float(np.mean(scores(shown) > highest_refused)) for shown in signals.values()]
        found = {f"efficiency_{name}": share for name, share in zip(signals, shares, strict=True)}
        # One signal of which nothing passes must not hide all others: half an event of it stands for none.
        floors = [max(share, 0.5 / len(one)) for share, one in zip(shares, signals.values(), strict=True)]
        return {"efficiency": float(np.exp(np.mean(np.log(floors)))), **found}

    return efficiencies


def _result(model: Autoencoder, data: TrainingSet, outcome: Outcome) -> Training:
    space = latents(model, data.shown(data.split.validation).inputs)
    return Training(
        events=len(data.split.training),
        epochs=len(outcome.history),
        best_epoch=outcome.best_epoch,
        stopped=outcome.stopped,
        constant=data.constant,
        collapsed=_collapsed(model, space),
        latents=space.mean.shape[1],
        history=outcome.history,
    )


def _collapsed(model: Autoencoder, space: Latents) -> tuple[int, ...]:
    """List the latents that say nothing; without widths, those that do not move with the event."""
    if model.variance is None:
        return tuple(np.flatnonzero(~active_units(space.mean)).tolist())
    return tuple(collapsed_latents(space.mean, space.log_variance).tolist())
