"""Thresholds in hardware units for rate budgets, with what they cost and what they leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l1ad.api.shown import Shown
from l1ad.api.tables import efficiency_table, threshold_table
from l1ad.flow.rate_table import RateTable
from l1ad.flow.rates import RunRates
from l1ad.metrics.efficiency import Efficiency
from l1ad.rates.thresholds import SetThreshold
from l1ad.report.document import Table

__all__ = ["Thresholds"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Thresholds(Shown):
    """Thresholds and their rates; `thresholds["tight"].threshold_raw` is the integer the firmware compares.

    Attributes:
        file: The `trigger.json` they are for.
        table: Thresholds, rates with their intervals, and what they were counted on.
        auc: Area under the curve of each signal of a run; empty without a run.
        efficiencies: Efficiency with its interval by signal, then by threshold; empty without a run.
    """

    file: Path
    table: RateTable
    auc: dict[str, float] = field(default_factory=dict)
    efficiencies: dict[str, dict[str, Efficiency]] = field(default_factory=dict)

    @property
    def raw(self) -> dict[str, int]:
        """The thresholds in hardware units, by name."""
        return {name: one.threshold_raw for name, one in self.table.thresholds.items()}

    def __getitem__(self, name: str) -> SetThreshold:
        """Give a threshold with its rates.

        Raises:
            KeyError: If there is none of that name.
        """
        if name not in self.table.thresholds:
            raise KeyError(f"no threshold {name!r}; there are {', '.join(self.table.thresholds)}")
        return self.table.thresholds[name]

    def headline(self) -> str:
        """Say the thresholds."""
        told = ", ".join(f"{name} {raw}" for name, raw in self.raw.items())
        return f"thresholds in hardware units for {self.table.stream}: {told}"

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad rates thresholds --json`."""
        if not self.efficiencies:
            return self.table.document()
        return RunRates(table=self.table, auc=self.auc, efficiencies=self.efficiencies).document()

    def tables(self) -> tuple[Table, ...]:
        """Show the thresholds, the usual ladder beside them, and what they leave of the signals."""
        document = self.document()
        shown = [threshold_table("thresholds", f"Thresholds for {document['stream']}", document["rates"])]
        for kind, rungs in document["ladder"].items():
            if _raws(rungs) - _raws(document["rates"]):
                shown.append(threshold_table(f"ladder_{kind}", f"The usual ladder, {kind} rates", rungs))
        return (*shown, *([efficiency_table(document)] if self.efficiencies else []))

    def remarks(self) -> tuple[str, ...]:
        """Say what the events do not resolve, and what was counted."""
        table = self.table
        events = f"{table.n_events:,} events"
        if not table.equal_weights:
            events += f" (effective {table.effective_events:,.0f}; intervals scaled Garwood)"
        seen = f"{table.excluded:,} that the training has seen are left out"
        if not table.checked:
            seen = "what the training has seen is not known here; give its run, or be sure of these events"
        beside = "no menu" if table.menu is None else f"a menu of {table.menu} seeds"
        counted = f"counted on {events}, {beside}; {seen}. Intervals: {100 * table.coverage:.2f} %"
        return (*(f"{name}: {why}" for name, why in table.unresolved.items()), counted)


def _raws(rungs: Mapping[str, Any]) -> set[int]:
    return {one["threshold_raw"] for one in rungs.values()}
