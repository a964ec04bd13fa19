"""What the events are made of that a threshold accepts and the menu does not: objects and sums."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.menu_account import decided
from l1ad.rates.menu_rates import chance_free
from l1ad.rates.observables import Observable, observables, observed

__all__ = [
    "QUANTILES",
    "Composition",
    "CompositionAccount",
    "Population",
    "Spectrum",
    "ThresholdComposition",
]

QUANTILES = (0.05, 0.16, 0.5, 0.84, 0.95)
"""Parts of a population that lie at or below its quantiles: the median, ±1σ of a Gaussian, and 90 %."""

_MOST_BINS = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrum:
    """An observable over a population.

    Attributes:
        edges: Edges of the bins, alike for all populations of a composition, shape (n_bins + 1,).
        share: Weighted part of the population in each bin, shape (n_bins,).
        error: Its statistical error from the squares of the weights.
        present: Part of the population that has the observable, which `share` adds up to.
        mean: Weighted mean over the events that have it; NaN without any.
        quantiles: Its values at `QUANTILES`, likewise: the lowest that so many reach at most.
    """

    edges: NDArray[np.float64]
    share: NDArray[np.float64]
    error: NDArray[np.float64]
    present: float
    mean: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Population:
    """Some of the events.

    Attributes:
        n_events: Events, of any chance.
        effective_events: As many events of equal weight as carry the same information, (Σw)²/Σw².
        fraction: Weighted part of all events.
        spectra: Spectrum of each observable, by its name.
    """

    n_events: int
    effective_events: float
    fraction: float
    spectra: Mapping[str, Spectrum]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThresholdComposition:
    """What a threshold accepts.

    Attributes:
        name: Name of the threshold.
        threshold_raw: Threshold in hardware units.
        total: All events that pass.
        pure: Those that no seed of the menu accepts; with prescales each by its chance.
    """

    name: str
    threshold_raw: int
    total: Population
    pure: Population


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Composition:
    """Events that thresholds accept next to all events.

    Attributes:
        location: Where the events came from.
        observables: What the spectra are of, in the order to show them.
        everything: All events.
        thresholds: Each threshold, in the order given.
    """

    location: str
    observables: tuple[Observable, ...]
    everything: Population
    thresholds: tuple[ThresholdComposition, ...]


class CompositionAccount:
    """Counts of events by the values of their observables, that grow block by block. Two are added with `+`.

    Args:
        layout: Layout of the events.
        menu: The seeds that count, with their prescales.
        thresholds: Name and threshold in hardware units; an event passes when `score_raw >= threshold`.
        where: Where the events come from, for messages and results.
        columns: Column of each seed in the bits of the events; None where the events have just these seeds.

    Raises:
        DataError: If the layout has no objects with a pT.
    """

    def __init__(
        self,
        layout: InputLayout,
        menu: Menu,
        thresholds: Mapping[str, int],
        *,
        where: str,
        columns: Sequence[int] | None = None,
    ) -> None:
        self.layout, self.menu, self.thresholds, self.where = layout, menu, dict(thresholds), where
        self.columns = None if columns is None else tuple(columns)
        self._observables = observables(layout, where=where)
        self._levels = np.unique(np.array(list(self.thresholds.values()), np.int64))
        # By key: the number of thresholds passed, and the value.
        self._all, self._pure = (
            {one.name: ScoreHistogram.none() for one in self._observables} for _ in range(2)
        )

    def add(self, events: EventBatch, score_raw: NDArray[np.integer]) -> None:
        """Count events.

        Args:
            events: Events with the bits of the menu, before prescale.
            score_raw: Their scores in hardware units, shape (n_events,).

        Raises:
            DataError: If layout or menu are others, or the scores are not theirs.
        """
        if events.layout != self.layout:
            raise DataError(f"{self.where}: events of {events.layout.told_apart(self.layout)}")
        bits = decided(events, score_raw, self.menu, columns=self.columns, where=self.where)
        level = np.zeros(len(events), np.int64)
        for threshold in self._levels:
            level += score_raw >= threshold
        passing = np.flatnonzero(level)
        free = chance_free(bits[passing], self.menu)
        pure, values = passing[free > 0], observed(events.inputs_raw, self.layout)
        pure_weights = events.weights[pure] * free[free > 0]
        for one in self._observables:
            keys = level * (one.raw_max + 1) + values[one.name]
            self._all[one.name] += ScoreHistogram.of(keys, events.weights)
            self._pure[one.name] += ScoreHistogram.of(keys[pure], pure_weights)

    def __add__(self, other: "CompositionAccount") -> "CompositionAccount":
        mine, theirs = ((one.layout, one.menu, one.thresholds, one.columns) for one in (self, other))
        if mine != theirs:
            raise DataError(
                f"{other.where} after {self.where}: another layout, menu or other thresholds do not add up"
            )
        both = CompositionAccount(
            self.layout, self.menu, self.thresholds, where=self.where, columns=self.columns
        )
        both._all = {name: one + other._all[name] for name, one in self._all.items()}
        both._pure = {name: one + other._pure[name] for name, one in self._pure.items()}
        return both

    def result(self) -> Composition:
        """Turn the counts into spectra.

        Raises:
            DataError: If there were no events, or none of any weight.
        """
        weight = next(iter(self._all.values())).weight
        if not weight > 0:
            raise DataError(f"{self.where}: no events of any weight to tell the composition of")
        highest = {
            one.name: int((self._all[one.name].score_raw % (one.raw_max + 1)).max())
            for one in self._observables
        }

        def population(counts: Mapping[str, ScoreHistogram], level: int) -> Population:
            first = self._observables[0]
            total = counts[first.name].passing(level * (first.raw_max + 1))
            effective = float(total.weight) ** 2 / float(total.squared) if total.squared else 0.0
            return Population(
                n_events=int(total.n_events), effective_events=effective, fraction=float(total.weight) / weight,
                spectra={
                    one.name: _spectrum(counts[one.name], one, level, highest[one.name])
                    for one in self._observables
                },
            )  # fmt: skip

        levels = np.searchsorted(self._levels, list(self.thresholds.values()), side="right").tolist()
        return Composition(
            location=self.where, observables=self._observables, everything=population(self._all, 0),
            thresholds=tuple(
                ThresholdComposition(
                    name=name, threshold_raw=threshold, total=population(self._all, level),
                    pure=population(self._pure, level),
                )
                for (name, threshold), level in zip(self.thresholds.items(), levels, strict=True)
            ),
        )  # fmt: skip


def _spectrum(counts: ScoreHistogram, one: Observable, level: int, highest: int) -> Spectrum:
    """Lay out the events that pass so many thresholds, up to the highest value that any event has."""
    size, start = one.raw_max + 1, 0 if one.always else 1
    kept = counts.score_raw >= level * size
    total = float(counts.counted.weight[kept].sum()) or 1.0
    kept &= counts.score_raw % size >= start
    value = counts.score_raw[kept] % size
    weight, squared = counts.counted.weight[kept], counts.counted.squared[kept]
    width = 1 + max(0, highest - start) // _MOST_BINS
    n_bins = 1 + max(0, highest - start) // width
    place, steps = (value - start) // width, start + width * np.arange(n_bins + 1) - one.offset
    by_value = np.bincount(value, weight, size).astype(np.float64)
    mean, quantiles = _mean_and_quantiles(by_value, np.asarray((np.arange(size) - one.offset) * one.lsb))
    return Spectrum(
        edges=np.asarray((steps - (0.5 if one.unit == "1" else 0.0)) * one.lsb),
        share=np.bincount(place, weight, n_bins) / total,
        error=np.sqrt(np.bincount(place, squared, n_bins)) / total,
        present=float(weight.sum()) / total, mean=mean, quantiles=quantiles,
    )  # fmt: skip


def _mean_and_quantiles(
    weight: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[float, tuple[float, ...]]:
    below = np.cumsum(weight)
    if not below[-1] > 0:
        return math.nan, (math.nan,) * len(QUANTILES)
    # To the last of the roundings of a sum: a part of exactly half is half.
    reached = np.searchsorted(below, np.array(QUANTILES) * below[-1] * (1 - 1e-12))
    return float(weight @ values / below[-1]), tuple(values[reached].tolist())
