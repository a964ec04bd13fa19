"""The terms of the loss: per event, and between two views of a batch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "invariance_terms",
    "kl_divergence",
    "masked_huber_error",
    "masked_squared_error",
    "rarity_weights",
]

_WANTED_WIDTH = 1.0
_VARIANCE_FLOOR = 1e-4
"""γ and ε of VICReg, section 4.1."""


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


def masked_huber_error(inputs: Any, reconstructed: Any, weights: Any, delta: float) -> Any:
    """Sum the weighted Huber errors of the inputs whose object is there, shape (n_events,).

    ½e² up to an error of `delta` and from there its tangent δ(|e| − ½δ), so that one badly reconstructed pT
    does not outweigh the rest of the event (Huber, Ann. Math. Stat. 35 (1964) 73). Half of
    `masked_squared_error` while every error is small.

    Args:
        inputs: Scaled inputs, shape (n_events, n_inputs).
        reconstructed: The decoder's output, same shape.
        weights: Weight of each input where its object is there, else 0, same shape.
        delta: Error from which the loss is linear, in the scale of the inputs.
    """
    from keras import ops

    error = ops.abs(inputs - reconstructed)
    curved = ops.minimum(error, delta)
    return ops.sum(weights * (0.5 * ops.square(curved) + delta * (error - curved)), axis=1)


def kl_divergence(mean: Any, log_variance: Any) -> Any:
    """KL divergence of N(µ, σ²) from N(0, 1), summed over the latent space, shape (n_events,).

    Kingma & Welling, arXiv:1312.6114, appendix B: −½ Σ (1 + ln σ² − µ² − σ²).
    """
    from keras import ops

    return -0.5 * ops.sum(1.0 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=1)


def invariance_terms(first: Any, second: Any) -> tuple[Any, Any, Any]:
    """Compare the embeddings of two views of the same events: invariance, variance and covariance.

    VICReg, Bardes et al., arXiv:2105.04906, section 4.1. Variance and covariance are those of both views added,
    as the total loss takes them (equation 6). Variances have n − 1 below, as the covariance in equation 3.

    Args:
        first: Encoder means of one view, shape (n_events, latent), of at least two events.
        second: Encoder means of the other view of the same events, same shape.

    Returns:
        Three scalars: mean squared distance of the views of an event (equation 5), how far the widths of the
        latent variables fall short of 1 (equation 1), and their squared covariances (equation 4).
    """
    from keras import ops

    invariance = ops.mean(ops.sum(ops.square(first - second), axis=1))  # equation 5
    variance, covariance = ops.zeros(()), ops.zeros(())
    for view in (first, second):
        spread = _covariance_matrix(view)
        variances = ops.diagonal(spread)
        widths = ops.sqrt(variances + _VARIANCE_FLOOR)  # equation 2
        variance = variance + ops.mean(ops.relu(_WANTED_WIDTH - widths))  # equation 1
        off_diagonal = ops.sum(ops.square(spread)) - ops.sum(ops.square(variances))
        covariance = covariance + off_diagonal / view.shape[1]  # equation 4
    return invariance, variance, covariance


def _covariance_matrix(view: Any) -> Any:
    """Give equation 3 of VICReg, shape (latent, latent)."""
    from keras import ops

    centred = view - ops.mean(view, axis=0, keepdims=True)
    return ops.matmul(ops.transpose(centred), centred) / (view.shape[0] - 1)
