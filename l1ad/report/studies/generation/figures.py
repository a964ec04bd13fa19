"""Figures of a generation study: distributions, pulls, correlations and ROC curves."""

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Heatmap, Look, Scale, Series
from l1ad.report.studies.generation.results import GenerationResults, GeneratorResults, ShownVariable
from l1ad.report.studies.generation.verdicts import FLOOR

__all__ = ["correlation_maps", "distribution_charts", "pull_map", "resonance_charts", "variable_map"]

Reals = NDArray[np.float64]

_MOST_PULL = 5.0


def distribution_charts(results: GenerationResults, best: GeneratorResults) -> list[Chart]:
    """Draw each variable: true events, those of the best family with their errors, and those of the others."""
    total = results.counts.test
    charts = []
    for place, variable in enumerate(results.variables):
        widths = np.diff(variable.edges)

        def density(counts: Reals, widths: Reals = widths) -> Reals:
            return counts / (total * widths)

        middle = (variable.edges[:-1] + variable.edges[1:]) / 2
        counts = best.counts[place]
        # Over repetitions, or of the counts themselves, whichever is larger.
        error = np.maximum(best.count_spread[place], np.sqrt(counts))
        series = [
            Series(name="true", x=variable.edges, y=density(variable.counts), look=Look.AREA),
            *(
                Series(name=one.name, x=variable.edges, y=density(one.counts[place]), look=Look.STEPS)
                for one in results.families
                if one is not best
            ),
            Series(
                name=best.name, x=middle, y=density(counts), low=density(np.maximum(counts - error, 0.0)),
                high=density(counts + error), look=Look.POINTS,
            ),
        ]  # fmt: skip
        charts.append(
            Chart(
                name=f"variable_{variable.name}",
                title=variable.label,
                caption="Test events and as many generated, mean of the trainings; error bars of "
                f"{best.name}: spread of the trainings, at least the statistics of one. The smallest 0.5 % and "
                "the largest 2 % of true events are not shown.",
                x=Axis(label=variable.label, low=float(variable.edges[0]), high=float(variable.edges[-1])),
                y=_shares_axis(variable, total),
                series=tuple(series),
            )
        )
    return charts


def _shares_axis(variable: ShownVariable, total: int) -> Axis:
    """Give the axis of densities: of counts from half an event on, by the logarithm."""
    label = "Share of events per unit"
    return (
        Axis(label=label, scale=Scale.LOG, low=0.5 / total) if variable.is_count else Axis(label=label, low=0.0)
    )


def variable_map(results: GenerationResults) -> Heatmap:
    """Show the KS distance of each variable by family, and what true events give."""
    columns = [(one.name, one.distances) for one in results.families] + [(FLOOR, results.floor)]
    values = np.stack([one.by_variable["ks"] for _, one in columns], axis=1)
    return Heatmap(
        name="ks_by_variable",
        title="Kolmogorov-Smirnov distance by variable",
        caption="Mean over repetitions; the last column is what true events give against others.",
        rows=tuple(one.name for one in results.variables),
        columns=tuple(name for name, _ in columns),
        values=values,
        label="KS distance",
        low=0.0,
        high=max(0.1, float(values.max())),
        decimals=3,
    )


def pull_map(results: GenerationResults, best: GeneratorResults) -> Heatmap:
    """Show the pulls of the best family, by variable and bin of about equal numbers of true events."""
    n_bins = max(len(one) for one in best.pulls)
    values = np.full((len(best.pulls), n_bins), np.nan)
    for place, pulls in enumerate(best.pulls):
        values[place, : len(pulls)] = pulls
    return Heatmap(
        name="pulls",
        title=f"Pulls of {best.name}, from the smallest values to the largest",
        caption="Generated − true over the statistical error of both, first training; bins have about equal "
        "numbers of true events, counts have fewer bins. About N(0, 1) where both are alike.",
        rows=tuple(one.name for one in results.variables),
        columns=tuple(str(number) for number in range(1, n_bins + 1)),
        values=values,
        label="Pull",
        low=-_MOST_PULL,
        high=_MOST_PULL,
        decimals=1,
    )


def correlation_maps(results: GenerationResults, best: GeneratorResults) -> list[Heatmap]:
    """Show the rank correlations of true events, of the best family's, and their difference."""
    difference = best.correlations - results.correlations
    most = max(0.05, float(np.abs(difference).max()))
    return [
        _matrix(results, "correlations_true", "True events", results.correlations, 1.0),
        _matrix(results, "correlations_generated", f"Events of {best.name}", best.correlations, 1.0),
        _matrix(results, "correlations_difference", f"{best.name} − true", difference, most),
    ]


def _matrix(results: GenerationResults, name: str, title: str, values: Reals, most: float) -> Heatmap:
    names = tuple(one.name for one in results.variables)
    return Heatmap(
        name=name,
        title=title,
        caption="Spearman's rank correlation, all test events or as many generated, mean over repetitions. Of "
        "azimuths it depends on where the circle is cut.",
        rows=names,
        columns=names,
        values=values,
        label="Rank correlation",
        low=-most,
        high=most,
    )


def resonance_charts(results: GenerationResults) -> list[Chart]:
    """Draw the share of the resonance that is found against that of background, a chart a family."""
    shares = results.background_shares
    return [
        Chart(
            name=f"roc_{place + 1}_{one.kind}",
            title=f"{one.name}: the resonance against background",
            caption="Mean over trainings; events of the test. The dashed line is a score that knows nothing.",
            x=Axis(label="Share of background", scale=Scale.LOG, low=float(shares[0]), high=1.0),
            y=Axis(label="Share of the resonance", low=0.0, high=1.0),
            series=(
                *(Series(name=name, x=shares, y=values) for name, values in one.efficiency.items()),
                Series(name="at random", x=shares, y=shares, dashed=True),
            ),
        )
        for place, one in enumerate(results.families)
    ]
