"""Figures of a study of metrics without signal: versions as points, metrics against signals and faults."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Heatmap, Look, Scale, Series
from l1ad.report.studies.without_signal.results import VersionResults, WithoutSignalResults
from l1ad.report.studies.without_signal.verdicts import score_name

__all__ = ["fault_heatmap", "scatters", "signal_heatmap"]

_DECADES = 100.0
"""Largest over smallest value, from which a metric is drawn in decades."""


def scatters(results: WithoutSignalResults, score: str) -> Iterator[Chart]:
    """Draw each metric against the efficiency at the main working point, a point a version."""
    at = results.scores[score].main
    members = [one for one in results.versions if score in one.figure]
    kinds = sorted({one.kind for one in members})
    for metric, text in results.texts.items():
        x = _values(members, score, metric)
        y = np.array([one.figure[score][at] for one in members])
        better = "larger" if results.directions[metric] else "smaller"
        yield Chart(
            name=f"scatter_{score}_{_file_name(metric)}",
            title=f"{metric} against efficiency by {score_name(score)}",
            caption=f"A point a version; {better} values of the metric are declared the better. Efficiency: "
            f"geometric mean over signals at {at}.",
            x=Axis(label=f"{metric}: {text}", scale=_scale(x)),
            y=Axis(label=f"Efficiency at {at}", scale=Scale.LOG),
            series=tuple(_series(members, kinds, x, y)),
        )


def signal_heatmap(results: WithoutSignalResults, score: str) -> Heatmap:
    """Show Spearman's coefficient of sound versions for each metric and signal."""
    found = results.scores[score]
    rows = tuple(found.metrics)
    values = [[found.metrics[row].by_signal[signal] for signal in results.signals] for row in rows]
    return Heatmap(
        name=f"signals_{score}",
        title=f"Spearman's ρ among sound versions, by {score_name(score)}",
        caption=f"Each metric, turned so that larger is better, against the efficiency of each signal at "
        f"{found.main}; {found.sound} versions. Without any relation, ρ scatters by "
        f"{1 / np.sqrt(found.sound - 1):.2f}.",
        rows=rows,
        columns=results.signals,
        values=np.array(values, dtype=np.float64),
        label="Spearman's ρ",
        low=-1.0,
        high=1.0,
    )


def fault_heatmap(results: WithoutSignalResults, score: str) -> Heatmap:
    """Show the area with which each metric tells the versions of each fault from sound ones."""
    found = results.scores[score]
    rows = tuple(found.metrics)
    columns = tuple(
        name for name in results.faults if any(name in one.area_by_fault for one in found.metrics.values())
    )
    values = [[found.metrics[row].area_by_fault.get(fault, np.nan) for fault in columns] for row in rows]
    return Heatmap(
        name=f"fault_areas_{score}",
        title=f"Bad against sound versions, by {score_name(score)}",
        caption="Probability that a version with the fault looks worse than a sound one; 0.5 cannot tell "
        "them, and below it the fault looks like an improvement. There are few versions of each "
        "fault.",
        rows=rows,
        columns=columns,
        values=np.array(values, dtype=np.float64),
        label="Area",
    )


def _series(
    members: Sequence[VersionResults], kinds: Sequence[str], x: NDArray[np.float64], y: NDArray[np.float64]
) -> Iterator[Series]:
    groups = [(f"{kind}, sound", [one.fault is None and one.kind == kind for one in members]) for kind in kinds]
    groups.append(("bad", [one.fault is not None for one in members]))
    for colour, (name, chosen) in enumerate(groups):
        if any(chosen):
            yield Series(name=name, x=x[chosen], y=y[chosen], look=Look.POINTS, colour=colour)


def _values(members: Sequence[VersionResults], score: str, metric: str) -> NDArray[np.float64]:
    return np.array([one.metrics[score][metric] for one in members], dtype=np.float64)


def _scale(values: NDArray[np.float64]) -> Scale:
    known = values[np.isfinite(values)]
    spread = len(known) and known.min() > 0 and known.max() > _DECADES * known.min()
    return Scale.LOG if spread else Scale.LINEAR


def _file_name(metric: str) -> str:
    return metric.replace(",", "").replace(" ", "_").lower()
