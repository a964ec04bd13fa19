"""What a metric is worth to those who choose versions by it: the choice, the bad ones found, the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.metrics.rank_correlation import RankCorrelation
from l1ad.metrics.ranks import Bounded, area_with_interval

__all__ = [
    "LARGEST_PROBABILITY",
    "LEAST_AREA",
    "LEAST_CORRELATION",
    "Choice",
    "Trust",
    "chosen",
    "floored_mean",
    "found_bad",
    "trust",
]  # fmt: skip

LEAST_CORRELATION = 0.5
"""Lower end of Spearman's coefficient among sound versions, from which a metric ranks them."""

LARGEST_PROBABILITY = 0.05
"""Of the coefficient by chance, corrected for the number of metrics."""

LEAST_AREA = 0.7
"""Lower end of the area with which a metric tells bad versions from sound ones."""

_DRAWS = 10_000

Reals = NDArray[np.float64]


class Trust(Enum):
    """What a metric can be trusted with."""

    RANKS = "can be trusted to rank"
    BROKEN_ONLY = "tells broken ones only"
    NOTHING = "cannot be trusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How a choice by a metric comes out, over draws of a few versions to choose from.

    Attributes:
        close: Share of draws in which the chosen version is within the factor of the best one drawn.
        close_at_random: The same of a version that is picked blindly.
        median_share: Median of the chosen figure over the best one.
        best_of_all: Figure of the version that the metric likes best, over the best of all.
    """

    close: float
    close_at_random: float
    median_share: float
    best_of_all: float


def floored_mean(passed: Sequence[int], totals: Sequence[int]) -> float:
    """Average efficiencies geometrically, each as (n_pass + 1/2) / (n + 1): none passed is not nothing.

    Args:
        passed: Events of each signal that passed.
        totals: Events of each signal.

    Raises:
        DataError: If there are no signals.
    """
    if not passed or len(passed) != len(totals):
        raise DataError(f"{len(passed)} and {len(totals)} signals; efficiencies of at least one are averaged")
    counted = (np.asarray(passed, np.float64) + 0.5) / (np.asarray(totals, np.float64) + 1)
    return float(np.exp(np.log(counted).mean()))


def chosen(good: Reals, figure: Reals, rng: np.random.Generator, *, candidates: int, factor: float) -> Choice:
    """Choose by a metric among a few versions drawn without repetition, many times.

    Versions that the metric likes alike are chosen among at random.

    Args:
        good: The metric, larger is better, shape (n,).
        figure: What the version is really worth, above 0, shape (n,).
        rng: Source of the draws.
        candidates: Versions of a draw; all, if there are fewer.
        factor: A choice is close if `figure * factor` reaches the best.
    """
    n = min(candidates, len(good))
    drawn = np.argsort(rng.random((_DRAWS, len(good))), axis=1)[:, :n]
    # Columns stand in a random order, so that the first of those that tie is a random one.
    picked = np.take_along_axis(drawn, np.argmax(good[drawn], axis=1)[:, None], axis=1)[:, 0]
    best = figure[drawn].max(axis=1)
    shares = figure[picked] / best
    return Choice(
        close=float(np.mean(shares * factor >= 1)),
        close_at_random=float(np.mean(figure[drawn[:, 0]] * factor >= best)),
        median_share=float(np.median(shares)),
        best_of_all=float(figure[good == good.max()].mean() / figure.max()),
    )


def found_bad(good_of_sound: Reals, good_of_bad: Reals) -> Bounded:
    """Give the probability that a bad version looks worse than a sound one, ties half, with DeLong's interval.

    Args:
        good_of_sound: The metric of sound versions, larger is better, shape (n_sound,).
        good_of_bad: The same of bad ones, shape (n_bad,).
    """
    _, ranks = np.unique(-np.concatenate([good_of_sound, good_of_bad]), return_inverse=True)
    sound, bad = np.split(ranks.astype(np.int64), [len(good_of_sound)])
    return area_with_interval(sound, bad)


def trust(among_sound: Sequence[RankCorrelation], probabilities: Sequence[float], area: Bounded) -> Trust:
    """Give the verdict on a metric, by limits that were set before any result was looked at.

    It can be trusted to rank if, at every working point, the lower end of its correlation with the efficiency
    of sound versions is at least `LEAST_CORRELATION` and the corrected probability is below
    `LARGEST_PROBABILITY`; it tells broken ones only if the lower end of its area is at least `LEAST_AREA`.

    Args:
        among_sound: Correlation of sound versions alone, one a working point.
        probabilities: Their corrected probabilities, in the same order.
        area: Of `found_bad`.
    """
    ranks = all(
        one.spearman.low >= LEAST_CORRELATION and probability < LARGEST_PROBABILITY
        for one, probability in zip(among_sound, probabilities, strict=True)
    )
    if ranks:
        return Trust.RANKS
    return Trust.BROKEN_ONLY if area.low >= LEAST_AREA else Trust.NOTHING
