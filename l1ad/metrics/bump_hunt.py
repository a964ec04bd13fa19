"""Counts of a signal region against what its sideband predicts, bin by bin of the mass."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from l1ad.core.errors import DataError
from l1ad.metrics.mass_profile import Flatness, Profile

__all__ = ["Prediction", "binned_prediction", "closure", "pulls", "smooth_prediction"]

Reals = NDArray[np.float64]

_LEAST_EXPECTED = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """Events expected to pass in the signal region without a signal.

    Attributes:
        expected: Their number in each bin, shape (n_bins,).
        variations: Shifts of it by one standard deviation, one row for each independent cause, shape
            (n_causes, n_bins).
    """

    expected: Reals
    variations: Reals

    @property
    def independent(self) -> bool:
        """Whether no cause moves more than one bin."""
        return bool((np.count_nonzero(self.variations, axis=1) <= 1).all())

    @property
    def uncertainty(self) -> Reals:
        """Standard deviation of what is expected in each bin, shape (n_bins,)."""
        return np.asarray(np.sqrt(np.square(self.variations).sum(axis=0)), dtype=np.float64)


def binned_prediction(sideband: Profile, n_total: NDArray[np.int64]) -> Prediction:
    """Multiply what there is in the signal region by the share that passes in the same bin of the sideband.

    Shares count as (n_pass + 1/2) / (n + 1), so that a bin in which nothing passed expects something and is
    not certain of it; their variance is that of the Beta distribution of Jeffreys' prior.

    Args:
        sideband: Counts of the sideband.
        n_total: Events of the signal region, passing or not, shape (n_bins,).
    """
    above, below = sideband.n_pass + 0.5, sideband.n_total - sideband.n_pass + 0.5
    n = above + below
    share, width = above / n, np.sqrt(above * below / (n**2 * (n + 1)))
    return Prediction(expected=n_total * share, variations=np.diag(n_total * width))


def smooth_prediction(sideband: Profile, n_total: NDArray[np.int64], edges: Reals) -> Prediction:
    """Multiply what there is in the signal region by a share that is a logistic line in ln(mass).

    Maximum likelihood of the binomial counts of the sideband; its covariance is the inverse Fisher information,
    and the causes are its eigenvectors.

    Args:
        sideband: Counts of the sideband.
        n_total: Events of the signal region, passing or not, shape (n_bins,).
        edges: Edges of the bins, shape (n_bins + 1,).

    Raises:
        DataError: If nothing or everything passes in the sideband, or all is in one bin.
    """
    n_pass, n_all = int(sideband.n_pass.sum()), int(sideband.n_total.sum())
    if not 0 < n_pass < n_all or np.count_nonzero(sideband.n_total) < 2:
        raise DataError(
            f"{n_pass} of {n_all} sideband events pass, in {np.count_nonzero(sideband.n_total)} bins; a share "
            "that follows the mass needs some that pass, some that do not, and two bins"
        )
    middle = np.log((edges[:-1] + edges[1:]) / 2)
    centre = np.average(middle, weights=sideband.n_total)
    design = np.stack([np.ones_like(middle), (middle - centre) / np.ptp(middle)], axis=1)

    def badness(line: Reals) -> float:
        logit = design @ line
        return float((sideband.n_total * np.logaddexp(0, logit) - sideband.n_pass * logit).sum())

    def slope(line: Reals) -> Reals:
        return np.asarray(design.T @ (sideband.n_total * special.expit(design @ line) - sideband.n_pass))

    start = np.array([special.logit(n_pass / n_all), 0.0])
    line = optimize.minimize(badness, start, jac=slope, method="BFGS").x
    share = special.expit(design @ line)
    information = design.T @ (design * (sideband.n_total * share * (1 - share))[:, None])
    variances, directions = np.linalg.eigh(np.linalg.inv(information))
    steps = (directions * np.sqrt(variances)).T @ design.T
    return Prediction(expected=n_total * share, variations=n_total * share * (1 - share) * steps)


def pulls(observed: NDArray[np.int64], prediction: Prediction) -> Reals:
    """Divide observed − expected by its standard deviation: Poisson's and the prediction's together.

    NaN where nothing is expected.
    """
    variance = prediction.expected + prediction.uncertainty**2
    found: Reals = np.divide(
        observed - prediction.expected, np.sqrt(variance), out=np.full(len(variance), np.nan),
        where=variance > 0,
    )  # fmt: skip
    return found


def closure(observed: NDArray[np.int64], prediction: Prediction) -> Flatness:
    """Test counts against a prediction in all bins at once, with its correlations from bin to bin.

    χ² of the bins where at least five events are expected; degrees of freedom are those bins.
    """
    good = prediction.expected >= _LEAST_EXPECTED
    shifts = prediction.variations[:, good]
    covariance = np.diag(prediction.expected[good]) + shifts.T @ shifts
    apart = observed[good] - prediction.expected[good]
    chi2, n_bins = float(apart @ np.linalg.solve(covariance, apart)) if good.any() else 0.0, int(good.sum())
    return Flatness(
        chi2=chi2, n_bins=n_bins, p_value=float(stats.chi2.sf(chi2, n_bins)) if n_bins else math.nan
    )
