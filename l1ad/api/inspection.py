"""What an algorithm's number formats can and cannot hold."""

from dataclasses import asdict, dataclass
from typing import Any

from l1ad.api.shown import Shown
from l1ad.api.tables import made_table
from l1ad.emulate.inspection import TensorReport
from l1ad.report.document import Table

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
        formats = ((one.tensor, one.kind, one.shape, one.weight_type, one.result_type) for one in self.reports)
        ranges = (
            (one.tensor, f"{one.low:g}", f"{one.high:g}",
             f"leaves: {one.leaving}" if one.leaving else f"{one.headroom_bits} bits",
             "" if one.sparsity is None else f"{one.sparsity:.0%}",
             f"{one.multiplications:,}" if one.multiplications else "", f"{one.ebops:,}" if one.ebops else "")
            for one in self.reports
        )  # fmt: skip
        return (
            made_table(
                "formats", "Tensors and their number formats",
                ("tensor", "kind", "shape", "weights", "result"), formats,
            ),
            made_table(
                "ranges", "Range before each cast that the layout's ranges allow, and work",
                ("tensor", "lowest", "highest", "headroom", "zeros", "products", "EBOPs"), ranges,
            ),
        )  # fmt: skip

    def remarks(self) -> tuple[str, ...]:
        """Say of what can leave its format whether an event was found that does."""
        return tuple(self._told(one) for one in self.leaving)

    def _told(self, one: TensorReport) -> str:
        start = f"{one.tensor}: {one.leaving} elements can leave {one.result_type} ({one.overflow})"
        if one.witness is None:
            return f"{start} by their bounds; no event that does was found"
        inputs = zip(self.names, one.witness.inputs_raw, strict=True)
        event = ", ".join([f"{name}={value}" for name, value in inputs if value][:4]) or "no objects"
        return f"{start}; element {one.witness.element} is {one.witness.value:g} for {event}"
