"""What an expert looks at to see whether a zero-bias sample is sane: the results, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.plain import plain
from l1ad.core.units import REVOLUTION_FREQUENCY_HZ
from l1ad.rates.weighted import RateEstimate
from l1ad.rates.zero_bias_objects import BENCHMARKS

__all__ = [
    "CHECK_FORMAT",
    "PUBLISHED",
    "TOTAL",
    "Histogram",
    "MenuRates",
    "PublishedRate",
    "SeedRates",
    "Slice",
    "ThresholdCurve",
    "ZeroBiasCheck",
]

CHECK_FORMAT = "l1ad zero-bias check, 1"
"""Says in a JSON file what it is."""

TOTAL = "total of the unprescaled seeds"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRate:
    """A rate to hold a sample against.

    Attributes:
        khz: The rate.
        what: What it is.
        source: Where it is published.
    """

    khz: float
    what: str
    source: str


PUBLISHED = {
    TOTAL: PublishedRate(
        khz=100.0,
        what="most that the Level-1 may accept in all",
        source="CMS, JINST 15 (2020) P10017, figure 1; JINST 12 (2017) P01020, abstract",
    )
}
"""Published rates by seed.

Rates of single seeds belong here once they are read from a source that gives pile-up and bunches with them.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histogram:
    """Entries in a crossing, by bin.

    Attributes:
        edges: Edges of the bins, shape (n_bins + 1,).
        per_crossing: Weighted entries in a crossing, on average, shape (n_bins,).
        error: Its statistical error from the squares of the weights; entries of one crossing as if independent.
    """

    edges: NDArray[np.float64]
    per_crossing: NDArray[np.float64]
    error: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThresholdCurve:
    """Rate against threshold, from 1 GeV to the first threshold that nothing reaches.

    Attributes:
        threshold_gev: Whole GeV; reached when the quantity is at least this, shape (n,).
        n_pass: Events that reach it.
        rate_khz: Their rate.
        low_khz: Lower end of the interval.
        high_khz: Upper end of the interval.
    """

    threshold_gev: NDArray[np.int64]
    n_pass: NDArray[np.int64]
    rate_khz: NDArray[np.float64]
    low_khz: NDArray[np.float64]
    high_khz: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Part of a sample that is alike in pile-up or in time.

    Attributes:
        title: Which part, e.g. `48 to 51`.
        mean: Weighted mean of the pile-up or of the lumi section.
        low: Lowest pile-up or first lumi section.
        high: Highest pile-up or last lumi section.
        n_events: Events.
        rates: Rate at each of `BENCHMARKS` if every crossing of the fill were like these.
    """

    title: str
    mean: float
    low: float
    high: float
    n_events: int
    rates: tuple[RateEstimate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRates:
    """Rates of a seed of the menu.

    Attributes:
        name: Name of the seed.
        prescale: One of so many of its events passes; 0 none.
        before: Rate before prescale.
        after: Rate after it, on average.
        pure: Rate of the events in which no other unprescaled seed fired; None for a prescaled seed.
    """

    name: str
    prescale: int
    before: RateEstimate
    after: RateEstimate
    pure: RateEstimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuRates:
    """Rates of the menu that came with the events.

    Attributes:
        seeds: Rates of each seed, in the order of the menu.
        total: Rate of the events in which some unprescaled seed fired.
    """

    seeds: tuple[SeedRates, ...]
    total: RateEstimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ZeroBiasCheck:
    """What an expert looks at in a zero-bias sample. All rates are f_rev · n_b · weighted fraction.

    Attributes:
        location: Where the events were read from.
        sample: Name of the sample.
        colliding_bunches: Colliding bunch pairs of the fill that the rates are meant for.
        coverage: Coverage of the intervals.
        n_events: Events.
        weight: Sum of their weights.
        effective_events: As many events of equal weight as carry the same information, (Σw)²/Σw².
        equal_weights: Whether all weigh the same; intervals are Clopper-Pearson then, else scaled Garwood.
        mean_pileup: Weighted mean; None where the pile-up is not known.
        multiplicities: Objects in a crossing, by `eg`, `mu`, `jet` and `jet30`, jets over `JET_GEV`.
        leading: Value of each quantity, by its name, in bins of a hardware step, GeV.
        objects: pT of all objects of a type, in the same bins.
        curves: Rate against threshold of each quantity.
        benchmarks: Rate at each of `BENCHMARKS`.
        by_pileup: The same in bins of pile-up with a twelfth of the events each, or more; empty if not known.
        by_lumi_section: The same in tenths of the sample, in time; empty if not known.
        menu: Rates of the menu; None without one.
    """

    location: str
    sample: str
    colliding_bunches: int
    coverage: float
    n_events: int
    weight: float
    effective_events: float
    equal_weights: bool
    mean_pileup: float | None
    multiplicities: Mapping[str, Histogram]
    leading: Mapping[str, Histogram]
    objects: Mapping[str, Histogram]
    curves: Mapping[str, ThresholdCurve]
    benchmarks: tuple[RateEstimate, ...]
    by_pileup: tuple[Slice, ...]
    by_lumi_section: tuple[Slice, ...]
    menu: MenuRates | None

    def document(self) -> dict[str, Any]:
        """Lay the check out for JSON."""
        return {
            "format": CHECK_FORMAT,
            "revolution_frequency_hz": REVOLUTION_FREQUENCY_HZ,
            "benchmark_thresholds": [plain(one) for one in BENCHMARKS],
            **{field.name: plain(getattr(self, field.name)) for field in fields(self)},
            "published": {name: plain(one) for name, one in PUBLISHED.items()},
        }
