"""Dense autoencoders: a reconstruction, and beside it what tells one family from another."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.model import ModelConfig
from l1ad.config.studies.families import FamilyConfig
from l1ad.training.families.family import Family
from l1ad.training.losses import masked_squared_error
from l1ad.training.model import Autoencoder, built_autoencoder

__all__ = ["DenseAutoencoder"]

_BATCH = 4_096


class DenseAutoencoder(Family):
    """Dense autoencoders with a loss of their own: summed squared error + weight · penalty.

    A network is the same `Autoencoder` that `l1ad train` trains: with a backend that quantises, what `built`
    gave can be handed to `frozen_encoder` when it is trained.

    Attributes:
        variational: Whether the encoder has a width beside its mean.
    """

    variational: bool = False
    terms: tuple[str, ...] = ("loss", "reconstruction", "penalty")

    def __init__(self, config: FamilyConfig) -> None:
        self.config = config

    @abstractmethod
    def penalty(self, network: Autoencoder, shown: Any, mean: Any, hidden: Any) -> Any:
        """Give what the loss has beside the reconstruction, a mean over rows, as a Keras scalar.

        Args:
            network: The network.
            shown: Inputs, shape (n, n_inputs).
            mean: Their codes, shape (n, latent).
            hidden: Last hidden layer, shape (n, width).
        """

    @property
    def noise_size(self) -> int:
        """As many as the code has elements."""
        return self.config.latent

    def built(self, n_inputs: int, seed: int) -> Autoencoder:
        """Build a network with the weights that the seed says."""
        config = self.config
        activation: Any = config.activation if config.activation != "hard_tanh" else "tanh"
        model = ModelConfig(
            backend=config.backend, hidden=config.hidden, latent=config.latent, activation=config.activation,
            decoder_activation=activation, variational=self.variational,
        )  # fmt: skip
        return built_autoencoder(model, n_inputs, n_inputs, seed)

    def code(self, network: Autoencoder, mean: Any, hidden: Any, noise: Any) -> Any:
        """Give what is decoded while training: the mean, unless a family draws it; `noise` is of N(0, 1)."""
        del network, hidden, noise
        return mean

    def losses(self, network: Any, shown: Any, noise: Any | None) -> tuple[Sequence[Any], Any]:
        """Give the loss of a batch, and with it what it is made of before the weight."""
        from keras import ops

        learning = noise is not None
        mean, hidden = network.taps(shown, training=learning)
        bits = network.backend.bits_lost(network.encoder) if learning else 0.0
        code = self.code(network, mean, hidden, noise) if learning else mean
        decoded = network.decoder(code, training=learning)
        reconstruction = ops.mean(masked_squared_error(shown, decoded, ops.ones_like(shown)))
        penalty = self.penalty(network, shown, mean, hidden)
        loss = reconstruction + self.config.weight * penalty + bits
        return (loss,), ops.stack([ops.cast(one, "float32") for one in (loss, reconstruction, penalty)])

    def scores(self, network: Any, shown: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Score rows of shape (n, n_inputs): `reconstruction`, and `mean_squares` where deployable."""
        parts = [self._scores(network, shown[start : start + _BATCH]) for start in range(0, len(shown), _BATCH)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def more_scores(self, network: Autoencoder, mean: Any, hidden: Any) -> dict[str, Any]:
        """Give scores that a family has beside these, as Keras tensors of shape (n,)."""
        del network, mean, hidden
        return {}

    def _scores(self, network: Autoencoder, shown: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        mean, hidden = network.taps(shown, training=False)
        decoded = np.asarray(network.decoder(mean, training=False), dtype=np.float64)
        found = {"reconstruction": np.square(shown - decoded).sum(axis=1)}
        if self.deployable:
            found["mean_squares"] = np.square(np.asarray(mean, dtype=np.float64)).sum(axis=1)
        more = self.more_scores(network, mean, hidden)
        return found | {name: np.asarray(values, dtype=np.float64) for name, values in more.items()}
