"""A training repeated: its figures of merit on average, how firm they are, and whether families differ."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from l1ad.core.errors import DataError
from l1ad.metrics.ensemble import Spread
from l1ad.metrics.ranks import Bounded, area_with_interval

__all__ = [
    "Paired",
    "Repeated",
    "Robustness",
    "areas_by_group",
    "concordance",
    "paired",
    "repeated",
    "robustness",
]

_RESAMPLINGS = 10_000
_EXACT_UP_TO = 16
"""Repetitions up to which every choice of signs is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A figure of merit of several repetitions.

    Attributes:
        spread: Its mean, and how one repetition spreads about it.
        mean: The mean with the bootstrap interval over repetitions; no width with one repetition.
    """

    spread: Spread
    mean: Bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Two families on the same repetitions.

    Attributes:
        difference: Mean of first − second, with its bootstrap interval over repetitions.
        p_value: Probability of a mean difference at least so large if the signs were random, two-sided.
        wins: Repetitions in which the first is larger.
        n: Repetitions.
    """

    difference: Bounded
    p_value: float
    wins: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """How dependably a training ends.

    Attributes:
        n: Trainings.
        failed: Those that ended without a usable network.
        diverged: Those whose loss was no number at some point, failed or not.
        loss: Spread of the final loss of those that did not fail; None if all did.
    """

    n: int
    failed: int
    diverged: int
    loss: Spread | None


def repeated(values: Sequence[float], rng: np.random.Generator) -> Repeated:
    """Average a figure of merit over repetitions.

    The interval is the central 68.27 % of the means of repetitions drawn anew. Repetitions that share
    sections, as splits of one table do, are not independent: it tells the scatter of training and split, not
    what another table would give.

    Args:
        values: One a repetition.
        rng: Source of the resampling.

    Raises:
        DataError: If there are none, or one is not finite.
    """
    spread = Spread.of(values)
    return Repeated(spread=spread, mean=_mean(np.asarray(values, dtype=np.float64), rng))


def areas_by_group(
    background_raw: NDArray[np.int64], others_raw: NDArray[np.int64], groups: NDArray[np.str_]
) -> dict[str, Bounded]:
    """Find the area under the ROC curve of each group against one background; groups of one are left out.

    Args:
        background_raw: Scores of the background, shape (n_background,).
        others_raw: Scores of all groups, shape (n,).
        groups: Group of each, shape (n,).
    """
    found = {}
    for name in np.unique(groups):
        members = others_raw[groups == name]
        if len(members) > 1:
            found[str(name)] = area_with_interval(background_raw, members)
    return found


def paired(first: Sequence[float], second: Sequence[float], rng: np.random.Generator) -> Paired:
    """Test whether two families differ, repetition by repetition.

    The p-value is Fisher's randomisation test of paired differences: the share of all choices of their signs
    that give a mean at least as far from 0; beyond 16 repetitions of 10,000 choices drawn at random, with the
    one that was found among them. With n repetitions it is at least 2 / 2^n.

    Args:
        first: Figure of merit of one family, one a repetition.
        second: The same of the other, in the same order.
        rng: Source of the resampling.

    Raises:
        DataError: If there are none, not as many of both, or one is not finite.
    """
    if len(first) != len(second):
        raise DataError(f"{len(first)} and {len(second)} repetitions make no pairs")
    Spread.of(first), Spread.of(second)  # both refuse what is no number
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    n = len(differences)
    if n <= _EXACT_UP_TO:
        signs = np.array(list(product((-1.0, 1.0), repeat=n)))
    else:
        signs = np.concatenate([np.ones((1, n)), rng.choice([-1.0, 1.0], (_RESAMPLINGS - 1, n))])
    sums = np.abs(signs @ differences)
    # Equal sums differ by rounding alone.
    as_far = sums >= abs(differences.sum()) - 1e-12 * np.abs(differences).sum()
    return Paired(
        difference=_mean(differences, rng),
        p_value=float(as_far.mean()),
        wins=int(np.count_nonzero(differences > 0)),
        n=n,
    )


def concordance(table: Mapping[str, Sequence[float]]) -> float:
    """Measure how far repetitions agree on the order of families: Kendall's W, ties at their mean rank.

    1 if all order them alike, near 0 if the order is random (Kendall & Babington Smith, Ann. Math. Stat. 10
    (1939) 275, with the correction for ties; from memory).

    Args:
        table: Values of all repetitions, in the same order, by family.

    Raises:
        DataError: If there are fewer than two families, or they have different numbers of repetitions.
    """
    lengths = {len(values) for values in table.values()}
    if len(table) < 2 or len(lengths) != 1 or 0 in lengths:
        raise DataError(
            f"{len(table)} families of {sorted(lengths)} repetitions have no common order; give at least two, "
            "with as many repetitions each"
        )
    values = np.array([list(one) for one in table.values()], dtype=np.float64).T
    n_repetitions, n_families = values.shape
    ranks = np.stack([rankdata(row) for row in values])
    deviation = float(np.sum((ranks.sum(axis=0) - ranks.sum() / n_families) ** 2))
    ties = sum(
        float(np.sum(counts**3 - counts))
        for row in ranks
        for counts in [np.unique(row, return_counts=True)[1].astype(np.float64)]
    )
    largest = n_repetitions**2 * (n_families**3 - n_families) - n_repetitions * ties
    return 12 * deviation / largest if largest > 0 else 1.0


def robustness(losses: Sequence[float | None], diverged: Sequence[bool]) -> Robustness:
    """Summarise how trainings ended.

    Args:
        losses: Final loss of each; None of one that gave no usable network.
        diverged: Whether the loss of each was no number at some point.
    """
    usable = [loss for loss in losses if loss is not None and math.isfinite(loss)]
    return Robustness(
        n=len(losses),
        failed=len(losses) - len(usable),
        diverged=sum(diverged),
        loss=Spread.of(usable) if usable else None,
    )


def _mean(values: NDArray[np.float64], rng: np.random.Generator) -> Bounded:
    drawn = rng.choice(values, (_RESAMPLINGS, len(values))).mean(axis=1)
    return Bounded.of_resampled(float(values.mean()), drawn)
