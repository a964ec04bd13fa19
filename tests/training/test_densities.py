"""Densities of single features against SciPy's, near and far from where they are large."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.special import log_ndtr

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.training import densities

Float = NDArray[np.float32]
RNG = np.random.default_rng(11)
N = 4000


def drawn(low: float, high: float) -> Float:
    return RNG.uniform(low, high, (N, 1)).astype(np.float32)


def widths(low: float, high: float) -> Float:
    return np.exp(drawn(np.log(low), np.log(high)))


def exact(values: Float) -> NDArray[np.float64]:
    return values.astype(np.float64)


def test_the_log_normal_is_scipys_beside_its_share_of_zeros() -> None:
    location, width, logit = drawn(-2, 6), widths(0.05, 3), drawn(-5, 5)
    values = np.exp(location + width * drawn(-3, 3))
    values[::3] = 0.0
    share = 1 / (1 + np.exp(-exact(logit)))
    lognormal = stats.lognorm.logpdf(
        exact(np.maximum(values, 1e-9)), exact(width), scale=np.exp(exact(location))
    )
    expected = -np.where(values == 0, np.log(share), np.log1p(-share) + lognormal)
    smallest = np.full(1, 1e-9, np.float32)
    found = densities.log_normal_with_zeros(values, location, width, logit, smallest=smallest)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_gaussian_is_scipys() -> None:
    values, mean, width = drawn(-300, 300), drawn(-300, 300), widths(0.1, 100)
    expected = -stats.norm.logpdf(exact(values), exact(mean), exact(width))
    np.testing.assert_allclose(densities.gaussian(values, mean, width), expected, rtol=1e-5, atol=1e-5)


def test_the_truncated_gaussian_is_scipys_also_with_its_mean_far_outside() -> None:
    low, high = np.float32(-2.5), np.float32(5.5)
    values, mean, width = drawn(-2.5, 5.5), drawn(-60, 60), widths(0.05, 30)
    ends = [(float(end) - exact(mean)) / exact(width) for end in (low, high)]
    expected = -np.asarray(stats.truncnorm.logpdf(exact(values), *ends, loc=exact(mean), scale=exact(width)))
    found = np.asarray(densities.truncated_gaussian(values, mean, width, low=low, high=high))
    # Beyond a thousand σ SciPy's own difference of logarithms has lost its digits.
    known = np.minimum(np.abs(ends[0]), np.abs(ends[1])) < 1000
    assert known.mean() > 0.9
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-4, atol=1e-4)


def test_a_truncated_gaussian_far_below_its_support_is_an_exponential_at_its_end() -> None:
    values, mean, width = drawn(0, 1e-4), np.float32(-1e6), np.float32(10.0)
    found = densities.truncated_gaussian(values, mean, width, low=np.float32(0), high=np.float32(2048))
    np.testing.assert_allclose(found, -stats.expon.logpdf(exact(values), scale=1e-4), rtol=1e-3)


def test_the_truncated_discrete_gaussian_is_a_difference_of_scipys_normal_probabilities() -> None:
    counts, mean, width = np.rint(drawn(-3, 12)), drawn(-40, 50), widths(0.29, 60)
    low, high = np.float32(-3), np.float32(12)

    def log_probability(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
        mirrored = left > 0
        left, right = np.where(mirrored, -right, left), np.where(mirrored, -left, right)
        return np.asarray(log_ndtr(right) + np.log(-np.expm1(log_ndtr(left) - log_ndtr(right))))

    def bins(first: float | NDArray[np.float64], last: float | NDArray[np.float64]) -> NDArray[np.float64]:
        return log_probability(*((end - exact(mean)) / exact(width) for end in (first - 0.5, last + 0.5)))

    expected = bins(-3.0, 12.0) - bins(exact(counts), exact(counts))
    found = densities.truncated_discrete_gaussian(counts, mean, width, low=low, high=high)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("mean", "width"), [(-50.0, 3.0), (2.2, 0.3), (3.0, 40.0), (1e4, 1.0)])
def test_the_probabilities_of_all_whole_numbers_add_up_to_one(mean: float, width: float) -> None:
    counts = np.arange(-3, 13, dtype=np.float32)[:, None]
    found = densities.truncated_discrete_gaussian(
        counts, np.float32(mean), np.float32(width), low=np.float32(-3), high=np.float32(12)
    )
    assert np.exp(-exact(np.asarray(found))).sum() == pytest.approx(1.0, rel=1e-5)


def test_the_bernoulli_is_scipys() -> None:
    flags, logit = np.rint(drawn(0, 1)), drawn(-12, 12)
    expected = -stats.bernoulli.logpmf(exact(flags), 1 / (1 + np.exp(-exact(logit))))
    np.testing.assert_allclose(densities.bernoulli(flags, logit), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("largest", [20.0, 5000.0])
def test_the_poisson_is_scipys_for_few_and_for_thousands(largest: float) -> None:
    rate, counts = widths(1e-3, largest), np.rint(drawn(0, largest))
    counts[::2] = RNG.poisson(rate[::2]).astype(np.float32)
    expected = -stats.poisson.logpmf(exact(counts), exact(rate))
    np.testing.assert_allclose(densities.poisson(counts, rate), expected, rtol=1e-4, atol=1e-3)
