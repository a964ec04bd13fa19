"""What an autoencoder makes of its inputs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["parameter_count", "reconstructed"]

_BATCH = 4_096


def reconstructed(network: Any, shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """Encode rows to the mean of their code and decode it.

    Args:
        network: An `Autoencoder`.
        shown: Inputs, shape (n, n_inputs).

    Returns:
        Their reconstruction, of the same shape.
    """
    parts = [
        np.asarray(
            network.decoder(network.encoder(shown[start : start + _BATCH], training=False), training=False)
        )
        for start in range(0, len(shown), _BATCH)
    ]
    return np.concatenate(parts) if parts else np.zeros_like(shown)


def parameter_count(network: Any) -> int:
    """Count the numbers that training moves."""
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
