"""What the training asks of a quantisation library."""

from typing import Any, Protocol

from l1ad.config.model import ConvolutionConfig, ModelConfig
from l1ad.core.network import FrozenNetwork
from l1ad.core.scaling import Scaling

__all__ = ["QuantisationBackend"]


class QuantisationBackend(Protocol):
    """Makes the layers of an encoder, and freezes them.

    Layers are called by `ModelConfig.layer_names`; every seed is given, so that two backends begin with
    the same weights.
    """

    name: str

    def convolution(
        self, config: ModelConfig, one: ConvolutionConfig, name: str, seed: int, first: bool
    ) -> Any:
        """Make a convolution without its activation; `first` where it reads the inputs."""
        ...

    def dense(self, config: ModelConfig, width: int, name: str, seed: int, first: bool) -> Any:
        """Make a dense layer without its activation; `first` where it reads the inputs."""
        ...

    def activation(self, config: ModelConfig, name: str, of_layer: str) -> Any:
        """Make the activation after a layer, with the cast of its result where the library has it here."""
        ...

    def mean(self, config: ModelConfig, name: str) -> Any:
        """Make the cast of the encoder mean."""
        ...

    def bits_lost(self, encoder: Any) -> Any:
        """Give the terms that bits add to the loss of the call just made, as one tensor."""
        ...

    def weigh_bits(self, encoder: Any, weight: float) -> None:
        """Set what one EBOP costs in the loss, where bit widths are learned."""
        ...

    def ebops(self, encoder: Any) -> float | None:
        """Count effective bit operations as the library does; None where bit widths are not learned."""
        ...

    def frozen(self, encoder: Any, scaling: Scaling) -> tuple[Scaling, FrozenNetwork]:
        """Freeze the encoder mean; the scaling comes back with the input types that the encoder wants.

        Raises:
            NotExactError: If a layer or a quantiser is none that the firmware computes exactly.
        """
        ...

    def taps(self, encoder: Any) -> dict[str, Any]:
        """Name the Keras tensors that the frozen layers compute, in their order."""
        ...
