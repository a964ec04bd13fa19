"""Families that generate: a code drawn from a prior, decoded, and spread by what the decoder leaves open."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.generation_families import GenerativeKind, GenerativeSettings
from l1ad.training.families.family import Family, Variables
from l1ad.training.families.flow_layers import Flow

__all__ = ["Generative", "GenerativeMember", "GenerativeNetwork", "dense_network", "negative_log_gaussian"]

Float = NDArray[np.float32]
Reals = NDArray[np.float64]

_SEEDS_OF_PARTS = 1_000
_ROWS_AT_ONCE = 4_096
_LOG_WIDTHS = (math.log(0.03), math.log(2.0))
"""Ends of ln σ of what the decoder leaves open; without a lower one a variable that follows from others exactly
would have a density that grows for ever."""
_LOG_VARIANCES = (-8.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerativeMember:
    """A member of a family that generates.

    Attributes:
        kind: Name of the family.
        n_inputs: Variables of an event.
        settings: Of network and training.
    """

    kind: GenerativeKind
    n_inputs: int
    settings: GenerativeSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GenerativeNetwork:
    """The parts of a network that generates.

    Attributes:
        encoder: Events to mean and ln σ² of their codes, a Keras model; None where the flow is the encoder.
        decoder: Codes to the mean of events.
        log_width: ln σ of each variable about that mean, before it is held between its ends.
        flow: Codes, or events, to N(0, 1); None without one.
        discriminator: Events to the log odds that they are true; None without one.
    """

    encoder: Any | None
    decoder: Any
    log_width: Any
    flow: Flow | None
    discriminator: Any | None

    @property
    def encoding(self) -> list[Any]:
        """Variables of encoder and flow."""
        encoder = [] if self.encoder is None else self.encoder.trainable_variables
        return [*encoder, *([] if self.flow is None else self.flow.variables)]

    @property
    def decoding(self) -> list[Any]:
        """Variables of the decoder and of what it leaves open."""
        return [*self.decoder.trainable_variables, self.log_width]

    @property
    def discriminating(self) -> list[Any]:
        """Variables of the discriminator."""
        return [] if self.discriminator is None else list(self.discriminator.trainable_variables)

    @property
    def trainable_variables(self) -> Variables:
        """Those of all parts, in a fixed order."""
        return [*self.encoding, *self.decoding, *self.discriminating]

    @property
    def variables(self) -> Variables:
        """The same: nothing else has a state."""
        return self.trainable_variables

    def spread(self) -> Any:
        """Give ln σ of each variable about the decoder's mean, shape (n_inputs,)."""
        from keras import ops

        return ops.clip(self.log_width, *_LOG_WIDTHS)


def negative_log_gaussian(values: Any, mean: Any, log_width: Any) -> Any:
    """−ln of independent Gaussian densities of all variables of a row together, shape (n,).

    With a width of each variable that is learned, as σ-VAE (Rybkin et al., arXiv:2006.13202, from memory):
    β = 1 is then the bound on the likelihood, and what is left open can be drawn when events are generated.
    """
    from keras import ops

    pulls = (values - mean) * ops.exp(-log_width)
    return ops.sum(0.5 * ops.square(pulls) + log_width + 0.5 * math.log(2 * math.pi), axis=1)


def dense_network(n_inputs: int, n_outputs: int, settings: GenerativeSettings, seed: int) -> Any:
    """Build hidden layers as the settings say and a linear last one, a Keras model."""
    import keras

    layers: list[Any] = [keras.Input((n_inputs,))]
    widths = [*[settings.width] * settings.layers, n_outputs]
    for number, width in enumerate(widths):
        layers.append(
            keras.layers.Dense(
                width,
                activation=settings.activation if number < settings.layers else None,
                kernel_initializer=keras.initializers.GlorotUniform(seed=seed + number),
            )
        )
    return keras.Sequential(layers)


