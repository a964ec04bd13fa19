"""The classifier two-sample test and whitened codes: what they see, and what they do not."""

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.metrics.ranks import area_with_interval, ranked
from l1ad.references.two_sample_classifier import held_out_odds, principal_distance


def test_alike_samples_are_not_told_apart() -> None:
    areas = []
    for seed in range(5):
        true, made = np.random.default_rng(seed).normal(size=(2, 400, 4))
        area = area_with_interval(*ranked(*held_out_odds(true, made, folds=4, seed=seed)))
        areas.append(area.value)
    # DeLong's width of one area is 0.02; folds share events, so a little more is let pass.
    assert abs(np.mean(areas) - 0.5) < 0.03


def test_a_difference_in_the_correlation_alone_is_seen() -> None:
    rng = np.random.default_rng(1)
    true, made = rng.normal(size=(2, 600, 2))
    made[:, 1] = 0.9 * made[:, 0] + np.sqrt(1 - 0.81) * made[:, 1]
    area = area_with_interval(*ranked(*held_out_odds(true, made, folds=5, seed=1)))
    assert area.low > 0.65


def test_equal_seeds_give_equal_odds() -> None:
    true, made = np.random.default_rng(1).normal(size=(2, 60, 2))
    first, second = (held_out_odds(true, made, folds=3, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_fewer_events_than_folds_are_refused() -> None:
    with pytest.raises(DataError, match="3 true and 9 generated events make no 5 folds"):
        held_out_odds(np.zeros((3, 2)), np.zeros((9, 2)), folds=5, seed=1)


def test_the_principal_distance_is_mahalanobis() -> None:
    rng = np.random.default_rng(1)
    training = rng.normal(size=(500, 3)) @ rng.normal(size=(3, 3)) + 2.0
    codes = rng.normal(size=(20, 3))
    away = codes - training.mean(axis=0)
    expected = np.einsum("ni,ij,nj->n", away, np.linalg.inv(np.cov(training.T)), away)
    np.testing.assert_allclose(principal_distance(training, codes), expected, rtol=1e-9)


def test_elements_of_a_code_that_are_not_used_do_not_count() -> None:
    rng = np.random.default_rng(1)
    training, codes = rng.normal(size=(500, 2)), rng.normal(size=(20, 2))
    with_unused = np.column_stack([training, 1e-6 * rng.normal(size=500)])
    others = np.column_stack([codes, np.full(20, 1.0)])
    np.testing.assert_allclose(
        principal_distance(with_unused, others), principal_distance(training, codes), rtol=1e-3
    )
