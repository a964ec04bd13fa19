"""The encoder without its quantisers, for a statistical comparison: what the number formats cost."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.training.model import quantised_layers

__all__ = ["float_scores"]


def float_scores(encoder: Any, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score events with the same weights, biases and inputs in double precision, nothing rounded or clipped.

    Args:
        encoder: The trained Keras encoder.
        inputs: Inputs scaled but not cast to the input type, shape (n_events, n_inputs).

    Returns:
        Sum of squares of the encoder mean, shape (n_events,).
    """
    layers = quantised_layers(encoder)
    values = inputs
    for layer in layers:
        values = values @ np.asarray(layer.kernel, dtype=np.float64) + np.asarray(layer.bias, dtype=np.float64)
        if layer is not layers[-1]:
            values = np.maximum(values, 0.0)
    return np.asarray(np.sum(values**2, axis=1))
