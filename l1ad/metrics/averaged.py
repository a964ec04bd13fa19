"""A figure averaged over a few trainings on the same events: its error, and whether two differ."""

import math
from dataclasses import dataclass

from scipy import stats

__all__ = ["Averaged", "differ"]

_COVERED = float(stats.norm.cdf(2.0))
"""Of one side: two standard deviations of a normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Averaged:
    """A mean over trainings.

    Attributes:
        value: The mean.
        of_events: Standard error from the number of events, which all trainings share.
        spread: Standard deviation of one training; None where a single one does not tell it.
        n: Trainings.
    """

    value: float
    of_events: float
    spread: float | None
    n: int

    @property
    def of_trainings(self) -> float:
        """Standard error from the number of trainings; 0 where it is not known."""
        return 0.0 if self.spread is None else self.spread / math.sqrt(self.n)

    @property
    def error(self) -> float:
        """Both standard errors, in squares."""
        return math.hypot(self.of_events, self.of_trainings)


def differ(first: Averaged, second: Averaged) -> bool:
    """Tell whether two means differ by more than chance allows, at the coverage of two standard deviations.

    As if they were measured on different events. A spread of few trainings is known badly: Student's t stands
    for the normal distribution, with the degrees of freedom of Welch and Satterthwaite, in which errors from
    events count as known. Means of single trainings, whose spread is not known, are never said to differ.
    """
    if first.spread is None or second.spread is None:
        return False
    total = first.error**2 + second.error**2
    if total == 0:
        return first.value != second.value
    unsure = sum(one.of_trainings**4 / (one.n - 1) for one in (first, second))
    freedom = total**2 / unsure if unsure else math.inf
    needed = float(stats.t.ppf(_COVERED, freedom)) if math.isfinite(freedom) else 2.0
    return abs(first.value - second.value) > needed * math.sqrt(total)
