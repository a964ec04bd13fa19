"""The text reports of C synthesis: of a module by Vivado HLS and Vitis HLS, and Vitis HLS's summary."""

import re
from collections.abc import Sequence
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import PipelineType, ReportKind, SynthesisReport, ToolResources
from l1ad.synthesis.text import count, named_value, nanoseconds, rows_after

__all__ = ["MODULE_TITLE", "SUMMARY_TITLE", "read_csynth_summary", "read_csynth_text"]

MODULE_TITLE = re.compile(r"^== (Vivado HLS|Vitis HLS) Report for '([^']+)'", re.MULTILINE)
SUMMARY_TITLE = re.compile(r"^== Synthesis Summary Report of '([^']+)'", re.MULTILINE)

_COLUMNS = {
    "lut": ("LUT",),
    "ff": ("FF",),
    "dsp": ("DSP", "DSP48E"),  # DSP48E to 2020.1
    "bram_18k": ("BRAM_18K",),
    "uram": ("URAM",),
}
_SUMMARY_COLUMNS = {"lut": "LUT", "ff": "FF", "dsp": "DSP", "bram_18k": "BRAM", "uram": "URAM"}


def read_csynth_text(path: Path, text: str) -> SynthesisReport:
    """Read `<top>_csynth.rpt`, whose title says 'Vivado HLS Report for' or 'Vitis HLS Report for'.

    Raises:
        ToolError: If a table is missing or holds no figures.
    """
    title = MODULE_TITLE.search(text)
    if title is None:
        raise ToolError(f"{path}: no title 'Vitis HLS Report for' or 'Vivado HLS Report for'")
    lines = text.splitlines()
    clock = _row(path, lines, "+ Timing", 4, "Clock")
    # To 2018 the latency has no columns of absolute time: interval and type are counted from the end.
    cycles = _row(path, lines, "+ Latency", 5, "min", "Latency (cycles)", "Latency")
    estimated = nanoseconds(path, "the estimated clock", clock[2])
    return SynthesisReport(
        source=path.name,
        kind=ReportKind.HLS_SYNTHESIS,
        tool=title[1],
        version=_version(text),
        part=named_value(text, "Target device"),
        top=title[2],
        target_clock_ns=nanoseconds(path, "the target clock", clock[1]),
        clock_uncertainty_ns=nanoseconds(path, "the clock uncertainty", clock[3]),
        estimated_clock_ns=estimated or None,  # 0.000 is written when there was nothing to time
        latency_cycles_min=count(path, "the latency", cycles[0]),
        latency_cycles_max=count(path, "the latency", cycles[1]),
        interval_cycles_min=count(path, "the interval", cycles[-3]),
        interval_cycles_max=count(path, "the interval", cycles[-2]),
        pipeline=PipelineType.from_text(cycles[-1]),
        used=_resources(path, lines, "Total"),
        available=_resources(path, lines, "Available"),
    )


def read_csynth_summary(path: Path, text: str) -> SynthesisReport:
    """Read Vitis HLS's `csynth.rpt`, 'Synthesis Summary Report of': no clock, no available resources.

    A '-' among its resources is none used or not told, which the summary does not tell apart.

    Raises:
        ToolError: If the table or the top level's line is missing.
    """
    title = SUMMARY_TITLE.search(text)
    if title is None:
        raise ToolError(f"{path}: no title 'Synthesis Summary Report of'")
    row = _summary_row(path, text.splitlines(), title[1])
    latency = _range(path, "the latency", row["Latency (cycles)"])
    interval = _range(path, "the interval", row["Interval"])
    used = {name: row[column].partition("(")[0].strip() for name, column in _SUMMARY_COLUMNS.items()}
    remarks = ["no clock in this summary; <top>_csynth.rpt or .xml beside it has it"]
    unsaid = [name for name, number in used.items() if number == "-"]
    if unsaid:
        remarks.append(f"the summary gives no number of {', '.join(unsaid)}, which can be 0")
    if "timing" in row.get("Issue Type", "").lower():
        remarks.append(f"the tool marks a timing violation, slack {row.get('Slack', '?')} ns")
    return SynthesisReport(
        source=path.name,
        kind=ReportKind.HLS_SYNTHESIS,
        version=_version(text),
        part=named_value(text, "Target device"),
        top=title[1],
        latency_cycles_min=latency[0],
        latency_cycles_max=latency[1],
        interval_cycles_min=interval[0],
        interval_cycles_max=interval[1],
        pipeline=PipelineType.from_text(row["Pipelined"]),
        used=ToolResources(**{name: count(path, name, number) for name, number in used.items()}),
        remarks=tuple(remarks),
    )


def _version(text: str) -> str | None:
    """Find the version without its build."""
    said = named_value(text, "Version")
    return None if said is None else said.partition(" ")[0]


def _row(path: Path, lines: Sequence[str], heading: str, width: int, *headers: str) -> list[str]:
    """Find the first row of figures after a heading."""
    for row in rows_after(lines, heading):
        if len(row) >= width and row[0] not in headers:
            return row
    raise ToolError(
        f"{path}: no figures after {heading!r}; is this the report of a finished synthesis, and whole?"
    )


def _resources(path: Path, lines: Sequence[str], row_name: str) -> ToolResources:
    """Read one line of the summary of resources; 'Available SLR' is not 'Available'."""
    rows = list(rows_after(lines, "== Utilization Estimates"))
    header = next((row for row in rows if row[0] == "Name"), None)
    wanted = next((row for row in rows if row[0] == row_name), None)
    if header is None or wanted is None or len(header) != len(wanted):
        raise ToolError(
            f"{path}: no line {row_name!r} under 'Utilization Estimates'; "
            "is this the report of a finished synthesis, and whole?"
        )
    by_column = dict(zip(header, wanted, strict=True))
    found: dict[str, int | None] = {}
    for name, spellings in _COLUMNS.items():
        given = [by_column[one] for one in spellings if one in by_column]
        if not given and name != "uram":  # old reports have no URAM
            raise ToolError(f"{path}: no column {' or '.join(spellings)} under 'Utilization Estimates'")
        found[name] = count(path, name, given[0]) if given else None
    return ToolResources(**found)


def _summary_row(path: Path, lines: Sequence[str], top_name: str) -> dict[str, str]:
    """Find the top level's line ('+ name', or '+ name*' for dataflow) by column, whose names fill two lines."""
    rows = list(rows_after(lines, "+ Performance & Resource Estimates"))
    top = next((row for row in rows if row[0].removeprefix("+ ").rstrip("*") == top_name), None)
    if top is None or len(rows) < 3 or not len(rows[0]) == len(rows[1]) == len(top):
        raise ToolError(
            f"{path}: no line of {top_name!r} under 'Performance & Resource Estimates'; is it whole?"
        )
    names = [f"{above} {below}".strip() for above, below in zip(rows[0], rows[1], strict=True)]
    found = dict(zip(names, top, strict=True))
    for name in ("Latency (cycles)", "Interval", "Pipelined", *_SUMMARY_COLUMNS.values()):
        if name not in found:
            raise ToolError(f"{path}: no column {name!r} under 'Performance & Resource Estimates'")
    return found


def _range(path: Path, what: str, text: str) -> tuple[int | None, int | None]:
    """Read '12' or '3 ~ 40'."""
    low, between, high = text.partition("~")
    first = count(path, what, low)
    return first, count(path, what, high) if between else first
