"""The report of a run, and what stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad.api.shown import Shown
from l1ad.api.tables import (
    acceptance_table,
    agreement_remarks,
    agreement_table,
    budget_table,
    efficiency_table,
    threshold_table,
)
from l1ad.report.document import Table

__all__ = ["Report"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Report(Shown):
    """The report of a run.

    Attributes:
        file: The report that people read.
        summary: What `summary.json` holds.
    """

    file: Path
    summary: Mapping[str, Any]

    def headline(self) -> str:
        """Say whether integers differ, and where the report is."""
        summary = self.summary
        return (
            f"{summary['name']}: {summary['mismatches']} integers differ over {summary['events_verified']:,} "
            f"events; {self.file}"
        )

    def document(self) -> dict[str, Any]:
        """Give the summary, as `l1ad report --json`."""
        return dict(self.summary)

    def tables(self) -> tuple[Table, ...]:
        """Show agreement, thresholds, efficiencies, budget, and acceptance where there is one."""
        summary = self.summary
        accepted = [acceptance_table(summary["acceptance"])] if "acceptance" in summary else []
        return (
            agreement_table(summary),
            threshold_table("thresholds", f"Thresholds for {summary['stream']}", summary["rates"]),
            efficiency_table(summary),
            budget_table(summary["budget"]),
            *accepted,
        )

    def remarks(self) -> tuple[str, ...]:
        """Say what was not compared, and what the RTL's clock showed."""
        return agreement_remarks(self.summary)
