"""The training loop: seeded, shown, checkpointed after every epoch, and resumed to the same result."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.training import TrainingConfig
from l1ad.core.errors import DataError
from l1ad.core.progress import Progress
from l1ad.training.best import Best
from l1ad.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from l1ad.training.compiled import BATCHES_A_CALL, Batches, compiled
from l1ad.training.inputs import InputMap
from l1ad.training.model import Autoencoder
from l1ad.training.objective import TERMS, Objective
from l1ad.training.pruning import magnitude_mask, scheduled_sparsity
from l1ad.training.schedules import compression_weight, kl_weight, steered_weight

__all__ = ["INTERRUPTED", "History", "Outcome", "TrainingEvents", "trained"]

Float = NDArray[np.float32]
History = list[dict[str, float]]
INTERRUPTED = "interrupted"
"""Why a training ended that Ctrl-C ended."""

Watch = Callable[[], dict[str, float]]
"""What else is shown after an epoch, e.g. efficiencies on development signals, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingEvents:
    """Events as the network sees them.

    Attributes:
        inputs: What the network is shown, shape (n_events, n_inputs).
        present: Whether the object of each input is there, same shape.
    """

    inputs: Float
    present: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a training came to.

    Attributes:
        history: One record an epoch.
        best_epoch: Epoch whose weights the model has now, from 1.
        stopped: Why it ended before its last epoch; empty if it did not.
    """

    history: History
    best_epoch: int
    stopped: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """What an epoch works with, fixed over the training."""

    model: Autoencoder
    config: TrainingConfig
    training: TrainingEvents
    validation: TrainingEvents
    inputs: InputMap
    watch: Watch
    batches_a_call: int


def trained(
    model: Autoencoder,
    config: TrainingConfig,
    *,
    training: TrainingEvents,
    validation: TrainingEvents,
    inputs: InputMap,
    rarity: NDArray[np.float32],
    checkpoint: Path,
    digest: str,
    progress: Progress,
    watch: Watch = dict,
    batches_a_call: int = BATCHES_A_CALL,
) -> Outcome:
    """Train the model in place; at the end, or when Ctrl-C ends it, it has the weights of its best epoch.

    Args:
        model: The autoencoder.
        config: How to train.
        training: Events to train on.
        validation: Events to watch the loss on.
        inputs: What the inputs are.
        rarity: Weight of each input in the reconstruction, shape (n_inputs,).
        checkpoint: File to resume from and to write after every epoch.
        digest: Digest of what decides the result; a checkpoint of another is refused.
        progress: Told the epochs done.
        watch: Asked after every epoch for what else is shown.
        batches_a_call: Batches that one call of the compiled step goes through.

    Raises:
        DataError: If the loss stops being a number, or the checkpoint is of another training.
    """
    import keras

    if len(training) < config.batch_events:
        raise DataError(
            f"{len(training)} events to train on are less than one batch of {config.batch_events}; "
            "give more events or a smaller training.batch_events"
        )
    steps = config.epochs * (len(training) // config.batch_events)
    optimiser = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, alpha=0.02)
    )
    optimiser.build(model.trainable_variables)
    random = keras.random.SeedGenerator(config.seed)
    masks = [keras.Variable(np.ones(layer.kernel.shape, "float32"), trainable=False, name="mask")
             for layer in model.weighted]  # fmt: skip
    variables = [*model.variables, *masks, *optimiser.variables, random.state]
    objective = Objective(model=model, config=config, inputs=inputs, rarity=rarity, random=random)
    functions = compiled(objective, optimiser, masks)
    stage = Stage(
        model=model, config=config, training=training, validation=validation, inputs=inputs, watch=watch,
        batches_a_call=batches_a_call,
    )  # fmt: skip

    history, best = _resumed(variables, model, config, load_checkpoint(checkpoint, digest))
    stopped = ""
    progress(len(history), config.epochs, "")
    try:
        for epoch in range(len(history), config.epochs):
            if best.patience_is_out(epoch, config):
                stopped = f"the validation loss has not fallen for {config.patience_epochs} epochs"
                break
            record = _epoch(stage, epoch, history, masks, functions.train, functions.evaluate)
            history = [*history, record]
            best = best.after(record, config, [np.asarray(variable) for variable in model.variables])
            values = [np.asarray(variable) for variable in variables]
            save_checkpoint(
                checkpoint,
                Checkpoint(digest=digest, variables=values, history=history, best=best.values,
                           best_epoch=best.epoch),
            )  # fmt: skip
            progress(epoch + 1, config.epochs, _note(record))
    except KeyboardInterrupt:
        if not best.epoch:
            raise
        stopped = INTERRUPTED
    best.give_to(model)
    return Outcome(history=history, best_epoch=best.epoch, stopped=stopped)


def _epoch(
    stage: Stage, epoch: int, history: History, masks: list[Any], train: Batches, evaluate: Batches
) -> dict[str, float]:
    config, model = stage.config, stage.model
    pruning = config.pruning
    sparsity = scheduled_sparsity(
        epoch, final=pruning.sparsity, start_epoch=pruning.start_epoch, end_epoch=pruning.end_epoch
    )
    for layer, mask in zip(model.weighted, masks, strict=True):
        mask.assign(magnitude_mask(np.asarray(layer.kernel) * np.asarray(mask), sparsity))
    beta, bit_weight = kl_weight(epoch, config.loss), _bit_weight(config, epoch, history)
    model.backend.weigh_bits(model.encoder, bit_weight)
    order = np.random.default_rng([config.seed, epoch]).permutation(len(stage.training))
    terms = _averaged(train, stage, stage.training, order, beta, epoch)
    watched = _averaged(evaluate, stage, stage.validation, None, beta, epoch)
    record = {"epoch": float(epoch + 1), "sparsity": sparsity, "kl_weight": beta, **terms}
    record |= {f"validation_{name}": watched[name] for name in ("loss", "reconstruction", "kl")}
    ebops = model.backend.ebops(model.encoder)
    if ebops is not None:
        record |= {"ebops": ebops, "bit_weight": bit_weight}
    return record | stage.watch()


def _bit_weight(config: TrainingConfig, epoch: int, history: History) -> float:
    """Weight of one EBOP in this epoch; steered by what the last one left, where there is a budget."""
    compression = config.compression
    if compression.budget_ebops is None:
        return compression_weight(epoch, config.epochs, compression)
    if not history or "ebops" not in history[-1]:
        return compression.beta
    return steered_weight(history[-1]["bit_weight"], history[-1]["ebops"], compression.budget_ebops)


def _resumed(
    variables: list[Any], model: Autoencoder, config: TrainingConfig, checkpoint: Checkpoint | None
) -> tuple[History, Best]:
    if checkpoint is None:
        return [], Best()
    if len(checkpoint.variables) != len(variables) or len(checkpoint.best) not in (0, len(model.variables)):
        raise DataError("the checkpoint holds another number of variables; delete it to train anew")
    for variable, value in zip(variables, checkpoint.variables, strict=True):
        variable.assign(value)
    best = Best.of(checkpoint.history, checkpoint.best_epoch, checkpoint.best, config)
    return checkpoint.history, best


def _blocks(
    events: TrainingEvents, batch_events: int, order: NDArray[np.int64] | None, batches_a_call: int
) -> Iterator[tuple[Float, NDArray[np.bool_], int]]:
    """Yield whole batches, some at a time, in blocks of one shape; the last, shorter batch is left out."""
    size = min(batch_events, len(events))
    n_batches = len(events) // size
    # As even as can be: the last block is filled up, and what fills it is copied for nothing.
    n_blocks = -(-n_batches // batches_a_call)
    of_block = -(-n_batches // n_blocks)
    for first in range(0, n_batches, of_block):
        count = min(of_block, n_batches - first)
        chosen = np.arange(first * size, (first + count) * size)
        chosen = np.resize(chosen if order is None else order[chosen], of_block * size)
        shape = (of_block, size, events.inputs.shape[1])
        yield events.inputs[chosen].reshape(shape), events.present[chosen].reshape(shape), count


def _averaged(
    function: Batches,
    stage: Stage,
    events: TrainingEvents,
    order: NDArray[np.int64] | None,
    beta: float,
    epoch: int,
) -> dict[str, float]:
    sums, done = np.zeros(len(TERMS)), 0
    for shown, present, count in _blocks(events, stage.config.batch_events, order, stage.batches_a_call):
        found = function(shown, present, count, beta)
        if found.first_bad >= 0:
            _refuse_loss(shown[found.first_bad], epoch, done + found.first_bad, stage.inputs)
        sums += found.terms
        done += count
    return dict(zip(TERMS, (sums / done).tolist(), strict=True))


def _refuse_loss(shown: Float, epoch: int, batch: int, inputs: InputMap) -> None:
    largest = np.abs(shown).max(axis=0)
    names = [
        f"{inputs.layout.names[i]} (up to {largest[i]:g})" for i in np.argsort(-largest, kind="stable")[:3]
    ]
    raise DataError(
        f"the loss is no number in epoch {epoch + 1}, batch {batch + 1}; the largest inputs there are "
        f"{', '.join(names)}. Try a smaller training.learning_rate; the checkpoint of the epoch before is kept"
    )


def _note(record: dict[str, float]) -> str:
    parts = [f"loss {record['loss']:.3f} = {record['reconstruction']:.3f} + KL {record['kl']:.3f}"]
    if record["sparsity"]:
        parts.append(f"sparsity {record['sparsity']:.0%}")
    if "ebops" in record:
        parts.append(f"{record['ebops']:.0f} EBOPs")
    if "efficiency" in record:
        parts.append(f"development {record['efficiency']:.2%}")
    return ", ".join(parts)
