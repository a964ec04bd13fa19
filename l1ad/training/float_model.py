"""The encoder without its quantisers, for a statistical comparison: what the number formats cost."""

import numpy as np
from numpy.typing import NDArray

from l1ad.config.model import ModelConfig
from l1ad.training.model import Autoencoder, built_autoencoder

__all__ = ["float_scores"]

_BATCH_EVENTS = 8_192


def float_scores(config: ModelConfig, model: Autoencoder, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score events with the same weights, biases and inputs as floats, nothing rounded or clipped.

    Args:
        config: The configuration that the model was built from.
        model: The trained autoencoder.
        inputs: Inputs scaled but not cast to the input type, shape (n_events, n_inputs).

    Returns:
        Sum of squares of the encoder mean, shape (n_events,).
    """
    free = config.model_copy(update={"backend": "float"})
    n_inputs = int(model.encoder.input_shape[1])
    twin = built_autoencoder(free, n_inputs, int(model.decoder.output_shape[1]), seed=0)
    for plain, quantised in zip(twin.weighted, model.weighted, strict=True):
        plain.kernel.assign(quantised.kernel)
        plain.bias.assign(quantised.bias)
    mean = twin.encoder.predict(inputs.astype(np.float32), batch_size=_BATCH_EVENTS, verbose=0)
    return np.asarray(np.sum(mean.astype(np.float64) ** 2, axis=1))
