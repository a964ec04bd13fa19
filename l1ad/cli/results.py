"""Results as tables on the terminal."""

from pathlib import Path
from typing import Any

import typer

from l1ad.cli.rates_tables import print_summary_rates
from l1ad.cli.terminal import print_table
from l1ad.emulate.inspection import TensorReport

__all__ = ["print_acceptance", "print_budget", "print_inspection", "print_summary", "print_verification"]


def print_verification(result: dict[str, Any]) -> None:
    """Print how each implementation agrees with the emulator, or with another."""
    reference = result["implementations"][0]
    print_table(
        f"Agreement with {'the ' if reference == 'emulator' else ''}{reference}, integer for integer",
        ["implementation", "events", "integers compared", "events that differ"],
        [
            [one["implementation"], f"{one['events']:,}", f"{one['values']:,}", f"{one['differing_events']:,}"]
            for one in result["agreements"]
        ],
    )
    for name, why in result["skipped"].items():
        typer.echo(f"not compared: {name} ({why})")
    timing = result["timing"]
    if timing is not None:
        typer.echo(
            f"RTL, measured on {timing['crossings']:,} crossings ({timing['idle_cycles']:,} idle cycles and "
            f"{timing['resets']:,} resets in between): latency {_span(timing)} cycles, initiation interval "
            f"{timing['interval_min']}"
        )
    floating = result["float_comparison"]
    if floating is not None:
        typer.echo(
            f"float model (statistical): rank correlation {floating['spearman']:.4f}; at equal rate "
            f"{floating['differing_decisions']} decisions differ, {floating['accepted']} accepted each"
        )


def _span(timing: dict[str, Any]) -> str:
    low, high = timing["latency_min"], timing["latency_max"]
    return str(low) if low == high else f"{low} to {high}"


def print_budget(lines: list[dict[str, Any]]) -> None:
    """Print each figure beside its limit, with its source and verdict."""
    print_table(
        "Budget",
        ["figure", "value", "limit", "unit", "verdict", "source"],
        [
            [line["what"], _number(line["value"]), _number(line["limit"]), line["unit"], line["verdict"],
             "; ".join(filter(None, (line["source"], line["note"])))]
            for line in lines
        ],
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"


def print_inspection(reports: list[TensorReport], names: tuple[str, ...]) -> None:
    """Print formats and proven ranges of every tensor, then what can leave its format, with an event."""
    print_table(
        "Tensors and their number formats",
        ["tensor", "kind", "shape", "weights", "result"],
        [[one.tensor, one.kind, one.shape, one.weight_type, one.result_type] for one in reports],
    )
    print_table(
        "Range before each cast that the layout's ranges allow, and work",
        ["tensor", "lowest", "highest", "headroom", "zeros", "products", "EBOPs"],
        [
            [one.tensor, f"{one.low:g}", f"{one.high:g}",
             f"{one.headroom_bits} bits" if not one.leaving else f"leaves: {one.leaving}",
             "" if one.sparsity is None else f"{one.sparsity:.0%}",
             f"{one.multiplications:,}" if one.multiplications else "", f"{one.ebops:,}" if one.ebops else ""]
            for one in reports
        ],
    )  # fmt: skip
    for one in (report for report in reports if report.leaving):
        typer.echo(_leaving_text(one, names))


def _leaving_text(report: TensorReport, names: tuple[str, ...]) -> str:
    start = f"{report.tensor}: {report.leaving} elements can leave {report.result_type} ({report.overflow})"
    witness = report.witness
    if witness is None:
        return f"{start} by their bounds; no event that does was found"
    event = [f"{name}={value}" for name, value in zip(names, witness.inputs_raw, strict=True) if value]
    more = f" and {len(event) - 4} more inputs" if len(event) > 4 else ""
    return (
        f"{start}; element {witness.element} is {witness.value:g}, beyond {witness.limit:g}, "
        f"for {', '.join(event[:4]) or 'no objects'}{more} (--json has the event)"
    )


def print_summary(summary: dict[str, Any], run: Path) -> None:
    """Print the verdicts of a run and where things are."""
    print_verification(summary)
    print_summary_rates(summary)
    print_budget(summary["budget"])
    if "acceptance" in summary:
        print_acceptance(summary["acceptance"])
    seconds = summary.get("seconds", {})
    rows = [
        ["events verified", f"{summary['events_verified']:,}"],
        ["integers that differ", str(summary["mismatches"])],
        *([f"{step} took", f"{taken:.1f} s"] for step, taken in seconds.items()),
        ["firmware", _from_here(summary["firmware"])],
        ["report", str(run / "report.html")],
    ]  # fmt: skip
    print_table(f"Trigger algorithm {summary['name']}", ["", ""], rows)


def print_acceptance(document: dict[str, Any]) -> None:
    """Print how many checks a delivery passed, and those that it failed."""
    counts: dict[str, int] = {}
    for check in document["checks"]:
        counts[check["verdict"]] = counts.get(check["verdict"], 0) + 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    verdict = "accepted" if document["accepted"] else "not accepted"
    typer.echo(f"{verdict} by {document['budget']}: {told}")
    for check in document["checks"]:
        if check["verdict"] == "fail":
            typer.echo(f"fails: {check['name']}: {check['reason']}")


def _from_here(path: str) -> str:
    """Shorten a path that lies below the working directory."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
