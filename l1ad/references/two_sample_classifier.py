"""A classifier that tries to tell generated events from true ones, and the whitened distance of codes."""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from l1ad.core.errors import DataError

__all__ = ["held_out_odds", "principal_distance"]

Reals = NDArray[np.float64]

_ITERATIONS = 150


def held_out_odds(true: Reals, generated: Reals, *, folds: int, seed: int) -> tuple[Reals, Reals]:
    """Give each event the log odds of being generated, by boosted trees that were trained on other events.

    The classifier two-sample test of Lopez-Paz & Oquab (arXiv:1610.06545): an area of 0.5, or half of all
    events right, says that these trees see no difference in so many events.

    Args:
        true: Shape (n_true, n_variables).
        generated: Shape (n_generated, n_variables).
        folds: Parts of the cross-validation, each with as large a share of both.
        seed: Of folds and trees.

    Returns:
        Of the true events, shape (n_true,), and of the generated ones, shape (n_generated,).

    Raises:
        DataError: If there are fewer events of either than folds.
    """
    if min(len(true), len(generated)) < folds:
        raise DataError(f"{len(true)} true and {len(generated)} generated events make no {folds} folds")
    values = np.concatenate([true, generated])
    labels = np.r_[np.zeros(len(true), bool), np.ones(len(generated), bool)]
    odds = np.empty(len(values))
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(values, labels)
    with threadpool_limits(1, user_api="openmp"):  # threads that wait for each other are slower than one
        for training, held_out in splits:
            trees = HistGradientBoostingClassifier(
                max_iter=_ITERATIONS, early_stopping=True, random_state=seed
            ).fit(values[training], labels[training])
            odds[held_out] = trees.decision_function(values[held_out])
    return odds[: len(true)], odds[len(true) :]


def principal_distance(training: NDArray[np.floating], codes: NDArray[np.floating]) -> Reals:
    """Sum the squares of the principal components of codes, in units of their spread in training, shape (n,).

    Components that hardly vary in training (less than 10⁻⁶ of the largest variance) are left out: they are
    unused elements of the code.

    Args:
        training: Codes of the events that were trained on, shape (n_training, latent).
        codes: Shape (n, latent).
    """
    pca = PCA(svd_solver="full").fit(np.asarray(training, dtype=np.float64))
    used = pca.explained_variance_ > 1e-6 * pca.explained_variance_[0]
    found = pca.transform(np.asarray(codes, dtype=np.float64))[:, used]
    return np.asarray(np.sum(np.square(found) / pca.explained_variance_[used], axis=1), dtype=np.float64)
