"""Whether this machine can do the work."""

from dataclasses import dataclass
from typing import Any

from l1ad.api.shown import Shown, grown
from l1ad.flow.doctor import Diagnosis as Found
from l1ad.flow.doctor import diagnose
from l1ad.flow.doctor_findings import Health
from l1ad.report.document import State, Table

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
        """Show every finding."""
        states = tuple(
            State.GOOD if one.health is Health.GOOD else State.BAD if one.needed else State.OPEN
            for one in self.findings
        )
        rows = tuple(
            (one.name, one.group, one.found, one.health.value, one.note or one.purpose) for one in self.findings
        )
        header = ("what", "kind", "found", "health", "note")
        return (Table(name="doctor", title="", header=header, rows=rows, states=states),)


def doctor() -> Diagnosis:
    """Look at packages, tools and machine, and run small trials, as `l1ad doctor`; nothing is installed."""
    return grown(Diagnosis, diagnose())
