"""Rates that compared algorithms are followed over, and whether they accept the same events."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.metrics.curves import accepted_counts, common_share, efficiency_curve
from l1ad.metrics.working_points import WorkingPoint
from l1ad.rates.stream import Stream
from l1ad.report.comparison import Overlap

__all__ = ["Rates"]

_POINTS = 120
_HIGHEST_FRACTION = 0.01
"""Accepted fraction up to which algorithms are followed: 263 kHz of 2340 colliding bunches."""

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rates:
    """Numbers of accepted background events that every algorithm is followed over.

    Attributes:
        allowed: The numbers, ascending, shape (n_rates,).
        n_background: Events there are.
        khz: Rate of each, shape (n_rates,).
        allowed_of: By name of budget, the number that stands for it.
        loosest: Name of the loosest budget.
    """

    allowed: Integers
    n_background: int
    khz: NDArray[np.float64]
    allowed_of: dict[str, int]
    loosest: str

    @classmethod
    def of(cls, n_background: int, stream: Stream, budgets: Sequence[WorkingPoint]) -> "Rates":
        """Follow from a single event up to a hundredth of the background, budgets among them."""
        of_budgets = {point.name: point.allowed(n_background) for point in budgets}
        most = max(round(_HIGHEST_FRACTION * n_background), *of_budgets.values())
        allowed = accepted_counts(min(most, n_background - 1), _POINTS, list(of_budgets.values()))
        return cls(
            allowed=allowed,
            n_background=n_background,
            khz=allowed / n_background * stream.rate_hz / 1000,
            allowed_of=of_budgets,
            loosest=max(budgets, key=lambda point: point.fraction).name,
        )

    @property
    def of_budgets(self) -> dict[str, float]:
        """The rate of each budget, in kHz."""
        place = {name: int(np.searchsorted(self.allowed, one)) for name, one in self.allowed_of.items()}
        return {name: float(self.khz[one]) for name, one in place.items()}

    def curve(self, background_raw: Integers, signal_raw: Integers) -> NDArray[np.float64]:
        """Find the share of a signal that passes at each rate, shape (n_rates,)."""
        return efficiency_curve(background_raw, signal_raw, self.allowed)

    def overlap(self, scores_raw: Sequence[Integers], names: Sequence[str]) -> Overlap:
        """Compare the events that algorithms accept at the loosest budget, where there are most of them."""
        common = common_share(scores_raw, self.allowed_of[self.loosest])
        return Overlap(names=tuple(names), point=self.loosest, common=common)
