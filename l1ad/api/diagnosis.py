"""Whether this machine can do the work."""

from dataclasses import dataclass
from typing import Any

from l1ad.api.shown import Shown, grown
from l1ad.flow.doctor import Diagnosis as Found
from l1ad.flow.doctor import diagnose
from l1ad.report.doctor_tables import doctor_remarks, doctor_tables
from l1ad.report.document import Table

__all__ = ["Diagnosis", "doctor"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Diagnosis(Shown, Found):
    """Everything that was looked at; attributes as `l1ad.flow.doctor.Diagnosis`."""

    def headline(self) -> str:
        """Say whether everything that nothing works without is in order."""
        verdict = "in order" if self.works else "something that nothing works without is missing"
        return f"{len(self.findings)} things looked at; {verdict}"

    def document(self) -> dict[str, Any]:
        """Lay the findings out for JSON, as `l1ad doctor --json`."""
        return Found.document(self)

    def tables(self) -> tuple[Table, ...]:
        """Show every finding, a table for each kind of thing."""
        return doctor_tables(self.document())

    def remarks(self) -> tuple[str, ...]:
        """Say whether everything works that is needed."""
        return doctor_remarks(self.document())


def doctor() -> Diagnosis:
    """Look at packages, tools and machine, and run small trials, as `l1ad doctor`; nothing is installed."""
    return grown(Diagnosis, diagnose())
