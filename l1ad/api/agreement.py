"""Whether every implementation gives the same integers."""

from dataclasses import dataclass
from typing import Any

from l1ad.api.shown import Shown
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.flow.verification import Verification
from l1ad.report.document import Table
from l1ad.report.firmware_tables import agreement_remarks, agreement_table

__all__ = ["Agreement"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Agreement(Shown):
    """What a verification found; where integers differ there is none, but a `DivergenceError`.

    Attributes:
        trigger: The algorithm.
        verification: Agreements, what was skipped and why, timing, and the float model beside it.
    """

    trigger: TriggerAlgorithm
    verification: Verification

    @property
    def mismatches(self) -> int:
        """Integers that differ, over all implementations."""
        return self.verification.mismatches

    @property
    def events(self) -> int:
        """Events on which every compared implementation was run."""
        return self.verification.events_verified

    def headline(self) -> str:
        """Say how many integers differ."""
        implementations = len(self.verification.agreements)
        return (
            f"{self.mismatches} integers differ over {self.events:,} events, {implementations} implementations"
        )

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON, as `l1ad verify --json`."""
        return self.verification.document(self.trigger)

    def tables(self) -> tuple[Table, ...]:
        """Show each implementation."""
        return (agreement_table(self.document()),)

    def remarks(self) -> tuple[str, ...]:
        """Say what was not compared, and what the RTL's clock showed."""
        return agreement_remarks(self.document())
