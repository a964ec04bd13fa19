"""What is minimised: reconstruction, KL, invariance and bits, of one batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.training import AugmentationConfig, TrainingConfig
from l1ad.training.augmentation import Augmentation
from l1ad.training.inputs import InputMap
from l1ad.training.likelihoods import FeatureLikelihoods
from l1ad.training.losses import (
    invariance_terms,
    kl_divergence,
    masked_huber_error,
    masked_squared_error,
)
from l1ad.training.model import Autoencoder
from l1ad.training.output_ranges import bounded, output_ranges
from l1ad.training.random_numbers import normal

__all__ = ["TERMS", "Objective", "decoder_outputs"]

TERMS = ("loss", "reconstruction", "kl", "invariance", "bits")
"""The loss, and the terms it is made of before their weights."""


def decoder_outputs(config: TrainingConfig, inputs: InputMap) -> int:
    """Count the numbers that the decoder gives: one an input, or the parameters of its density."""
    if config.loss.reconstruction == "likelihood":
        return FeatureLikelihoods(inputs).n_outputs
    return inputs.layout.n_inputs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Objective:
    """The loss of a model on a batch.

    Attributes:
        model: The autoencoder.
        config: Which terms, and their weights.
        inputs: What the inputs are.
        rarity: Weight of each input in the reconstruction, 0 where it never varies, shape (n_inputs,).
        random: Source of the noise, `keras.random.SeedGenerator`.
    """

    model: Autoencoder
    config: TrainingConfig
    inputs: InputMap
    rarity: NDArray[np.float32]
    random: Any

    def reconstruction(self) -> Callable[[Any, Any, Any], Any]:
        """Give `f(inputs, decoder outputs, weights) -> (n_events,)`."""
        loss = self.config.loss
        if loss.reconstruction == "likelihood":
            return FeatureLikelihoods(self.inputs).negative_log_likelihood
        ranges = output_ranges(self.inputs) if loss.output_ranges else None

        def error(shown: Any, outputs: Any, weights: Any) -> Any:
            found = outputs if ranges is None else bounded(outputs, ranges)
            if loss.reconstruction == "huber":
                return masked_huber_error(shown, found, weights, loss.huber_delta)
            return masked_squared_error(shown, found, weights)

        return error

    def weights(self, shown: Any, present: Any) -> Any:
        """Weigh each input of each event: what counts, and how much."""
        from keras import ops

        if self.config.loss.mask == "nonzero":
            counted = ops.cast(ops.not_equal(shown, 0.0), "float32")
        elif self.config.loss.mask == "presence":
            counted = present
        else:
            counted = ops.ones_like(present)
        return counted * self.rarity

    def learning(self) -> Callable[[Any, Any, Any], Any]:
        """Give `f(inputs, present, kl_weight) -> terms`, with noise and augmentation, shape (5,)."""
        from keras import ops

        error, config = self.reconstruction(), self.config
        augmented = config.augmentation != AugmentationConfig()
        view = Augmentation(self.inputs, config.augmentation)

        def terms(shown: Any, present: Any, kl_weight: Any) -> Any:
            seen = view(shown, present, self.random)[0] if augmented else shown
            mean, hidden = self.model.taps(seen, training=True)
            bits = self.model.backend.bits_lost(self.model.encoder)
            divergence, latent = self._divergence(mean, hidden, learning=True)
            outputs = self.model.decoder(latent, training=True)
            reconstruction = ops.mean(error(shown, outputs, self.weights(shown, present)))
            alike = 0.0
            if config.invariance.weight:
                other, _ = self.model.taps(view(shown, present, self.random)[0], training=True)
                same, spread, apart = invariance_terms(mean, other)
                alike = same + config.invariance.variance * spread + config.invariance.covariance * apart
            loss = reconstruction + kl_weight * divergence + config.invariance.weight * alike + bits
            return _stacked(loss, reconstruction, divergence, alike, bits)

        return terms

    def watching(self) -> Callable[[Any, Any, Any], Any]:
        """Give the same without noise, augmentation and bits."""
        from keras import ops

        error = self.reconstruction()

        def terms(shown: Any, present: Any, kl_weight: Any) -> Any:
            mean, hidden = self.model.taps(shown, training=False)
            divergence, latent = self._divergence(mean, hidden, learning=False)
            outputs = self.model.decoder(latent, training=False)
            reconstruction = ops.mean(error(shown, outputs, self.weights(shown, present)))
            return _stacked(reconstruction + kl_weight * divergence, reconstruction, divergence, 0.0, 0.0)

        return terms

    def _divergence(self, mean: Any, hidden: Any, *, learning: bool) -> tuple[Any, Any]:
        from keras import ops

        if self.model.variance is None:
            return 0.0, mean
        log_variance = self.model.variance(hidden, training=learning)
        divergence = ops.mean(kl_divergence(mean, log_variance))
        if not learning:
            return divergence, mean
        noise = normal(ops.shape(mean), self.random)
        return divergence, mean + ops.exp(0.5 * log_variance) * noise


def _stacked(*terms: Any) -> Any:
    from keras import ops

    return ops.stack([ops.cast(term, "float32") for term in terms])
