"""The convolutional variational autoencoder that reads a jet as a list of particles."""

import itertools
from typing import Any

from l1ad.config.studies.families import FamilyConfig
from l1ad.config.studies.jets import JetFamilyConfig
from l1ad.core.errors import ConfigError
from l1ad.training.backends.choice import backend_called
from l1ad.training.families.registry import registered
from l1ad.training.families.variational import Variational
from l1ad.training.model import Autoencoder

__all__ = ["ConvolutionalVariational", "jet_particles"]

_QUANTITIES = 3
_KERNEL = 3
_FIRST_FILTERS, *_MORE_FILTERS = (12, 16, 20)
_POOL = 2
_LEAST_PARTICLES = 8
_SEEDS_OF_LAYERS = 1_000


def jet_particles(n_inputs: int) -> int:
    """Count the particles of a jet that the convolutions can read, three inputs each.

    Raises:
        ConfigError: If that is no even number of at least 8.
    """
    particles, odd = divmod(n_inputs, _QUANTITIES)
    if odd or particles % _POOL or particles < _LEAST_PARTICLES:
        raise ConfigError(
            f"{n_inputs} inputs are no jet of an even number of at least {_LEAST_PARTICLES} particles with "
            "three numbers each, as a convolutional network reads it; change data.constituents"
        )
    return particles


@registered("convolutional_variational")
class ConvolutionalVariational(Variational):
    """Convolutions over the particles of a jet, ordered by pT, before the dense layers of a variational one.

    Encoder: the three numbers of each particle meet in a two-dimensional convolution of kernel (1, 3) with 12
    filters; one-dimensional ones of kernel 3 with 16 and 20 filters run along the list; an average of two
    neighbours; dense layers. The decoder mirrors it with transposed convolutions. Every layer but the last
    has the activation, and weights begin as He et al. (arXiv:1502.01852) have it, evenly distributed.

    With 100 particles, dense layers of 200 and 70 and a code of 12 it has 419,265 parameters. That of CASE
    (arXiv:2412.03747) has about 418,000 *(from memory)*; how its layers share them is our choice.

    The loss is that of `Variational`. Its encoder is no chain of layers that firmware has, and not deployable.
    """

    deployable = False

    def __init__(self, config: JetFamilyConfig) -> None:
        super().__init__(
            FamilyConfig(
                name=config.name, kind="variational", weight=config.weight, hidden=config.hidden,
                latent=config.latent, activation=config.activation,
            )
        )  # fmt: skip

    def built(self, n_inputs: int, seed: int) -> Autoencoder:
        """Build a network for jets of `n_inputs` / 3 particles.

        Raises:
            ConfigError: If that is no even number of at least 8.
        """
        particles = jet_particles(n_inputs)
        encoder, taps, width = self._encoder(particles, seed)
        import keras

        return Autoencoder(
            backend=backend_called("float"),
            encoder=encoder,
            taps=taps,
            variance=keras.Sequential(
                [keras.Input((width,)), keras.layers.Dense(self.config.latent, kernel_initializer="zeros")]
            ),
            decoder=self._decoder(particles, seed),
            weighted=[],
        )

    def _encoder(self, particles: int, seed: int) -> tuple[Any, Any, int]:
        from keras import Input, Model, layers

        layer = self._layers(2 * seed)
        inputs = Input((_QUANTITIES * particles,))
        x = layers.Reshape((particles, _QUANTITIES, 1))(inputs)
        x = layer(layers.Conv2D, _FIRST_FILTERS, (1, _QUANTITIES))(x)
        x = layers.Reshape((particles, _FIRST_FILTERS))(x)
        for filters in _MORE_FILTERS:
            x = layer(layers.Conv1D, filters, _KERNEL)(x)
        x = layers.Flatten()(layers.AveragePooling1D(_POOL)(x))
        for width in self.config.hidden:
            x = layer(layers.Dense, width)(x)
        mean = layer(layers.Dense, self.config.latent, activation=None)(x)
        return Model(inputs, mean), Model(inputs, [mean, x]), self.config.hidden[-1]

    def _decoder(self, particles: int, seed: int) -> Any:
        from keras import Input, Model, layers

        layer = self._layers(2 * seed + 1)
        length = (particles - len(_MORE_FILTERS) * (_KERNEL - 1)) // _POOL
        inputs = x = Input((self.config.latent,))
        for width in (*reversed(self.config.hidden), length * _MORE_FILTERS[-1]):
            x = layer(layers.Dense, width)(x)
        x = layers.UpSampling1D(_POOL)(layers.Reshape((length, _MORE_FILTERS[-1]))(x))
        for filters in (*reversed(_MORE_FILTERS[:-1]), _FIRST_FILTERS):
            x = layer(layers.Conv1DTranspose, filters, _KERNEL)(x)
        x = layers.Reshape((particles, 1, _FIRST_FILTERS))(x)
        x = layer(layers.Conv2DTranspose, 1, (1, _QUANTITIES), activation=None)(x)
        return Model(inputs, layers.Reshape((_QUANTITIES * particles,))(x))

    def _layers(self, seed: int) -> Any:
        """Give what makes layers, each beginning with a seed of its own."""
        from keras.initializers import HeUniform

        seeds = itertools.count(seed * _SEEDS_OF_LAYERS)

        def made(kind: Any, *shape: Any, activation: str | None = self.config.activation) -> Any:
            return kind(*shape, activation=activation, kernel_initializer=HeUniform(seed=next(seeds)))

        return made
