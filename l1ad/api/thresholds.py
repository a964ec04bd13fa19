"""Thresholds in hardware units for rate budgets, with what they cost and what they leave."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l1ad.api.shown import Shown
from l1ad.flow.rate_table import RateTable
from l1ad.flow.rates import RunRates
from l1ad.metrics.efficiency import Efficiency
from l1ad.rates.thresholds import SetThreshold
from l1ad.report.document import Table
from l1ad.report.threshold_tables import threshold_remarks, threshold_tables

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
        return threshold_tables(self.document())

    def remarks(self) -> tuple[str, ...]:
        """Say what the events do not resolve, and what was counted."""
        return threshold_remarks(self.document())
