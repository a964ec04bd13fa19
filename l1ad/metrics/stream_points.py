"""Thresholds on a weighted, preselected stream, and what a signal keeps at them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.metrics.ranks import Bounded

__all__ = ["AtShare", "stream_efficiency"]

Reals = NDArray[np.float64]

_RESAMPLINGS = 400


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
    order = np.argsort(scores, kind="stable")
    ordered, of_each = scores[order], weights[order]
    threshold = float(_thresholds(ordered, of_each[None], share)[0])
    drawn = _thresholds(ordered, of_each * rng.poisson(1.0, (_RESAMPLINGS, len(ordered))), share)
    passing = np.sort(signal[in_stream])
    kept = (len(passing) - np.searchsorted(passing, drawn, side="right")) / len(signal)
    value = (len(passing) - int(np.searchsorted(passing, threshold, side="right"))) / len(signal)
    resampled = rng.binomial(len(signal), kept) / len(signal)
    return AtShare(threshold=threshold, efficiency=Bounded.of_resampled(value, resampled))


def _thresholds(ordered: Reals, weights: Reals, share: float) -> Reals:
    """Find the threshold of each set of weights, shape (n_sets, n), of scores in ascending order."""
    above = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]  # weight at and above each event
    total = above[:, :1]
    fits = above <= share * total * (1 + 1e-12)
    if not fits[0].any():
        raise DataError(
            f"the highest of {len(ordered)} events weighs {weights[0, -1] / float(total[0, 0]):.2g} of the "
            f"stream, more than the share of {share:g} that may pass; make more events"
        )
    # The first event that fits passes; what is below it must not, and ties with what must not stay out.
    first = np.where(fits.any(axis=1), np.argmax(fits, axis=1), len(ordered))
    return np.asarray(ordered[np.maximum(first - 1, 0)], dtype=np.float64)
