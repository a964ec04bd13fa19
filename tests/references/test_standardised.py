"""Scores that need no network, against their formulas."""

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.references.standardised import standardised_scores

RNG = np.random.default_rng(8)


def test_scores_are_their_formulas() -> None:
    training, shown = RNG.normal(size=(200, 6)), RNG.normal(size=(50, 6))
    found = standardised_scores(training, shown, n_components=2)
    np.testing.assert_allclose(found["largest deviation"], np.abs(shown).max(axis=1))
    np.testing.assert_allclose(found["distance"], (shown**2).sum(axis=1))
    mean = training.mean(axis=0)
    _, _, directions = np.linalg.svd(training - mean, full_matrices=False)
    kept = directions[:2]
    left = (shown - mean) - (shown - mean) @ kept.T @ kept
    np.testing.assert_allclose(found["PCA"], (left**2).sum(axis=1), rtol=1e-9)


def test_what_follows_the_training_is_reconstructed_and_what_leaves_it_is_not() -> None:
    line = RNG.normal(size=(300, 1)) * np.array([[1.0, 2.0, -1.0]])
    training = line + 0.01 * RNG.normal(size=line.shape)
    shown = np.array([[5.0, 10.0, -5.0], [0.0, 0.0, 1.0]])
    along, aside = standardised_scores(training, shown, n_components=1)["PCA"]
    assert along < 0.01 < 0.5 < aside


def test_as_many_components_as_features_are_refused() -> None:
    with pytest.raises(DataError, match="3 principal components of 20 rows with 3 features leave nothing"):
        standardised_scores(np.zeros((20, 3)), np.zeros((2, 3)), n_components=3)
