"""The variational autoencoder: codes are drawn, and their distribution is held near N(0, 1)."""

from typing import Any

from l1ad.training.families.autoencoder import DenseAutoencoder
from l1ad.training.families.registry import registered
from l1ad.training.losses import kl_divergence
from l1ad.training.model import Autoencoder

__all__ = ["Variational"]


@registered("variational")
class Variational(DenseAutoencoder):
    """β·KL beside the reconstruction; with the summed squared error, β = 2σ² of a decoder of width σ."""

    deployable = True
    variational = True

    def penalty(self, network: Autoencoder, shown: Any, mean: Any, hidden: Any) -> Any:
        """Mean KL divergence of the codes' distributions from N(0, 1)."""
        from keras import ops

        del shown
        return ops.mean(kl_divergence(mean, self._log_variance(network, hidden)))

    def code(self, network: Autoencoder, mean: Any, hidden: Any, noise: Any) -> Any:
        """Draw a code: µ + σ·noise."""
        from keras import ops

        return mean + ops.exp(0.5 * self._log_variance(network, hidden)) * noise

    def more_scores(self, network: Autoencoder, mean: Any, hidden: Any) -> dict[str, Any]:
        """Score by the KL divergence too."""
        return {"kl": kl_divergence(mean, self._log_variance(network, hidden))}

    def _log_variance(self, network: Autoencoder, hidden: Any) -> Any:
        if network.variance is None:
            raise ValueError("a variational network needs its variance; build it with this family")
        return network.variance(hidden)
