"""Profiles of cuts against exact intervals, flatness against samples."""

import numpy as np
import pytest
from scipy import stats

from l1ad.metrics.mass_profile import flatness, mass_profile
from l1ad.rates.intervals import clopper_pearson

EDGES = np.array([0.0, 1.0, 2.0, 3.0, 4.0])


def test_a_profile_counts_what_passes_with_exact_intervals() -> None:
    mass = np.array([0.5] * 10 + [1.5] * 4 + [2.5] * 3 + [9.0] * 5)
    passed = np.array([True] * 3 + [False] * 7 + [True] * 4 + [False] * 3 + [True] * 5)
    found = mass_profile(mass, passed, EDGES)
    np.testing.assert_array_equal(found.n_pass, [3, 4, 0, 0])
    np.testing.assert_array_equal(found.n_total, [10, 4, 3, 0])
    for place, (n_pass, n_total) in enumerate([(3, 10), (4, 4), (0, 3)]):
        low, high = clopper_pearson(n_pass, n_total)
        assert found.low[place] == pytest.approx(low)
        assert found.high[place] == pytest.approx(high)
    assert np.isnan([found.fraction[3], found.low[3], found.high[3]]).all()


def test_a_flat_cut_has_p_values_that_are_even_and_a_bent_one_small_ones() -> None:
    rng = np.random.default_rng(3)
    p_values, bent = [], []
    for _ in range(1_000):
        mass = rng.uniform(0, 4, 2_000)
        p_values.append(flatness(mass_profile(mass, rng.random(2_000) < 0.1, EDGES), 0.1).p_value)
        bent.append(flatness(mass_profile(mass, rng.random(2_000) < 0.05 * mass, EDGES), 0.1).p_value)
    # χ² is near enough to its limit with 50 expected in a bin; 0.05 is 1 % likely for even values.
    assert stats.kstest(p_values, "uniform").statistic < 0.05
    assert np.median(bent) < 1e-4


def test_bins_with_hardly_an_expected_event_are_left_out_of_the_test() -> None:
    mass = np.array([0.5] * 100 + [1.5] * 10)
    found = flatness(mass_profile(mass, np.arange(110) % 10 == 0, EDGES), 0.1)
    assert found.n_bins == 1
    assert found.chi2 == pytest.approx(0.0)
    assert found.p_value == pytest.approx(1.0)
    assert np.isnan(flatness(mass_profile(mass[:3], np.zeros(3, bool), EDGES), 0.1).p_value)
