"""The autoencoder: an encoder that a backend quantises, a float decoder and a float variance head."""

from dataclasses import dataclass
from typing import Any

from l1ad.config.model import ModelConfig
from l1ad.training.backends.choice import backend_called
from l1ad.training.backends.interface import QuantisationBackend

__all__ = ["MEAN", "Autoencoder", "built_autoencoder"]

MEAN = "mean"
_SEEDS_OF_LAYERS = 1_000
"""Seeds lie so far apart that the layers of two trainings never begin alike."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Autoencoder:
    """The parts of an autoencoder, as Keras models.

    Attributes:
        backend: Who quantised the encoder.
        encoder: Scaled inputs to the quantised mean; this part goes to the FPGA.
        taps: Scaled inputs to the mean and to the last hidden layer, which the variance reads.
        variance: Last hidden layer to ln σ²; float, dropped at freezing. None in a plain autoencoder.
        decoder: Latent vector to the reconstruction; float, dropped at freezing.
        weighted: The encoder's layers with weights, first to last.
    """

    backend: QuantisationBackend
    encoder: Any
    taps: Any
    variance: Any | None
    decoder: Any
    weighted: list[Any]

    @property
    def parts(self) -> tuple[Any, ...]:
        """All parts, in a fixed order."""
        return tuple(part for part in (self.encoder, self.variance, self.decoder) if part is not None)

    @property
    def variables(self) -> list[Any]:
        """All variables of all parts, in a fixed order."""
        return [variable for part in self.parts for variable in part.variables]

    @property
    def trainable_variables(self) -> list[Any]:
        """Trainable variables of all parts, in a fixed order."""
        return [variable for part in self.parts for variable in part.trainable_variables]


def built_autoencoder(config: ModelConfig, n_inputs: int, n_outputs: int, seed: int) -> Autoencoder:
    """Build `n_inputs - convolutions - hidden - latent` and its mirror.

    Weights begin as the seed says, whatever the backend: a float baseline and a quantised version of one
    seed begin alike.

    Args:
        config: Shapes and number formats.
        n_inputs: Number of inputs.
        n_outputs: Numbers that the decoder gives; more than `n_inputs` with likelihoods of many parameters.
        seed: Seed of the training.
    """
    import keras

    backend = backend_called(config.backend)
    seeds = iter(range(seed * _SEEDS_OF_LAYERS, (seed + 1) * _SEEDS_OF_LAYERS))
    inputs = keras.Input((n_inputs,), name="scaled")
    hidden = _convolved(config, backend, inputs, seeds)
    first = not config.convolutions
    for number, width in enumerate(config.hidden, start=1):
        name = f"dense_{number}"
        hidden = backend.dense(config, width, name, next(seeds), first)(hidden)
        hidden = backend.activation(config, f"{config.activation}_{number}", name)(hidden)
        first = False
    mean = backend.dense(config, config.latent, "dense_mean", next(seeds), first)(hidden)
    mean = backend.mean(config, MEAN)(mean)
    encoder = keras.Model(inputs, mean, name="encoder")
    widths = config.decoder if config.decoder is not None else tuple(reversed(config.hidden))
    decoder = [keras.Input((config.latent,))]
    for width in widths:
        decoder.append(_dense(width, next(seeds), config.decoder_activation))
    decoder.append(_dense(n_outputs, next(seeds), None))
    variance = keras.Sequential(
        [keras.Input((hidden.shape[1],)), keras.layers.Dense(config.latent, kernel_initializer="zeros")]
    )
    return Autoencoder(
        backend=backend,
        encoder=encoder,
        taps=keras.Model(inputs, [mean, hidden], name="encoder_and_hidden"),
        variance=variance if config.variational else None,
        decoder=keras.Sequential(decoder),
        weighted=[encoder.get_layer(name) for name in config.layer_names],
    )


def _convolved(config: ModelConfig, backend: QuantisationBackend, inputs: Any, seeds: Any) -> Any:
    import keras

    if config.image is None:
        return inputs
    tensor = keras.layers.Reshape(config.image, name="image")(inputs)
    for number, one in enumerate(config.convolutions, start=1):
        name = f"conv_{number}"
        tensor = backend.convolution(config, one, name, next(seeds), number == 1)(tensor)
        tensor = backend.activation(config, f"{config.activation}_{name}", name)(tensor)
        if one.pool is not None:
            layer = keras.layers.MaxPooling2D if one.pooling == "max" else keras.layers.AveragePooling2D
            tensor = layer(one.pool, name=f"pool_{number}")(tensor)
    return keras.layers.Flatten(name="flat")(tensor)


def _dense(width: int, seed: int, activation: str | None) -> Any:
    import keras

    start = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(width, activation=activation, kernel_initializer=start)
