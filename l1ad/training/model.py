"""The variational autoencoder in QKeras: a quantised encoder, a float decoder."""

from dataclasses import dataclass
from typing import Any

from l1ad.config.run import ModelConfig

__all__ = ["MEAN", "Autoencoder", "built_autoencoder", "quantised_layers"]

MEAN = "mean"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Autoencoder:
    """The parts of a variational autoencoder, as Keras models.

    Attributes:
        encoder: Scaled inputs to the quantised mean; this part goes to the FPGA.
        variance: Last hidden layer of the encoder to ln σ²; float, dropped at freezing.
        decoder: Latent vector to reconstructed inputs; float, dropped at freezing.
    """

    encoder: Any
    variance: Any
    decoder: Any

    @property
    def parts(self) -> tuple[Any, Any, Any]:
        """All parts, in a fixed order."""
        return self.encoder, self.variance, self.decoder

    @property
    def trainable_variables(self) -> list[Any]:
        """Trainable variables of all parts, in a fixed order."""
        return [variable for part in self.parts for variable in part.trainable_variables]


def built_autoencoder(config: ModelConfig, n_inputs: int) -> Autoencoder:
    """Build encoder `n_inputs - hidden - latent` with quantised weights and activations, decoder mirrored."""
    import keras
    from qkeras import QActivation, QDense, quantized_bits, quantized_relu

    def dense(width: int, name: str) -> Any:
        return QDense(
            width,
            name=name,
            kernel_quantizer=quantized_bits(config.weight_bits, config.weight_integer, alpha=1),
            bias_quantizer=quantized_bits(config.bias_bits, config.bias_integer, alpha=1),
            kernel_initializer="glorot_uniform",
        )

    inputs = keras.Input((n_inputs,), name="scaled")
    hidden = inputs
    for number, width in enumerate(config.hidden, start=1):
        hidden = dense(width, f"dense_{number}")(hidden)
        activation = quantized_relu(config.activation_bits, config.activation_integer)
        hidden = QActivation(activation, name=f"relu_{number}")(hidden)
    mean = dense(config.latent, "dense_mean")(hidden)
    mean = QActivation(quantized_bits(config.mean_bits, config.mean_integer, alpha=1), name=MEAN)(mean)
    encoder = keras.Model(inputs, [mean, hidden], name="encoder")
    variance = keras.Sequential(
        [keras.Input((config.hidden[-1],)), keras.layers.Dense(config.latent, kernel_initializer="zeros")]
    )
    decoder = keras.Sequential(
        [
            keras.Input((config.latent,)),
            *(keras.layers.Dense(width, activation="relu") for width in reversed(config.hidden)),
            keras.layers.Dense(n_inputs),
        ]
    )
    return Autoencoder(encoder=encoder, variance=variance, decoder=decoder)


def quantised_layers(encoder: Any) -> list[Any]:
    """List the encoder's dense layers, first to last."""
    return [layer for layer in encoder.layers if type(layer).__name__ == "QDense"]
