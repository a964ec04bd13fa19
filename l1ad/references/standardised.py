"""Scores of tables that need no network: cuts on features, their distance, principal components."""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from l1ad.core.errors import DataError

__all__ = ["standardised_scores"]

Reals = NDArray[np.float64]


def standardised_scores(
    training: NDArray[np.floating], shown: NDArray[np.floating], *, n_components: int
) -> dict[str, Reals]:
    """Score rows by what they are beside those of the training.

    Args:
        training: Standardised features to fit on, shape (n_training, n_features).
        shown: What is scored, standardised alike, shape (n, n_features).
        n_components: Principal components that PCA keeps, as many as a network has latents.

    Returns:
        `largest deviation`: of any one feature, which is a cut on each at the same number of standard
        deviations. `distance`: sum of squares. `PCA`: squared error of the reconstruction.

    Raises:
        DataError: If there are not more rows and features than components.
    """
    if n_components >= min(training.shape):
        raise DataError(
            f"{n_components} principal components of {training.shape[0]} rows with {training.shape[1]} "
            "features leave nothing to score by; keep fewer"
        )
    values = np.asarray(shown, dtype=np.float64)
    pca = PCA(n_components=n_components, svd_solver="full").fit(np.asarray(training, dtype=np.float64))
    lost = values - pca.inverse_transform(pca.transform(values))
    return {
        "largest deviation": np.abs(values).max(axis=1),
        "distance": np.square(values).sum(axis=1),
        "PCA": np.asarray(np.square(lost).sum(axis=1), dtype=np.float64),
    }
