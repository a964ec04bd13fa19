"""Events drawn from the densities of a decoder: what a model thinks that events look like."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import truncnorm

from l1ad.core.layout import InputLayout
from l1ad.training.inputs import InputMap
from l1ad.training.latents import latents
from l1ad.training.likelihood_families import Family
from l1ad.training.likelihoods import FeatureLikelihoods, FeatureParameters
from l1ad.training.model import Autoencoder

__all__ = ["drawn_events", "drawn_from_codes", "drawn_from_prior"]

Float = NDArray[np.float32]
Integers = NDArray[np.int64]

_LARGEST_LOGARITHM = 80.0
"""exp() of it is beyond any hardware integer and still finite."""


def drawn_events(
    densities: FeatureLikelihoods, layout: InputLayout, outputs: Float, rng: np.random.Generator
) -> Integers:
    """Draw one event from each set of the decoder's outputs.

    Every feature is drawn alone from its density: what correlates features is the latent space.

    Args:
        densities: Density of each input.
        layout: What the inputs are.
        outputs: The decoder's output, shape (n_events, n_outputs).
        rng: Source of randomness.

    Returns:
        Hardware integers within the ranges of the layout, shape (n_events, n_inputs).
    """
    steps = np.empty((len(outputs), layout.n_inputs))
    for group in densities.parameters(outputs):
        low, high = layout.raw_min[group.columns], layout.raw_max[group.columns]
        steps[:, group.columns] = np.clip(_steps(group, low, high, rng), low, high)
    return np.rint(steps).astype(np.int64)


def drawn_from_prior(model: Autoencoder, inputs: InputMap, n_events: int, rng: np.random.Generator) -> Integers:
    """Draw events from codes of N(0, 1), which no event was encoded to, shape (n_events, n_inputs)."""
    codes = rng.standard_normal((n_events, int(model.decoder.input_shape[1])))
    return _decoded(model, inputs, codes, rng)


def drawn_from_codes(model: Autoencoder, inputs: InputMap, shown: Float, rng: np.random.Generator) -> Integers:
    """Draw one event for each one that is shown, from a code drawn from its own posterior N(µ, σ²).

    What this misses of the true distributions is the decoder's fault; what the prior misses beyond, that of the
    codes, which are not distributed as N(0, 1).

    Args:
        model: The variational autoencoder.
        inputs: How events are shown.
        shown: Events as the network sees them, shape (n_events, n_inputs).
        rng: Source of randomness.
    """
    space = latents(model, shown)
    codes = space.mean + np.exp(0.5 * space.log_variance) * rng.standard_normal(space.mean.shape)
    return _decoded(model, inputs, codes, rng)


def _decoded(
    model: Autoencoder, inputs: InputMap, codes: NDArray[np.floating], rng: np.random.Generator
) -> Integers:
    outputs = np.asarray(model.decoder(codes.astype(np.float32), training=False), dtype=np.float32)
    return drawn_events(FeatureLikelihoods(inputs), inputs.layout, outputs, rng)


def _steps(
    group: FeatureParameters, low: Integers, high: Integers, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw values of one family in hardware steps, not rounded and not all within the range."""
    first, *others = group.values
    match group.family:
        case Family.BERNOULLI:
            return np.where(rng.random(first.shape) < expit(first), high, low).astype(np.float64)
        case Family.POISSON:
            return rng.poisson(first).astype(np.float64)
        case Family.LOG_NORMAL:
            width, zero_logit = others
            logarithm = np.minimum(first + width * rng.standard_normal(first.shape), _LARGEST_LOGARITHM)
            values = np.where(rng.random(first.shape) < expit(zero_logit), 0.0, np.exp(logarithm))
            return np.asarray(values / group.lsb)
        case Family.GAUSSIAN:
            return np.asarray((first + others[0] * rng.standard_normal(first.shape)) / group.lsb)
    # Truncated at the ends of the outermost steps; of whole numbers a rounded draw has their probabilities.
    mean, width = first / group.lsb, others[0] / group.lsb
    ends = (low - 0.5 - mean) / width, (high + 0.5 - mean) / width
    drawn = truncnorm.ppf(rng.random(first.shape), *ends, loc=mean, scale=width)
    return np.asarray(drawn, dtype=np.float64)
