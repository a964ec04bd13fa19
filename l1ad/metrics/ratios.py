"""How much more one algorithm finds than another, on the same events."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.metrics.efficiency import BOOTSTRAP_SAMPLES
from l1ad.metrics.ranks import Bounded
from l1ad.metrics.working_points import WorkingPoint

__all__ = ["Pair", "efficiency_ratio", "geometric_mean_ratio"]

Integers = NDArray[np.int64]
Pair = tuple[Integers, Integers]
"""Scores of two algorithms on the same events in the same order; each may have units of its own."""


def efficiency_ratio(background: Pair, signal: Pair, point: WorkingPoint, rng: np.random.Generator) -> Bounded:
    """Divide the first algorithm's efficiency by the second's, as `geometric_mean_ratio` of one signal."""
    return geometric_mean_ratio(background, [signal], point, rng)


def geometric_mean_ratio(
    background: Pair, signals: Sequence[Pair], point: WorkingPoint, rng: np.random.Generator
) -> Bounded:
    """Average, geometrically over signals, the ratio of two algorithms' efficiencies on the same events.

    Efficiencies count as (n_pass + 1/2) / (n + 1), so that a signal of which nothing passed leaves the
    ratio finite. The bootstrap is paired: each resampling draws the same background and signal events
    for both algorithms, and sets both thresholds anew; fluctuations that both share cancel. For pure
    efficiencies give the signal events that no seed took.

    Args:
        background: Scores of the background.
        signals: Scores of each signal.
        point: Where the thresholds are set.
        rng: Source of the resampling.

    Raises:
        UnresolvedRateError: If the background is too small for the point.
        DataError: If there are no signals, one has no events, or the two algorithms saw different numbers.
    """
    if not signals:
        raise DataError("no signals; a ratio of efficiencies needs at least one")
    for first, second in (background, *signals):
        if len(first) != len(second) or not len(first):
            raise DataError(
                f"{len(first)} and {len(second)} scores; two algorithms are compared on the same events, "
                "at least one"
            )
    n_background = len(background[0])
    point.check(n_background)
    refused = np.array([[point.best_refused(np.sort(scores)) for scores in background]])
    drawn_refused = _paired_refused(background, point.allowed(n_background), rng)
    value, drawn = 0.0, np.zeros(BOOTSTRAP_SAMPLES)
    for signal in signals:
        n_signal = len(signal[0])
        value += float(_log_ratios(_joint_counts(signal, refused))[0])
        drawn += _log_ratios(rng.multinomial(n_signal, _joint_counts(signal, drawn_refused) / n_signal))
    return Bounded.of_resampled(math.exp(value / len(signals)), np.exp(drawn / len(signals)))


def _paired_refused(background: Pair, allowed: int, rng: np.random.Generator) -> Integers:
    """Draw backgrounds anew and find each algorithm's best refused score, shape (BOOTSTRAP_SAMPLES, 2).

    Only events in the tail of either algorithm are drawn one by one. The tail is so long that no resampling
    exhausts it: ten standard deviations beyond what is allowed, and 30 events for the smallest counts.
    """
    n_background = len(background[0])
    first_of_tail = max(0, n_background - math.ceil(allowed + 10 * math.sqrt(allowed) + 30))
    floors = [np.partition(scores, first_of_tail)[first_of_tail] for scores in background]
    tail = np.flatnonzero((background[0] > floors[0]) | (background[1] > floors[1]))
    shares = np.r_[np.full(len(tail), 1 / n_background), 1 - len(tail) / n_background]
    drawn = rng.multinomial(n_background, shares, size=BOOTSTRAP_SAMPLES)
    refused = np.empty((BOOTSTRAP_SAMPLES, 2), np.int64)
    for column, (scores, floor) in enumerate(zip(background, floors, strict=True)):
        levels = np.r_[scores[tail], floor]
        order = np.argsort(-levels, kind="stable")
        refused[:, column] = levels[order][np.argmax(np.cumsum(drawn[:, order], axis=1) > allowed, axis=1)]
    return refused


def _joint_counts(signal: Pair, refused: Integers) -> Integers:
    """Count the events that pass both, the first alone, the second alone and neither, shape (n, 4).

    Args:
        signal: Scores of the signal.
        refused: Best refused score of either algorithm, shape (n, 2).
    """
    counts = np.empty((len(refused), 4), np.int64)
    for row, (first_refused, second_refused) in enumerate(refused):
        first, second = signal[0] > first_refused, signal[1] > second_refused
        both, n_first, n_second = (np.count_nonzero(passed) for passed in (first & second, first, second))
        counts[row] = both, n_first - both, n_second - both, len(first) - n_first - n_second + both
    return counts


def _log_ratios(joint_counts: Integers) -> NDArray[np.float64]:
    both, first, second, _ = joint_counts.T
    return np.asarray(np.log((both + first + 0.5) / (both + second + 0.5)))
