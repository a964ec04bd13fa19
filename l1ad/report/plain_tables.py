"""Tables of plain cells, and how numbers are written in them."""

from collections.abc import Iterable, Mapping
from typing import Any

from l1ad.report.document import Table
from l1ad.report.numbers import rate_text

__all__ = ["estimate_text", "figure_text", "filled", "made_table", "number_text", "percent_text"]

_UNKNOWN = "-"
"""What stands in a cell where nobody has found a figure."""


def made_table(
    name: str, title: str, header: Iterable[str], rows: Iterable[Iterable[str]], *, folded: bool = False
) -> Table:
    """Make a table without verdicts."""
    cells = tuple(tuple(row) for row in rows)
    return Table(name=name, title=title, header=tuple(header), rows=cells, folded=folded)


def filled(tables: Iterable[Table]) -> tuple[Table, ...]:
    """Leave out tables without rows."""
    return tuple(table for table in tables if table.rows)


def number_text(value: float | None) -> str:
    """Write a figure to six digits, whole numbers in full; `-` where nobody has found it."""
    return _UNKNOWN if value is None else f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"


def figure_text(value: float | None, form: str) -> str:
    """Write a figure in a form of Python's, e.g. `.3g`; `-` where there is none, or it is no number."""
    return _UNKNOWN if value is None or value != value else format(value, form)


def percent_text(point: Mapping[str, Any]) -> str:
    """Write a fraction with its interval in percent.

    Args:
        point: `value`, or `efficiency` of a gain beside the menu, with `low` and `high`.
    """
    value = point["value"] if "value" in point else point["efficiency"]
    return f"{100 * value:.2f} % ({100 * point['low']:.2f} to {100 * point['high']:.2f})"


def estimate_text(estimate: Mapping[str, Any]) -> str:
    """Write a rate with its interval.

    Args:
        estimate: `rate_khz`, `low_khz` and `high_khz`.
    """
    return rate_text({f"{end}_hz": 1000 * estimate[f"{end}_khz"] for end in ("rate", "low", "high")})
