"""Algorithms side by side, as the table that a terminal has room for."""

from l1ad.report.comparison import ComparedAlgorithm, Comparison
from l1ad.report.comparison_text import UNKNOWN, exceeded_text, wins_text
from l1ad.report.document import Table
from l1ad.report.plain_tables import made_table, number_text

__all__ = ["comparison_remarks", "comparison_table"]


def comparison_table(comparison: Comparison) -> Table:
    """Show the efficiencies at the tightest budget in percent, ratios to the reference, and costs."""
    ratios = ("mean ratio", "wins") if comparison.reference is not None else ()
    header = ("algorithm", *comparison.signal_titles, *ratios, "LUT", "EBOPs")
    rows = (_row(comparison, one) for one in comparison.algorithms)
    return made_table("comparison", f"Efficiency at {comparison.tightest}, in %", header, rows)


def comparison_remarks(comparison: Comparison) -> tuple[str, ...]:
    """Say where an algorithm finds more than what should bound it."""
    return tuple(filter(None, (exceeded_text(comparison),)))


def _row(comparison: Comparison, one: ComparedAlgorithm) -> tuple[str, ...]:
    point = comparison.tightest
    efficiencies = (one.measured[name].at[point].efficiency.value for name in comparison.signals)
    ratios = one.ratios.get(point)
    mean = UNKNOWN if ratios is None else f"{ratios.geometric_mean.value:.3f}"
    over = (mean, wins_text(one, point)) if comparison.reference is not None else ()
    cost = map(number_text, (one.cost.lut, one.cost.ebops))
    return (one.name, *(f"{100 * value:.2f}" for value in efficiencies), *over, *cost)
