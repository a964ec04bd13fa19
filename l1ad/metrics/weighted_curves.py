"""Scores of a weighted background against a signal, and weighted distributions against one another."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kstwobign, wasserstein_distance

from l1ad.core.errors import DataError
from l1ad.metrics.ranks import Bounded

__all__ = [
    "effective_events",
    "kolmogorov_probability",
    "p_values",
    "scaled_distance",
    "weighted_area",
    "weighted_efficiencies",
    "weighted_kolmogorov",
]

Reals = NDArray[np.float64]

_REPLICAS = 200


def weighted_area(
    background: NDArray[np.number], weights: Reals, signal: NDArray[np.number], rng: np.random.Generator
) -> Bounded:
    """Find the area under the ROC curve of a weighted background; ties count half.

    The interval is the central 68.27 % of a bootstrap of background and signal.

    Args:
        background: Scores of the background, shape (n_background,).
        weights: Weights of its events, same shape.
        signal: Scores of the signal, all of one weight, shape (n_signal,).
        rng: Source of the resampling.

    Raises:
        DataError: If there are no events of either.
    """
    if not len(background) or not len(signal):
        raise DataError(f"{len(background)} background and {len(signal)} signal events; both need at least one")
    order = np.argsort(background, kind="stable")
    order = order[weights[order] > 0]
    ordered, weight = background[order], weights[order]
    below = np.searchsorted(ordered, signal, side="left")
    not_above = np.searchsorted(ordered, signal, side="right")

    def area(of_background: Reals, of_signal: Reals) -> float:
        summed = np.r_[0.0, np.cumsum(of_background)]
        return float(of_signal @ (summed[below] + summed[not_above]) / (2 * summed[-1] * of_signal.sum()))

    drawn = [
        area(weight * _resampled(len(weight), rng), _resampled(len(signal), rng)) for _ in range(_REPLICAS)
    ]
    return Bounded.of_resampled(area(weight, np.ones(len(signal))), np.array(drawn))


def _resampled(n_events: int, rng: np.random.Generator) -> Reals:
    """Draw as many events as there are, with repetition, and say how often each came."""
    return np.bincount(rng.integers(0, n_events, n_events), minlength=n_events).astype(np.float64)


def weighted_efficiencies(
    background: NDArray[np.number], weights: Reals, signal: NDArray[np.number], shares: Reals
) -> Reals:
    """Find the share of a signal above the thresholds that keep shares of a weighted background.

    Args:
        background: Scores of the background, shape (n_background,).
        weights: Weights of its events, same shape.
        signal: Scores of the signal, shape (n_signal,).
        shares: Shares of the background, between 0 and 1, shape (n_points,).

    Returns:
        Share of the signal that scores above the best refused background event, shape (n_points,); NaN where a
        share is less than the best event of the background, and nothing of it would pass.
    """
    order = np.argsort(-background, kind="stable")
    passing = np.cumsum(weights[order])
    place = np.searchsorted(passing, shares * passing[-1], side="right")
    refused = background[order][np.minimum(place, len(order) - 1)]
    passed = 1.0 - np.searchsorted(np.sort(signal), refused, side="right") / len(signal)
    return np.where(place > 0, passed, np.nan)


def p_values(scores: NDArray[np.number], reference: NDArray[np.number], weights: Reals) -> Reals:
    """Give the weighted share of a reference that scores at least as high as each event, shape of `scores`.

    Events of the reference's own kind have an even distribution of it, to the size of the reference.
    """
    order = np.argsort(reference, kind="stable")
    below = np.r_[0.0, np.cumsum(weights[order])]
    place = np.searchsorted(reference[order], scores, side="left")
    return np.asarray(np.clip(1.0 - below[place] / below[-1], 0.0, 1.0))


def weighted_kolmogorov(
    first: NDArray[np.number], first_weights: Reals, second: NDArray[np.number], second_weights: Reals
) -> float:
    """Find the Kolmogorov-Smirnov distance of two weighted samples: the largest difference of their shares."""
    every = np.unique(np.concatenate([first, second]))

    def shares(values: NDArray[np.number], weights: Reals) -> Reals:
        order = np.argsort(values, kind="stable")
        summed = np.r_[0.0, np.cumsum(weights[order])]
        return np.asarray(summed[np.searchsorted(values[order], every, side="right")] / summed[-1])

    return float(np.abs(shares(first, first_weights) - shares(second, second_weights)).max())


def kolmogorov_probability(distance: float, *weights: Reals) -> float:
    """Give the probability of a Kolmogorov-Smirnov distance as large as this between alike weighted samples.

    Kolmogorov's limit at 1/n = Σ 1/n_i of the effective numbers n_i: right for many events of weights that do
    not depend on the value, a guide else.

    Args:
        distance: The distance.
        weights: Weights of the events of each sample.
    """
    inverse = sum(1 / effective_events(one) for one in weights)
    return float(kstwobign.sf(distance / np.sqrt(inverse)))


def effective_events(weights: Reals) -> float:
    """Count as many events of equal weight as carry the same information, (Σw)²/Σw²."""
    return float(weights.sum() ** 2 / np.square(weights).sum())


def scaled_distance(
    first: NDArray[np.integer] | Reals,
    first_weights: Reals,
    second: NDArray[np.integer] | Reals,
    second_weights: Reals,
) -> float:
    """Find the Wasserstein distance of two weighted samples in standard deviations of the second.

    Where the second has no width, in the unit of the samples.
    """
    mean = np.average(second, weights=second_weights)
    width = float(np.sqrt(np.average(np.square(second - mean), weights=second_weights)))
    return float(wasserstein_distance(first, second, first_weights, second_weights)) / (width or 1.0)
