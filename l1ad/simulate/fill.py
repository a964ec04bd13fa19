"""When zero-bias crossings happen, how much pile-up they expect, and which collisions they hold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.config.sample import FillConfig, PileupConfig
from l1ad.core.units import BUNCH_SLOTS, LUMI_SECTION_SECONDS
from l1ad.simulate.pool import Pool

__all__ = ["Conditions", "DrawnHard", "colliding_bunches", "conditions", "drawn_hard"]

_BUNCH_SEED = 3564


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditions:
    """Time and expected pile-up of crossings, each of shape (n_crossings,)."""

    lumi_section: NDArray[np.int64]
    bunch_crossing: NDArray[np.int64]
    expected: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnHard:
    """Hard processes of crossings.

    Attributes:
        count: How many of each process, shape (n_crossings, n_hard).
        weight: What puts an enriched choice right, shape (n_crossings,).
    """

    count: NDArray[np.int64]
    weight: NDArray[np.float64]


def colliding_bunches(fill: FillConfig) -> NDArray[np.int64]:
    """List the bunch crossings in which bunches collide: trains, evenly spread over the orbit."""
    starts = np.floor(np.arange(fill.trains) * BUNCH_SLOTS / fill.trains).astype(np.int64)
    return (starts[:, None] + np.arange(fill.bunches_per_train)).ravel()


def conditions(
    number: NDArray[np.int64], n_events: int, pileup: PileupConfig, fill: FillConfig, rng: np.random.Generator
) -> Conditions:
    """Draw time and expected pile-up of crossings.

    Lumi sections follow the number of the event, equally many events in each. Pile-up is the mean, or drawn
    from the profile; times the factor of the bunch, which belongs to the run; times what the lifetime leaves.

    Args:
        number: Number of each crossing in the sample.
        n_events: Crossings of the whole sample.
        pileup: Mean or profile.
        fill: Run, lumi sections, bunches.
        rng: Source of the draws.
    """
    lumi_section = 1 + number * fill.lumi_sections // n_events
    bunches = colliding_bunches(fill)
    of_run = np.random.default_rng([_BUNCH_SEED, fill.run])
    factors = np.maximum(0.0, 1 + fill.bunch_spread * of_run.standard_normal(len(bunches)))
    bunch = rng.integers(len(bunches), size=len(number))
    if pileup.profile is None:
        base = np.full(len(number), pileup.mean or 0.0)
    else:
        values, shares = np.array(list(pileup.profile)), np.array(list(pileup.profile.values()))
        base = rng.choice(values, size=len(number), p=shares / shares.sum())
    left = 1.0
    if fill.lifetime_hours is not None:
        left = np.exp(-(lumi_section - 1) * LUMI_SECTION_SECONDS / (3600 * fill.lifetime_hours))
    return Conditions(
        lumi_section=lumi_section, bunch_crossing=bunches[bunch], expected=base * factors[bunch] * left
    )


def drawn_hard(
    expected: NDArray[np.float64], pool: Pool, enrichment: float, rng: np.random.Generator
) -> DrawnHard:
    """Draw how many collisions of each hard process crossings hold.

    Nature: n_k is Poisson with mean λ_k = pile-up times the fraction of the cross section. Enriched: with
    probability s one process is added, k with probability q_k, equal for all. A crossing with counts n is then
    drawn more often than nature would by g / P = (1 - s) + s Σ_k q_k n_k / λ_k, since P(n - e_k) / P(n) =
    n_k / λ_k for Poisson probabilities P; its weight is one over that, at most 1 / (1 - s).
    """
    means = expected[:, None] * pool.hard_fraction
    count = rng.poisson(means)
    n_hard = len(pool.hard_fraction)
    if not enrichment or not n_hard:
        return DrawnHard(count=count, weight=np.ones(len(expected)))
    added = np.flatnonzero(rng.random(len(expected)) < enrichment)
    # Where no collision is expected none can be added.
    added = added[expected[added] > 0]
    count[added, rng.integers(n_hard, size=len(added))] += 1
    ratio = np.divide(count, means, out=np.zeros_like(means), where=means > 0).mean(axis=1)
    possible = np.where(expected > 0, enrichment, 0.0)
    return DrawnHard(count=count, weight=1 / (1 - possible + possible * ratio))
