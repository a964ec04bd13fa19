"""A comparison as Markdown: algorithms in rows, signals in columns."""

import math
from collections.abc import Callable

from l1ad.metrics.efficiency import Efficiency
from l1ad.metrics.ranks import Bounded
from l1ad.metrics.working_points import AtPoint, Measured
from l1ad.report.comparison import ComparedAlgorithm, Comparison
from l1ad.report.comparison_figures import EFFICIENCY_FIGURE
from l1ad.report.markdown import table

__all__ = ["comparison_report", "exceeded_text", "percent_text", "ratio_text", "wins_text"]

UNKNOWN = "–"


def comparison_report(comparison: Comparison) -> str:
    """Write the whole comparison: the tightest budget first, with what each algorithm takes."""
    tightest = comparison.tightest
    parts = [
        "# Comparison of trigger algorithms",
        _what(comparison),
        f"## Efficiency at {tightest}",
        _of_point(comparison, tightest, with_cost=True),
        *filter(None, [exceeded_text(comparison)]),
        f"![Efficiency at {tightest}]({EFFICIENCY_FIGURE}.png)\n\n*What each algorithm finds of each signal at "
        f"{tightest}; open arrows are upper ends where nothing passed.*",
        "## Area under the ROC curve",
        _by_signal(comparison, lambda one: _area(one.auc)),
        f"## Pure efficiency at {tightest}",
        "Events that no unprescaled seed of the signal's menu took, as a fraction of all its events.",
        _by_signal(comparison, lambda one: _pure(one.at[tightest])),
        *_others(comparison),
        "## Events",
        table(["sample", "SHA-256"], [[name, f"`{digest}`"] for name, digest in comparison.digests.items()]),
    ]
    return "\n\n".join(parts) + "\n"


def percent_text(one: Efficiency | Bounded) -> str:
    """Write a fraction in percent with its interval, to two digits of the smaller error."""
    errors = [100 * error for error in (one.high - one.value, one.value - one.low) if error > 0]
    decimals = min(4, max(0, 1 - math.floor(math.log10(min(errors))))) if errors else 2
    return f"{100 * one.value:.{decimals}f} % ({100 * one.low:.{decimals}f} to {100 * one.high:.{decimals}f})"


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
    where = ", ".join(f"{name} ({algorithm})" for name, algorithm in comparison.exceeded.items())
    return (
        f"The upper bound is none at {comparison.tightest} for {where}: the algorithm named finds more than "
        "the classifier that was told the signal."
    )


def _what(comparison: Comparison) -> str:
    text = (
        f"Thresholds are set for each algorithm on the same {comparison.n_background:,} background events, "
        f"which no training has seen; stream: {comparison.stream}. Intervals are the central 68.27 %: of areas "
        "DeLong's, of efficiencies a bootstrap that sets the threshold anew on each drawn background."
    )
    if comparison.reference is None:
        return text
    return (
        f"{text} Ratios are efficiencies over those of `{comparison.reference}`, geometrically averaged over "
        "the signals; their bootstrap draws the same events for both."
    )


def _of_point(comparison: Comparison, point: str, *, with_cost: bool = False) -> str:
    """Lay the efficiencies at a point out, with ratios where it is a budget, and with costs if wanted."""
    signals = list(comparison.signals)
    header = ["algorithm", "scores", *signals]
    with_ratios = comparison.reference is not None and point in comparison.points[: comparison.budgets]
    if with_ratios:
        header += ["geometric mean ratio", "wins"]
    if with_cost:
        header += ["LUT", "latency", "EBOPs", "zeros"]
    rows = []
    for one in comparison.algorithms:
        row = [one.name, one.kind, *(percent_text(one.measured[name].at[point].efficiency) for name in signals)]
        if with_ratios:
            row += [ratio_text(one, point), wins_text(one, point)]
        rows.append([*row, *(_cost(one) if with_cost else [])])
    return table(header, rows)


def _cost(one: ComparedAlgorithm) -> list[str]:
    cost = one.cost
    return [
        UNKNOWN if cost.lut is None else f"{cost.lut:,}",
        UNKNOWN if cost.latency_cycles is None else f"{cost.latency_cycles} cycles, {cost.latency_ns:g} ns",
        UNKNOWN if cost.ebops is None else f"{cost.ebops:,}",
        UNKNOWN if cost.sparsity is None else f"{cost.sparsity:.1%}",
    ]


def _others(comparison: Comparison) -> list[str]:
    parts = []
    for point in comparison.points[1:]:
        parts += [f"## Efficiency at {point}", _of_point(comparison, point)]
    return parts


def _by_signal(comparison: Comparison, text: Callable[[Measured], str]) -> str:
    rows = [
        [one.name, *(text(one.measured[name]) for name in comparison.signals)] for one in comparison.algorithms
    ]
    return table(["algorithm", *comparison.signals], rows)


def _area(auc: Bounded) -> str:
    return f"{auc.value:.4f} ({auc.low:.4f} to {auc.high:.4f})"


def _pure(at: AtPoint) -> str:
    return UNKNOWN if at.pure is None else percent_text(at.pure)
