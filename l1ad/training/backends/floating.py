"""No quantiser: the float baseline, and the references that others published."""

from typing import Any

from l1ad.config.model import ConvolutionConfig, ModelConfig
from l1ad.core.errors import NotExactError
from l1ad.core.network import FrozenNetwork
from l1ad.core.scaling import Scaling

__all__ = ["FloatBackend"]


class FloatBackend:
    """Plain Keras layers; nothing that can be frozen."""

    name = "float"

    def convolution(
        self, config: ModelConfig, one: ConvolutionConfig, name: str, seed: int, first: bool
    ) -> Any:
        """Make a convolution."""
        import keras

        return keras.layers.Conv2D(
            one.filters, one.kernel, strides=one.strides, padding=one.padding, name=name,
            kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        )  # fmt: skip

    def dense(self, config: ModelConfig, width: int, name: str, seed: int, first: bool) -> Any:
        """Make a dense layer."""
        import keras

        start = keras.initializers.GlorotUniform(seed=seed)
        return keras.layers.Dense(width, name=name, kernel_initializer=start)

    def activation(self, config: ModelConfig, name: str, of_layer: str) -> Any:
        """Make an activation."""
        import keras

        return keras.layers.Activation(config.activation, name=name)

    def mean(self, config: ModelConfig, name: str) -> Any:
        """Make the encoder mean, as it is."""
        import keras

        return keras.layers.Activation("linear", name=name)

    def bits_lost(self, encoder: Any) -> Any:
        """Nothing: there are no bits."""
        return 0.0

    def weigh_bits(self, encoder: Any, weight: float) -> None:
        """Do nothing: there are no bits."""

    def ebops(self, encoder: Any) -> float | None:
        """None: there are no bits."""
        return None

    def frozen(self, encoder: Any, scaling: Scaling) -> tuple[Scaling, FrozenNetwork]:
        """Refuse.

        Raises:
            NotExactError: Always.
        """
        raise NotExactError(
            "a float model has no number formats to freeze; train with model.backend qkeras or hgq, or import "
            "its Keras file with formats of your choice (`l1ad import`)"
        )

    def taps(self, encoder: Any) -> dict[str, Any]:
        """No layer is frozen."""
        return {}
