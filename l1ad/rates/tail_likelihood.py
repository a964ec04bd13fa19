"""The generalised Pareto distribution of whole numbers: likelihood and maximum, for many samples at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["Excesses", "Maxima", "anderson_darling", "effective_events", "fitted_replicas", "maximise"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Excesses:
    """What scores exceed an onset by, in samples of one size; a score stands for all reals up to the next.

    Attributes:
        excess: Whole numbers from 0, shape (n_samples, n_cells).
        weight: Weight of each, over 0, same shape.
        last: Excess of the highest score of the word, where all that is above it sits as well.
    """

    excess: Array
    weight: Array
    last: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Maxima:
    """Where the likelihood of each sample is highest.

    Attributes:
        log_scale: Logarithm of the scale, in raw units, shape (n_samples,).
        shape: Shape, shape (n_samples,).
        information: Minus the second derivatives by (log scale, shape), shape (n_samples, 2, 2).
        found: Whether it is a maximum, not merely where the search ended, shape (n_samples,).
    """

    log_scale: Array
    shape: Array
    information: Array
    found: NDArray[np.bool_]


def maximise(sample: Excesses, log_scale: Array, shape: Array) -> Maxima:
    """Maximise Σ w ln(S(k) − S(k + 1)) over scale and shape of S(k) = (1 + ξk/σ)^(−1/ξ).

    Newton's method with halved steps. Where the likelihood is not concave, the expected information of
    Smith, "Maximum likelihood estimation in a class of nonregular cases", Biometrika 72 (1985) 67
    *(from memory)*, stands in. Samples leave the search as they are done.

    Args:
        sample: Samples.
        log_scale: Where to begin, shape (n_samples,); the support has to hold every excess.
        shape: Likewise.
    """
    place = np.stack([log_scale, shape], axis=1).astype(np.float64)
    information, found = np.zeros((len(place), 2, 2)), np.zeros(len(place), np.bool_)
    active = np.arange(len(place))
    for _ in range(_MOST_STEPS):
        part = Excesses(excess=sample.excess[active], weight=sample.weight[active], last=sample.last)
        here = place[active]
        height, slope = _log_likelihood(part, here)
        information[active] = _information(part, here, slope)
        step, concave = _step(information[active], slope, here[:, 1], part.weight.sum(axis=1))
        done = concave & ((slope * step).sum(axis=1) < _DONE)
        found[active[done]] = True
        going = active[~done]
        if not len(going):
            break
        part = Excesses(excess=sample.excess[going], weight=sample.weight[going], last=sample.last)
        place[going] = _climb(part, here[~done], step[~done], height[~done])
        active = going
    return Maxima(log_scale=place[:, 0], shape=place[:, 1], information=information, found=found)


def effective_events(sample: Excesses, squared: Array, log_scale: Array, shape: Array) -> Array:
    """Count as many events of equal weight as would fix both parameters as well, shape (n_samples,).

    The sandwich of Huber and White, Σw²gg' between two inverses of Σwgg', g being the derivatives of the
    log-likelihood of one event; its determinant is compared with that of equal weights.

    Args:
        sample: Samples.
        squared: Sum of the squares of the weights in each cell, shape (n_samples, n_cells).
        log_scale: Where the likelihood is highest, shape (n_samples,).
        shape: Likewise.
    """
    slopes = np.stack(_cell_terms(sample, np.stack([log_scale, shape], axis=1))[1:], axis=-1)
    plain, square = (
        np.linalg.det(np.einsum("bc,bci,bcj->bij", one, slopes, slopes)) for one in (sample.weight, squared)
    )
    total: Array = sample.weight.sum(axis=1) * np.sqrt(plain / square)
    return total


def anderson_darling(sample: Excesses, log_scale: Array, shape: Array) -> Array:
    """Measure how far samples are from a distribution, most of all high up, shape (n_samples,).

    The upper-tail statistic of Anderson and Darling, n ∫ (S_n − S)²/S dF_n (Sinclair, Spurr & Ahmad, Commun.
    Stat. Theory 19 (1990) 3677, *from memory*), taken where scores end, so that ties are no distance.
    """
    order = np.argsort(sample.excess, axis=1)
    excess, weight = (np.take_along_axis(one, order, axis=1) for one in (sample.excess, sample.weight))
    n_events = weight.sum(axis=1, keepdims=True)
    beyond = n_events - np.cumsum(weight, axis=1)
    beyond[:, -1] = 0.0
    # Events that tie are all at the last of them.
    beyond[:, :-1][excess[:, :-1] == excess[:, 1:]] = -1.0
    beyond = np.maximum.accumulate(beyond[:, ::-1], axis=1)[:, ::-1]
    survival = stats.genpareto.sf(excess + 1, shape[:, None], scale=np.exp(log_scale)[:, None])
    distance = (beyond / n_events - survival) ** 2
    relative = np.where(excess < sample.last, distance / np.maximum(survival, _TINY), 0.0)
    result: Array = (weight * relative).sum(axis=1)
    return result


def fitted_replicas(
    rng: np.random.Generator, *, shape: float, scale: float, last: int, n_replicas: int, n_events: int
) -> tuple[Array, Array, Array]:
    """Draw samples and fit each: shape, scale and `anderson_darling` of them, each of shape (n_replicas,).

    Args:
        rng: Source of randomness.
        shape: Shape to draw from.
        scale: Scale to draw from.
        last: Excess of the highest score of the word, where all above it goes.
        n_replicas: Samples to draw.
        n_events: Events in each.
    """
    parts, at_once = [], max(1, _MOST_AT_ONCE // n_events)
    for start in range(0, n_replicas, at_once):
        n_rows = min(at_once, n_replicas - start)
        drawn = stats.genpareto.rvs(shape, scale=scale, size=(n_rows, n_events), random_state=rng)
        excess = np.minimum(np.floor(drawn), last)
        sample = Excesses(excess=excess, weight=np.ones_like(excess), last=last)
        best = maximise(sample, np.full(n_rows, np.log(scale)), np.full(n_rows, shape))
        distance = anderson_darling(sample, best.log_scale, best.shape)
        parts.append((best.shape, np.exp(best.log_scale), distance))
    shapes, scales, distances = (np.concatenate(one) for one in zip(*parts, strict=True))
    return shapes, scales, distances


def _log_likelihood(sample: Excesses, place: Array) -> tuple[Array, Array]:
    """Give the log-likelihood, shape (n_samples,), and its slope, shape (n_samples, 2)."""
    terms = [(sample.weight * one).sum(axis=1) for one in _cell_terms(sample, place)]
    return terms[0], np.stack(terms[1:], axis=1)


def _cell_terms(sample: Excesses, place: Array) -> tuple[Array, Array, Array]:
    """Give ln P of each excess and its derivatives by log scale and shape; −∞ beyond the endpoint.

    Beyond k the excess is again generalised Pareto with scale σ + ξk, so that
    P(k) = S(k) (1 − exp(−d)) with d = ln(1 + ξ/(σ + ξk))/ξ, which cancels nowhere.
    """
    scale = np.exp(place[:, :1])
    shape = np.where(np.abs(place[:, 1:]) < _SMALL_SHAPE, _SMALL_SHAPE, place[:, 1:])
    excess = sample.excess
    inside = scale + shape * excess > 0
    rate = 1 / np.where(inside, scale + shape * excess, 1.0)
    survived = np.log1p(np.where(inside, shape * excess / scale, 0.0)) / shape
    ends = (1 + shape * rate > 0) & (excess < sample.last)  # else the cell holds all the rest
    grows = np.where(ends, shape * rate, 0.0)
    fall = np.where(ends, np.log1p(grows) / shape, 1.0)
    grows += 1
    log_p = np.where(inside, np.where(ends, np.log(-np.expm1(-fall)), 0.0) - survived, -np.inf)
    share = np.where(ends, 1 / np.expm1(fall), 0.0)
    by_scale = excess * rate - share * scale * rate**2 / grows
    by_shape = (survived - excess * rate) / shape
    by_shape += share * ((rate / grows - fall) / shape - excess * rate**2 / grows)
    return log_p, by_scale, by_shape


def _information(sample: Excesses, place: Array, slope: Array) -> Array:
    """Give minus the second derivatives, by differences of the first."""
    columns = []
    for axis in (0, 1):
        moved = place.copy()
        moved[:, axis] += _DIFFERENCE
        columns.append((slope - _log_likelihood(sample, moved)[1]) / _DIFFERENCE)
    matrix = np.stack(columns, axis=2)
    symmetric: Array = (matrix + matrix.transpose(0, 2, 1)) / 2
    return symmetric


def _step(information: Array, slope: Array, shape: Array, n_events: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Give the step of each sample, and whether the likelihood is concave where it stands."""
    determinant = np.linalg.det(information)
    concave = (determinant > 0) & (information[:, 0, 0] > 0) & np.isfinite(determinant)
    one = 1 + np.maximum(shape, _LEAST_REGULAR)
    expected = np.stack([2 * one, -one, -one, one**2], axis=1).reshape(-1, 2, 2) / n_events[:, None, None]
    covariance = expected
    covariance[concave] = np.linalg.inv(information[concave])
    return np.einsum("bij,bj->bi", covariance, slope), concave


def _climb(sample: Excesses, place: Array, step: Array, height: Array) -> Array:
    """Take the step of each sample, or the half of it that first leads up."""
    size = np.minimum(1.0, 1.0 / np.abs(step).max(axis=1))
    for _ in range(_MOST_HALVES):
        there = place + size[:, None] * step
        down = ~(_log_likelihood(sample, there)[0] >= height)
        if not down.any():
            break
        size = np.where(down, size / 2, size)
    return np.where(down[:, None], place, there)


_SMALL_SHAPE = 1e-6
"""A shape nearer to 0 is taken for this, an exponential in all but name."""
_LEAST_REGULAR = -0.35
"""The expected information ends at a shape of −1/2."""
_DIFFERENCE = 1e-5
_TINY = 1e-300
_MOST_AT_ONCE = 2**20
"""Events drawn at once: it bounds the memory."""
_DONE = 1e-6
"""Twice the gain in log-likelihood that a further step promises."""
_MOST_STEPS = 60
_MOST_HALVES = 20
