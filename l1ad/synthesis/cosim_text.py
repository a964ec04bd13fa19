"""The text report of C/RTL co-simulation: `<top>_cosim.rpt`."""

import re
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.synthesis.report import ReportKind, SynthesisReport
from l1ad.synthesis.text import cells, count, named_value

__all__ = ["COSIM_HEADER", "read_cosim_text"]

COSIM_HEADER = re.compile(r"^\+\s*RTL\s*\+\s*Status\s*\+", re.MULTILINE)

_LANGUAGES = frozenset({"VHDL", "Verilog", "SystemC"})


def read_cosim_text(path: Path, text: str) -> SynthesisReport:
    """Read a co-simulation report; of several languages that were run, the one that did not pass.

    Neither the top level nor the part is in the file.

    Raises:
        ToolError: If no language has a line.
    """
    rows = [row for row in map(cells, text.splitlines()) if len(row) >= 8 and row[0] in _LANGUAGES]
    if not rows:
        raise ToolError(f"{path}: no line of Verilog or VHDL; is this the report of a finished co-simulation?")
    row = min(rows, key=_telling)
    return SynthesisReport(
        source=path.name,
        kind=ReportKind.COSIMULATION,
        tool=named_value(text, "Simulation tool"),
        latency_cycles_min=count(path, "the latency", row[2]),
        latency_cycles_max=count(path, "the latency", row[4]),
        interval_cycles_min=count(path, "the interval", row[5]),
        interval_cycles_max=count(path, "the interval", row[7]),
        status=row[1],
    )


def _telling(row: list[str]) -> int:
    """Order languages: what went wrong, what passed, what was not run."""
    return {"pass": 1, "na": 2}.get(row[1].lower(), 0)
