"""Unsupervised methods of scikit-learn: principal components, an isolation forest, a mixture of Gaussians."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch
from l1ad.references.features import Features, Float, fitted_features

__all__ = ["Reference", "fitted_references"]

Reals = NDArray[np.float64]

_BLOCK_EVENTS = 65_536
_TREES = 100
_EVENTS_A_TREE = 4_096
_GAUSSIANS = 8
_MIXTURE_EVENTS = 30_000
_LEAST_VARIANCE = 1e-2
"""Added to the mixture's variances: slots that are all but always empty have none of their own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """A fitted method.

    Attributes:
        features: What it is shown.
        of_features: Scores of features of shape (n_events, n_features); larger is more anomalous.
    """

    features: Features
    of_features: Callable[[Float], Reals]

    def score(self, events: EventBatch) -> Reals:
        """Score events, shape (n_events,), block by block.

        Raises:
            DataError: If the events are of another layout than those that it was fitted on.
        """
        blocks = [self.of_features(self.features.of(block)) for block in events.blocks(_BLOCK_EVENTS)]
        return np.concatenate(blocks) if blocks else np.empty(0)


def fitted_references(background: EventBatch, *, n_components: int, seed: int) -> dict[str, Reference]:
    """Fit the references on background.

    Args:
        background: Events to fit on.
        n_components: Principal components that PCA keeps, as many as a network has latents. At most one less
            than there are features that vary: with all of them nothing is lost and nothing scored.
        seed: Of every random choice.

    Returns:
        `PCA`: squared error of the reconstruction. `isolation forest`: of scikit-learn (Liu et al.,
        doi:10.1109/ICDM.2008.17). `Gaussian mixture`: −ln p of a normalised density. Events count alike,
        whatever their weight.

    Raises:
        DataError: If there are fewer events than Gaussians.
    """
    if n_components < 1:
        raise ValueError(f"{n_components} principal components keep nothing; give at least 1")
    if len(background) < _GAUSSIANS:
        where = background.where or background.sample
        raise DataError(f"{where}: {len(background)} events make no mixture of {_GAUSSIANS} Gaussians")
    features = fitted_features(background)
    shown = features.of(background)
    moving = int(np.count_nonzero(np.ptp(shown, axis=0)))
    kept = max(0, min(n_components, moving - 1, len(shown) - 1))
    pca = PCA(n_components=kept, svd_solver="full").fit(shown)
    forest = IsolationForest(
        n_estimators=_TREES, max_samples=min(_EVENTS_A_TREE, len(shown)), random_state=seed
    ).fit(shown)
    some = np.random.default_rng(seed).permutation(len(shown))[:_MIXTURE_EVENTS]
    # k-means, where the mixture starts, adds up in the order in which threads finish.
    with threadpool_limits(1, user_api="openmp"):
        mixture = GaussianMixture(
            n_components=_GAUSSIANS, reg_covar=_LEAST_VARIANCE, random_state=seed, max_iter=50, tol=1e-2
        ).fit(shown[some])

    def lost(values: Float) -> Reals:
        again = pca.inverse_transform(pca.transform(values))
        return np.asarray(np.sum((values - again) ** 2, axis=1), dtype=np.float64)

    return {
        "PCA": Reference(features=features, of_features=lost),
        "isolation forest": Reference(
            features=features, of_features=lambda values: -np.asarray(forest.score_samples(values))
        ),
        "Gaussian mixture": Reference(
            features=features, of_features=lambda values: -np.asarray(mixture.score_samples(values))
        ),
    }
