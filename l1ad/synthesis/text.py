"""The text reports of the vendor: tables between bars, and figures that may be undefined."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from l1ad.core.errors import ToolError

__all__ = ["cells", "count", "lines_after", "named_value", "nanoseconds", "rows_after"]

_UNDEFINED = frozenset({"", "-", "?", "undef", "na", "n/a", "inf"})

_BLOCK = re.compile(r"(?:==|\+) [A-Za-z]")
"""The start of a section ('== Interface') or of a block of it ('+ Latency:')."""


def count(path: Path, what: str, text: str) -> int | None:
    """Read a whole number; None for a word such as 'undef', '?' or 'NA'.

    Raises:
        ToolError: If it is neither.
    """
    text = text.strip()
    if text.lower() in _UNDEFINED:
        return None
    if not re.fullmatch(r"\d+", text, re.ASCII):
        raise ToolError(f"{path}: {what} is {text!r}, not a whole number such as 1526")
    return int(text)


def nanoseconds(path: Path, what: str, text: str) -> float | None:
    """Read a time in ns, with or without its unit; None for a word such as 'NA'.

    Raises:
        ToolError: If it is neither.
    """
    text = text.strip()
    if text.lower() in _UNDEFINED:
        return None
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)(?:\s*ns)?", text, re.ASCII)
    if found is None:
        raise ToolError(f"{path}: {what} is {text!r}, not a time in ns such as '4.049 ns'")
    return float(found[1])


def cells(line: str) -> list[str]:
    """Split a line of a table at its bars; no cells in any other line."""
    line = line.strip()
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []


def lines_after(lines: Sequence[str], heading: str) -> Iterator[str]:
    """Give the lines after the first that begins with a heading, up to the next heading."""
    rest = iter(lines)
    if any(line.strip().startswith(heading) for line in rest):
        for line in rest:
            if _BLOCK.match(line.strip()):
                return
            yield line


def rows_after(lines: Sequence[str], heading: str) -> Iterator[list[str]]:
    """Give the table rows after a heading, up to the next heading; headers are rows as well."""
    yield from filter(None, map(cells, lines_after(lines, heading)))


def named_value(text: str, name: str) -> str | None:
    """Find the value of the first line 'name: value', whatever stars or bars stand before it."""
    found = re.search(rf"^[|*\t ]*{re.escape(name)}[\t ]*:[\t ]*(\S.*?)[.\s]*$", text, re.MULTILINE)
    return found[1] if found else None
