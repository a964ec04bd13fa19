"""What a comparison of algorithms shows, as values: made by `flow`, drawn and written here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.plain import plain
from l1ad.metrics.ranks import Bounded
from l1ad.metrics.working_points import Measured

__all__ = ["ComparedAlgorithm", "Comparison", "Cost", "Overlap", "Ratios"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an algorithm takes; None is not known, or not on an FPGA at all.

    Attributes:
        lut: Look-up tables, the open estimate of its firmware.
        latency_cycles: Latency measured in cycle-true simulation of its firmware.
        latency_ns: The same in ns, at the clock of its target.
        ebops: Bits of the input times bits of the weight, summed over all products.
        sparsity: Fraction of zero weights.
    """

    lut: int | None = None
    latency_cycles: int | None = None
    latency_ns: float | None = None
    ebops: int | None = None
    sparsity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """Efficiencies of an algorithm over those of the reference, at one working point.

    Attributes:
        signals: Ratio by signal.
        geometric_mean: Geometric mean of the ratios over the signals.
    """

    signals: Mapping[str, Bounded]
    geometric_mean: Bounded

    @property
    def wins(self) -> int:
        """Number of signals of which the algorithm finds more than the reference."""
        return sum(one.value > 1 for one in self.signals.values())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparedAlgorithm:
    """One algorithm.

    Attributes:
        name: What it is called in tables.
        kind: What its scores are, e.g. `deployed, integers`.
        run: Its run directory; None for a classical reference.
        in_hardware_units: Whether thresholds are scores of the algorithm; else they are ranks and not told.
        measured: What it finds, by signal.
        ratios: By name of budget; empty without a reference, or where its scores are of other events.
        curve: Share of each signal found at each rate of the comparison, shape (n_rates,).
        cost: What it takes.
        is_upper_bound: Whether it was told each signal, so that the others should find less.
    """

    name: str
    kind: str
    run: str | None
    in_hardware_units: bool
    measured: Mapping[str, Measured]
    ratios: Mapping[str, Ratios]
    curve: Mapping[str, NDArray[np.float64]]
    cost: Cost = field(default_factory=Cost)
    is_upper_bound: bool = False

    def document(self) -> dict[str, Any]:
        """Lay the algorithm out for JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "run": self.run,
            "signals": {name: self._measured(one) for name, one in self.measured.items()},
            "ratios": {point: {**asdict(one), "wins": one.wins} for point, one in self.ratios.items()},
            "curve": plain(self.curve),
            "cost": asdict(self.cost),
            "is_upper_bound": self.is_upper_bound,
        }

    def _measured(self, one: Measured) -> dict[str, Any]:
        at = {point: asdict(found) for point, found in one.at.items()}
        if not self.in_hardware_units:
            at = {point: {**found, "threshold_raw": None} for point, found in at.items()}
        return {"auc": asdict(one.auc), "at": at}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlap:
    """How much algorithms accept the same background events.

    Attributes:
        names: The algorithms.
        point: Name of the budget that each has its threshold for.
        common: Events that both accept over those that either does, shape (n_names, n_names).
    """

    names: tuple[str, ...]
    point: str
    common: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Algorithms side by side, on the same events at the same working points.

    Attributes:
        stream: The stream that rates are counted in, in words.
        n_background: Background events that thresholds are set on; no training has seen them.
        points: Names of the working points, the budgets first, the tightest of them foremost.
        budgets: How many of the points are budgets.
        rates_khz: Rates that curves are given at, ascending, shape (n_rates,); each is that of a whole number
            of events, so a budget stands for the largest that keeps within it.
        budget_rates_khz: The one of `rates_khz` that stands for each budget, by name.
        overlap: How much the algorithms agree, those told the signal left out.
        settings: Keys in which the configurations of the runs differ, with the value of each run.
        reference: Name of the algorithm that others are divided by; None without one.
        titles: What people call each sample, by name; one without a title is called by its name.
        digests: Digest of the events of each sample.
        algorithms: In the order of the tables.
    """

    stream: str
    n_background: int
    points: tuple[str, ...]
    budgets: int
    rates_khz: NDArray[np.float64]
    budget_rates_khz: Mapping[str, float]
    overlap: Overlap
    settings: Mapping[str, tuple[str, ...]]
    reference: str | None
    titles: Mapping[str, str]
    digests: Mapping[str, str]
    algorithms: tuple[ComparedAlgorithm, ...]

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals."""
        return tuple(self.algorithms[0].measured)

    @property
    def signal_titles(self) -> tuple[str, ...]:
        """What people call the signals, in their order."""
        return tuple(self.title(name) for name in self.signals)

    @property
    def tightest(self) -> str:
        """Name of the tightest budget."""
        return self.points[0]

    @property
    def exceeded(self) -> dict[str, str]:
        """Signals of which an algorithm finds more than the upper bound at the tightest budget, and which does.

        Beyond the bound's own interval: there it was trained on too little, or its scores tie, and bounds
        nothing.
        """
        found: dict[str, str] = {}
        others = [one for one in self.algorithms if not one.is_upper_bound]
        for bound in (one for one in self.algorithms if one.is_upper_bound):
            for name in self.signals:
                values = {one.name: one.measured[name].at[self.tightest].efficiency.value for one in others}
                best = max(values, key=values.__getitem__)
                if values[best] > bound.measured[name].at[self.tightest].efficiency.high:
                    found[name] = best
        return found

    def title(self, signal: str) -> str:
        """Tell what people call a signal."""
        return self.titles.get(signal, signal)

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return {
            "stream": self.stream,
            "n_background": self.n_background,
            "points": list(self.points),
            "budgets": list(self.points[: self.budgets]),
            "rates_khz": plain(self.rates_khz),
            "budget_rates_khz": dict(self.budget_rates_khz),
            "overlap": plain(self.overlap),
            "settings": plain(self.settings),
            "reference": self.reference,
            "signals": list(self.signals),
            "titles": dict(self.titles),
            "digests": dict(self.digests),
            "bound_exceeded": self.exceeded,
            "algorithms": [one.document() for one in self.algorithms],
        }
