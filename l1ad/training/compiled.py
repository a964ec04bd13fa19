"""The training step and its evaluation, compiled: many batches in one call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.training.model import Autoencoder
from l1ad.training.objective import TERMS, Objective

__all__ = ["BATCHES_A_CALL", "Compiled", "Sums", "compiled", "mean_squares"]

BATCHES_A_CALL = 32
"""Batches that one call goes through: so many that calling costs nothing, so few that Ctrl-C is heard."""

_SCORED_EVENTS = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums of the terms over batches, and the first batch whose loss is no number; -1 for none."""

    terms: NDArray[np.float64]
    first_bad: int


Batches = Callable[[NDArray[np.float32], NDArray[np.bool_], int, float], Sums]
"""Called with inputs and presence of shape (batches, events, n_inputs), how many batches count, and β."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What the loop calls."""

    train: Batches
    evaluate: Batches


def compiled(objective: Objective, optimiser: Any, masks: list[Any]) -> Compiled:
    """Compile the step and the evaluation with XLA.

    Args:
        objective: What is minimised.
        optimiser: Built on the model's trainable variables.
        masks: One for each layer with weights: 0 where a weight is pruned.
    """
    import tensorflow as tf

    model = objective.model
    learning, watching = objective.learning(), objective.watching()
    kernels = [layer.kernel for layer in model.weighted]

    def step(shown: Any, present: Any, kl_weight: Any) -> Any:
        with tf.GradientTape() as tape:
            terms = learning(shown, present, kl_weight)
            loss = terms[0]
        trainable = model.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in trainable])
        optimiser.apply(
            [tf.zeros_like(v.value) if g is None else g for g, v in zip(gradients, trainable, strict=True)],
            trainable,
        )
        for kernel, mask in zip(kernels, masks, strict=True):
            kernel.assign(kernel * mask)
        return terms

    return Compiled(train=_over_batches(step), evaluate=_over_batches(watching))


def _over_batches(one: Callable[[Any, Any, Any], Any]) -> Batches:
    """Run a function over batches inside one compiled call."""
    import tensorflow as tf

    def over(shown: Any, present: Any, n_batches: Any, kl_weight: Any) -> Any:
        def body(batch: Any, sums: Any, bad: Any) -> Any:
            terms = one(shown[batch], tf.cast(present[batch], tf.float32), kl_weight)
            healthy = tf.math.is_finite(terms[0])
            return batch + 1, sums + terms, tf.where(healthy | (bad >= 0), bad, batch)

        start = (tf.constant(0), tf.zeros(len(TERMS)), tf.constant(-1))
        return tf.while_loop(lambda batch, *_: batch < n_batches, body, start)

    compiled_over = tf.function(over, jit_compile=True, autograph=False)

    def run(shown: NDArray[np.float32], present: NDArray[np.bool_], n_batches: int, kl_weight: float) -> Sums:
        _, sums, bad = compiled_over(shown, present, tf.constant(n_batches), tf.constant(kl_weight, tf.float32))
        return Sums(terms=np.asarray(sums, dtype=np.float64), first_bad=int(bad))

    return run


def mean_squares(model: Autoencoder) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
    """Compile the score Σµ² of inputs of shape (n_events, n_inputs), shape (n_events,)."""
    import tensorflow as tf

    def of_block(shown: Any) -> Any:
        return tf.reduce_sum(tf.square(model.encoder(shown, training=False)), axis=1)

    squares = tf.function(of_block, jit_compile=True, autograph=False)

    def scores(shown: NDArray[np.float32]) -> NDArray[np.float64]:
        found = np.empty(len(shown))
        for start in range(0, len(shown), _SCORED_EVENTS):
            block = shown[start : start + _SCORED_EVENTS]
            padded = np.zeros((_SCORED_EVENTS, shown.shape[1]), np.float32)
            padded[: len(block)] = block
            found[start : start + len(block)] = np.asarray(squares(padded))[: len(block)]
        return found

    return scores
