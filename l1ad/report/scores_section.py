"""What a report says of the scores themselves: how they are distributed, and where the thresholds lie."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.histogram import ScoreHistogram
from l1ad.report.charts import Axis, Chart, Look, Marker, Scale, Series
from l1ad.report.document import Section, Table

__all__ = ["ScoresContent", "scores_section", "threshold_markers"]

Reals = NDArray[np.float64]

_BINS = 80


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoresContent:
    """Scores of a run.

    Attributes:
        samples: Events by score, by sample; the background, of which no training has seen any, first.
        titles: What to call each sample.
        thresholds_raw: Thresholds in hardware units, by name.
        raw_max: Highest integer of the score word.
        fraction: Bits right of the point of the score word.
    """

    samples: Mapping[str, ScoreHistogram]
    titles: Mapping[str, str]
    thresholds_raw: Mapping[str, int]
    raw_max: int
    fraction: int


def scores_section(content: ScoresContent) -> Section:
    """Show the scores of every sample, and how many lie at the ends of the score word."""
    table = Table(
        name="score_levels",
        title="Scores in hardware units",
        header=("sample", "events", "score 0", "median", "99 %", "highest", "at the end of the word"),
        rows=tuple(
            (content.titles[name], f"{one.n_events:,}", _percent(_share_at(one, 0)), str(_quantile(one, 0.5)),
             str(_quantile(one, 0.99)), str(one.score_raw[-1]), _percent(_share_at(one, content.raw_max)))
            for name, one in content.samples.items()
        ),
    )  # fmt: skip
    return Section(id="score", title="Scores", blocks=(_chart(content), table))


def threshold_markers(thresholds_raw: Mapping[str, int]) -> tuple[Marker, ...]:
    """Mark thresholds on an axis of scores in hardware units."""
    return tuple(Marker(name=name, at=float(raw)) for name, raw in thresholds_raw.items())


def _chart(content: ScoresContent) -> Chart:
    highest = max(int(one.score_raw[-1]) for one in content.samples.values())
    # Scores are whole: edges lie between them, so that no bin holds more of them than its width says.
    edges = np.unique(np.round(np.geomspace(1, highest + 2, _BINS))) - 0.5
    series = tuple(
        Series(
            name=content.titles[name],
            x=edges,
            y=_density(one, edges),
            look=Look.STEPS if place else Look.AREA,
            colour=place,
        )
        for place, (name, one) in enumerate(content.samples.items())
    )
    unit = f"2^-{content.fraction}" if content.fraction > 0 else f"{2**-content.fraction}"
    return Chart(
        name="scores",
        title="Score of the background and of each signal",
        caption="Share of the events of each sample in each hardware unit; lines are the thresholds, and an "
        "event passes from its line on to the right. The axis begins at one half: what has the score 0 "
        f"lies left of it and is in the table. One hardware unit is {unit}.",
        x=Axis(label="Score (hardware units)", scale=Scale.LOG, low=0.5),
        y=Axis(label="Share of events per hardware unit", scale=Scale.LOG),
        series=series,
        markers=threshold_markers(content.thresholds_raw),
    )


def _density(histogram: ScoreHistogram, edges: Reals) -> Reals:
    weights, _ = np.histogram(histogram.score_raw, edges, weights=histogram.counted.weight)
    density = weights / histogram.weight / np.diff(edges)
    return np.where(density > 0, density, np.nan)  # nothing has no logarithm


def _share_at(histogram: ScoreHistogram, raw: int) -> float:
    return float(histogram.counted.weight[histogram.score_raw == raw].sum()) / histogram.weight


def _quantile(histogram: ScoreHistogram, level: float) -> int:
    cumulative = histogram.counted.weight.cumsum()
    place = int(np.searchsorted(cumulative, level * cumulative[-1]))
    return int(histogram.score_raw[min(place, len(cumulative) - 1)])


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %" if share else "–"
