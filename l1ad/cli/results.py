"""Results on the terminal: their tables, then what the tables do not say."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from l1ad.cli.terminal import print_table
from l1ad.emulate.inspection import TensorReport
from l1ad.report.acceptance_tables import acceptance_remarks
from l1ad.report.document import Table
from l1ad.report.firmware_tables import (
    agreement_remarks,
    agreement_table,
    budget_table,
    inspection_remarks,
    inspection_tables,
)
from l1ad.report.plain_tables import filled, number_text
from l1ad.report.threshold_tables import efficiency_table, threshold_table

__all__ = ["print_budget", "print_inspection", "print_summary", "print_tables", "print_verification"]


def print_tables(tables: Iterable[Table], remarks: Iterable[str] = ()) -> None:
    """Print tables, those aside that are for unfolding, and then a line for each remark."""
    for table in tables:
        if not table.folded:
            print_table(table.title, list(table.header), [list(row) for row in table.rows])
    for remark in remarks:
        typer.echo(remark)


def print_verification(result: dict[str, Any]) -> None:
    """Print how each implementation agrees with the emulator, or with another."""
    print_tables([agreement_table(result)], agreement_remarks(result))


def print_budget(lines: list[dict[str, Any]]) -> None:
    """Print each figure beside its limit, with its source and verdict."""
    print_tables([budget_table(lines)])


def print_inspection(reports: list[TensorReport], names: tuple[str, ...]) -> None:
    """Print formats and proven ranges of every tensor, then what can leave its format, with an event."""
    print_tables(inspection_tables(reports), inspection_remarks(reports, names))


def print_summary(summary: dict[str, Any], run: Path) -> None:
    """Print the verdicts of a run and where things are."""
    print_tables(filled([agreement_table(summary)]), agreement_remarks(summary))
    others = (threshold_table(summary), efficiency_table(summary), budget_table(summary["budget"]))
    print_tables(filled(others))
    if "acceptance" in summary:
        print_tables([], acceptance_remarks(summary["acceptance"]))
    seconds = summary.get("seconds", {})
    rows = [
        ["events verified", f"{summary['events_verified']:,}"],
        ["integers that differ", number_text(summary["mismatches"])],
        *([f"{step} took", f"{taken:.1f} s"] for step, taken in seconds.items()),
        ["firmware", _from_here(summary["firmware"])],
        ["report", str(run / "report.html")],
    ]  # fmt: skip
    print_table(f"Trigger algorithm {summary['name']}", ["", ""], rows)


def _from_here(path: str) -> str:
    """Shorten a path that lies below the working directory."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
