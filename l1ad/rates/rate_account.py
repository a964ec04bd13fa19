"""The account that thresholds are set from: events by score, all of them and those the menu leaves alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu
from l1ad.data.events import EventBatch
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.intervals import ONE_SIGMA
from l1ad.rates.menu_rates import chance_free
from l1ad.rates.stream import Stream
from l1ad.rates.weighted import Sample, WeightedCount

__all__ = ["EventColumns", "RateAccount"]


_MOST_CELLS = 2**23
"""Pairs of pile-up and score, 8 bytes each, up to which all are counted at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventColumns:
    """What counts of events, each of shape (n_events,).

    Attributes:
        score_raw: Scores in hardware units.
        weight: Weights; None counts each event as 1.
        pileup: Whole-number pile-up; None where it is not known.
        chance: Chance that no seed of the menu accepts; None without a menu.
    """

    score_raw: NDArray[np.int64]
    weight: NDArray[np.float64] | None
    pileup: NDArray[np.int64] | None
    chance: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateAccount:
    """Sums over events of a stream. Two are added with `+`, in any grouping: counts are whole numbers.

    Attributes:
        total: All events by score.
        free: The same, each weighted with the chance that no seed of the menu accepts it; None without a menu.
        lightest: Smallest weight of an event.
        heaviest: Largest weight of an event.
        menu: The menu; None without one.
        pileup: Events of each whole-number pile-up, by it; empty where it is not known.
    """

    total: ScoreHistogram
    free: ScoreHistogram | None
    lightest: float
    heaviest: float
    menu: Menu | None
    pileup: Mapping[int, ScoreHistogram]

    @classmethod
    def of(cls, events: EventBatch, score_raw: NDArray[np.int64]) -> "RateAccount":
        """Count events with their scores, shape (n_events,).

        Raises:
            DataError: If there are no events, or not as many scores.
        """
        if not len(events) or score_raw.shape != (len(events),):
            raise DataError(f"{events.where or events.sample}: {len(events)} events, {len(score_raw)} scores")
        return cls.of_columns(
            EventColumns(
                score_raw=score_raw,
                weight=events.weight,
                pileup=None if events.pileup is None else np.floor(events.pileup).astype(np.int64),
                chance=None if events.menu_bits is None or events.menu is None
                else chance_free(events.menu_bits, events.menu),
            ),
            events.menu,
        )  # fmt: skip

    @classmethod
    def of_columns(cls, columns: "EventColumns", menu: Menu | None) -> "RateAccount":
        """Count events of which just what counts is kept, all at once."""
        score_raw, weight, chance = columns.score_raw, columns.weight, columns.chance
        return cls(
            total=ScoreHistogram.of(score_raw, weight),
            free=None if chance is None else _free(score_raw, weight, chance),
            lightest=1.0 if weight is None else float(weight.min()),
            heaviest=1.0 if weight is None else float(weight.max()),
            menu=menu,
            pileup={} if columns.pileup is None else _by_pileup(score_raw, columns.pileup, weight),
        )

    @classmethod
    def of_scores(cls, scores_raw: NDArray[np.int64]) -> "RateAccount":
        """Count events of which nothing but the score is known; each weighs 1."""
        total = ScoreHistogram.of(scores_raw)
        return cls(total=total, free=None, lightest=1.0, heaviest=1.0, menu=None, pileup={})

    def __add__(self, other: "RateAccount") -> "RateAccount":
        if self.menu != other.menu or bool(self.pileup) != bool(other.pileup):
            raise DataError(
                "events with another trigger menu, or without a pile-up, cannot be counted together"
            )
        return RateAccount(
            total=self.total + other.total,
            free=None if self.free is None or other.free is None else self.free + other.free,
            lightest=min(self.lightest, other.lightest),
            heaviest=max(self.heaviest, other.heaviest),
            menu=self.menu,
            pileup={
                key: self.pileup.get(key, ScoreHistogram.none()) + other.pileup.get(key, ScoreHistogram.none())
                for key in sorted({*self.pileup, *other.pileup})
            },
        )

    def sample(self, stream: Stream, *, coverage: float = ONE_SIGMA) -> Sample:
        """Give the sample that rates are fractions of.

        Raises:
            DataError: If no event has a weight.
        """
        if not self.total.weight > 0:
            raise DataError(f"{self.total.n_events} events weigh nothing: no rate is known of them")
        return Sample(
            n_events=self.total.n_events,
            weight=self.total.weight,
            squared=self.total.squared,
            equal_weights=self.lightest == self.heaviest,
            stream_khz=stream.rate_hz / 1000,
            coverage=coverage,
        )

    def arrays(self) -> dict[str, list[NDArray[Any]]]:
        """Lay the sums out for a file, as `from_arrays` reads them."""
        found = {"total": _laid_out(self.total), "weights": [np.array([self.lightest, self.heaviest])]}
        if self.free is not None:
            found["free"] = _laid_out(self.free)
        if self.pileup:
            parts = list(self.pileup.values())
            lengths = [len(one.score_raw) for one in parts]
            columns = [np.concatenate(column) for column in zip(*map(_laid_out, parts), strict=True)]
            found["pileup"] = [np.array(list(self.pileup)), np.array(lengths), *columns]
        return found

    @classmethod
    def from_arrays(cls, lists: Mapping[str, list[NDArray[Any]]], menu: Menu | None) -> "RateAccount":
        """Read what `arrays` laid out."""
        pileup: dict[int, ScoreHistogram] = {}
        if "pileup" in lists:
            keys, lengths, *columns = lists["pileup"]
            cuts = np.cumsum(lengths)[:-1]
            parts = zip(*(np.split(column, cuts) for column in columns), strict=True)
            pileup = {int(key): _read(list(part)) for key, part in zip(keys, parts, strict=True)}
        low, high = lists["weights"][0]
        return cls(
            total=_read(lists["total"]),
            free=_read(lists["free"]) if "free" in lists else None,
            lightest=float(low),
            heaviest=float(high),
            menu=menu,
            pileup=pileup,
        )


