"""Scores by their order alone: floats as integers, and the area under the curve with its interval."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError

__all__ = ["Bounded", "area_with_interval", "ranked"]

_INTERVAL_PERCENT = (15.865, 84.135)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """A figure of merit with its central 68.27 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of_resampled(cls, value: float, resampled: NDArray[np.float64]) -> "Bounded":
        """Take the central 68.27 % of resampled values, and the value itself whatever they are."""
        low, high = np.percentile(resampled, _INTERVAL_PERCENT)
        return cls(value=value, low=min(float(low), value), high=max(float(high), value))


def ranked(*scores: NDArray[np.floating]) -> tuple[NDArray[np.int64], ...]:
    """Replace the scores of several samples by integers with the same order and the same ties among them all.

    Whatever counts events at or above a threshold is the same for the ranks: areas, efficiencies and
    their intervals. A threshold found on them is a rank, and means nothing outside these samples.

    Args:
        scores: Scores of each sample, the background first, each of shape (n_events,).

    Returns:
        Ranks of each sample, from 0 without gaps over all samples together, of the shapes of `scores`.

    Raises:
        DataError: If there is no sample, or a score is not finite.
    """
    if not scores:
        raise DataError("no scores to rank; give those of the background and of a signal")
    for sample, values in enumerate(scores):
        _check(values, sample)
    _, ranks = np.unique(np.concatenate(scores), return_inverse=True)
    ends = np.cumsum([len(values) for values in scores])
    return tuple(np.split(ranks.astype(np.int64), ends[:-1]))


def area_with_interval(background_raw: NDArray[np.int64], signal_raw: NDArray[np.int64]) -> Bounded:
    """Find the area under the ROC curve and its interval; ties count half.

    DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988) 837: the variance comes from each event's own
    share of the pairs in order. The interval is one standard deviation to each side, cut at 0 and 1; it
    has no width where every pair is in order.

    Args:
        background_raw: Scores of the background, shape (n_background,).
        signal_raw: Scores of the signal, shape (n_signal,).

    Raises:
        DataError: If there are fewer than two events of either.
    """
    if min(len(background_raw), len(signal_raw)) < 2:
        raise DataError(
            f"{len(background_raw)} background and {len(signal_raw)} signal events; both need at least two"
        )
    background, signal = np.sort(background_raw), np.sort(signal_raw)
    below = _share_below(background, signal)
    above = 1.0 - _share_below(signal, background)
    area = float(below.mean())
    sigma = math.sqrt(below.var(ddof=1) / len(signal) + above.var(ddof=1) / len(background))
    return Bounded(value=area, low=max(0.0, area - sigma), high=min(1.0, area + sigma))


def _share_below(ordered: NDArray[np.int64], scores: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give for each score the fraction of an ascending sample below it; ties count half."""
    below = np.searchsorted(ordered, scores, side="left")
    not_above = np.searchsorted(ordered, scores, side="right")
    return (below + not_above) / (2 * len(ordered))


def _check(values: NDArray[np.floating], sample: int) -> None:
    if values.ndim != 1:
        raise DataError(f"scores {sample} have shape {values.shape}; one number an event is wanted")
    finite = np.isfinite(values)
    if not finite.all():
        event = int(np.argmin(finite))
        raise DataError(f"scores {sample}, event {event}: {values[event]} has no place in an order of numbers")
