"""One network of a family trained: seeded, stopped early, kept at its best epoch.

What is compiled is compiled once for a family and used for every training of it, with all variables set anew.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.families import FitConfig
from l1ad.core.errors import DataError
from l1ad.training.families.family import Family
from l1ad.training.random_numbers import normal

__all__ = ["Ending", "Fitted", "Standardisation", "Trainer"]

Float = NDArray[np.float32]
Reals = NDArray[np.float64]


class Ending(Enum):
    """How a training ended."""

    EPOCHS = "last epoch"
    PATIENCE = "validation loss no longer falls"
    DIVERGED = "loss is no number"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standardisation:
    """Features as the network sees them: `(x − mean) / standard deviation` of the rows trained on.

    Attributes:
        mean: Shape (n_features,).
        width: Standard deviation; 1 of a feature that never varies, shape (n_features,).
    """

    mean: Reals
    width: Reals

    @classmethod
    def of(cls, training: NDArray[np.floating]) -> "Standardisation":
        """Measure it on the rows trained on, shape (n, n_features)."""
        values = np.asarray(training, dtype=np.float64)
        mean, width = values.mean(axis=0), values.std(axis=0)
        # What does not vary is no larger than the rounding of its mean.
        still = width <= 1e-6 * np.abs(mean) + 1e-12
        return cls(mean=mean, width=np.where(still, 1.0, width))

    def shown(self, features: NDArray[np.floating]) -> Float:
        """Give what the network is shown, shape of `features`."""
        return ((np.asarray(features, dtype=np.float64) - self.mean) / self.width).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What a training came to.

    Attributes:
        history: Terms by name, `validation_` before those of the validation, one number an epoch; epochs whose
            loss is no number are left out.
        best_epoch: Epoch whose weights are kept, from 1; 0 if the very first loss was no number.
        ending: Why it ended.
    """

    history: dict[str, list[float]]
    best_epoch: int
    ending: Ending

    @property
    def best(self) -> dict[str, float]:
        """Terms of the best epoch; empty without one."""
        return {name: values[self.best_epoch - 1] for name, values in self.history.items() if self.best_epoch}


class Trainer:
    """Trains networks of one family and size, one after the other; `network` is the last one's."""

    def __init__(self, family: Family, n_inputs: int, config: FitConfig) -> None:
        import keras

        self.family, self.config, self._n_inputs = family, config, n_inputs
        self.network: Any = family.built(n_inputs, seed=0)
        self._groups = family.groups(self.network)
        self._optimisers = [keras.optimizers.Adam(config.learning_rate) for _ in self._groups]
        for optimiser, variables in zip(self._optimisers, self._groups, strict=True):
            optimiser.build(variables)
        self._state = [variable for optimiser in self._optimisers for variable in optimiser.variables]
        self._fresh = [np.asarray(variable) for variable in self._state]
        self._random = keras.random.SeedGenerator(0)
        self._train, self._evaluate = self._compiled()

    def fit(self, training: Float, validation: Float, *, seed: int) -> Fitted:
        """Train a network from the weights of a seed; in the end `network` has the weights of its best epoch.

        Nothing is left of the training before: the same call gives the same numbers, whatever came first.

        Args:
            training: Rows as the network sees them, shape (n, n_inputs), at least one batch.
            validation: The same, to watch the loss on.
            seed: Of weights, order and noise.

        Raises:
            DataError: If there is not one batch to train on.
        """
        batch = self.config.batch
        if len(training) < batch:
            raise DataError(
                f"{len(training)} rows to train on are less than one batch of {batch}; give more of them, or a "
                "smaller batch"
            )
        self._begin(seed)
        terms_of = self.family.terms
        history: dict[str, list[float]] = {name: [] for name in terms_of}
        history |= {f"validation_{name}": [] for name in terms_of}
        best, best_epoch, kept, ending = math.inf, 0, self._values(), Ending.EPOCHS
        for epoch, shown in enumerate(_orders(training, batch, self.config.epochs, seed), start=1):
            for optimiser in self._optimisers:
                optimiser.learning_rate.assign(
                    self.config.learning_rate * self.config.learning_rate_decay ** (epoch - 1)
                )
            terms = [*self._mean_terms(shown), *np.asarray(self._evaluate(validation), dtype=np.float64)]
            if not np.isfinite(terms).all():
                ending = Ending.DIVERGED
                break
            for values, term in zip(history.values(), terms, strict=True):
                values.append(float(term))
            watched = history[f"validation_{terms_of[0]}"][-1]
            if watched < best:
                best, best_epoch, kept = watched, epoch, self._values()
            if epoch - best_epoch >= self.config.patience_epochs:
                ending = Ending.PATIENCE
                break
        for variable, value in zip(self.network.variables, kept, strict=True):
            variable.assign(value)
        return Fitted(history=history, best_epoch=best_epoch, ending=ending)

    def scores(self, shown: Float) -> dict[str, Reals]:
        """Score rows by the last network, shape (n,) each."""
        return self.family.scores(self.network, shown)

    def _begin(self, seed: int) -> None:
        import keras

        start = self.family.built(self._n_inputs, seed)
        for variable, other in zip(self.network.variables, start.variables, strict=True):
            variable.assign(other)
        for variable, value in zip(self._state, self._fresh, strict=True):
            variable.assign(value)
        self._random.state.assign(keras.random.SeedGenerator(seed).state)

    def _values(self) -> list[Any]:
        return [np.asarray(variable).copy() for variable in self.network.variables]

    def _mean_terms(self, shown: Float) -> Reals:
        # Few shapes whatever is fed, so that little is compiled anew; what fills up is not trained on.
        n_batches = len(shown)
        size = 1 << (n_batches - 1).bit_length()
        filled = np.zeros((size, *shown.shape[1:]), np.float32)
        filled[:n_batches] = shown
        return np.asarray(self._train(filled, np.int32(n_batches)), dtype=np.float64) / n_batches

    def _compiled(self) -> tuple[Any, Any]:
        """Compile an epoch of training and an evaluation with XLA."""
        import tensorflow as tf

        network, family = self.network, self.family

        def step(shown: Any) -> Any:
            with tf.GradientTape(persistent=len(self._groups) > 1) as tape:
                noise = normal((self.config.batch, family.noise_size), self._random)
                losses, terms = family.losses(network, shown, noise)
            # All gradients before any step: each loss is that of the same networks.
            every = [
                tape.gradient(loss, [variable.value for variable in variables])
                for loss, variables in zip(losses, self._groups, strict=True)
            ]
            for optimiser, gradients, variables in zip(self._optimisers, every, self._groups, strict=True):
                values = [
                    tf.zeros_like(v.value) if g is None else g
                    for g, v in zip(gradients, variables, strict=True)
                ]
                optimiser.apply(values, variables)
            return terms

        def epoch(shown: Any, n_batches: Any) -> Any:
            start = (tf.constant(0), tf.zeros(len(family.terms)))
            return tf.while_loop(
                lambda batch, _: batch < n_batches, lambda b, sums: (b + 1, sums + step(shown[b])), start
            )[1]

        def evaluated(shown: Any) -> Any:
            return family.losses(network, shown, None)[1]

        return (
            tf.function(epoch, jit_compile=True, autograph=False),
            tf.function(evaluated, jit_compile=True, autograph=False),
        )


def _orders(training: Float, batch: int, epochs: int, seed: int) -> Iterator[Float]:
    """Yield the rows of each epoch in its own order, in whole batches; the rest waits for another order."""
    n_batches = len(training) // batch
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(len(training))[: n_batches * batch]
        yield training[order].reshape(n_batches, batch, training.shape[1])
