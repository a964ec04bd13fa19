"""What a report says of agreement: every implementation against the emulator, and where two parted."""

from collections.abc import Iterator, Mapping
from typing import Any

from l1ad.report.document import Block, Paragraph, Section, State, Table

__all__ = ["agreement_section"]


def agreement_section(verified: Mapping[str, Any]) -> Section:
    """Tell what a verification found: counts, the first difference in full, timing, and the float model.

    Args:
        verified: Result of the last verification, as `l1ad verify` writes it; `agreements` is empty where there
            was none.
    """
    return Section(id="agreement", title="Agreement", blocks=tuple(_blocks(verified)))


def _blocks(verified: Mapping[str, Any]) -> Iterator[Block]:
    if not verified["agreements"]:
        yield Paragraph("This state of the algorithm was not verified: `l1ad verify` compares it.")
        return
    yield Paragraph(
        f"**{verified['mismatches']:,} integers differ over {verified['events_verified']:,} events between "
        f"{', '.join(verified['implementations'])}.** No tolerance; compared is every tensor that an "
        "implementation has: scaled inputs, layers, score word, accept bits. Events: the background that no "
        "training has seen, every signal, and crafted extremes of every input."
    )
    agreements = verified["agreements"]
    yield Table(
        name="agreement_table",
        title=f"Against the {verified['implementations'][0]}, integer for integer",
        header=("implementation", "events", "integers compared", "integers that differ", "events that differ"),
        rows=tuple(_counts(one) for one in agreements),
        states=tuple(State.BAD if one["differing_values"] else State.GOOD for one in agreements),
    )
    for name, why in verified["skipped"].items():
        yield Paragraph(f"Not compared: {name} ({why}).")
    yield from _divergences(verified)
    if verified["timing"] is not None:
        yield Paragraph(_timing(verified["timing"]))
    floating = verified["float_comparison"]
    if floating is not None:
        yield Paragraph(
            "Float model (same weights, nothing rounded or clipped; a statistical comparison, never exact): "
            f"rank correlation {floating['spearman']:.4f} on {floating['events']:,} background events; at "
            f"equal rate ({floating['accepted']:,} accepted each) {floating['differing_decisions']:,} "
            "decisions differ."
        )


def _counts(one: Mapping[str, Any]) -> tuple[str, ...]:
    numbers = ("events", "values", "differing_values", "differing_events")
    return (one["implementation"], *(f"{one[key]:,}" for key in numbers))


def _divergences(verified: Mapping[str, Any]) -> Iterator[Block]:
    """Tell the first difference of each implementation that has one, down to the bits."""
    reports: Mapping[str, str] = verified.get("divergences", {})
    if not reports:
        yield Paragraph(
            "Divergence report: no implementation differs, so there is no first difference to show."
        )
    for name, text in reports.items():
        yield Paragraph(f"First difference of the {name}:\n\n```text\n{text}\n```")


def _timing(timing: Mapping[str, Any]) -> str:
    low, high = timing["latency_min"], timing["latency_max"]
    latency = str(low) if low == high else f"{low} to {high}"
    return (
        f"The Verilog was simulated cycle by cycle on {timing['crossings']:,} crossings, back to back, with "
        f"{timing['idle_cycles']:,} idle cycles and {timing['resets']:,} resets in between: latency {latency} "
        f"cycles from `ap_start` to `ap_done`, initiation interval {timing['interval_min']}."
    )
