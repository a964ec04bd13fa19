"""Cuts that keep a fraction of the background at every dijet mass, and what passes them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.jets import HuntConfig
from l1ad.flow.studies.jets.judged import Judged
from l1ad.metrics.bump_hunt import Prediction, binned_prediction, smooth_prediction
from l1ad.metrics.mass_profile import Profile, mass_profile
from l1ad.references.quantiles import cross_fitted_quantiles, fitted_quantiles

__all__ = ["Cut", "cut_events", "flat_profile", "predicted"]

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """Data after a cut that follows the mass.

    Attributes:
        inside: Counts of the signal region.
        outside: Counts of the sideband.
        of_signal: Counts of signal events of the signal region, which no fit has seen.
    """

    inside: Profile
    outside: Profile
    of_signal: dict[str, Profile]


def cut_events(
    data: Judged, signals: dict[str, Judged], config: HuntConfig, *, score: str, kept: float, seed: int
) -> Cut:
    """Fit quantiles to data, and count what passes.

    Args:
        data: Events of both regions: QCD, and perhaps a signal among it.
        signals: Events to try the cut on, by name.
        config: Where quantiles are fitted, in how many parts, and the bins.
        score: Which score is cut on.
        kept: Fraction that passes.
        seed: Of the parts.
    """
    edges = np.asarray(config.mass_edges_gev, dtype=np.float64)
    inside, outside = data.take(np.flatnonzero(data.inside)), data.take(np.flatnonzero(~data.inside))
    fitted = inside if config.fitted_in == "each" else outside

    def crossed(one: Judged) -> Reals:
        return cross_fitted_quantiles(one.scores[score], one.mass_gev, kept=kept, folds=config.folds, seed=seed)

    def read(masses: Reals) -> Reals:
        return fitted_quantiles(fitted.scores[score], fitted.mass_gev, masses, kept=kept, seed=seed)

    cuts = crossed(inside) if config.fitted_in == "each" else read(inside.mass_gev)
    passing = {}
    for name, signal in signals.items():
        there = signal.take(np.flatnonzero(signal.inside))
        passing[name] = mass_profile(there.mass_gev, there.scores[score] > read(there.mass_gev), edges)
    return Cut(
        inside=mass_profile(inside.mass_gev, inside.scores[score] > cuts, edges),
        outside=mass_profile(outside.mass_gev, outside.scores[score] > crossed(outside), edges),
        of_signal=passing,
    )


def flat_profile(data: Judged, config: HuntConfig, *, score: str, kept: float) -> Profile:
    """Count what passes one threshold for all masses that keeps the fraction in all of the signal region."""
    inside = data.take(np.flatnonzero(data.inside))
    values = inside.scores[score]
    passed = values > np.quantile(values, 1 - kept)
    return mass_profile(inside.mass_gev, passed, np.asarray(config.mass_edges_gev, dtype=np.float64))


def predicted(cut: Cut, config: HuntConfig) -> Prediction:
    """Predict what passes in the signal region from the sideband."""
    n_total = cut.inside.n_total
    if config.prediction == "bins":
        return binned_prediction(cut.outside, n_total)
    return smooth_prediction(cut.outside, n_total, np.asarray(config.mass_edges_gev, dtype=np.float64))
