"""The figures of a comparison, and its slider over rates."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Heatmap, Marker, Scale, Series
from l1ad.report.comparison import ComparedAlgorithm, Comparison
from l1ad.report.slider import Slider, SliderRow

__all__ = ["efficiency_charts", "efficiency_heatmap", "overlap_heatmap", "rate_slider"]

_LOWEST = 1e-4
_MEAN = "geometric mean"
_RATE_DIGITS = 3
"""Digits of a rate: enough to tell neighbours apart."""


def efficiency_heatmap(comparison: Comparison) -> Heatmap:
    """Show what each algorithm finds of each signal at the tightest budget, in percent."""
    point, algorithms = comparison.tightest, comparison.algorithms
    values = [
        [100 * one.measured[name].at[point].efficiency.value for name in comparison.signals]
        for one in algorithms
    ]
    return Heatmap(
        name="efficiency_map",
        title=f"Efficiency at {point}",
        caption="Colours are scaled to the largest value; intervals are in the tables.",
        rows=tuple(one.name for one in algorithms),
        columns=comparison.signal_titles,
        values=np.array(values),
        label="efficiency (%)",
        high=max(1.0, float(np.max(values))),
        decimals=1,
    )


def efficiency_charts(comparison: Comparison) -> Iterator[Chart]:
    """Draw, for each signal, the efficiency of every algorithm against the rate."""
    markers = tuple(Marker(name=name, at=at) for name, at in comparison.budget_rates_khz.items())
    for name in comparison.signals:
        yield Chart(
            name=f"rate_{name}",
            title=f"Efficiency of {comparison.title(name)} against rate",
            caption="No intervals: those at the budgets are in the tables. Runs are full lines, others dashed.",
            x=Axis(label="Rate (kHz)", scale=Scale.LOG),
            y=Axis(label="Signal efficiency", scale=Scale.LOG, low=_LOWEST, high=1.2),
            series=tuple(_curve(comparison, one, name) for one in comparison.algorithms),
            markers=markers,
        )


def rate_slider(comparison: Comparison) -> Slider:
    """Let the reader choose a rate, and show what each algorithm finds at it."""
    columns = (*comparison.signal_titles, _MEAN)
    return Slider(
        name="rate_choice",
        title="Choose a rate",
        caption="Each algorithm has its own threshold for the rate; no intervals, those at the budgets are in "
        "the tables. The geometric mean is over the signals, and is 0 where one is not found at all.",
        setting="rate (kHz)",
        positions=comparison.rates_khz,
        columns=columns,
        rows=tuple(
            SliderRow(name=one.name, unit="%", values=_percent(one, comparison.signals))
            for one in comparison.algorithms
        ),
        marks=dict(comparison.budget_rates_khz),
        setting_digits=_RATE_DIGITS,
    )


def overlap_heatmap(comparison: Comparison) -> Heatmap:
    """Show how much algorithms accept the same background events."""
    overlap = comparison.overlap
    return Heatmap(
        name="common_events",
        title=f"Background events in common at {overlap.point}",
        caption="Events that both accept over those that either does, each with its own threshold for the same "
        "rate. 1 on the diagonal; 0 where two trigger on different events.",
        rows=overlap.names,
        columns=overlap.names,
        values=overlap.common,
        label="common share",
    )


def _curve(comparison: Comparison, one: ComparedAlgorithm, signal: str) -> Series:
    found = one.curve[signal]
    # On a logarithmic axis nothing found has no place.
    y = np.where(found > 0, found, np.nan)
    return Series(name=one.name, x=comparison.rates_khz, y=y, dashed=one.run is None)


def _percent(one: ComparedAlgorithm, signals: tuple[str, ...]) -> NDArray[np.float64]:
    found = np.array([one.curve[name] for name in signals]).T
    with np.errstate(divide="ignore"):
        mean = np.exp(np.log(found).mean(axis=1))
    return np.column_stack([100 * found, 100 * mean])
