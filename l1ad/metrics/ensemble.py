"""Several trainings of one configuration: how far they spread, how alike they are, and which to take."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from l1ad.core.errors import DataError

__all__ = ["Spread", "picked", "score_correlations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a figure of merit spreads over trainings.

    Attributes:
        mean: Mean.
        standard_deviation: Of one training about the mean, n - 1 in its denominator; None for one training.
        low: Smallest value.
        high: Largest value.
        n: Trainings.
    """

    mean: float
    standard_deviation: float | None
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise the values of several trainings.

        Raises:
            DataError: If there are none, or one is not finite.
        """
        _check(values, "values")
        return cls(
            mean=math.fsum(values) / len(values),
            standard_deviation=float(np.std(values, ddof=1)) if len(values) > 1 else None,
            low=float(min(values)),
            high=float(max(values)),
            n=len(values),
        )

    @property
    def relative_volatility(self) -> float | None:
        """Standard deviation over the size of the mean; None for one training or a mean of 0."""
        if self.standard_deviation is None or not self.mean:
            return None
        return self.standard_deviation / abs(self.mean)


def score_correlations(scores: Sequence[NDArray[np.floating] | NDArray[np.integer]]) -> NDArray[np.float64]:
    """Correlate the scores that trainings give the same events, by rank.

    Spearman's coefficient, ties at their mean rank: scores of other units or formats compare.

    Args:
        scores: Scores of each training, of shape (n_events,) each, events in the same order.

    Returns:
        Symmetric matrix with ones on its diagonal, shape (n_trainings, n_trainings).

    Raises:
        DataError: If there are no trainings or fewer than two events, the numbers of events differ, a score
            is not finite, or a training scores all events alike.
    """
    if not scores:
        raise DataError("no scores to correlate; give those of at least one training")
    for training, values in enumerate(scores):
        if values.shape != scores[0].shape or values.ndim != 1 or len(values) < 2:
            raise DataError(
                f"training {training} has scores of shape {values.shape}, training 0 of {scores[0].shape}; "
                "they are correlated on the same events, at least two"
            )
        if not np.isfinite(values).all():
            event = int(np.argmin(np.isfinite(values)))
            raise DataError(f"training {training}, event {event}: the score {values[event]} has no rank")
        if (values == values[0]).all():
            raise DataError(f"training {training} gives every event the score {values[0]}: nothing correlates")
    ranks = np.stack([rankdata(values) for values in scores])
    correlations = np.atleast_2d(np.corrcoef(ranks))
    np.fill_diagonal(correlations, 1.0)
    return np.asarray((correlations + correlations.T) / 2, dtype=np.float64)  # alike to the last bit


def picked(table: Mapping[str, Sequence[float]], larger_is_better: Mapping[str, bool]) -> int:
    """Pick the training with the best mean rank over the criteria; the first of those that tie.

    Ranks, unlike sums, weigh criteria of different units alike. Values that tie share their mean rank.

    Args:
        table: Values of all trainings, in the same order, by the name of the criterion.
        larger_is_better: Whether the larger value of a criterion is the better; those not in the table
            are not asked.

    Returns:
        Index of the training.

    Raises:
        DataError: If there are no criteria or no trainings, the criteria have different numbers of
            trainings, a value is not finite, or nobody says which of its values is better.
    """
    if not table:
        raise DataError("no criteria to pick a training by; give at least one")
    n_trainings = len(next(iter(table.values())))
    ranks = np.zeros(n_trainings)
    for name, values in table.items():
        _check(values, name)
        if len(values) != n_trainings:
            raise DataError(
                f"{name!r} has {len(values)} trainings and {next(iter(table))!r} {n_trainings}; "
                "each criterion needs all"
            )
        if name not in larger_is_better:
            raise DataError(f"{name!r}: nobody says whether larger is better")
        # Sums of halves are exact, so trainings that tie do so exactly.
        ranks += rankdata(np.asarray(values, np.float64) * (-1 if larger_is_better[name] else 1))
    return int(np.argmin(ranks))


def _check(values: Sequence[float], name: str) -> None:
    if not len(values):
        raise DataError(f"{name!r} has no trainings; give at least one")
    for training, value in enumerate(values):
        if not math.isfinite(value):
            raise DataError(f"{name!r} of training {training} is {value}; all must be finite")
