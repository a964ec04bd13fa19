import numpy as np
import pytest
from scipy import stats

from l1ad.rates.intervals import ONE_SIGMA, clopper_pearson


@pytest.mark.parametrize("coverage", [ONE_SIGMA, 0.9, 0.95])
@pytest.mark.parametrize("n_total", [1, 2, 7, 40])
def test_the_interval_is_scipys_exact_one_for_every_count(n_total: int, coverage: float) -> None:
    for n_pass in range(n_total + 1):
        expected = stats.binomtest(n_pass, n_total).proportion_ci(coverage, method="exact")
        assert clopper_pearson(n_pass, n_total, coverage=coverage) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("coverage", [ONE_SIGMA, 0.9])
@pytest.mark.parametrize("n_total", [1, 3, 10, 25])
def test_the_interval_holds_every_true_fraction_at_least_as_often_as_stated(
    n_total: int, coverage: float
) -> None:
    counts = np.arange(n_total + 1)
    low, high = np.transpose([clopper_pearson(int(count), n_total, coverage=coverage) for count in counts])
    for true_fraction in np.linspace(0.0, 1.0, 201):
        covering = (low <= true_fraction) & (true_fraction <= high)
        probability = stats.binom.pmf(counts, n_total, true_fraction)[covering].sum()
        assert probability >= coverage - 1e-12, true_fraction


def test_no_event_bounds_the_fraction_from_above_only() -> None:
    low, high = clopper_pearson(0, 100, coverage=0.9)
    assert low == 0.0
    # Nothing was seen with probability (1 - high)^100, which is the tail of 5 %.
    assert (1 - high) ** 100 == pytest.approx(0.05)


def test_all_events_bound_the_fraction_from_below_only() -> None:
    low, high = clopper_pearson(100, 100, coverage=0.9)
    assert high == 1.0
    assert low**100 == pytest.approx(0.05)


def test_rare_events_get_the_garwood_interval_of_a_poisson_mean() -> None:
    low, high = clopper_pearson(8, 10_000_000)
    tail = (1 - ONE_SIGMA) / 2
    garwood = stats.chi2.ppf(tail, 2 * 8) / 2, stats.chi2.isf(tail, 2 * 9) / 2
    assert (low * 1e7, high * 1e7) == pytest.approx(garwood, rel=1e-5)


@pytest.mark.parametrize(("n_pass", "n_total"), [(-1, 10), (11, 10), (0, 0)])
def test_counts_that_cannot_be_are_refused(n_pass: int, n_total: int) -> None:
    with pytest.raises(ValueError, match=f"{n_pass} of {n_total} events cannot pass"):
        clopper_pearson(n_pass, n_total)
