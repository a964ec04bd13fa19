"""What a report says of signals: areas, efficiencies at the budgets and at any other rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.threshold_scan import Curve, ThresholdScan
from l1ad.report.charts import Axis, Chart, Look, Scale, Series
from l1ad.report.document import Paragraph, Section, Table
from l1ad.report.rates_section import RateUnit

__all__ = ["EfficiencyContent", "efficiency_section"]

Of = TypeVar("Of")
Reals = NDArray[np.float64]

_ROC_POINTS = 300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EfficiencyContent:
    """Efficiencies of a run.

    Attributes:
        rates: What the step `rates` found, as in `rates.json`.
        scan: Rates and efficiencies at every threshold that matters.
        allowed_khz: Rates that thresholds are set for, ascending, shape (n_rates,).
        at_rate: Efficiency of each signal at each of them, by name.
        intervals: What the intervals of `at_rate` are, in a few words.
        unit: Unit that rates are shown in.
        titles: What to call each signal.
    """

    rates: Mapping[str, Any]
    scan: ThresholdScan
    allowed_khz: Reals
    at_rate: Mapping[str, Curve]
    intervals: str
    unit: RateUnit
    titles: Mapping[str, str]


def efficiency_section(content: EfficiencyContent) -> Section:
    """Show how much of each signal is accepted, at the thresholds and at other rates."""
    text = (
        "Part of each signal with `score >= threshold`. Intervals at the budgets are the central 68.27 % of a "
        "bootstrap that draws background and signal anew and sets the threshold anew on each drawn background."
    )
    blocks = (Paragraph(text), _table(content), _efficiency_rate(content), _roc(content))
    return Section(id="efficiency", title="Efficiency", blocks=blocks)


def _table(content: EfficiencyContent) -> Table:
    rates = content.rates
    return Table(
        name="efficiencies",
        title="Efficiency at the budgets",
        header=("signal", "AUC", *(f"{name}, {budget}" for name, budget in rates["budgets"].items())),
        rows=tuple(
            (content.titles[name], f"{one['auc']:.4f}",
             *(_percent(one["at"][threshold]) for threshold in rates["budgets"]))
            for name, one in rates["efficiencies"].items()
        ),
    )  # fmt: skip


def _percent(at: Mapping[str, Any]) -> str:
    return f"{100 * at['value']:.2f} % ({100 * at['low']:.2f} to {100 * at['high']:.2f})"


def _roc(content: EfficiencyContent) -> Chart:
    scan = content.scan
    fraction = scan.rate_khz.value / scan.stream_khz
    # The lowest threshold of those with one rate finds most, and a line needs no more points than are seen.
    _, lowest = np.unique(-fraction, return_index=True)
    lowest = lowest[fraction[lowest] > 0]
    some = np.unique(np.linspace(0, len(lowest) - 1, _ROC_POINTS).astype(int))
    shown = lowest[some]
    ends = np.array([fraction[shown].min(), 1.0])
    least = min(
        curve.value[shown][curve.value[shown] > 0].min(initial=1.0) for curve in scan.efficiency.values()
    )
    return Chart(
        name="roc",
        title="ROC: efficiency against the accepted part of the background",
        caption="Points are the thresholds with their intervals, the threshold's own error included. The "
        "straight dashed line is no discrimination.",
        x=Axis(label="Accepted part of the background", scale=Scale.LOG, low=float(ends[0]), high=1.0),
        y=Axis(label="Signal efficiency", scale=Scale.LOG, low=least / 2, high=1.0),
        series=(
            *(
                Series(
                    name=content.titles[name], x=fraction[shown], y=_over_0(curve.value[shown]), colour=colour
                )
                for colour, (name, curve) in _coloured(scan.efficiency)
            ),
            Series(name="no discrimination", x=ends, y=ends, dashed=True, colour=0, in_legend=False),
            *_working_points(content, 1 / scan.stream_khz),
        ),
    )


def _efficiency_rate(content: EfficiencyContent) -> Chart:
    unit = content.unit
    x = content.allowed_khz * unit.per_khz
    return Chart(
        name="efficiency_rate",
        title="Efficiency against rate",
        caption="Efficiency at the lowest threshold whose rate keeps within what is allowed, from the lowest "
        f"rate that the events resolve. Bands: {content.intervals}. Points are the thresholds.",
        x=Axis(label=f"Total rate allowed ({unit.name})", scale=Scale.LOG),
        y=Axis(label="Signal efficiency", scale=Scale.LOG, high=1.0),
        series=(
            *(
                Series(name=content.titles[name], x=x, y=_over_0(curve.value), low=curve.low, high=curve.high,
                       colour=colour)
                for colour, (name, curve) in _coloured(content.at_rate)
            ),
            *_working_points(content, unit.per_khz),
        ),
    )  # fmt: skip


def _working_points(content: EfficiencyContent, per_khz: float) -> tuple[Series, ...]:
    """Give the thresholds of each signal as points; where no event passes, at half an event."""
    rates, scan = content.rates["rates"], content.scan
    half = 0.5 / scan.n_events * scan.stream_khz
    x = np.array([max(one["rate_hz"] / 1000, half) for one in rates.values()]) * per_khz
    found = []
    for colour, (name, one) in _coloured(content.rates["efficiencies"]):
        value, low, high = (
            np.array([one["at"][threshold][key] for threshold in rates], np.float64)
            for key in ("value", "low", "high")
        )
        found.append(
            Series(name=content.titles[name], x=x, y=_over_0(value), low=low, high=high, look=Look.POINTS,
                   colour=colour, in_legend=False)
        )  # fmt: skip
    return tuple(found)


def _coloured(by_signal: Mapping[str, Of]) -> list[tuple[int, tuple[str, Of]]]:
    """Number the signals as the chart of scores does, where the background is 0."""
    return list(enumerate(by_signal.items(), start=1))


def _over_0(values: Reals) -> Reals:
    return np.where(values > 0, values, np.nan)
