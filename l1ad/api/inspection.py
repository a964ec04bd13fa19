"""What an algorithm's number formats can and cannot hold."""

from dataclasses import asdict, dataclass
from typing import Any

from l1ad.api.shown import Shown
from l1ad.emulate.inspection import TensorReport
from l1ad.report.document import Table
from l1ad.report.firmware_tables import inspection_remarks, inspection_tables

__all__ = ["Inspection"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Inspection(Shown):
    """Every tensor of an algorithm.

    Attributes:
        names: Names of the inputs.
        reports: The tensors, in the order of the data flow.
    """

    names: tuple[str, ...]
    reports: tuple[TensorReport, ...]

    @property
    def leaving(self) -> tuple[TensorReport, ...]:
        """Tensors that can leave their format."""
        return tuple(one for one in self.reports if one.leaving)

    def headline(self) -> str:
        """Say whether something can leave its format."""
        told = ", ".join(one.tensor for one in self.leaving)
        verdict = f"can leave their format: {told}" if told else "proven: none overflows"
        return f"{len(self.reports)} tensors; {verdict}"

    def document(self) -> list[dict[str, Any]]:
        """Lay the tensors out for JSON, as `l1ad inspect --json`."""
        return [asdict(one) for one in self.reports]

    def tables(self) -> tuple[Table, ...]:
        """Show formats, proven ranges and work."""
        return inspection_tables(self.reports)

    def remarks(self) -> tuple[str, ...]:
        """Say of what can leave its format whether an event was found that does."""
        return inspection_remarks(self.reports, self.names)
