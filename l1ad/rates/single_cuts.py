"""A cut on one quantity at the rate of a threshold: whether a score is more than a trigger on that alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout
from l1ad.data.events import EventBatch
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.observables import Observable, observables, observed
from l1ad.rates.threshold_scan import binomial_curve

__all__ = ["SingleCut", "SingleCutAccount"]

Integers = NDArray[np.int64]

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleCut:
    """What a cut on one quantity accepts of the events that a threshold accepts, at no higher rate than it.

    Attributes:
        title: The quantity as people write it, e.g. `MET`.
        unit: Its unit.
        threshold: Name of the threshold.
        cut: The lowest cut at which no more weight passes than passes the threshold, in `unit`.
        n_cut: Events that the cut accepts; fewer than the threshold's where values tie.
        n_accepted: Events that the threshold accepts.
        n_both: Events that both accept.
        share: Weighted part of what the threshold accepts that the cut accepts as well.
        low: Lower end of its Clopper-Pearson interval, of effective numbers where weights differ.
        high: Upper end.
    """

    title: str
    unit: str
    threshold: str
    cut: float
    n_cut: int
    n_accepted: int
    n_both: int
    share: float
    low: float
    high: float


class SingleCutAccount:
    """All events by each quantity in GeV, and those accepted one by one. Two are added with `+`.

    Args:
        layout: What the inputs mean.
        thresholds_raw: Thresholds in hardware units, by name; at least one.
        where: Where the events come from, for messages.

    Raises:
        DataError: If the layout has nothing with a pT in GeV.
    """

    def __init__(self, layout: InputLayout, thresholds_raw: Mapping[str, int], *, where: str) -> None:
        self.thresholds_raw, self._layout, self._where = dict(thresholds_raw), layout, where
        self.quantities: dict[str, Observable] = {
            one.name: one for one in observables(layout, where=where) if one.unit == "GeV"
        }
        self._every = {name: ScoreHistogram.none() for name in self.quantities}
        self._scores, self._weights = np.zeros(0, np.int64), np.zeros(0)
        self._values = {name: np.zeros(0, np.int64) for name in self.quantities}

    def add(self, events: EventBatch, score_raw: Integers) -> None:
        """Count events.

        Raises:
            DataError: If the scores are not theirs.
        """
        if score_raw.shape != (len(events),):
            raise DataError(f"{self._where}: scores of shape {score_raw.shape} for {len(events)} events")
        found = observed(events.inputs_raw, self._layout)
        here = score_raw >= min(self.thresholds_raw.values())
        for name in self.quantities:
            self._every[name] += ScoreHistogram.of(found[name], events.weight)
            self._values[name] = np.append(self._values[name], found[name][here])
        self._scores = np.append(self._scores, score_raw[here])
        self._weights = np.append(self._weights, events.weights[here])

    def __add__(self, other: "SingleCutAccount") -> "SingleCutAccount":
        if (self._layout, self.thresholds_raw) != (other._layout, other.thresholds_raw):
            raise DataError(f"{other._where} after {self._where}: other thresholds or inputs do not add up")
        both = SingleCutAccount(self._layout, self.thresholds_raw, where=self._where)
        for name in self.quantities:
            both._every[name] = self._every[name] + other._every[name]
            both._values[name] = np.append(self._values[name], other._values[name])
        both._scores = np.append(self._scores, other._scores)
        both._weights = np.append(self._weights, other._weights)
        return both

    def cut(self, name: str, threshold: str) -> SingleCut | None:
        """Cut on a quantity at the rate of a threshold.

        Returns:
            What the cut accepts; None where the threshold accepts no event of any weight, so there is nothing
            to compare.

        Raises:
            DataError: If there is no such quantity or threshold.
        """
        if name not in self.quantities or threshold not in self.thresholds_raw:
            known = ", ".join([*self.quantities, *self.thresholds_raw])
            raise DataError(
                f"{self._where}: no quantity {name!r} or threshold {threshold!r}; there are {known}"
            )
        quantity, every = self.quantities[name], self._every[name]
        accepted = self._scores >= self.thresholds_raw[threshold]
        weights = self._weights[accepted]
        if not weights.sum() > 0:
            return None
        too_many = every.at_or_above().weight > weights.sum() * (1 + _ROUNDING)
        cut = int(every.score_raw[too_many].max(initial=int(every.score_raw[0]) - 1)) + 1
        both = self._values[name][accepted] >= cut
        effective = weights.sum() ** 2 / (weights**2).sum()
        share = np.array([weights[both].sum() / weights.sum()])
        part = binomial_curve(share * effective, np.array([effective]))
        return SingleCut(
            title=quantity.title, unit=quantity.unit, threshold=threshold,
            cut=(cut - quantity.offset) * quantity.lsb, n_cut=int(every.passing(cut).n_events),
            n_accepted=int(accepted.sum()), n_both=int(both.sum()),
            share=float(share[0]), low=float(part.low[0]), high=float(part.high[0]),
        )  # fmt: skip
