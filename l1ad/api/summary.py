"""The report of a run, and what stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad.api.shown import Shown
from l1ad.report.acceptance_tables import acceptance_remarks, acceptance_table
from l1ad.report.document import Table
from l1ad.report.firmware_tables import agreement_remarks, agreement_table, budget_table
from l1ad.report.plain_tables import filled
from l1ad.report.threshold_tables import efficiency_table, threshold_table

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
        verified = f"{summary['mismatches']} integers differ over {summary['events_verified']:,} events"
        told = verified if summary["implementations"] else "not verified"
        return f"{summary['name']}: {told}; {self.file}"

    def document(self) -> dict[str, Any]:
        """Give the summary, as `l1ad report --json`."""
        return dict(self.summary)

    def tables(self) -> tuple[Table, ...]:
        """Show agreement, thresholds, efficiencies, budget, and acceptance, folded, where there is one."""
        summary = self.summary
        accepted = [acceptance_table(summary["acceptance"], folded=True)] if "acceptance" in summary else []
        return filled(
            (agreement_table(summary), threshold_table(summary), efficiency_table(summary),
             budget_table(summary["budget"]), *accepted)
        )  # fmt: skip

    def remarks(self) -> tuple[str, ...]:
        """Say what was not compared, what the RTL's clock showed, and which checks a delivery failed."""
        accepted = acceptance_remarks(self.summary["acceptance"]) if "acceptance" in self.summary else ()
        return (*agreement_remarks(self.summary), *accepted)
