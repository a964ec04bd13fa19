"""Any report of the vendor's tools: its format is recognised by what it holds, not by its name."""

import re
from collections.abc import Callable
from pathlib import Path

from l1ad.core.errors import ToolError
from l1ad.synthesis.cosim_text import COSIM_HEADER, read_cosim_text
from l1ad.synthesis.csynth_text import MODULE_TITLE, SUMMARY_TITLE, read_csynth_summary, read_csynth_text
from l1ad.synthesis.csynth_xml import read_csynth_xml
from l1ad.synthesis.export_text import EXPORT_TITLE, read_export_text
from l1ad.synthesis.report import SynthesisReport
from l1ad.synthesis.vivado_text import TIMING_TITLE, UTILISATION_HEADER, read_timing, read_utilisation

__all__ = ["is_report", "read_report"]

Reader = Callable[[Path, str], SynthesisReport]

_LARGEST_BYTES = 256 * 1024**2
_HEAD_LINES = 40
_WANTED = (
    "wanted is a csynth.xml, a csynth.rpt, cosim.rpt or export.rpt of Vitis HLS or Vivado HLS, "
    "or Vivado's report_utilization or report_timing_summary"
)

_TITLES: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (MODULE_TITLE, read_csynth_text),
    (SUMMARY_TITLE, read_csynth_summary),
    (COSIM_HEADER, read_cosim_text),
    (EXPORT_TITLE, read_export_text),
)
"""Formats with a title among their first lines."""

_TABLES: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (UTILISATION_HEADER, read_utilisation),
    (TIMING_TITLE, read_timing),
)
"""Vivado's reports, which share their first lines."""

_VIVADO = re.compile(r"^\|\s*Tool Version\s*:\s*Vivado", re.MULTILINE)


def read_report(path: Path) -> SynthesisReport:
    """Read a report of HLS synthesis, co-simulation, export, utilisation or timing.

    Raises:
        ToolError: If there is no such file, it is no report, or it is cut off.
    """
    text = _text(path)
    reader = _reader(text)
    if reader is None:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        raise ToolError(f"{path}: begins with {first[:60]!r}, as no report does that is known; {_WANTED}")
    return reader(path, text)


def is_report(path: Path) -> bool:
    """Tell whether a file looks like a report that `read_report` knows; it can still be cut off."""
    try:
        text = _text(path)
    except (ToolError, OSError):
        return False
    return _reader(text) is not None and (not text.lstrip().startswith("<") or "<UserAssignments>" in text)


def _text(path: Path) -> str:
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no such file"
        raise ToolError(f"{path}: {what}; {_WANTED}")
    size = path.stat().st_size
    if size > _LARGEST_BYTES:
        raise ToolError(f"{path}: {size:,} bytes, more than any report has; {_WANTED}")
    content = path.read_bytes()
    if b"\0" in content:
        raise ToolError(f"{path}: a binary file; {_WANTED}")
    text = content.decode("utf-8", errors="replace")
    if not text.strip():
        raise ToolError(f"{path}: empty; was the tool stopped before it wrote it?")
    return text


def _reader(text: str) -> Reader | None:
    head = "\n".join(text.lstrip("\ufeff").split("\n", _HEAD_LINES)[:_HEAD_LINES])
    if head.lstrip().startswith("<"):
        return read_csynth_xml
    for title, reader in _TITLES:
        if title.search(head):
            return reader
    if _VIVADO.search(head):
        return next((reader for table, reader in _TABLES if table.search(text)), None)
    return None
