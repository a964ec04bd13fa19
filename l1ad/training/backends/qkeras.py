"""QKeras: bit widths that the configuration gives."""

from typing import Any

from l1ad.config.model import ConvolutionConfig, ModelConfig
from l1ad.core.network import FrozenNetwork
from l1ad.core.scaling import Scaling
from l1ad.training.backends.qkeras_freeze import frozen_layers

__all__ = ["QKerasBackend"]


class QKerasBackend:
    """QDense, QConv2D and QActivation with `alpha=1`, so that every value is a step of its format."""

    name = "qkeras"

    def convolution(
        self, config: ModelConfig, one: ConvolutionConfig, name: str, seed: int, first: bool
    ) -> Any:
        """Make a convolution."""
        from qkeras import QConv2D

        return QConv2D(
            one.filters, one.kernel, strides=one.strides, padding=one.padding, name=name,
            **_quantisers(config, name, seed),
        )  # fmt: skip

    def dense(self, config: ModelConfig, width: int, name: str, seed: int, first: bool) -> Any:
        """Make a dense layer."""
        from qkeras import QDense

        return QDense(width, name=name, **_quantisers(config, name, seed))

    def activation(self, config: ModelConfig, name: str, of_layer: str) -> Any:
        """Make an activation that casts; hard tanh is a cast that saturates at ±1."""
        from qkeras import QActivation, quantized_bits, quantized_relu

        formats = config.formats(of_layer)
        bits, integer = formats["activation_bits"], formats["activation_integer"]
        if config.activation == "relu":
            return QActivation(quantized_relu(bits, integer), name=name)
        return QActivation(quantized_bits(bits, 0, alpha=1), name=name)

    def mean(self, config: ModelConfig, name: str) -> Any:
        """Make the cast of the encoder mean."""
        from qkeras import QActivation, quantized_bits

        return QActivation(quantized_bits(config.mean_bits, config.mean_integer, alpha=1), name=name)

    def bits_lost(self, encoder: Any) -> Any:
        """Nothing: bit widths are given."""
        return 0.0

    def weigh_bits(self, encoder: Any, weight: float) -> None:
        """Do nothing: bit widths are given."""

    def ebops(self, encoder: Any) -> float | None:
        """None: bit widths are given; `l1ad inspect` counts those of the frozen algorithm."""
        return None

    def frozen(self, encoder: Any, scaling: Scaling) -> tuple[Scaling, FrozenNetwork]:
        """Freeze the encoder mean; the inputs keep their type."""
        layers = frozen_layers(encoder, scaling.result)
        n_inputs = int(encoder.input_shape[1])
        return scaling, FrozenNetwork(n_inputs=n_inputs, input_type=scaling.result, layers=layers)

    def taps(self, encoder: Any) -> dict[str, Any]:
        """Name the output of every layer."""
        return {layer.name: layer.output for layer in encoder.layers if type(layer).__name__ != "InputLayer"}


def _quantisers(config: ModelConfig, name: str, seed: int) -> dict[str, Any]:
    import keras
    from qkeras import quantized_bits

    formats = config.formats(name)
    return {
        "kernel_quantizer": quantized_bits(formats["weight_bits"], formats["weight_integer"], alpha=1),
        "bias_quantizer": quantized_bits(formats["bias_bits"], formats["bias_integer"], alpha=1),
        "kernel_initializer": keras.initializers.GlorotUniform(seed=seed),
    }
