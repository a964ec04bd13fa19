"""What is measured of generated events and of scores, as JSON knows it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.plain import plain
from l1ad.metrics.curves import efficiency_curve
from l1ad.metrics.ranks import Bounded, area_with_interval, ranked
from l1ad.metrics.two_sample import bin_edges, histogram_pulls, rank_correlations, two_sample
from l1ad.metrics.z_gamma_relations import relation_faults
from l1ad.rates.intervals import clopper_pearson
from l1ad.references.two_sample_classifier import held_out_odds, principal_distance

__all__ = [
    "BINS",
    "halves_of_test",
    "measured",
    "regular_edges",
    "roc_shares",
    "scored",
    "shown_histograms",
]

Reals = NDArray[np.float64]
Float = NDArray[np.float32]

BINS = 20
"""Of χ² and of pulls, with about equal numbers of true events."""

_SHOWN_BINS, _SHOWN_SHARES = 40, (0.005, 0.98)
_ROC_POINTS = 40


def halves_of_test(test: Reals, seed: int, repetition: int) -> tuple[Reals, Reals]:
    """Halve the test events at random: one half to compare with, one that stands for a perfect generator."""
    order = np.random.default_rng([seed, 5, repetition]).permutation(len(test))
    half = len(test) // 2
    return test[order[:half]], test[order[half : 2 * half]]


def measured(true: Reals, generated: Reals, test: Reals, *, folds: int, seed: int) -> dict[str, Any]:
    """Measure distances of events from true ones, what a classifier tells of them, and the exact relations.

    Args:
        true: Shape (n, 18).
        generated: As many, so that distances of a generator and of true events compare.
        test: All test events, which decide the bins.
        folds: Of the classifier two-sample test.
        seed: Of its folds and trees.
    """
    edges = [bin_edges(column, BINS) for column in test.T]
    odds = held_out_odds(true, generated, folds=folds, seed=seed)
    right = int(np.count_nonzero(odds[0] < 0) + np.count_nonzero(odds[1] > 0))
    return {
        "events": len(true),
        "distances": plain(two_sample(true, generated, edges=edges)),
        "classifier": {
            "auc": plain(area_with_interval(*ranked(*odds))),
            "accuracy": plain(_share(right, len(true) + len(generated))),
        },
        "relations": relation_faults(generated),
    }


def shown_histograms(test: Reals, generated: Reals) -> dict[str, Any]:
    """Count events in the bins of figures, and give pulls and rank correlations."""
    counts, pulls = [], []
    for true, made in zip(test.T, generated.T, strict=True):
        edges = regular_edges(true)
        counts.append(np.histogram(made, edges)[0])
        pulls.append(histogram_pulls(true, made, bin_edges(true, BINS)))
    return {
        "counts": [plain(one) for one in counts],
        "pulls": [plain(one) for one in pulls],
        "correlations": plain(rank_correlations(generated)),
    }


def regular_edges(values: Reals) -> Reals:
    """Choose the bins in which a variable is drawn: of one width, without the outermost events."""
    if (values % 1 == 0).all():
        return np.arange(-0.5, values.max() + 1.5)
    low, high = np.quantile(values, _SHOWN_SHARES)
    return np.linspace(low, high, _SHOWN_BINS + 1)


def roc_shares(n_background: int) -> Reals:
    """Give the shares of background at which a curve has its points, rising."""
    allowed = np.unique(np.round(np.geomspace(1, n_background - 1, _ROC_POINTS)).astype(np.int64))
    return allowed / n_background


def scored(
    background: Mapping[str, Reals], signal: Mapping[str, Reals], *, codes: Sequence[Float]
) -> dict[str, Any]:
    """Measure how every score tells the resonance from background; a score that is no number is left out.

    Args:
        background: Scores of test events.
        signal: Scores of the resonance.
        codes: Of training events, test events and the resonance, for principal components.
    """
    training, *others = codes
    principal = [principal_distance(training, one) for one in others]
    pairs = {name: (background[name], signal[name]) for name in background}
    pairs["latent_pca"] = (principal[0], principal[1])
    return {
        name: _one_score(*pair) for name, pair in pairs.items() if all(np.isfinite(one).all() for one in pair)
    }


def _one_score(background: Reals, signal: Reals) -> dict[str, Any]:
    first, second = ranked(background, signal)
    allowed = np.round(roc_shares(len(first)) * len(first)).astype(np.int64)
    return {
        "auc": plain(area_with_interval(first, second)),
        "efficiency": plain(efficiency_curve(first, second, allowed)),
    }


def _share(right: int, n: int) -> Bounded:
    low, high = clopper_pearson(right, n)
    return Bounded(value=right / n, low=low, high=high)
