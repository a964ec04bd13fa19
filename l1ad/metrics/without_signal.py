"""Every metric of a training that needs no signal, with the direction in which it is held to be good."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.metrics.latent import (
    active_units,
    compression_metrics,
    latent_density,
    latent_entropy,
    latent_stability,
)

__all__ = ["METRICS", "SignalFreeMetric", "goodness", "latent_metrics", "score_metrics"]

Reals = NDArray[np.floating]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFreeMetric:
    """What a metric is, and which end of it is good.

    Attributes:
        text: What it measures, in a few words.
        larger_is_better: The direction that is declared before any signal is looked at.
        of_score: Whether each score has its own.
    """

    text: str
    larger_is_better: bool
    of_score: bool = False


METRICS: Mapping[str, SignalFreeMetric] = {
    "m1": SignalFreeMetric(
        text="compression factor over mean score", larger_is_better=True, of_score=True
    ),
    "m2": SignalFreeMetric(
        text="compression factor over 1 + mean score", larger_is_better=True, of_score=True
    ),
    "m3": SignalFreeMetric(text="m1 times variance of the score", larger_is_better=True, of_score=True),
    "m4": SignalFreeMetric(text="m2 times variance of the score", larger_is_better=True, of_score=True),
    "entropy": SignalFreeMetric(text="how evenly latents share the variance", larger_is_better=True),
    "active share": SignalFreeMetric(text="latents whose mean moves, of all", larger_is_better=True),
    "stability, cosine": SignalFreeMetric(
        text="cosine between mean latents of parts of the sample", larger_is_better=True
    ),
    "stability, distance": SignalFreeMetric(
        text="distance between mean latents of parts, over the spread", larger_is_better=False
    ),
    "density, KDE": SignalFreeMetric(text="mean log density of the latent space", larger_is_better=True),
    "density, neighbour": SignalFreeMetric(text="distance to the nearest neighbour", larger_is_better=False),
    "loss": SignalFreeMetric(text="the loss, penalty included", larger_is_better=False),
    "reconstruction": SignalFreeMetric(
        text="the loss without its penalty: squared error of the reconstruction", larger_is_better=False
    ),
}  # fmt: skip
"""All of them, by name. Densities, losses and m1 to m4 depend on the unit of what they are of.

The directions of m1 to m4, of the stabilities and densities are those in which the metrics are named in the
GELATO trigger's studies (from memory): much compression at a small score, spread of the score, codes that a
part of the sample does not move, a densely filled latent space.
"""


def score_metrics(score: Reals, n_inputs: int, n_latent: int) -> dict[str, float]:
    """Measure m1 to m4 of a score of unseen background; NaN where they are undefined.

    Args:
        score: Shape (n_events,).
        n_inputs: Inputs of the network.
        n_latent: Size of the encoder mean.
    """
    try:
        return compression_metrics(score, n_inputs, n_latent)
    except DataError:  # a mean of 0, or what is no number
        return dict.fromkeys(("m1", "m2", "m3", "m4"), math.nan)


def latent_metrics(
    mean: Reals, rng: np.random.Generator, *, n_subsets: int, density_events: int
) -> dict[str, float]:
    """Measure entropy, active share, stability and density of encoder means; NaN where they are undefined.

    Args:
        mean: Encoder means of unseen background, shape (n_events, n_latent).
        rng: Source of subsets and of the events of the density.
        n_subsets: Parts that the sample is cut into.
        density_events: Events that the density is estimated with.
    """

    def stability() -> tuple[float, float]:
        found = latent_stability(mean, n_subsets, rng)
        return found.cosine_similarity, found.distance

    def density() -> tuple[float, float]:
        found = latent_density(mean, rng, density_events)
        return found.log_density, found.neighbour_distance

    (entropy,) = _or_undefined(lambda: (latent_entropy(mean),), 1)
    (active,) = _or_undefined(lambda: (float(active_units(mean).mean()),), 1)
    cosine, distance = _or_undefined(stability, 2)
    log_density, neighbour = _or_undefined(density, 2)
    return {
        "entropy": entropy,
        "active share": active,
        "stability, cosine": cosine,
        "stability, distance": distance,
        "density, KDE": log_density,
        "density, neighbour": neighbour,
    }


def goodness(name: str, values: Reals) -> NDArray[np.float64]:
    """Turn a metric so that larger is better, as declared; where it is undefined it is worst of all.

    Nobody deploys a version of which a metric cannot be told.

    Args:
        name: Name of the metric.
        values: One a version, NaN where undefined, shape (n,).
    """
    wide = np.asarray(values, dtype=np.float64)
    turned = wide if METRICS[name].larger_is_better else -wide
    return np.where(np.isfinite(wide), turned, -np.inf)


def _or_undefined(measure: Callable[[], tuple[float, ...]], size: int) -> tuple[float, ...]:
    try:
        return measure()
    except DataError:  # means that are no numbers, or of which none varies
        return (math.nan,) * size
