"""What a latent space says of a training without any signal."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from sklearn.neighbors import KernelDensity, NearestNeighbors

from l1ad.core.errors import DataError

__all__ = [
    "LatentDensity",
    "LatentStability",
    "active_units",
    "collapsed_latents",
    "compression_metrics",
    "latent_density",
    "latent_entropy",
    "latent_stability",
]

ACTIVE_VARIANCE = 0.01
COLLAPSED_KL_NATS = 0.01

Reals = NDArray[np.floating]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentStability:
    """How alike parts of one sample look in the latent space.

    Attributes:
        cosine_similarity: Mean over pairs of parts, between their mean latent vectors; 1 is best.
            A mean of zero has no direction and counts 0.
        distance: Mean Euclidean distance of the same pairs, in units of the latent's spread; 0 is best.
    """

    cosine_similarity: float
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentDensity:
    """How densely events fill the latent space.

    Attributes:
        log_density: Mean log density of events that the density was not estimated from, nats.
        neighbour_distance: Mean Euclidean distance of those events to the nearest that it was estimated from.
    """

    log_density: float
    neighbour_distance: float


def active_units(mean: Reals) -> NDArray[np.bool_]:
    """Tell which latents move with the event: Var(µ) > 0.01 over events.

    Active units of Burda, Grosse & Salakhutdinov, arXiv:1509.00519, with their cut.

    Args:
        mean: Encoder means, shape (n_events, n_latent).

    Returns:
        One decision a latent, shape (n_latent,).

    Raises:
        DataError: If there are no events, or a mean is not finite.
    """
    return _variances(mean) > ACTIVE_VARIANCE


def collapsed_latents(mean: Reals, log_variance: Reals) -> NDArray[np.int64]:
    """List the latents that carry nothing: not active, or of a mean KL divergence below 0.01 nats.

    The divergence is that of N(µ, σ²) from N(0, 1), Kingma & Welling, arXiv:1312.6114, appendix B.

    Args:
        mean: Encoder means, shape (n_events, n_latent).
        log_variance: ln σ², same shape.

    Returns:
        Indices of latents, ascending.

    Raises:
        DataError: If there are no events, the shapes differ, or a number is not finite.
    """
    active = active_units(mean)
    _check(log_variance, "log variances")
    if log_variance.shape != mean.shape:
        raise DataError(f"log variances have shape {log_variance.shape} for means of {mean.shape}")
    wide_mean, wide_log = mean.astype(np.float64), log_variance.astype(np.float64)
    divergence = 0.5 * (np.square(wide_mean) + np.exp(wide_log) - 1.0 - wide_log).mean(axis=0)
    return np.flatnonzero(~active | (divergence < COLLAPSED_KL_NATS)).astype(np.int64)


def latent_entropy(mean: Reals) -> float:
    """Tell how evenly the latents share the variance: entropy of their shares over its largest, ln n_latent.

    Args:
        mean: Encoder means, shape (n_events, n_latent).

    Returns:
        1 if all latents share alike or there is only one, 0 if one has it all, or there is none to share.

    Raises:
        DataError: If there are no events, or a mean is not finite.
    """
    variances = _variances(mean)
    if not variances.any():
        return 0.0
    if len(variances) == 1:
        return 1.0
    shares = variances[variances > 0] / variances.sum()
    return max(0.0, float(-np.sum(shares * np.log(shares)) / math.log(len(variances))))


def compression_metrics(score: Reals, n_inputs: int, n_latent: int) -> dict[str, float]:
    """Weigh how much a network compresses against its score on background.

    Compression factor over mean score (m1), over 1 + mean (m2), and the same times the variance of the
    score (m3, m4), in the manner of the GELATO trigger's studies *(from memory)*. They depend on the
    unit of the score: compare only trainings that have the same one.

    Args:
        score: Scores of background events, shape (n_events,).
        n_inputs: Inputs of the network.
        n_latent: Size of the encoder mean.

    Raises:
        DataError: If there are no events, a score is not finite, or the mean score is not above 0.
    """
    if score.ndim != 1 or not len(score) or not np.isfinite(score).all():
        raise DataError(f"scores of shape {score.shape}; finite ones are wanted, one an event, at least one")
    if n_inputs < 1 or n_latent < 1:
        raise ValueError(f"{n_inputs} inputs and {n_latent} latents have no compression factor")
    average, variance = float(score.mean(dtype=np.float64)), float(score.var(dtype=np.float64))
    if average <= 0:
        raise DataError(f"the mean score is {average:g}; compression is weighed against scores above 0")
    factor = n_inputs / n_latent
    over_mean, over_one_more = factor / average, factor / (1.0 + average)
    return {"m1": over_mean, "m2": over_one_more, "m3": over_mean * variance, "m4": over_one_more * variance}


def latent_stability(mean: Reals, n_subsets: int, rng: np.random.Generator) -> LatentStability:
    """Cut a sample at random into disjoint parts and compare their mean latent vectors, pair by pair.

    The spread is the root of the summed variances of all latents. Where nothing varies, all parts are alike.

    Args:
        mean: Encoder means, shape (n_events, n_latent).
        n_subsets: Parts, of equal size up to one event.
        rng: Source of the cut.

    Raises:
        DataError: If there are fewer events than parts, or a mean is not finite.
    """
    if n_subsets < 2:
        raise ValueError(f"{n_subsets} part cannot be compared; give at least 2")
    spread = math.sqrt(float(_variances(mean).sum()))
    if len(mean) < n_subsets:
        raise DataError(f"{len(mean)} events cannot be cut into {n_subsets} parts")
    if not spread:
        return LatentStability(cosine_similarity=1.0, distance=0.0)
    parts = np.array_split(rng.permutation(len(mean)), n_subsets)
    centres = np.stack([mean[part].mean(axis=0, dtype=np.float64) for part in parts])
    lengths = np.linalg.norm(centres, axis=1, keepdims=True)
    directions = centres / np.where(lengths > 0, lengths, 1.0)
    cosines = (directions @ directions.T)[np.triu_indices(n_subsets, 1)]
    return LatentStability(
        cosine_similarity=float(cosines.mean()),
        distance=float(pdist(centres, "euclidean").mean() / spread),
    )


def latent_density(mean: Reals, rng: np.random.Generator, n_events: int = 2000) -> LatentDensity:
    """Estimate the density of the latent space from some events, and look at it where others are.

    A Gaussian kernel with Scott's bandwidth, s · n^(-1/(n_latent + 4)), where s² is the mean variance of
    the latents. Both figures depend on the number of events and on the unit of the latent space.

    Args:
        mean: Encoder means, shape (n_events, n_latent).
        rng: Source of the events.
        n_events: Events to draw, at most as many as there are; the kernels stand on one half of them.

    Raises:
        DataError: If there are fewer than four events, nothing varies, or a mean is not finite.
    """
    _check(mean, "means")
    drawn = mean[rng.permutation(len(mean))[:n_events]].astype(np.float64)
    if len(drawn) < 4:
        raise DataError(f"{len(drawn)} events make no density; give at least four")
    known, held_out = np.array_split(drawn, 2)
    width = math.sqrt(float(_variances(known).mean()) * len(known) / (len(known) - 1))
    if not width:
        raise DataError(f"none of {known.shape[1]} latents varies over {len(known)} events: no density")
    bandwidth = width * len(known) ** (-1 / (known.shape[1] + 4))
    density = KernelDensity(bandwidth=bandwidth).fit(known)
    distances, _ = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(held_out)
    return LatentDensity(
        log_density=float(density.score_samples(held_out).mean()), neighbour_distance=float(distances.mean())
    )


def _variances(mean: Reals) -> NDArray[np.float64]:
    _check(mean, "means")
    # Rounding of the mean would leave a latent that never moves a variance.
    return np.where(np.ptp(mean, axis=0) > 0, mean.var(axis=0, dtype=np.float64), 0.0)


def _check(values: Reals, what: str) -> None:
    if values.ndim != 2 or not values.size:
        raise DataError(f"{what} have shape {values.shape}; events by latents are wanted, at least one of each")
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        event = int(np.argmin(finite))
        raise DataError(f"{what} of event {event} are {values[event].tolist()}; all must be finite")
