"""The account of an algorithm beside a trigger menu, that grows block by block, in any order and any process.

All that is asked depends only on which seeds fired and which thresholds were passed. So patterns of these are
counted, and the rest is sums over patterns at the end.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import zip_longest
from operator import add

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.rates.intervals import ONE_SIGMA
from l1ad.rates.menu_gain import MenuGain, ThresholdGain
from l1ad.rates.menu_patterns import CHUNK_PATTERNS, WORD_SEEDS, Patterns, Sums
from l1ad.rates.menu_rates import AcceptRates, MenuComparison, MenuOverlap, ThresholdRates
from l1ad.rates.stream import Stream
from l1ad.rates.weighted import Sample, WeightedCount

__all__ = ["MenuAccount", "decided"]


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
        self._patterns = Patterns.none(1 + (len(menu.names) - 1) // WORD_SEEDS)
        self._recent: list[Patterns] = []
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
            words[seed // WORD_SEEDS] |= bits[:, seed].astype(np.int64) << (seed % WORD_SEEDS)
        words[0] *= len(self._levels) + 1
        for threshold in self._levels:
            words[0] += score_raw >= threshold
        some = np.flatnonzero(reduce(np.bitwise_or, words))
        keys = np.stack([one[some] for one in words], axis=1)
        ones, weights = np.ones(len(some), np.int64), weights[some]
        counted = WeightedCount(n_events=ones, weight=weights, squared=weights**2)
        self._keep(Patterns.of(keys, counted))

    def __add__(self, other: "MenuAccount") -> "MenuAccount":
        mine, theirs = ((one.menu, one.thresholds, one.columns) for one in (self, other))
        if mine != theirs:
            raise DataError(f"{other.where} after {self.where}: another menu or other thresholds do not add up")
        both = MenuAccount(self.menu, self.thresholds, where=self.where, columns=self.columns)
        both._total = self._total + other._total
        both._lightest = min(self._lightest, other._lightest)
        both._heaviest = max(self._heaviest, other._heaviest)
        both._patterns = Patterns.sum([self._patterns, *self._recent, other._patterns, *other._recent])
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

    def _keep(self, patterns: "Patterns") -> None:
        # Sorting all patterns into each other for every block would cost more than counting it.
        self._recent.append(patterns)
        if sum(len(one.keys) for one in self._recent) > max(CHUNK_PATTERNS, len(self._patterns.keys)):
            self._patterns, self._recent = Patterns.sum([self._patterns, *self._recent]), []

    def _sample(self, stream_khz: float, coverage: float) -> Sample:
        total = self._total[0]
        if not total.weight > 0:
            raise DataError(f"{self.where}: no events of any weight to compare with the menu")
        return Sample(
            n_events=int(total.n_events), weight=float(total.weight), squared=float(total.squared),
            equal_weights=self._lightest == self._heaviest, stream_khz=stream_khz, coverage=coverage,
        )  # fmt: skip

    def _sums(self) -> "Sums":
        rank = np.searchsorted(self._levels, list(self.thresholds.values()), side="right")
        whole = Patterns.sum([self._patterns, *self._recent])
        parts = [
            Sums.of(fired, level[:, None] >= rank, counted, self.menu)
            for fired, level, counted in whole.chunks(len(self.menu.names), len(self._levels) + 1)
        ]
        return reduce(add, parts)
