"""Vivado's own text reports: `report_utilization` and `report_timing_summary`."""

import re
from collections.abc import Iterator
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import ReportKind, SynthesisReport, ToolResources
from l1ad.synthesis.text import cells, count, named_value, nanoseconds

__all__ = ["TIMING_TITLE", "UTILISATION_HEADER", "read_timing", "read_utilisation"]

UTILISATION_HEADER = re.compile(r"^\|\s*Site Type\s*\|\s*Used\s*\|", re.MULTILINE)
TIMING_TITLE = re.compile(r"^\|\s*Design Timing Summary\s*$", re.MULTILINE)

_SITES = {
    "lut": ("Slice LUTs", "CLB LUTs"),
    "ff": ("Slice Registers", "CLB Registers", "Registers"),
    "dsp": ("DSPs", "DSP Slices"),
    "uram": ("URAM",),
}
_TILE = "Block RAM Tile"

_CLOCK = re.compile(r"^\s*\S+\s+\{[-\d. ]+\}\s+(\d+\.\d+)\s+\d+\.\d+\s*$", re.MULTILINE)
"""A line of the clock summary: name, waveform, period, frequency."""


def read_utilisation(path: Path, text: str) -> SynthesisReport:
    """Read `report_utilization` of 7-series parts ('Slice LUTs') and UltraScale ones ('CLB LUTs').

    Raises:
        ToolError: If it counts no LUTs, as the hierarchical report does not.
    """
    used, available = _sites(path, text)
    if used.lut is None:
        raise ToolError(f"{path}: no line 'Slice LUTs' or 'CLB LUTs'; is this a whole report_utilization?")
    unsaid = [name for name, number in used.counts().items() if number is None and name != "uram"]
    return SynthesisReport(
        source=path.name,
        kind=ReportKind.UTILISATION,
        tool="Vivado",
        version=_version(text),
        part=named_value(text, "Device"),
        top=named_value(text, "Design"),
        used=used,
        available=available,
        status=named_value(text, "Design State"),
        remarks=(f"no number of {', '.join(unsaid)}: is the report whole?",) if unsaid else (),
    )


def read_timing(path: Path, text: str) -> SynthesisReport:
    """Read the design's slack from `report_timing_summary`; its clock too, when there is one only.

    Raises:
        ToolError: If the summary is cut off.
    """
    summary = re.search(r"^\s*WNS\(ns\)\s+TNS\(ns\).*\n[-\s]+\n(.*)$", text, re.MULTILINE)
    figures = summary[1].split() if summary else []
    if len(figures) < 2:
        raise ToolError(f"{path}: no figures under 'Design Timing Summary'; is the report whole?")
    periods = set(_CLOCK.findall(text))
    slack = nanoseconds(path, "WNS", figures[0])
    return SynthesisReport(
        source=path.name,
        kind=ReportKind.TIMING,
        tool="Vivado",
        version=_version(text),
        part=named_value(text, "Device"),
        top=named_value(text, "Design"),
        target_clock_ns=float(periods.pop()) if len(periods) == 1 else None,
        status=named_value(text, "Design State"),
        worst_slack_ns=slack,
        total_slack_ns=nanoseconds(path, "TNS", figures[1]),
        remarks=tuple(_timing_remarks(path, text, slack, figures)),
    )


def _timing_remarks(path: Path, text: str, slack: float | None, figures: list[str]) -> Iterator[str]:
    if slack is None:
        yield "no path is timed: is there a create_clock in the constraints?"
    hold = nanoseconds(path, "WHS", figures[4]) if len(figures) > 4 else None
    if hold is not None and hold < 0:
        yield f"hold timing is not met: worst hold slack {hold:g} ns"
    unclocked = re.search(r"There are (\d+) register/latch pins with no clock", text)
    if unclocked and int(unclocked[1]):
        yield f"{unclocked[1]} register pins have no clock, so that their paths are not timed"


def _version(text: str) -> str | None:
    found = re.search(r"^\|\s*Tool Version\s*:\s*Vivado v\.?(\S+)", text, re.MULTILINE)
    return found[1] if found else None


def _sites(path: Path, text: str) -> tuple[ToolResources, ToolResources]:
    """Count what is used and available, from the tables that have those columns; the first line counts."""
    used: dict[str, str] = {}
    available: dict[str, str] = {}
    header: list[str] = []
    for row in filter(None, map(cells, text.splitlines())):
        if row[0] == "Site Type":
            header = row
        elif len(row) == len(header) and "Used" in header:
            site = row[0].rstrip("*").strip()
            used.setdefault(site, row[header.index("Used")])
            available.setdefault(site, row[header.index("Available")] if "Available" in header else "")
    return _resources(path, used), _resources(path, available)


def _resources(path: Path, sites: dict[str, str]) -> ToolResources:
    found: dict[str, int | None] = {}
    for name, spellings in _SITES.items():
        given = next((sites[one] for one in spellings if one in sites), "")
        found[name] = count(path, spellings[0], given)
    return ToolResources(**found, bram_18k=_halves(path, sites.get(_TILE, "")))


def _halves(path: Path, tiles: str) -> int | None:
    """Count block RAM in halves of 18 kbit from tiles, of which the tool writes halves as '.5'."""
    whole, _, half = tiles.partition(".")
    number = count(path, _TILE, whole)
    if half not in {"", "0", "5"}:
        raise ToolError(f"{path}: {_TILE} is {tiles!r}, which is no number of half tiles such as 10.5")
    return None if number is None else 2 * number + (half == "5")
