"""The training loop: seeded, shown, checkpointed after every epoch, and resumed to the same result."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.run import TrainingConfig
from l1ad.core.errors import DataError
from l1ad.core.progress import Progress
from l1ad.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from l1ad.training.losses import kl_divergence, masked_squared_error
from l1ad.training.model import Autoencoder, quantised_layers
from l1ad.training.pruning import magnitude_mask, scheduled_sparsity

__all__ = ["TrainingEvents", "trained"]

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingEvents:
    """Events as the network sees them.

    Attributes:
        inputs: Scaled inputs, exactly as in the firmware, shape (n_events, n_inputs).
        weights: Weight of each input in the reconstruction loss, 0 where its object is absent, same shape.
    """

    inputs: Float
    weights: Float

    def __len__(self) -> int:
        return len(self.inputs)


def trained(
    model: Autoencoder,
    config: TrainingConfig,
    *,
    training: TrainingEvents,
    validation: TrainingEvents,
    checkpoint: Path,
    digest: str,
    progress: Progress,
) -> list[dict[str, float]]:
    """Train the model in place and return the history, one record an epoch.

    Args:
        model: The autoencoder.
        config: How to train.
        training: Events to train on.
        validation: Events to watch the loss on.
        checkpoint: File to resume from and to write after every epoch.
        digest: Digest of what decides the result; a checkpoint of another is refused.
        progress: Told the epochs done.

    Raises:
        DataError: If the loss stops being a number, or the checkpoint is of another training.
    """
    import keras

    if len(training) < config.batch_events:
        raise DataError(
            f"{len(training)} events to train on are less than one batch of {config.batch_events}; "
            "give more events or a smaller training.batch_events"
        )
    optimiser = keras.optimizers.Adam(_schedule(config, len(training)))
    optimiser.build(model.trainable_variables)
    random = keras.random.SeedGenerator(config.seed)
    masks = [keras.Variable(np.ones(layer.kernel.shape, "float32"), trainable=False, name="mask")
             for layer in quantised_layers(model.encoder)]  # fmt: skip
    variables = [*(v for part in model.parts for v in part.variables), *masks, *optimiser.variables,
                 random.state]  # fmt: skip
    history = _resumed(variables, load_checkpoint(checkpoint, digest))
    step, evaluate = _compiled(model, config, optimiser, random, masks)

    progress(len(history), config.epochs, "")
    for epoch in range(len(history), config.epochs):
        sparsity = scheduled_sparsity(
            epoch, final=config.sparsity, start_epoch=config.pruning_start_epoch,
            end_epoch=config.pruning_end_epoch,
        )  # fmt: skip
        for layer, mask in zip(quantised_layers(model.encoder), masks, strict=True):
            mask.assign(magnitude_mask(np.asarray(layer.kernel) * np.asarray(mask), sparsity))
        order = np.random.default_rng([config.seed, epoch]).permutation(len(training))
        record = _averaged(step, training, config.batch_events, order)
        record |= {
            f"validation_{name}": value
            for name, value in _averaged(evaluate, validation, config.batch_events, None).items()
        }
        _check_finite(record, epoch)
        history = [*history, {"epoch": float(epoch + 1), "sparsity": sparsity, **record}]
        values = [np.asarray(variable) for variable in variables]
        save_checkpoint(checkpoint, Checkpoint(digest=digest, variables=values, history=history))
        progress(epoch + 1, config.epochs, f"loss {record['loss']:.3f}, sparsity {sparsity:.0%}")
    return history


def _schedule(config: TrainingConfig, n_events: int) -> Any:
    import keras

    steps = config.epochs * (n_events // config.batch_events)
    return keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, alpha=0.02)


def _resumed(variables: list[Any], checkpoint: Checkpoint | None) -> list[dict[str, float]]:
    if checkpoint is None:
        return []
    if len(checkpoint.variables) != len(variables):
        raise DataError("the checkpoint holds another number of variables; delete it to train anew")
    for variable, value in zip(variables, checkpoint.variables, strict=True):
        variable.assign(value)
    return checkpoint.history


def _compiled(
    model: Autoencoder, config: TrainingConfig, optimiser: Any, random: Any, masks: list[Any]
) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """Compile one step of training and one of evaluation; both return (loss, reconstruction, KL)."""
    import keras
    import tensorflow as tf
    from keras import ops

    kernels = [layer.kernel for layer in quantised_layers(model.encoder)]

    def terms(inputs: Any, weights: Any, *, learning: bool) -> Any:
        mean, hidden = model.encoder(inputs, training=learning)
        log_variance = model.variance(hidden, training=learning)
        noise = keras.random.normal(ops.shape(mean), seed=random) if learning else 0.0
        latent = mean + ops.exp(0.5 * log_variance) * noise
        reconstruction = ops.mean(masked_squared_error(inputs, model.decoder(latent), weights))
        divergence = ops.mean(kl_divergence(mean, log_variance))
        return reconstruction + config.beta * divergence, reconstruction, divergence

    def step(inputs: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            loss, reconstruction, divergence = terms(inputs, weights, learning=True)
        gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
        optimiser.apply(gradients, model.trainable_variables)
        for kernel, mask in zip(kernels, masks, strict=True):
            kernel.assign(kernel * mask)
        return loss, reconstruction, divergence

    def evaluate(inputs: Any, weights: Any) -> Any:
        return terms(inputs, weights, learning=False)

    return tf.function(step, jit_compile=True), tf.function(evaluate, jit_compile=True)


def _averaged(
    function: Callable[[Any, Any], Any],
    events: TrainingEvents,
    batch_events: int,
    order: NDArray[np.int64] | None,
) -> dict[str, float]:
    """Run over whole batches and average the terms; the last, shorter batch is left out."""
    batches = [
        slice(start, start + batch_events) for start in range(0, len(events) - batch_events + 1, batch_events)
    ] or [slice(0, len(events))]
    sums = np.zeros(3)
    for batch in batches:
        chosen = batch if order is None else order[batch]
        sums += np.array([float(term) for term in function(events.inputs[chosen], events.weights[chosen])])
    return dict(zip(("loss", "reconstruction", "kl"), (sums / len(batches)).tolist(), strict=True))


def _check_finite(record: dict[str, float], epoch: int) -> None:
    for name, value in record.items():
        if not np.isfinite(value):
            raise DataError(
                f"the {name} is {value} in epoch {epoch + 1}; try a smaller training.learning_rate. "
                "The checkpoint of the epoch before is kept"
            )
