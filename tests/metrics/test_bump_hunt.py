"""Predictions from a sideband: their coverage, their pulls, closure, and limits against known counts."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.metrics.bump_hunt import (
    Prediction,
    binned_prediction,
    closure,
    pulls,
    smooth_prediction,
)
from l1ad.metrics.limits import limits_available, searched
from l1ad.metrics.mass_profile import Profile

EDGES = np.array([1000.0, 1200.0, 1500.0, 1900.0, 2500.0, 3500.0])
TOTAL = np.array([4_000, 3_000, 2_000, 800, 300])


def profile(n_pass: NDArray[np.int64], n_total: NDArray[np.int64]) -> Profile:
    nothing = np.zeros(len(n_pass))
    return Profile(n_pass=n_pass, n_total=n_total, low=nothing, high=nothing)


@pytest.mark.parametrize("how", ["smooth", "bins"])
def test_pulls_without_a_signal_are_those_of_unit_gaussians_and_closure_is_even(how: str) -> None:
    rng = np.random.default_rng(5)
    every, p_values = [], []
    share = 0.1 * (EDGES[:-1] / 1000) ** 0.2
    for _ in range(400):
        sideband = profile(rng.binomial(TOTAL // 2, share), TOTAL // 2)
        inside = rng.poisson(TOTAL * share)
        found = (
            smooth_prediction(sideband, TOTAL, EDGES) if how == "smooth" else binned_prediction(sideband, TOTAL)
        )
        every.append(pulls(inside, found))
        p_values.append(closure(inside, found).p_value)
    values = np.array(every)
    assert np.abs(values.mean(axis=0)).max() < 0.2
    assert np.abs(values.std(axis=0) - 1).max() < 0.12
    assert stats.kstest(p_values, "uniform").statistic < 0.09


def test_a_smooth_share_is_surer_than_one_bin_by_bin() -> None:
    sideband = profile(TOTAL // 20, TOTAL // 2)
    smooth, binned = smooth_prediction(sideband, TOTAL, EDGES), binned_prediction(sideband, TOTAL)
    np.testing.assert_allclose(smooth.expected, TOTAL / 10, rtol=0.02)
    assert (smooth.uncertainty < binned.uncertainty).all()
    assert binned.independent
    assert not smooth.independent


def test_a_bin_of_the_sideband_in_which_nothing_passes_is_not_certain_of_nothing() -> None:
    found = binned_prediction(profile(np.array([0, 5]), np.array([50, 50])), np.array([100, 100]))
    assert 0 < found.expected[0] < 2
    assert found.uncertainty[0] > 0.5


def test_a_sideband_in_which_nothing_passes_tells_no_share_that_follows_the_mass() -> None:
    with pytest.raises(DataError, match="0 of 100 sideband events pass"):
        smooth_prediction(profile(np.zeros(5, int), np.full(5, 20)), TOTAL, EDGES)


def certain(expected: list[float]) -> Prediction:
    """Give a prediction that is all but certain."""
    values = np.array(expected)
    return Prediction(expected=values, variations=np.diag(1e-3 * values))


def without_pyhf() -> None:
    if not limits_available():
        pytest.skip("pyhf is not installed")


def test_the_significance_of_one_bin_is_that_of_the_asymptotic_formula() -> None:
    without_pyhf()
    found = searched(np.array([130]), certain([100.0]), np.array([30.0]))
    expected = np.sqrt(2 * (130 * np.log(130 / 100) - 30))  # Cowan et al., equation 97 with n for s + b
    assert found.significance == pytest.approx(expected, rel=0.01)
    assert found.best == pytest.approx(1.0, abs=0.02)


def test_the_limit_of_one_bin_is_that_of_cls_by_the_asymptotic_formula() -> None:
    without_pyhf()
    found = searched(np.array([400]), certain([400.0]), np.array([10.0]))
    # Observed as expected: µ = σ Φ⁻¹(1 − 0.05 / 2), as Cowan et al. have it with CLs; σ grows a little with µ.
    assert found.limit == pytest.approx(found.expected, rel=0.02)
    assert 1.96 * 2.0 < found.limit < 1.96 * 2.0 * 1.08
    assert found.low < found.expected < found.high
    assert found.significance < 0.05


@pytest.mark.parametrize("how", ["smooth", "bins"])
def test_an_uncertain_prediction_loosens_the_limit_and_lowers_the_significance(how: str) -> None:
    without_pyhf()
    expected = np.array([60.0, 30.0, 12.0, 0.0])
    shifts = np.diag(0.3 * expected) if how == "bins" else np.outer([0.2, 0.1], expected) * [[1], [-1]]
    observed, signal = np.array([61, 52, 12, 0]), np.array([0.0, 20.0, 2.0, 1.0])
    uncertain = searched(observed, Prediction(expected=expected, variations=shifts), signal)
    sure = searched(observed, certain(expected.tolist()), signal)
    assert uncertain.expected > sure.expected
    assert 0 < uncertain.significance < sure.significance


def test_a_signal_where_nothing_is_expected_cannot_be_searched() -> None:
    without_pyhf()
    with pytest.raises(DataError, match="nothing to fit"):
        searched(np.array([3, 0]), certain([3.0, 0.0]), np.array([0.0, 5.0]))