class Generative(Family):
    """What families that generate have in common.

    Attributes:
        terms: `loss` is the negative bound on the log likelihood, with β; early stopping watches it.
    """

    terms: tuple[str, ...] = ("loss", "reconstruction", "divergence")

    def __init__(self, member: GenerativeMember) -> None:
        self.settings, self.n_inputs = member.settings, member.n_inputs

    @property
    def latent(self) -> int:
        """Size of the code."""
        return self.settings.latent

    @property
    def noise_size(self) -> int:
        """Numbers to draw a code, another code from the prior, and an event about its mean."""
        return 2 * self.latent + self.n_inputs

    def built(self, n_inputs: int, seed: int) -> GenerativeNetwork:
        """Build the parts with the weights that the seed says."""
        import keras

        first = seed * 10 * _SEEDS_OF_PARTS
        return GenerativeNetwork(
            encoder=self.built_encoder(first),
            decoder=dense_network(self.latent, n_inputs, self.settings, first + _SEEDS_OF_PARTS),
            log_width=keras.Variable(np.zeros(n_inputs, np.float32)),
            flow=self.built_flow(first + 2 * _SEEDS_OF_PARTS),
            discriminator=self.built_discriminator(first + 3 * _SEEDS_OF_PARTS),
        )

    def built_encoder(self, seed: int) -> Any | None:
        """Build the encoder; the last half of what it gives is ln σ²."""
        return dense_network(self.n_inputs, 2 * self.latent, self.settings, seed)

    def built_flow(self, seed: int) -> Flow | None:
        """Build the flow; none unless a family has one."""
        del seed
        return None

    def built_discriminator(self, seed: int) -> Any | None:
        """Build the discriminator; none unless a family has one."""
        del seed
        return None

    @abstractmethod
    def bound(self, network: GenerativeNetwork, shown: Any, noise: Any) -> tuple[Any, Any]:
        """Give reconstruction and divergence of rows, shape (n,) each, with codes drawn by the noise."""

    @abstractmethod
    def prior_code(self, network: GenerativeNetwork, noise: Any) -> Any:
        """Draw codes from the prior by numbers of N(0, 1), shape (n, latent)."""

    @abstractmethod
    def mean_code(self, network: GenerativeNetwork, shown: Any) -> Any:
        """Give the middle of each row's codes, shape (n, latent)."""

    def row_scores(self, network: GenerativeNetwork, shown: Any) -> dict[str, Any]:
        """Score rows, as Keras tensors of shape (n,): `reconstruction` −ln p(x|middle), `latent` its square."""
        from keras import ops

        code = self.mean_code(network, shown)
        return {
            "reconstruction": negative_log_gaussian(shown, network.decoder(code), network.spread()),
            "latent": ops.sum(ops.square(code), axis=1),
        }

    def losses(self, network: Any, shown: Any, noise: Any | None) -> tuple[Sequence[Any], Any]:
        """Give the loss and what it is made of; an evaluation draws the same noise every time."""
        from keras import ops

        drawn = self.drawn(shown, noise)
        reconstruction, divergence = (ops.mean(one) for one in self.bound(network, shown, drawn))
        loss = reconstruction + self.settings.beta * divergence
        return (loss,), ops.stack([loss, reconstruction, divergence])

    def drawn(self, shown: Any, noise: Any | None) -> Any:
        """Give the noise, or the same numbers of N(0, 1) every time where there is none."""
        import tensorflow as tf

        if noise is not None:
            return noise
        shape = (tf.shape(shown)[0], self.noise_size)
        return tf.random.stateless_normal(shape, seed=(1, 2), alg="philox")

    def generated(self, network: GenerativeNetwork, noise: Any) -> Any:
        """Generate rows by numbers of N(0, 1), of which the first `latent` are not used."""
        from keras import ops

        code = self.prior_code(network, noise[:, self.latent : 2 * self.latent])
        return network.decoder(code) + ops.exp(network.spread()) * noise[:, 2 * self.latent :]

    def samples(self, network: GenerativeNetwork, count: int, rng: np.random.Generator) -> Float:
        """Generate rows as the network sees them, shape (count, n_inputs)."""
        noise = rng.standard_normal((count, self.noise_size)).astype(np.float32)
        parts = [noise[start : start + _ROWS_AT_ONCE] for start in range(0, count, _ROWS_AT_ONCE)]
        return np.concatenate([np.asarray(self.generated(network, part)) for part in parts])

    def codes(self, network: GenerativeNetwork, shown: Float) -> Float:
        """Give the middle of each row's codes, shape (n, latent)."""
        parts = [shown[start : start + _ROWS_AT_ONCE] for start in range(0, len(shown), _ROWS_AT_ONCE)]
        return np.concatenate([np.asarray(self.mean_code(network, part)) for part in parts])

    def scores(self, network: Any, shown: Float) -> dict[str, Reals]:
        """Score rows of shape (n, n_inputs), larger for the more anomalous."""
        parts = [self.row_scores(network, shown[start : start + _ROWS_AT_ONCE])
                 for start in range(0, len(shown), _ROWS_AT_ONCE)]  # fmt: skip
        return {name: np.concatenate([np.asarray(part[name], np.float64) for part in parts])
                for name in parts[0]}  # fmt: skip

    def posterior(self, network: GenerativeNetwork, shown: Any) -> tuple[Any, Any]:
        """Give mean and ln σ² of each row's code, shape (n, latent) each."""
        from keras import ops

        if network.encoder is None:
            raise ValueError("a network without an encoder has no posterior; build it with this family")
        both = network.encoder(shown)
        return both[:, : self.latent], ops.clip(both[:, self.latent :], *_LOG_VARIANCES)
