"""What a menu with prescales accepts on average: chances for each event, and the rates that come of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu
from l1ad.rates.weighted import RateEstimate

__all__ = [
    "AcceptRates",
    "MenuComparison",
    "MenuOverlap",
    "ThresholdRates",
    "chance_alone",
    "chance_free",
    "fair_share",
]


def chance_free(bits: NDArray[np.bool_], menu: Menu) -> NDArray[np.float64]:
    """Give the probability that no seed of a menu accepts: the product of 1 - 1/prescale over those that fired.

    Prescales are taken as drawn independently. A seed of prescale 0 never accepts.

    Args:
        bits: Whether each seed fired, before prescale, shape (n_events, n_seeds).
        menu: The seeds.

    Returns:
        0 where an unprescaled seed fired, 1 where none that accepts did, shape (n_events,).

    Raises:
        DataError: If the bits are not those of the menu.
    """
    if bits.ndim != 2 or bits.shape[1] != len(menu.names) or bits.dtype != np.bool_:
        raise DataError(
            f"bits of {bits.dtype} and shape {bits.shape} are not bool of (events, {len(menu.names)}), "
            "one column for each seed of the menu"
        )
    untaken = np.ones(len(bits), np.bool_)
    for index in np.flatnonzero(menu.unprescaled):
        untaken &= ~bits[:, index]
    free = untaken.astype(np.float64)
    for column, prescale in enumerate(menu.prescales):
        if prescale > 1:
            free[np.flatnonzero(bits[:, column] & untaken)] *= 1 - 1 / prescale
    return free


def chance_alone(bits: NDArray[np.bool_], menu: Menu) -> NDArray[np.float64]:
    """Give for each seed that fired the probability that no other seed of the menu accepts the event.

    Args:
        bits: Whether each seed fired, before prescale, shape (n_events, n_seeds).
        menu: The seeds.

    Returns:
        Shape (n_events, n_seeds); 0 where a seed did not fire. Its own prescale is not in it.
    """
    unprescaled = bits & menu.unprescaled
    prescaled_free, n_unprescaled = chance_free(bits & ~unprescaled, menu), unprescaled.sum(axis=1)
    own = np.array([1 - 1 / one if one > 1 else 1.0 for one in menu.prescales])
    # No other unprescaled seed fired: one did where it is the seed itself, none where the seed is prescaled.
    alone = (n_unprescaled[:, None] == unprescaled) * prescaled_free[:, None] / own
    return np.asarray(np.where(bits, alone, 0.0))


def fair_share(bits: NDArray[np.bool_], menu: Menu) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give what a seed gets of an event that it accepts, when all that accept it share it equally.

    With K others that accept it is the mean of 1/(1 + K). As 1/(1 + K) is the integral of x^K over 0 to 1, that
    is the integral of the generating function of K, the product of 1 - (1 - x)/prescale over the others that
    fired. The integrand is a polynomial of no higher degree than there are others, and enough Gauss-Legendre
    nodes are taken to integrate it exactly, to rounding: 1/2 for one other unprescaled seed, 1/3 for two. No
    pattern of draws is listed.

    Args:
        bits: Whether each seed fired, before prescale, shape (n_events, n_seeds).
        menu: The seeds.

    Returns:
        The share of each seed, shape (n_events, n_seeds), 0 where it did not fire and its own prescale not in
        it; and the share of one more seed that is not in the menu and accepts every event, shape (n_events,).
    """
    chances = np.array([1 / one if one else 0.0 for one in menu.prescales])
    most = int((bits & (chances > 0)).sum(axis=1).max(initial=0))
    nodes, node_weights = np.polynomial.legendre.leggauss(most // 2 + 1)  # exact up to degree `most` and beyond
    factors = 1 - np.outer(chances, (1 - nodes) / 2)  # over 0: no node lies at x = 0
    generated = np.exp(bits @ np.log(factors))
    own = generated @ (node_weights / 2 / factors).T
    return np.where(bits, own, 0.0), generated @ (node_weights / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRates:
    """Rates of a seed, or of a threshold as one more seed of the menu.

    Attributes:
        name: Name of the seed or of the threshold.
        prescale: One of so many of its events passes; 0 none. 1 for a threshold.
        before: Rate before prescale.
        after: Rate after it, on average.
        pure: Rate of the events that it alone of the menu accepts, on average over the prescales.
        proportional: Rate where each event is shared equally among all that accept it, on average likewise;
            over all seeds they add up to the rate of the menu.
    """

    name: str
    prescale: int
    before: RateEstimate
    after: RateEstimate
    pure: RateEstimate
    proportional: RateEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRates:
    """A threshold of the algorithm beside the menu, without the other thresholds of the algorithm.

    Attributes:
        threshold_raw: Threshold in hardware units; an event passes when `score_raw >= threshold_raw`.
        rates: Its rates as one more seed; the pure rate is what it adds to that of the menu.
        menu_with: Rate of the menu with it.
    """

    threshold_raw: int
    rates: AcceptRates
    menu_with: RateEstimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MenuOverlap:
    """How much seeds and thresholds accept the same events, before prescale and weighted.

    Attributes:
        names: Seeds, then thresholds.
        share: Part of the events of the row that the column accepts as well, shape (n_names, n_names); NaN in
            a row that accepts nothing.
        jaccard: Events of both over events of either, of the same shape; NaN where neither accepts any.
    """

    names: tuple[str, ...]
    share: NDArray[np.float64]
    jaccard: NDArray[np.float64]

    @classmethod
    def of(cls, names: tuple[str, ...], both: NDArray[np.float64]) -> "MenuOverlap":
        """Compare weights, given that of the events of each pair, shape (n_names, n_names)."""
        own = np.diag(both)
        either = own[:, None] + own - both
        share, jaccard = np.full_like(both, np.nan), np.full_like(both, np.nan)
        np.divide(both, own[:, None], out=share, where=own[:, None] > 0)
        np.divide(both, either, out=jaccard, where=either > 0)
        return cls(names=names, share=share, jaccard=jaccard)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MenuComparison:
    """An algorithm beside the menu of a trigger. Rates are f_rev · n_b · weighted fraction.

    Attributes:
        location: Where the events came from.
        n_events: Events.
        effective_events: As many events of equal weight as carry the same information, (Σw)²/Σw².
        equal_weights: Whether all weigh the same.
        stream_khz: Rate of the stream that they are a sample of.
        coverage: Coverage of the intervals.
        seeds: Each seed, in the order of the menu, in the menu without the algorithm.
        thresholds: Each threshold, in the order given.
        menu: Rate of the menu without the algorithm.
        overlap: Overlap of seeds and thresholds.
    """

    location: str
    n_events: int
    effective_events: float
    equal_weights: bool
    stream_khz: float
    coverage: float
    seeds: tuple[AcceptRates, ...]
    thresholds: tuple[ThresholdRates, ...]
    menu: RateEstimate
    overlap: MenuOverlap
