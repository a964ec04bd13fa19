"""The terms of the loss, per event."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["kl_divergence", "masked_squared_error", "rarity_weights"]


def rarity_weights(present: NDArray[np.bool_], cap: float) -> NDArray[np.float32]:
    """Weigh each input by the inverse of how often its object is there, up to a cap.

    Without it a rare object (a muon in minimum bias) adds next to nothing to the loss, the encoder
    never learns to see it, and it does not move the score.

    Args:
        present: Whether the object of each input is there, shape (n_events, n_inputs).
        cap: Largest weight; 1 turns the weighting off.

    Returns:
        Weights of at least 1, shape (n_inputs,).
    """
    share = np.maximum(present.mean(axis=0), 1.0 / cap)
    return np.asarray(1.0 / share, dtype=np.float32)


def masked_squared_error(inputs: Any, reconstructed: Any, weights: Any) -> Any:
    """Sum the weighted squared errors of the inputs whose object is there, shape (n_events,).

    As in Govorkova et al., arXiv:2108.03986, section 3, but masked by whether the object is there (its
    pT), where theirs masks every target that is zero, and weighted.

    Args:
        inputs: Scaled inputs, shape (n_events, n_inputs).
        reconstructed: The decoder's output, same shape.
        weights: Weight of each input where its object is there, else 0, same shape.
    """
    from keras import ops

    return ops.sum(weights * ops.square(inputs - reconstructed), axis=1)


def kl_divergence(mean: Any, log_variance: Any) -> Any:
    """KL divergence of N(µ, σ²) from N(0, 1), summed over the latent space, shape (n_events,).

    Kingma & Welling, arXiv:1312.6114, appendix B: −½ Σ (1 + ln σ² − µ² − σ²).
    """
    from keras import ops

    return -0.5 * ops.sum(1.0 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=1)
