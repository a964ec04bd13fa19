"""The account of an algorithm beside a trigger menu, that grows block by block, in any order and any process.

All that is asked depends only on which seeds fired and which thresholds were passed. So patterns of these are
counted, and the rest is sums over patterns at the end.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import zip_longest
from operator import add

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.rates.intervals import ONE_SIGMA
from l1ad.rates.menu_rates import (
    AcceptRates,
    ChanceCount,
    MenuComparison,
    MenuGain,
    MenuOverlap,
    ThresholdGain,
    ThresholdRates,
    chance_alone,
    chance_free,
    fair_share,
)
from l1ad.rates.stream import Stream
from l1ad.rates.weighted import Sample, WeightedCount

__all__ = ["MenuAccount", "decided"]

_WORD = 40
"""Seeds to a word of a key: its 63 bits hold the number of thresholds passed beside them."""

_CHUNK = 2**14
"""Patterns that sums are taken over at a time."""

_DENSE = 2**18
"""Distinct values from which on they are sorted."""


def decided(
    events: EventBatch,
    score_raw: NDArray[np.integer],
    menu: Menu,
    *,
    columns: Sequence[int] | None = None,
    where: str,
) -> NDArray[np.bool_]:
    """Give the bits of a menu that came with events, one column for each of its seeds.

    Args:
        events: Events with the bits of the menu and perhaps of others.
        score_raw: Scores that go with them, shape (n_events,); only looked at.
        menu: The seeds.
        columns: Column of each seed in the bits of the events; None where they have just these seeds.
        where: Where the events come from, for messages.

    Raises:
        DataError: If the events have no menu, or other seeds in the columns, or the scores are not theirs.
    """
    if events.menu is None or events.menu_bits is None:
        raise DataError(f"{where}: the events have no bits of a trigger menu to compare with")
    if score_raw.shape != (len(events),) or score_raw.dtype.kind not in "iu":
        raise DataError(
            f"{where}: scores of {score_raw.dtype} and shape {score_raw.shape} are not one hardware integer "
            f"for each of {len(events)} events"
        )
    names = events.menu.names
    picked = tuple(range(len(names))) if columns is None else tuple(columns)
    found = (names[one] if 0 <= one < len(names) else "no seed" for one in picked)
    for one, seed in zip_longest(found, menu.names, fillvalue="no seed"):
        if one != seed:
            raise DataError(
                f"{where}: the menu has {seed} where the events have bits of {one}; tell columns of its seeds"
            )
    return events.menu_bits if columns is None else events.menu_bits[:, picked]


class MenuAccount:
    """Counts of events by the seeds that fired and the thresholds that they passed.

    Two are added with `+`: the sum of the accounts of parts is that of the whole, to the last event.

    Args:
        menu: The seeds that count, with their prescales.
        thresholds: Name and threshold in hardware units; an event passes when `score_raw >= threshold`.
        where: Where the events come from, for messages and results.
        columns: Column of each seed in the bits of the events, as `l1ad.data.menu_file` gives them; None
            where the events have just these seeds.
    """

    def __init__(
        self, menu: Menu, thresholds: Mapping[str, int], *, where: str, columns: Sequence[int] | None = None
    ) -> None:
        self.menu, self.thresholds, self.where = menu, dict(thresholds), where
        self.columns = None if columns is None else tuple(columns)
        self._levels = np.unique(np.array(list(self.thresholds.values()), np.int64))
        self._patterns = _Patterns.none(1 + (len(menu.names) - 1) // _WORD)
        self._recent: list[_Patterns] = []
        self._total = WeightedCount.none(1)
        self._lightest, self._heaviest = np.inf, 0.0

    def add(self, events: EventBatch, score_raw: NDArray[np.integer]) -> None:
        """Count events.

        Args:
            events: Events with the bits of the menu, before prescale.
            score_raw: Their scores in hardware units, shape (n_events,).

        Raises:
            DataError: If the events have no menu, or other seeds in the columns, or the scores are not theirs.
        """
        bits = decided(events, score_raw, self.menu, columns=self.columns, where=self.where)
        if not len(events):
            return
        weights = events.weights
        self._total += WeightedCount.of(np.zeros(len(events), np.int64), weights, 1)
        self._lightest = min(self._lightest, float(weights.min()))
        self._heaviest = max(self._heaviest, float(weights.max()))
        words = [np.zeros(len(events), np.int64) for _ in range(self._patterns.keys.shape[1])]
        for seed in range(len(self.menu.names)):
            words[seed // _WORD] |= bits[:, seed].astype(np.int64) << (seed % _WORD)
        words[0] *= len(self._levels) + 1
        for threshold in self._levels:
            words[0] += score_raw >= threshold
        some = np.flatnonzero(reduce(np.bitwise_or, words))
        keys = np.stack([one[some] for one in words], axis=1)
        ones, weights = np.ones(len(some), np.int64), weights[some]
        counted = WeightedCount(n_events=ones, weight=weights, squared=weights**2)
        self._keep(_Patterns.of(keys, counted))

    def __add__(self, other: "MenuAccount") -> "MenuAccount":
        mine, theirs = ((one.menu, one.thresholds, one.columns) for one in (self, other))
        if mine != theirs:
            raise DataError(f"{other.where} after {self.where}: another menu or other thresholds do not add up")
        both = MenuAccount(self.menu, self.thresholds, where=self.where, columns=self.columns)
        both._total = self._total + other._total
        both._lightest = min(self._lightest, other._lightest)
        both._heaviest = max(self._heaviest, other._heaviest)
        both._patterns = _Patterns.sum([self._patterns, *self._recent, other._patterns, *other._recent])
        return both

    def result(self, stream: Stream, *, coverage: float = ONE_SIGMA) -> MenuComparison:
        """Turn the counts into rates in a stream.

        Raises:
            DataError: If there were no events, or none of any weight.
        """
        sample, sums, seeds = self._sample(stream.rate_hz / 1000, coverage), self._sums(), len(self.menu.names)

        def rates(index: int, name: str, prescale: int) -> AcceptRates:
            before, pure, fair = (one.rate(sample, index) for one in (sums.before, sums.pure, sums.shared))
            return AcceptRates(
                name=name, prescale=prescale, before=before, after=before.over(prescale),
                pure=pure.over(prescale), proportional=fair.over(prescale),
            )  # fmt: skip

        named = zip(self.menu.names, self.menu.prescales, strict=True)
        return MenuComparison(
            location=self.where, n_events=sample.n_events, effective_events=sample.weight**2 / sample.squared,
            equal_weights=sample.equal_weights, stream_khz=sample.stream_khz, coverage=coverage,
            seeds=tuple(rates(index, *one) for index, one in enumerate(named)),
            thresholds=tuple(
                ThresholdRates(
                    threshold_raw=threshold, rates=rates(seeds + index, name, 1),
                    menu_with=sums.menu.rate(sample, 1 + index),
                )
                for index, (name, threshold) in enumerate(self.thresholds.items())
            ),
            menu=sums.menu.rate(sample, 0),
            overlap=MenuOverlap.of((*self.menu.names, *self.thresholds), sums.both),
        )  # fmt: skip

    def gain(self, *, coverage: float = ONE_SIGMA) -> MenuGain:
        """Turn the counts into efficiencies, where the events are those of a signal.

        Raises:
            DataError: If there were no events, or none of any weight.
        """
        sample, sums, seeds = self._sample(1.0, coverage), self._sums(), len(self.menu.names)
        return MenuGain(
            location=self.where, n_events=sample.n_events, effective_events=sample.weight**2 / sample.squared,
            coverage=coverage, menu=sums.menu.efficiency(sample, 0),
            thresholds=tuple(
                ThresholdGain(
                    name=name, threshold_raw=threshold, total=sums.before.efficiency(sample, seeds + index),
                    gained=sums.pure.efficiency(sample, seeds + index),
                    menu_with=sums.menu.efficiency(sample, 1 + index),
                )
                for index, (name, threshold) in enumerate(self.thresholds.items())
            ),
        )  # fmt: skip

    def _keep(self, patterns: "_Patterns") -> None:
        # Sorting all patterns into each other for every block would cost more than counting it.
        self._recent.append(patterns)
        if sum(len(one.keys) for one in self._recent) > max(_CHUNK, len(self._patterns.keys)):
            self._patterns, self._recent = _Patterns.sum([self._patterns, *self._recent]), []

    def _sample(self, stream_khz: float, coverage: float) -> Sample:
        total = self._total[0]
        if not total.weight > 0:
            raise DataError(f"{self.where}: no events of any weight to compare with the menu")
        return Sample(
            n_events=int(total.n_events), weight=float(total.weight), squared=float(total.squared),
            equal_weights=self._lightest == self._heaviest, stream_khz=stream_khz, coverage=coverage,
        )  # fmt: skip

    def _sums(self) -> "_Sums":
        rank = np.searchsorted(self._levels, list(self.thresholds.values()), side="right")
        whole = _Patterns.sum([self._patterns, *self._recent])
        parts = [
            _Sums.of(fired, level[:, None] >= rank, counted, self.menu)
            for fired, level, counted in whole.chunks(len(self.menu.names), len(self._levels) + 1)
        ]
        return reduce(add, parts)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Patterns:
    """Events by pattern: a key of words, 40 seeds to a word and the thresholds passed in the first."""

    keys: NDArray[np.int64]
    counted: WeightedCount

    @classmethod
    def none(cls, n_words: int) -> "_Patterns":
        return cls(keys=np.zeros((0, n_words), np.int64), counted=WeightedCount.none(0))

    @classmethod
    def of(cls, keys: NDArray[np.int64], counted: WeightedCount) -> "_Patterns":
        """Put alike keys together."""
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
    def sum(cls, parts: "Sequence[_Patterns]") -> "_Patterns":
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
        for start in range(0, max(1, len(self.keys)), _CHUNK):
            part = slice(start, start + _CHUNK)
            words = self.keys[part].copy()
            level = words[:, 0] % n_levels
            words[:, 0] //= n_levels
            seeds = np.arange(n_seeds)
            yield (words[:, seeds // _WORD] >> (seeds % _WORD) & 1).astype(np.bool_), level, self.counted[part]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """Sums over patterns, in bins of seeds and then thresholds; `menu` without, then with each threshold."""

    before: ChanceCount
    pure: ChanceCount
    shared: ChanceCount
    menu: ChanceCount
    both: NDArray[np.float64]

    @classmethod
    def of(
        cls, fired: NDArray[np.bool_], passed: NDArray[np.bool_], counted: WeightedCount, menu: Menu
    ) -> "_Sums":
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

    def __add__(self, other: "_Sums") -> "_Sums":
        return _Sums(
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
