"""From the trained encoder to a trigger algorithm's network, and the Keras encoder layer by layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.network import FrozenNetwork
from l1ad.core.scaling import Scaling
from l1ad.core.trace import Trace
from l1ad.training.inputs import Float
from l1ad.training.model import Autoencoder

__all__ = ["frozen_encoder", "keras_trace"]

_BATCH_EVENTS = 16_384


def frozen_encoder(model: Autoencoder, scaling: Scaling) -> tuple[Scaling, FrozenNetwork]:
    """Freeze an encoder up to its mean.

    Args:
        model: The trained autoencoder.
        scaling: Scaling of the inputs; where bit widths were learned its result types are replaced.

    Raises:
        NotExactError: If a layer or a quantiser is none that the firmware computes exactly.
    """
    return model.backend.frozen(model.encoder, scaling)


def keras_trace(model: Autoencoder, network: FrozenNetwork, shown: Float) -> Trace:
    """Run the quantised Keras encoder itself and read every layer as raw integers.

    Args:
        model: The autoencoder that `network` was frozen from, before dead parts were removed.
        network: For the number formats.
        shown: What the network is shown, shape (n_events, n_inputs).

    Raises:
        NotExactError: If a Keras value lies between two steps of its format.
    """
    import keras

    taps = model.backend.taps(model.encoder)
    computed = keras.Model(model.encoder.inputs, [taps[layer.name] for layer in network.layers])
    outputs: Any = computed.predict(shown, batch_size=_BATCH_EVENTS, verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return {
        name: _raw(np.asarray(values).reshape(len(shown), -1), kind.fraction, name)
        for (name, kind), values in zip(network.types.items(), outputs, strict=True)
    }


def _raw(values: NDArray[np.floating], fraction: int, layer: str) -> NDArray[np.int64]:
    scaled = values.astype(np.float64) * 2.0**fraction
    raw = np.rint(scaled)
    if not np.array_equal(raw, scaled):
        event, element = np.argwhere(raw != scaled)[0]
        raise NotExactError(
            f"event {event}, layer {layer!r}, element {element}: Keras gives {values[event, element]!r}, "
            f"which is no step of 2^{-fraction}"
        )
    return raw.astype(np.int64)
