"""Metrics without signal: all are measured, what is undefined says so, and directions are declared."""

import math

import numpy as np
import pytest

from l1ad.metrics.without_signal import METRICS, goodness, latent_metrics, score_metrics


def measured(mean: np.ndarray) -> dict[str, float]:
    return latent_metrics(mean, np.random.default_rng(1), n_subsets=5, density_events=400)


def test_every_metric_but_the_losses_is_measured() -> None:
    rng = np.random.default_rng(2)
    found = measured(rng.normal(size=(1_000, 3))) | score_metrics(rng.exponential(size=1_000), 57, 3)
    assert set(found) == set(METRICS) - {"loss", "reconstruction"}
    assert all(math.isfinite(one) for one in found.values())
    assert found["entropy"] == pytest.approx(1, abs=0.01)
    assert found["active share"] == 1


def test_the_first_four_are_of_the_score() -> None:
    found = score_metrics(np.array([1.0, 3.0]), 57, 3)
    # Mean 2, variance 1, compression 19.
    assert found == pytest.approx({"m1": 19 / 2, "m2": 19 / 3, "m3": 19 / 2, "m4": 19 / 3})
    assert set(found) == {name for name, one in METRICS.items() if one.of_score}


def test_a_score_of_nothing_but_zeros_has_no_compression() -> None:
    assert all(math.isnan(one) for one in score_metrics(np.zeros(10), 57, 3).values())


def test_codes_that_never_move_have_no_density_and_no_entropy() -> None:
    found = measured(np.full((500, 4), 0.25))
    assert math.isnan(found["density, KDE"])
    assert math.isnan(found["density, neighbour"])
    assert (found["entropy"], found["active share"]) == (0, 0)


def test_codes_that_are_no_numbers_have_no_metric_at_all() -> None:
    found = measured(np.full((500, 4), np.nan))
    assert all(math.isnan(one) for one in found.values())


def test_goodness_turns_a_metric_and_puts_what_is_undefined_last() -> None:
    values = np.array([2.0, math.nan, 1.0, math.inf])
    np.testing.assert_array_equal(goodness("m1", values), [2.0, -np.inf, 1.0, -np.inf])
    np.testing.assert_array_equal(goodness("loss", values), [-2.0, -np.inf, -1.0, -np.inf])


def test_the_same_seed_measures_the_same() -> None:
    mean = np.random.default_rng(3).normal(size=(600, 2))
    assert measured(mean) == measured(mean)
