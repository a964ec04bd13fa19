"""The documents that steps leave for JSON, as tables: agreement, rates, efficiencies, budget, acceptance."""

from collections.abc import Iterable, Mapping
from typing import Any

from l1ad.report.document import State, Table
from l1ad.report.numbers import rate_text

__all__ = [
    "acceptance_table",
    "agreement_remarks",
    "agreement_table",
    "budget_table",
    "efficiency_table",
    "made_table",
    "number_text",
    "percent_text",
    "threshold_table",
]

_STATES = {"within": State.GOOD, "pass": State.GOOD, "over": State.BAD, "fail": State.BAD}


def made_table(name: str, title: str, header: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    """Make a table without verdicts."""
    return Table(name=name, title=title, header=tuple(header), rows=tuple(tuple(row) for row in rows))


def agreement_table(document: Mapping[str, Any]) -> Table:
    """Show how each implementation agrees with the emulator, or with another."""
    reference = document["implementations"][0]
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
    told = [f"not compared: {name} ({why})" for name, why in document["skipped"].items()]
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


def threshold_table(name: str, title: str, rungs: Mapping[str, Any]) -> Table:
    """Show thresholds in hardware units, with their rates and intervals."""
    header = ("threshold", "budget", "hardware units", "interval", "rate", "pure rate", "events", "note")
    rows = (
        (called, f"{one['budget']} {one['kind']}", str(one["threshold_raw"]),
         f"{one['threshold_low_raw']} to {one['threshold_high_raw']}", rate_text(one),
         "" if one["pure"] is None else rate_text(one["pure"]), f"{one['n_pass']} of {one['n_total']:,}",
         one["note"] or (f"{one['tied']} tied" if one["tied"] > 1 else ""))
        for called, one in rungs.items()
    )  # fmt: skip
    return made_table(name, title, header, rows)


def efficiency_table(document: Mapping[str, Any]) -> Table:
    """Show what each threshold leaves of each signal."""
    titles = (f"{name}, {budget}" for name, budget in document["budgets"].items())
    rows = (
        (name, f"{one['auc']:.4f}", *(percent_text(point) for point in one["at"].values()))
        for name, one in document["efficiencies"].items()
    )
    return made_table("efficiencies", "Signal efficiency", ("signal", "AUC", *titles), rows)


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
        states=tuple(_STATES.get(str(line["verdict"]), State.OPEN) for line in every),
    )  # fmt: skip


def acceptance_table(document: Mapping[str, Any]) -> Table:
    """Show each check of a delivery with its verdict; `reason` says why."""
    checks = document["checks"]
    return Table(
        name="acceptance",
        title=f"Acceptance by {document['budget']}",
        header=("check", "verdict", "reason", "source"),
        rows=tuple(
            (one["name"], str(one["verdict"]), one["reason"] or _told(one["value"]), one["source"])
            for one in checks
        ),
        states=tuple(_STATES.get(str(one["verdict"]), State.OPEN) for one in checks),
        folded=all(one["verdict"] != "fail" for one in checks),
    )


def _told(value: float | str | None) -> str:
    return value if isinstance(value, str) else number_text(value)


def percent_text(point: Mapping[str, Any]) -> str:
    """Write a fraction with its interval in percent."""
    return f"{100 * point['value']:.2f} % ({100 * point['low']:.2f} to {100 * point['high']:.2f})"


def number_text(value: float | None) -> str:
    """Write a figure; `-` where nobody has found it."""
    return "-" if value is None else f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
