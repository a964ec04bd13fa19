"""What a score is compared with, event by event, and the bins that all blocks and all processes share."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layouts import ugt_57
from l1ad.data.events import EventBatch
from l1ad.rates.zero_bias_objects import event_objects

__all__ = ["Bins", "bin_of", "quantities"]

Integers = NDArray[np.int64]

_BODY, _TAIL = 48, 16
_LOOKUP = 2**20


def quantities(events: EventBatch) -> dict[str, tuple[Integers, NDArray[np.bool_] | None]]:
    """Read what the score is compared with, as whole numbers.

    Every input of the layout; the objects of each type that has a pT and more than one slot; the leading
    objects, MET and HT of `ugt_57`; the whole part of the pile-up, where it is known.

    Returns:
        By name the value of each event, shape (n_events,), and in which events it counts, None for all. An
        absent object has pT 0, and no direction.
    """
    layout, inputs = events.layout, events.inputs_raw
    present = layout.present(inputs)
    found: dict[str, tuple[Integers, NDArray[np.bool_] | None]] = {}
    lists: dict[str, list[int]] = {}
    for index, (field, owner) in enumerate(zip(layout.fields, layout.pt_of_input.tolist(), strict=True)):
        values = np.ascontiguousarray(inputs[:, index]).astype(np.int64)
        found[field.name] = (values, None if owner == index else np.ascontiguousarray(present[:, index]))
        if field.quantity == "pt":
            lists.setdefault(field.object_type, []).append(index)
    for name, columns in lists.items():
        if len(columns) > 1:
            found.setdefault(f"n_{name}", (present[:, columns].sum(axis=1), None))
    if layout == ugt_57():
        for name, values in event_objects(inputs).value_raw.items():
            found.setdefault(name if name in ("met", "ht") else f"leading_{name}", (values, None))
    if events.pileup is not None:
        found.setdefault("pileup", (np.floor(events.pileup).astype(np.int64), None))
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bins:
    """Bins that all blocks and all processes share. A value belongs to the last bin that starts at or below it.

    Attributes:
        score: First score of each bin in hardware units, the thresholds among them, shape (n_score_bins,).
        quantities: First value of each bin of each quantity, in hardware units.
        fraction: Bits right of the point of the score.
        thresholds_raw: Thresholds that are followed, by name.
    """

    score: Integers
    quantities: Mapping[str, Integers]
    fraction: int
    thresholds_raw: Mapping[str, int]

    @classmethod
    def of(
        cls, events: EventBatch, score_raw: Integers, thresholds_raw: Mapping[str, int], *, fraction: int
    ) -> "Bins":
        """Choose up to 64 bins for each quantity by the quantiles of a first block.

        48 bins hold equally much and the last of them is halved on and on, as the events that an anomaly
        trigger accepts lie at the end. Where values tie there are fewer bins.

        Raises:
            DataError: If there are no events.
        """
        if not len(events):
            raise DataError(f"{events.where or events.sample}: no events to choose bins by; give a first block")
        chosen = {}
        for name, (values, counts) in quantities(events).items():
            here = values if counts is None else values[counts]
            chosen[name] = _edges(here if len(here) else values)
        # One below the lowest threshold, or the bin of that would hold all the lower scores to come.
        passing = [*thresholds_raw.values(), *(one - 1 for one in thresholds_raw.values())]
        score = np.union1d(_edges(score_raw), np.array(passing, np.int64))
        return cls(score=score, quantities=chosen, fraction=fraction, thresholds_raw=dict(thresholds_raw))

    def first_passing(self, threshold_raw: int) -> int:
        """Find the first bin of the score that passes; thresholds start bins."""
        return int(np.searchsorted(self.score, threshold_raw))

    def same_as(self, other: "Bins") -> bool:
        """Tell whether counts in both can be added."""
        return (
            (self.fraction, self.thresholds_raw) == (other.fraction, other.thresholds_raw)
            and np.array_equal(self.score, other.score)
            and list(self.quantities) == list(other.quantities)
            and all(np.array_equal(one, other.quantities[name]) for name, one in self.quantities.items())
        )


def bin_of(values: Integers, first: Integers) -> Integers:
    """Find the bin of each value; the first bin holds what is lower, too.

    Args:
        values: Whole numbers, shape (n_values,).
        first: First value of each bin, ascending, shape (n_bins,).

    Returns:
        Index of the bin of each, shape (n_values,).
    """
    low, high = int(first[0]), int(first[-1])
    if high - low >= _LOOKUP:
        return np.maximum(np.searchsorted(first, values, side="right") - 1, 0)
    table = np.searchsorted(first, np.arange(low, high + 1), side="right") - 1  # looking up beats searching
    return np.asarray(table[np.clip(values, low, high) - low])


def _edges(values: Integers) -> Integers:
    """Choose where bins start: the lowest value, and the values at the quantiles."""
    levels = np.arange(_BODY) / _BODY
    tail = 1 - 0.5 ** np.arange(1, _TAIL + 1) / _BODY
    return np.unique(np.quantile(values, np.concatenate([levels, tail]), method="inverted_cdf"))
