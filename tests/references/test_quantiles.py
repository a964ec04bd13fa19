"""Cuts that follow a variable keep their fraction where one threshold does not, on events that no fit saw."""

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.metrics.mass_profile import flatness, mass_profile
from l1ad.references.quantiles import cross_fitted_quantiles, fitted_quantiles

EDGES = np.array([1.3, 1.5, 1.8, 2.2, 3.0])


def events(seed: int, n: int = 12_000) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw falling masses, and scores that rise with them."""
    rng = np.random.default_rng(seed)
    mass = 1.3 * (1 - rng.random(n)) ** (-1 / 5)
    return mass, np.exp(rng.normal(mass, 0.4))


@pytest.mark.parametrize("kept", [0.1, 0.02])
def test_a_crossed_cut_keeps_its_fraction_at_every_mass_and_one_threshold_does_not(kept: float) -> None:
    mass, scores = events(1)
    cuts = cross_fitted_quantiles(scores, mass, kept=kept, folds=3, seed=1)
    followed = flatness(mass_profile(mass, scores > cuts, EDGES), kept)
    single = flatness(mass_profile(mass, scores > np.quantile(scores, 1 - kept), EDGES), kept)
    assert followed.n_bins == 4
    assert followed.p_value > 0.01
    assert single.p_value < 1e-6


def test_a_fit_keeps_its_fraction_of_other_events() -> None:
    mass, scores = events(2)
    other_mass, other_scores = events(3)
    cuts = fitted_quantiles(scores, mass, other_mass, kept=0.1, seed=1)
    # The fit's own error comes on top of the counts': some percent of the fraction.
    found = mass_profile(other_mass, other_scores > cuts, EDGES).fraction
    np.testing.assert_allclose(found, 0.1, atol=0.03)


def test_no_event_is_judged_by_a_fit_that_saw_it() -> None:
    mass, scores = events(4, 2_000)
    cuts = cross_fitted_quantiles(scores, mass, kept=0.1, folds=2, seed=1)
    part = np.random.default_rng(1).permutation(2_000) % 2
    changed = np.where(part == 0, 10 * scores, scores)
    again = cross_fitted_quantiles(changed, mass, kept=0.1, folds=2, seed=1)
    np.testing.assert_array_equal(again[part == 0], cuts[part == 0])  # judged by the other part
    assert (again[part == 1] > cuts[part == 1]).all()


def test_the_cut_is_flat_beyond_what_it_was_fitted_to() -> None:
    mass, scores = events(5, 2_000)
    beyond = np.array([mass.max(), 2 * mass.max(), 50.0])
    assert np.ptp(fitted_quantiles(scores, mass, beyond, kept=0.1, seed=1)) == 0


def test_what_cannot_be_cut_is_refused() -> None:
    mass, scores = events(6, 150)
    with pytest.raises(DataError, match="150 events do not tell which scores 10 % exceed; at least 200"):
        fitted_quantiles(scores, mass, mass, kept=0.1, seed=1)
    with pytest.raises(DataError, match="scores of at least 0"):
        fitted_quantiles(scores - 100, mass, mass, kept=0.3, seed=1)
    with pytest.raises(ValueError, match="1 parts leave no others"):
        cross_fitted_quantiles(scores, mass, kept=0.3, folds=1, seed=1)
