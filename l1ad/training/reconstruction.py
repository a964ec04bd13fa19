"""What the decoder gives back of events: one value of each input, as the network is shown it."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.training import TrainingConfig
from l1ad.training.inputs import Float, InputMap
from l1ad.training.likelihood_families import Family
from l1ad.training.likelihoods import FeatureLikelihoods
from l1ad.training.model import Autoencoder
from l1ad.training.output_ranges import bounded, output_ranges

__all__ = ["Reconstructor", "central_values", "reconstructor", "what_is_reconstructed"]

Reconstructor = Callable[[Float], Iterator[tuple[slice, Float]]]

_BLOCK_EVENTS = 16_384
_LARGEST_LOGARITHM = 80.0
"""exp() of it is beyond any hardware integer and still finite in float32."""


def what_is_reconstructed(config: TrainingConfig) -> str:
    """Say in a few words what a reconstructor gives."""
    start = "the decoder's output for the encoder mean (z = µ, nothing drawn)"
    if config.loss.reconstruction != "likelihood":
        return start
    return (
        f"of {start}, the most probable value of each density within the range of the input; of a log-normal "
        "its median, or 0 where a zero is likelier than not"
    )


def reconstructor(model: Autoencoder, config: TrainingConfig, inputs: InputMap) -> Reconstructor:
    """Compile encoder and decoder once, for events of any number, block by block.

    Args:
        model: The autoencoder.
        config: Its training, which says what the decoder's outputs are.
        inputs: How events are shown.

    Returns:
        `f(shown)`, with events as they are shown, shape (n_events, n_inputs): yields which events, and their
        inputs as they come back, in the scale of what is shown.
    """
    densities = FeatureLikelihoods(inputs) if config.loss.reconstruction == "likelihood" else None
    ranges = output_ranges(inputs) if config.loss.output_ranges else None
    decode = _decoder_outputs(model)

    def reconstructed(shown: Float) -> Iterator[tuple[slice, Float]]:
        for start in range(0, len(shown), _BLOCK_EVENTS):
            block = slice(start, min(start + _BLOCK_EVENTS, len(shown)))
            outputs = decode(shown[block])
            if densities is not None:
                yield block, central_values(densities, inputs, outputs)
            else:
                yield block, outputs if ranges is None else np.asarray(bounded(outputs, ranges))

    return reconstructed


def _decoder_outputs(model: Autoencoder) -> Callable[[Float], Float]:
    """Compile encoder and decoder for blocks of one size; the last one is filled up."""
    import tensorflow as tf

    def of_block(shown: Any) -> Any:
        return model.decoder(model.encoder(shown, training=False), training=False)

    compiled = tf.function(of_block, jit_compile=True, autograph=False)

    def outputs(block: Float) -> Float:
        padded = np.zeros((_BLOCK_EVENTS, block.shape[1]), np.float32)
        padded[: len(block)] = block
        return np.asarray(compiled(padded))[: len(block)]

    return outputs


def central_values(densities: FeatureLikelihoods, inputs: InputMap, outputs: Float) -> Float:
    """Give one value of each density: the most probable one, of a log-normal its median.

    A log-normal beside zeros gives 0 where a zero is likelier than not. Nothing leaves the range of the input.

    Args:
        densities: Density of each input.
        inputs: How events are shown.
        outputs: The decoder's output, shape (n_events, n_outputs).

    Returns:
        In the scale of what is shown, shape (n_events, n_inputs).
    """
    # The decoder's outputs come family by family, of each all first parameters before all second ones.
    layout, first = inputs.layout, 0
    steps = np.empty((len(outputs), layout.n_inputs))
    for family in Family:
        columns = np.array([i for i, one in enumerate(densities.families) if one is family], dtype=np.int64)
        if not len(columns):
            continue
        last = first + len(columns) * family.n_parameters
        parameters = np.split(outputs[:, first:last].astype(np.float64), family.n_parameters, axis=1)
        first = last
        low, high = layout.raw_min[columns], layout.raw_max[columns]
        found = _central_steps(family, parameters, inputs.offset[columns], inputs.scale[columns])
        # A flag is one of the ends of its range.
        steps[:, columns] = np.where(found > 0, high, low) if family is Family.BERNOULLI else found
        steps[:, columns] = np.clip(steps[:, columns], low, high)
    return np.asarray((steps - inputs.offset) * inputs.scale, dtype=np.float32)


def _central_steps(
    family: Family,
    parameters: list[NDArray[np.float64]],
    offset: NDArray[np.float64],
    scale: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give it in hardware steps, not yet within the range; of a flag its logit."""
    first = parameters[0]
    match family:
        case Family.BERNOULLI:
            return first
        case Family.POISSON:
            return np.floor(np.logaddexp(0.0, first) / scale)
        case Family.LOG_NORMAL:
            median = np.exp(np.minimum(first, _LARGEST_LOGARITHM)) / scale
            return np.where(parameters[2] > 0, 0.0, median)
        case Family.TRUNCATED_DISCRETE_GAUSSIAN:
            return np.asarray(np.rint(first / scale + offset))
    return first / scale + offset
