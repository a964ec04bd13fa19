"""Magnitude pruning: the smallest weights of each layer go to zero and stay there."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["magnitude_mask", "scheduled_sparsity"]


def scheduled_sparsity(epoch: int, *, final: float, start_epoch: int, end_epoch: int) -> float:
    """Give the sparsity wanted in an epoch: cubic from 0 to `final`.

    Zhu & Gupta, arXiv:1710.01878, equation 1.
    """
    if epoch < start_epoch:
        return 0.0
    progress = min(1.0, (epoch + 1 - start_epoch) / (end_epoch - start_epoch))
    return final * (1.0 - (1.0 - progress) ** 3)


def magnitude_mask(weights: NDArray[np.floating], sparsity: float) -> NDArray[np.float32]:
    """Mark the weights to keep: all but the `sparsity` smallest in magnitude.

    Args:
        weights: Weights of one layer, any shape.
        sparsity: Fraction to drop; the number dropped is rounded up.

    Returns:
        1 where a weight is kept and 0 where it is dropped, of the shape of `weights`.
    """
    dropped = int(np.ceil(sparsity * weights.size))
    mask = np.ones(weights.size, dtype=np.float32)
    mask[np.argsort(np.abs(weights), axis=None, kind="stable")[:dropped]] = 0.0
    return mask.reshape(weights.shape)
