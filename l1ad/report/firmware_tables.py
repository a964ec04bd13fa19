"""What is found of firmware, as tables: agreement, figures beside their limits, cells, proven ranges.

Each function takes what a step prints with `--json`, unless its arguments say otherwise.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from l1ad.core.resources import ResourceEstimate
from l1ad.emulate.inspection import TensorReport
from l1ad.report.document import State, Table
from l1ad.report.plain_tables import made_table, number_text
from l1ad.report.resources_section import verdict_state

__all__ = [
    "agreement_remarks",
    "agreement_table",
    "budget_table",
    "cells_table",
    "inspection_remarks",
    "inspection_tables",
]

_INPUTS_SHOWN = 4


def agreement_table(document: Mapping[str, Any]) -> Table:
    """Show how each implementation agrees with the emulator, or with another; no row of a run not verified."""
    reference = next(iter(document["implementations"]), "emulator")
    agreements = document["agreements"]
    return Table(
        name="agreement",
        title=f"Agreement with {'the ' if reference == 'emulator' else ''}{reference}, integer for integer",
        header=("implementation", "events", "integers compared", "events that differ"),
        rows=tuple(
            (one["implementation"], *(f"{one[key]:,}" for key in ("events", "values", "differing_events")))
            for one in agreements
        ),
        states=tuple(State.BAD if one["differing_events"] else State.GOOD for one in agreements),
    )


def agreement_remarks(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what was not compared, what the RTL's clock showed, and how the float model stands beside it."""
    told = [] if document["implementations"] else ["not verified; `l1ad verify` compares every implementation"]
    told += [f"not compared: {name} ({why})" for name, why in document["skipped"].items()]
    timing, floating = document["timing"], document["float_comparison"]
    if timing is not None:
        low, high = timing["latency_min"], timing["latency_max"]
        told.append(
            f"RTL, measured on {timing['crossings']:,} crossings ({timing['idle_cycles']:,} idle cycles and "
            f"{timing['resets']:,} resets in between): latency {low if low == high else f'{low} to {high}'} "
            f"cycles, initiation interval {timing['interval_min']}"
        )
    if floating is not None:
        told.append(
            f"float model (statistical): rank correlation {floating['spearman']:.4f}; at equal rate "
            f"{floating['differing_decisions']} decisions differ, {floating['accepted']} accepted each"
        )
    return tuple(told)


def budget_table(lines: Iterable[Mapping[str, Any]]) -> Table:
    """Show each figure beside its limit, with its verdict and source."""
    every = tuple(lines)
    return Table(
        name="budget",
        title="Budget",
        header=("figure", "value", "limit", "unit", "verdict", "source"),
        rows=tuple(
            (line["what"], number_text(line["value"]), number_text(line["limit"]), line["unit"],
             str(line["verdict"]), "; ".join(filter(None, (line["source"], line["note"]))))
            for line in every
        ),
        states=tuple(verdict_state(line["verdict"]) for line in every),
    )  # fmt: skip


def cells_table(estimate: ResourceEstimate) -> Table:
    """Show the cells of each module of the Verilog, and the sum."""
    every = (*((one.module, one.resources) for one in estimate.modules), ("all", estimate.total))
    rows = (
        (name, *(f"{count:,}" for count in (one.lut, one.ff, one.carry, one.dsp, one.bram_18k)))
        for name, one in every
    )
    title = f"Open estimate before placement: {estimate.tool} {estimate.version}, family {estimate.family}"
    return made_table("cells", title, ("module", "LUT", "FF", "CARRY", "DSP", "BRAM 18k"), rows)


def inspection_tables(reports: Sequence[TensorReport]) -> tuple[Table, Table]:
    """Show formats, proven ranges and work of every tensor."""
    formats = ((one.tensor, one.kind, one.shape, one.weight_type, one.result_type) for one in reports)
    ranges = (
        (one.tensor, f"{one.low:g}", f"{one.high:g}",
         f"leaves: {one.leaving}" if one.leaving else f"{one.headroom_bits} bits",
         "" if one.sparsity is None else f"{one.sparsity:.0%}",
         f"{one.multiplications:,}" if one.multiplications else "", f"{one.ebops:,}" if one.ebops else "")
        for one in reports
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


def inspection_remarks(reports: Iterable[TensorReport], names: Sequence[str]) -> tuple[str, ...]:
    """Say of what can leave its format whether an event was found that does.

    Args:
        reports: The tensors.
        names: Names of the inputs.
    """
    return tuple(_leaving_text(one, names) for one in reports if one.leaving)


def _leaving_text(report: TensorReport, names: Sequence[str]) -> str:
    start = f"{report.tensor}: {report.leaving} elements can leave {report.result_type} ({report.overflow})"
    witness = report.witness
    if witness is None:
        return f"{start} by their bounds; no event that does was found"
    event = [f"{name}={value}" for name, value in zip(names, witness.inputs_raw, strict=True) if value]
    hidden = len(event) - _INPUTS_SHOWN
    more = f" and {hidden} more inputs" if hidden > 0 else ""
    return (
        f"{start}; element {witness.element} is {witness.value:g}, beyond {witness.limit:g}, "
        f"for {', '.join(event[:_INPUTS_SHOWN]) or 'no objects'}{more} (--json has the event)"
    )
