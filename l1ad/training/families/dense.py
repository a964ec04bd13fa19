"""The vanilla autoencoder: reconstruction through a narrow code, and nothing else."""

from typing import Any

from l1ad.training.families.autoencoder import DenseAutoencoder
from l1ad.training.families.registry import registered
from l1ad.training.model import Autoencoder

__all__ = ["Vanilla"]


@registered("vanilla")
class Vanilla(DenseAutoencoder):
    """Nothing but the size of the code keeps it from being the identity."""

    def penalty(self, network: Autoencoder, shown: Any, mean: Any, hidden: Any) -> Any:
        """Nothing."""
        from keras import ops

        del network, shown, mean, hidden
        return ops.zeros(())
