"""Efficiency at a working point, with the error of the threshold inside the interval."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from l1ad.core.errors import DataError

__all__ = ["Efficiency", "Roc", "area_under_curve", "efficiency_at_fraction", "roc"]

BOOTSTRAP_SAMPLES = 400
_INTERVAL_PERCENT = (15.865, 84.135)


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """Fraction of a signal above a threshold.

    Attributes:
        n_pass: Signal events that passed.
        n_total: Signal events.
        value: Their ratio.
        low: Lower end of the bootstrap interval, the threshold's own error included.
        high: Upper end.
    """

    n_pass: int
    n_total: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Roc:
    """Efficiency of a signal against the accepted fraction of the background, one point a threshold."""

    background_fraction: NDArray[np.float64]
    signal_efficiency: NDArray[np.float64]


def area_under_curve(background_raw: NDArray[np.int64], signal_raw: NDArray[np.int64]) -> float:
    """Area under the ROC curve; ties count half."""
    labels, scores = _labelled(background_raw, signal_raw)
    return float(roc_auc_score(labels, scores))


def roc(background_raw: NDArray[np.int64], signal_raw: NDArray[np.int64]) -> Roc:
    """Trace the ROC curve over every threshold."""
    labels, scores = _labelled(background_raw, signal_raw)
    background_fraction, signal_efficiency, _ = roc_curve(labels, scores, drop_intermediate=True)
    return Roc(background_fraction=background_fraction, signal_efficiency=signal_efficiency)


def efficiency_at_fraction(
    background_raw: NDArray[np.int64],
    signal_raw: NDArray[np.int64],
    *,
    threshold_raw: int,
    fraction: Fraction | float,
    rng: np.random.Generator,
) -> Efficiency:
    """Measure the efficiency of a signal at a threshold that was set on a background.

    The interval is the central 68.27 % of a bootstrap: background and signal are drawn anew, and the
    threshold is set anew on each drawn background, so that a threshold resting on eight events shows.

    Args:
        background_raw: Scores that the threshold was set on, shape (n_events,).
        signal_raw: Scores of the signal, shape (n_events,).
        threshold_raw: The threshold in use.
        fraction: Accepted fraction of the background that it was set for.
        rng: Source of the resampling.

    Raises:
        DataError: If there are no background or no signal events.
    """
    _check(background_raw, signal_raw)
    allowed = math.floor(fraction * len(background_raw))
    levels, background = _tail_levels(background_raw, 10 * allowed + 100)
    drawn = rng.multinomial(len(background_raw), background / len(background_raw), size=BOOTSTRAP_SAMPLES)
    at_or_above = np.cumsum(drawn[:, ::-1], axis=1)[:, ::-1]
    # The lowest level whose events still fit; the threshold lies just above the level below it.
    n_too_low = np.sum(at_or_above > allowed, axis=1)
    thresholds = np.where(n_too_low > 0, levels[np.maximum(n_too_low - 1, 0)] + 1, levels[0])
    ordered = np.sort(signal_raw)
    passing = 1.0 - np.searchsorted(ordered, thresholds, side="left") / len(ordered)
    resampled = rng.binomial(len(ordered), passing) / len(ordered)
    low, high = np.percentile(resampled, _INTERVAL_PERCENT)
    n_pass = int(np.count_nonzero(signal_raw >= threshold_raw))
    value = n_pass / len(signal_raw)
    return Efficiency(
        n_pass=n_pass,
        n_total=len(signal_raw),
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
    )


def _check(background_raw: NDArray[np.int64], signal_raw: NDArray[np.int64]) -> None:
    if not len(background_raw) or not len(signal_raw):
        raise DataError(
            f"{len(background_raw)} background and {len(signal_raw)} signal events; both need at least one"
        )


def _tail_levels(scores_raw: NDArray[np.int64], n_tail: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the scores at each level of the tail; everything below its last `n_tail` events is one level."""
    start = np.partition(scores_raw, max(0, len(scores_raw) - n_tail))[max(0, len(scores_raw) - n_tail)]
    return np.unique(np.maximum(scores_raw, start), return_counts=True)


def _labelled(
    background_raw: NDArray[np.int64], signal_raw: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    _check(background_raw, signal_raw)
    labels = np.r_[np.zeros(len(background_raw), bool), np.ones(len(signal_raw), bool)]
    return labels, np.r_[background_raw, signal_raw]
