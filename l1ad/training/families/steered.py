"""A dense autoencoder whose penalty weighs what a variable says: one compilation serves every weight."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.families import FamilyConfig
from l1ad.training.families.autoencoder import DenseAutoencoder
from l1ad.training.families.family import Family
from l1ad.training.families.registry import family_of

__all__ = ["Applied", "Steered"]

_BLOCK = 8_192


class Steered(Family):
    """A family of dense autoencoders, with the weight of its penalty in a Keras variable.

    `Trainer` compiles the weight of a family as a constant. Here it is read at each step, so that trainings
    which differ by it alone are compiled once. Everything else is the family's own.

    Attributes:
        inner: The family.
        weight: Keras variable with the weight; assign to it before training.
    """

    def __init__(self, config: FamilyConfig) -> None:
        import keras

        family = family_of(config.model_copy(update={"weight": 0.0}))
        if not isinstance(family, DenseAutoencoder):
            raise ValueError(f"{config.kind!r} is no family of dense autoencoders, and has no weight to steer")
        self.inner = family
        self.terms, self.deployable = family.terms, family.deployable
        self.weight = keras.Variable(config.weight, trainable=False, dtype="float32")

    @property
    def noise_size(self) -> int:
        """As of the family."""
        return self.inner.noise_size

    def built(self, n_inputs: int, seed: int) -> Any:
        """Build a network with the weights that the seed says."""
        return self.inner.built(n_inputs, seed)

    def losses(self, network: Any, shown: Any, noise: Any | None) -> tuple[Sequence[Any], Any]:
        """Give the loss of a batch with the weight of now, and what it is made of before the weight."""
        from keras import ops

        (unweighted,), terms = self.inner.losses(network, shown, noise)
        reconstruction, penalty = terms[1], terms[2]
        loss = unweighted + ops.convert_to_tensor(self.weight) * penalty
        return (loss,), ops.stack([loss, reconstruction, penalty])

    def scores(self, network: Any, shown: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Score rows as the family does."""
        return self.inner.scores(network, shown)

    def applied(self, network: Any) -> "Applied":
        """Compile the network as it scores; weights that are set later count."""
        return Applied(network, deployable=self.deployable)


class Applied:
    """A network compiled to score many rows: its codes, Σµ² where that is a score, and squared errors."""

    def __init__(self, network: Any, *, deployable: bool) -> None:
        import tensorflow as tf

        def block(shown: Any) -> tuple[Any, Any]:
            mean, _ = network.taps(shown, training=False)
            decoded = network.decoder(mean, training=False)
            return mean, tf.reduce_sum(tf.square(shown - decoded), axis=1)

        self._deployable = deployable
        self._block = tf.function(block, jit_compile=True, autograph=False)

    def scores(self, shown: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Score rows of shape (n, n_inputs) as the family does, in blocks of one size, by these two scores."""
        means, errors = self._both(shown)
        squares = {"mean_squares": np.square(means).sum(axis=1)} if self._deployable else {}
        return {"reconstruction": errors, **squares}

    def means(self, shown: NDArray[np.float32]) -> NDArray[np.float64]:
        """Give the codes of rows of shape (n, n_inputs), shape (n, latent)."""
        return self._both(shown)[0]

    def _both(self, shown: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        means, errors = [], []
        for start in range(0, len(shown), _BLOCK):
            rows = shown[start : start + _BLOCK]
            # One shape for all blocks, so that nothing is compiled anew.
            filled = np.zeros((_BLOCK, shown.shape[1]), np.float32)
            filled[: len(rows)] = rows
            mean, error = self._block(filled)
            means.append(np.asarray(mean, dtype=np.float64)[: len(rows)])
            errors.append(np.asarray(error, dtype=np.float64)[: len(rows)])
        return np.concatenate(means), np.concatenate(errors)
