"""The text reports of `export_design -flow`: resources and clock after Vivado's synthesis or routing."""

import re
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import ReportKind, SynthesisReport, ToolResources
from l1ad.synthesis.text import cells, count, named_value, nanoseconds

__all__ = ["EXPORT_TITLE", "read_export_text"]

EXPORT_TITLE = re.compile(r"^(?:Implementation tool: Xilinx Vivado|== Vivado .* Results$)", re.MULTILINE)
"""First line of `<top>_export.rpt`, and the title of `export_impl.rpt` and `export_syn.rpt`."""


def read_export_text(path: Path, text: str) -> SynthesisReport:
    """Read `<top>_export.rpt` or `export_impl.rpt`.

    BRAM counts halves of 18 kbit: the tool's own script adds RAMB18 and twice RAMB36.

    Raises:
        ToolError: If resources or the clock are missing.
    """
    routed = "Post-Implementation" in text or "Place & Route" in text
    wanted = ("CP achieved post-implementation", "Post-Route") if routed else (
        "CP achieved post-synthesis", "Post-Synthesis",
    )  # fmt: skip
    version = named_value(text, "Implementation tool") or named_value(text, "Version") or ""
    found = re.search(r"\d{4}\.\d+(?:\.\d+)?", version)
    return SynthesisReport(
        source=path.name,
        kind=ReportKind.UTILISATION,
        tool="Vivado",
        version=found[0] if found else None,
        part=named_value(text, "Device target") or named_value(text, "Target device"),
        target_clock_ns=_clock(path, text, "CP required", "Target"),
        estimated_clock_ns=_clock(path, text, *wanted),
        used=ToolResources(
            lut=_resource(path, text, "LUT"),
            ff=_resource(path, text, "FF"),
            dsp=_resource(path, text, "DSP"),
            bram_18k=_resource(path, text, "BRAM"),
            uram=count(path, "URAM", named_value(text, "URAM") or ""),
        ),
        status="Routed" if routed else "Synthesized",
    )


def _resource(path: Path, text: str, name: str) -> int | None:
    said = named_value(text, name)
    if said is None:
        raise ToolError(f"{path}: no line '{name}:'; is this the export report of a finished run, and whole?")
    return count(path, name, said)


def _clock(path: Path, text: str, name: str, row_name: str) -> float | None:
    """Find a clock: a line of its own to 2022.1, a row of a table since."""
    rows = (row for row in map(cells, text.splitlines()) if len(row) == 2 and row[0] == row_name)
    said = named_value(text, name) or next((row[1] for row in rows), None)
    if said is None:
        raise ToolError(f"{path}: no {name!r}; is this the export report of a finished run, and whole?")
    return nanoseconds(path, name, said)