def _free(
    score_raw: NDArray[np.int64], weight: NDArray[np.float64] | None, chance: NDArray[np.float64]
) -> ScoreHistogram:
    left = chance > 0
    shares = chance[left]
    if weight is None and (shares == 1).all():
        return ScoreHistogram.of(score_raw[left])
    return ScoreHistogram.of(score_raw[left], shares if weight is None else shares * weight[left])


def _by_pileup(
    score_raw: NDArray[np.int64], pileup: NDArray[np.int64], weight: NDArray[np.float64] | None
) -> dict[int, ScoreHistogram]:
    """Count by pile-up and score at once: a cell for each pair where that is not too many, else by sorting."""
    lowest, n_pileup = int(pileup.min()), int(pileup.max() - pileup.min()) + 1
    first, n_scores = int(score_raw.min()), int(score_raw.max() - score_raw.min()) + 1
    if n_pileup * n_scores > max(_MOST_CELLS, len(score_raw)):
        order = np.argsort(pileup, kind="stable")
        keys, starts = np.unique(pileup[order], return_index=True)
        scores = np.split(score_raw[order], starts[1:])
        weights = [None] * len(keys) if weight is None else np.split(weight[order], starts[1:])
        parts = zip(keys.tolist(), scores, weights, strict=True)
        return {key: ScoreHistogram.of(score, one) for key, score, one in parts}
    cells = (pileup - lowest) * n_scores + (score_raw - first)
    n_events = np.bincount(cells, minlength=n_pileup * n_scores)
    there = np.flatnonzero(n_events)
    counts = n_events[there]
    ones = counts.astype(np.float64)
    if weight is None:
        sums, squares = ones, ones
    else:
        sums = np.bincount(cells, weight, n_pileup * n_scores)[there].astype(np.float64)
        squares = np.bincount(cells, weight**2, n_pileup * n_scores)[there].astype(np.float64)
    row, score = np.divmod(there, n_scores)
    rows, starts = np.unique(row, return_index=True)
    columns = (np.split(one, starts[1:]) for one in (score + first, counts, sums, squares))
    return {
        lowest + int(key): _read(list(part)) for key, part in zip(rows, zip(*columns, strict=True), strict=True)
    }


def _laid_out(histogram: ScoreHistogram) -> list[NDArray[Any]]:
    counted = histogram.counted
    return [histogram.score_raw, counted.n_events, counted.weight, counted.squared]


def _read(columns: list[NDArray[Any]]) -> ScoreHistogram:
    score_raw, n_events, weight, squared = columns
    return ScoreHistogram(
        score_raw=score_raw, counted=WeightedCount(n_events=n_events, weight=weight, squared=squared)
    )
