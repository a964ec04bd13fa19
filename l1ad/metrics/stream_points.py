"""Thresholds on a weighted, preselected stream, and what a signal keeps at them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.metrics.ranks import Bounded

__all__ = ["AtShare", "stream_efficiency"]

Reals = NDArray[np.float64]

_RESAMPLINGS = 400
_ROUNDED = 1 + 1e-12  # sums of weights that are equal on paper


@dataclass(frozen=True, slots=True, kw_only=True)
class AtShare:
    """A score where a share of a stream passes.

    Attributes:
        threshold: Passed when the score is larger.
        efficiency: Part of all events of the signal that are in the stream and pass, with its interval.
    """

    threshold: float
    efficiency: Bounded


def stream_efficiency(
    scores: Reals, weights: Reals, signal: Reals, in_stream: NDArray[np.bool_], share: float,
    rng: np.random.Generator,
) -> AtShare:  # fmt: skip
    """Measure what a signal keeps where a share of a stream passes.

    The threshold is the lowest above which no more than the share of the stream's weight lies.

    The interval is the central 68.27 % of a bootstrap: each event of the stream counts as often as Poisson
    numbers of mean 1 say, the threshold is set anew, and the signal is drawn anew.

    Args:
        scores: Scores of the stream, shape (n,).
        weights: Weights of its events, shape (n,).
        signal: Scores of all events of the signal, shape (n_signal,).
        in_stream: Which of them are in the stream at all, shape (n_signal,).
        share: Between 0 and 1.
        rng: Source of the resampling.

    Raises:
        DataError: If the stream is too small for the share, or there is no signal.
    """
    if not len(signal):
        raise DataError("no signal events; an efficiency needs at least one")
    if not weights.sum() > 0:
        raise DataError("no events of the stream that weigh anything; a threshold needs at least one")
    order = np.argsort(scores, kind="stable")
    ordered, of_each = scores[order], weights[order]
    total = float(of_each.sum())
    if not of_each[-1] <= share * total * _ROUNDED:
        raise DataError(
            f"the highest of {len(ordered)} events weighs {of_each[-1] / total:.2g} of the stream, "
            f"more than the share of {share:g} that may pass; make more events"
        )
    threshold = float(_thresholds(ordered, of_each[None], share)[0])
    drawn = _thresholds(ordered, of_each * rng.poisson(1.0, (_RESAMPLINGS, len(ordered))), share)
    passing = np.sort(signal[in_stream])
    kept = (len(passing) - np.searchsorted(passing, drawn, side="right")) / len(signal)
    value = (len(passing) - int(np.searchsorted(passing, threshold, side="right"))) / len(signal)
    resampled = rng.binomial(len(signal), kept) / len(signal)
    return AtShare(threshold=threshold, efficiency=Bounded.of_resampled(value, resampled))


def _thresholds(ordered: Reals, weights: Reals, share: float) -> Reals:
    """Find the threshold of each set of weights, shape (n_sets, n), of scores in ascending order.

    A set whose highest event alone weighs more than the share lets nothing pass.
    """
    above = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]  # weight at and above each event
    total = above[:, :1]
    fits = (above <= share * total * _ROUNDED) & (total > 0)
    # The first event that fits passes; what is below it must not, and ties with what must not stay out.
    first = np.where(fits.any(axis=1), np.argmax(fits, axis=1), len(ordered))
    return np.asarray(ordered[np.maximum(first - 1, 0)], dtype=np.float64)
