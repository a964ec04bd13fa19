"""Figures of a comparison in words."""

import math

from l1ad.metrics.efficiency import Efficiency
from l1ad.metrics.ranks import Bounded
from l1ad.report.comparison import ComparedAlgorithm, Comparison
from l1ad.report.numbers import UNKNOWN

__all__ = ["UNKNOWN", "area_text", "exceeded_text", "percent_text", "ratio_text", "wins_text"]


def percent_text(one: Efficiency | Bounded) -> str:
    """Write a fraction in percent with its interval, to two digits of the smaller error."""
    errors = [100 * error for error in (one.high - one.value, one.value - one.low) if error > 0]
    decimals = min(4, max(0, 1 - math.floor(math.log10(min(errors))))) if errors else 2
    return f"{100 * one.value:.{decimals}f} % ({100 * one.low:.{decimals}f} to {100 * one.high:.{decimals}f})"


def area_text(auc: Bounded) -> str:
    """Write an area under a curve with its interval."""
    return f"{auc.value:.4f} ({auc.low:.4f} to {auc.high:.4f})"


def ratio_text(algorithm: ComparedAlgorithm, point: str) -> str:
    """Write the geometric mean of an algorithm's ratios at a budget, where it has some."""
    ratios = algorithm.ratios.get(point)
    if ratios is None:
        return UNKNOWN
    mean = ratios.geometric_mean
    return f"{mean.value:.3f} ({mean.low:.3f} to {mean.high:.3f})"


def wins_text(algorithm: ComparedAlgorithm, point: str) -> str:
    """Write on how many signals an algorithm finds more than the reference."""
    ratios = algorithm.ratios.get(point)
    return UNKNOWN if ratios is None else f"{ratios.wins} of {len(ratios.signals)}"


def exceeded_text(comparison: Comparison) -> str:
    """Say where an algorithm finds more than what should bound it; nothing where none does."""
    if not comparison.exceeded:
        return ""
    where = ", ".join(
        f"{comparison.title(name)} ({algorithm})" for name, algorithm in comparison.exceeded.items()
    )
    return (
        f"The upper bound is none at {comparison.tightest} for {where}: the algorithm named finds more than "
        "the classifier that was told the signal."
    )
