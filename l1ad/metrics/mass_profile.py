"""Whether a cut keeps the same fraction at every mass: profiles with intervals, and flatness."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["Flatness", "Profile", "flatness", "mass_profile"]

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

_COVERAGE = 0.6827
_LEAST_EXPECTED = 5.0
"""Expected events on either side of a cut from which a bin's pull is near enough to Gaussian."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Events in bins, and those that pass; all arrays have shape (n_bins,).

    Attributes:
        n_pass: Events that pass.
        n_total: Events.
        low: Lower end of the Clopper-Pearson 68.27 % interval of the fraction; NaN in an empty bin.
        high: Upper end.
    """

    n_pass: Integers
    n_total: Integers
    low: Reals
    high: Reals

    @property
    def fraction(self) -> Reals:
        """Fraction that passes; NaN in an empty bin."""
        fraction: Reals = np.divide(
            self.n_pass, self.n_total, out=np.full(len(self.n_total), np.nan), where=self.n_total > 0
        )
        return fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Flatness:
    """A profile held against one fraction for all bins.

    Attributes:
        chi2: Pearson's χ² of the bins with at least 5 expected on either side.
        n_bins: Number of those; also the degrees of freedom, as the fraction is given and not fitted.
        p_value: Probability of a larger χ²; NaN without such a bin.
    """

    chi2: float
    n_bins: int
    p_value: float


def mass_profile(mass: Reals, passed: NDArray[np.bool_], edges: Reals) -> Profile:
    """Count events and those that pass in bins of the mass; what is outside of all bins is left out.

    Args:
        mass: Mass of each event, shape (n_events,).
        passed: Whether each passes, shape (n_events,).
        edges: Rising edges of the bins, shape (n_bins + 1,).
    """
    total = np.histogram(mass, edges)[0].astype(np.int64)
    n_pass = np.histogram(mass[passed], edges)[0].astype(np.int64)
    tail = (1 - _COVERAGE) / 2
    low = np.where(n_pass > 0, stats.beta.ppf(tail, np.maximum(n_pass, 1), total - n_pass + 1), 0.0)
    high = np.where(n_pass < total, stats.beta.isf(tail, n_pass + 1, np.maximum(total - n_pass, 1)), 1.0)
    empty = total == 0
    return Profile(
        n_pass=n_pass, n_total=total, low=np.where(empty, np.nan, low), high=np.where(empty, np.nan, high)
    )


def flatness(profile: Profile, fraction: float) -> Flatness:
    """Test whether every bin keeps a fraction, by Pearson's χ² of binomial counts.

    Where the cut was fitted to the same events, even with each judged by a fit to others, it follows some of
    their fluctuations, and χ² comes out a little small.

    Args:
        profile: The counts.
        fraction: The fraction that ought to be kept, between 0 and 1.
    """
    expected = fraction * profile.n_total
    good = np.minimum(expected, profile.n_total - expected) >= _LEAST_EXPECTED
    pulls = (profile.n_pass[good] - expected[good]) / np.sqrt(expected[good] * (1 - fraction))
    chi2, n_bins = float(np.square(pulls).sum()), int(good.sum())
    return Flatness(
        chi2=chi2, n_bins=n_bins, p_value=float(stats.chi2.sf(chi2, n_bins)) if n_bins else math.nan
    )
