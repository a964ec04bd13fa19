"""Patterns of seeds that fired and thresholds that were passed, and sums over the events that have them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.menu import Menu
from l1ad.rates.menu_gain import Efficiency
from l1ad.rates.menu_rates import chance_alone, chance_free, fair_share
from l1ad.rates.weighted import RateEstimate, Sample, WeightedCount

__all__ = ["CHUNK_PATTERNS", "WORD_SEEDS", "ChanceCount", "Patterns", "Sums"]

WORD_SEEDS = 40
"""Seeds to a word of a key: its 63 bits hold the number of thresholds passed beside them."""

CHUNK_PATTERNS = 2**14
"""Patterns that sums are taken over at a time."""

_DENSE = 2**18
"""Distinct values from which on they are sorted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patterns:
    """Events by pattern of seeds that fired and thresholds that were passed.

    Attributes:
        keys: Words of each pattern, `WORD_SEEDS` seeds to a word and the number of thresholds passed in the
            first, shape (n_patterns, n_words).
        counted: Events that have it, shape (n_patterns,).
    """

    keys: NDArray[np.int64]
    counted: WeightedCount

    @classmethod
    def none(cls, n_words: int) -> "Patterns":
        """Begin with no pattern."""
        return cls(keys=np.zeros((0, n_words), np.int64), counted=WeightedCount.none(0))

    @classmethod
    def of(cls, keys: NDArray[np.int64], counted: WeightedCount) -> "Patterns":
        """Put alike keys together.

        Args:
            keys: Words of each entry, shape (n_entries, n_words).
            counted: Events of each entry, shape (n_entries,).
        """
        which = np.zeros(len(keys), np.int64)
        for word in keys.T:
            place = _numbered(word)
            which = _numbered(which * (1 + place.max(initial=0)) + place)
        n_patterns = 1 + which.max(initial=-1)
        first = np.zeros(n_patterns, np.int64)
        first[which] = np.arange(len(which))  # any of the alike
        n_events = np.zeros(n_patterns, np.int64)
        np.add.at(n_events, which, counted.n_events)
        weight, squared = (
            np.bincount(which, one, n_patterns).astype(np.float64) for one in (counted.weight, counted.squared)
        )
        return cls(keys=keys[first], counted=WeightedCount(n_events=n_events, weight=weight, squared=squared))

    @classmethod
    def sum(cls, parts: "Sequence[Patterns]") -> "Patterns":
        """Put the patterns of several parts together."""
        counts = [one.counted for one in parts]
        together = WeightedCount(
            n_events=np.concatenate([one.n_events for one in counts]),
            weight=np.concatenate([one.weight for one in counts]),
            squared=np.concatenate([one.squared for one in counts]),
        )
        return cls.of(np.concatenate([one.keys for one in parts]), together)

    def chunks(
        self, n_seeds: int, n_levels: int
    ) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64], WeightedCount]]:
        """Yield seeds that fired, number of thresholds passed, and events; once where there is no pattern."""
        for start in range(0, max(1, len(self.keys)), CHUNK_PATTERNS):
            part = slice(start, start + CHUNK_PATTERNS)
            words = self.keys[part].copy()
            level = words[:, 0] % n_levels
            words[:, 0] //= n_levels
            seeds = np.arange(n_seeds)
            yield (
                (words[:, seeds // WORD_SEEDS] >> (seeds % WORD_SEEDS) & 1).astype(np.bool_),
                level,
                self.counted[part],
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChanceCount:
    """Weighted events that count with a chance. All arrays have one shape, that of the bins.

    Attributes:
        counted: Events whose chance is over 0, with weight times chance as their weight.
        expected: Sum of their chances, without weights; that of `n_events` where every chance is 1.
    """

    counted: WeightedCount
    expected: NDArray[np.float64]

    @classmethod
    def of(cls, chance: NDArray[np.float64], patterns: WeightedCount) -> "ChanceCount":
        """Count patterns of events.

        Args:
            chance: Chance of each pattern in each bin, shape (n_patterns, n_bins).
            patterns: Events that have each pattern, shape (n_patterns,).
        """
        # In whole numbers, since a matrix product of integers costs and floats are whole only up to 2^53.
        n_events = np.array([patterns.n_events[one > 0].sum() for one in chance.T], np.int64)
        counted = WeightedCount(
            n_events=n_events, weight=patterns.weight @ chance, squared=patterns.squared @ chance**2
        )
        return cls(counted=counted, expected=patterns.n_events @ chance)

    def __add__(self, other: "ChanceCount") -> "ChanceCount":
        return ChanceCount(counted=self.counted + other.counted, expected=self.expected + other.expected)

    def rate(self, sample: Sample, which: int) -> RateEstimate:
        """Estimate the rate of one bin.

        Where every chance is 0 or 1 events are counted, as `Sample.rate_of` does. Else chances are weights:
        the interval is that of the effective number of events, not binomial.
        """
        sure = float(self.expected[which]) == int(self.counted.n_events[which])
        return (sample if sure else replace(sample, equal_weights=False)).rate_of(self.counted[which])

    def efficiency(self, sample: Sample, which: int) -> Efficiency:
        """Estimate the accepted part of one bin.

        The interval is that of Clopper and Pearson, for the effective number of events (Σw)²/Σw² of the sample
        and this part of it, whole or not. That is exact for equal weights without prescales. It is too wide
        where chances come from prescales, whose draws are averaged, and approximate for other weights.
        """
        n_events = sample.weight**2 / sample.squared
        part = min(1.0, float(self.counted.weight[which]) / sample.weight)
        n_pass, tail = part * n_events, (1 - sample.coverage) / 2
        low = float(stats.beta.ppf(tail, n_pass, n_events - n_pass + 1)) if n_pass else 0.0
        high = float(stats.beta.isf(tail, n_pass + 1, n_events - n_pass)) if part < 1 else 1.0
        return Efficiency(n_pass=int(self.counted.n_events[which]), efficiency=part, low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """Sums over patterns, in bins of seeds and then thresholds. Two are added with `+`.

    Attributes:
        before: Events that each accepts, before prescale.
        pure: Those that no other seed of the menu accepts; of a threshold, that no seed does.
        shared: Those that each accepts, shared equally among all that accept them.
        menu: Events that the menu accepts, without the algorithm and then with each threshold.
        both: Weight of the events that two accept before prescale, shape (n_bins, n_bins).
    """

    before: ChanceCount
    pure: ChanceCount
    shared: ChanceCount
    menu: ChanceCount
    both: NDArray[np.float64]

    @classmethod
    def of(
        cls, fired: NDArray[np.bool_], passed: NDArray[np.bool_], counted: WeightedCount, menu: Menu
    ) -> "Sums":
        """Sum over patterns.

        Args:
            fired: Whether each seed fired, before prescale, shape (n_patterns, n_seeds).
            passed: Whether each threshold was passed, shape (n_patterns, n_thresholds).
            counted: Events that have each pattern, shape (n_patterns,).
            menu: The seeds.
        """
        free, (own, more) = chance_free(fired, menu), fair_share(fired, menu)
        accepted = np.hstack([fired, passed]).astype(np.float64)
        without = np.hstack([np.ones((len(fired), 1)), ~passed])
        return cls(
            before=ChanceCount.of(accepted, counted),
            pure=ChanceCount.of(np.hstack([chance_alone(fired, menu), passed * free[:, None]]), counted),
            shared=ChanceCount.of(np.hstack([own, passed * more[:, None]]), counted),
            menu=ChanceCount.of(1 - free[:, None] * without, counted),
            both=(accepted * counted.weight[:, None]).T @ accepted,
        )

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            before=self.before + other.before, pure=self.pure + other.pure, shared=self.shared + other.shared,
            menu=self.menu + other.menu, both=self.both + other.both,
        )  # fmt: skip


def _numbered(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number distinct values from 0 in their order, and give the number of each."""
    low = values.min(initial=0)
    size = 1 + values.max(initial=0) - low
    if size > _DENSE:
        return np.unique(values, return_inverse=True)[1]
    seen = np.zeros(size, np.int64)  # a table beats sorting
    seen[values - low] = 1
    return np.asarray((np.cumsum(seen) - 1)[values - low])
