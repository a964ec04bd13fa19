"""What a report says of rates: thresholds, the usual ladder, and a threshold that the reader moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.threshold_scan import Curve, ThresholdScan
from l1ad.report.charts import Axis, Chart, Scale, Series
from l1ad.report.document import Block, Paragraph, Section, Table
from l1ad.report.numbers import rate_text
from l1ad.report.scores_section import threshold_markers
from l1ad.report.slider import Slider, SliderRow

__all__ = ["KHZ", "PER_DAY", "RateUnit", "RatesContent", "rates_section"]

Reals = NDArray[np.float64]

_HEADER = ("threshold", "budget", "hardware units", "interval", "score", "rate", "pure rate", "events", "note")


@dataclass(frozen=True, slots=True)
class RateUnit:
    """A unit of rates.

    Attributes:
        name: As people write it.
        per_khz: How many of it are 1 kHz.
        decimals: Decimals that are shown where there is no better rule.
    """

    name: str
    per_khz: float
    decimals: int


KHZ = RateUnit("kHz", 1.0, 3)
PER_DAY = RateUnit("events/day", 1000 * 86_400.0, 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RatesContent:
    """Rates of a run.

    Attributes:
        rates: What the step `rates` found, as in `rates.json`.
        scan: Rates and efficiencies at every threshold that matters.
        unit: Unit that charts and slider show rates in.
        fraction: Bits right of the point of the score word.
        titles: What to call each signal.
    """

    rates: Mapping[str, Any]
    scan: ThresholdScan
    unit: RateUnit
    fraction: int
    titles: Mapping[str, str]


def rates_section(content: RatesContent) -> Section:
    """Show thresholds with their rates, and what any other threshold would do."""
    rates = content.rates
    thresholds = Table(
        name="thresholds",
        title="Thresholds",
        header=_HEADER,
        rows=tuple(_row(name, one, content.fraction) for name, one in rates["rates"].items()),
    )
    blocks: list[Block] = [
        Paragraph(_how(content)),
        thresholds,
        *_expected(rates, content.scan),
        _chart(content),
        _slider(content),
        *_ladder(content),
    ]
    return Section(id="rates", title="Rates", blocks=tuple(blocks))


def _how(content: RatesContent) -> str:
    rates = content.rates
    excluded = (
        f"{rates['excluded']:,} more that the training has seen are left out"
        if rates["checked"]
        else "what the training has seen is not known"
    )
    intervals = f"{'Clopper-Pearson' if rates['equal_weights'] else 'scaled Garwood'}, "
    events = f"{rates['n_events']:,} background events"
    if not rates["equal_weights"]:
        events += f" of different weight (effective {rates['effective_events']:,.0f})"
    pure = (
        "The events come without a trigger menu: there is no pure rate."
        if content.scan.pure_khz is None
        else f"The pure rate is that of events which none of the menu's {rates['menu']} seeds accepts."
    )
    return (
        f"Stream: {rates['stream']}. An event is accepted when `score >= threshold`, before prescale. Counted "
        f"on {events}; {excluded}. Intervals: {intervals}{100 * rates['coverage']:.2f} %; that of a threshold "
        f"holds the one at which the whole stream keeps the budget exactly. {pure}"
    )


def _expected(rates: Mapping[str, Any], scan: ThresholdScan) -> list[Block]:
    """Say what new events are to be expected to do, as a threshold is set and counted on the same ones."""
    if not rates["equal_weights"]:
        return []
    found = [
        f"{(one['n_pass'] + 1) / (one['n_total'] + 1) * scan.stream_khz:.3g} kHz at `{name}`"
        for name, one in rates["rates"].items()
        if one["kind"] == "total" and not one["note"]
    ]
    if not found:
        return []
    return [
        Paragraph(
            "A threshold is set and counted on the same events: where n of N passed, n + 1 of N + 1 are to be "
            f"expected of new ones, {', '.join(found)}."
        )
    ]


def _row(name: str, one: Mapping[str, Any], fraction: int) -> tuple[str, ...]:
    return (
        name,
        f"{one['budget']} {one['kind']}",
        str(one["threshold_raw"]),
        f"{one['threshold_low_raw']} to {one['threshold_high_raw']}",
        f"{one['threshold_raw'] * 2.0**-fraction:.10g}",
        rate_text(dict(one)),
        "" if one["pure"] is None else rate_text(one["pure"]),
        f"{one['n_pass']:,} of {one['n_total']:,}",
        one["note"] or (f"{one['tied']} tied" if one["tied"] > 1 else ""),
    )


def _ladder(content: RatesContent) -> list[Block]:
    rows = tuple(
        _row(name, one, content.fraction)
        for rungs in content.rates["ladder"].values()
        for name, one in rungs.items()
    )
    blocks: list[Block] = []
    if rows:
        title = "The ladder of budgets that anomaly-detection groups quote"
        blocks.append(Table(name="ladder", title=title, header=_HEADER, rows=rows, folded=True))
    unresolved = content.rates["unresolved"]
    if unresolved:
        blocks.append(Paragraph("\n".join(f"- {name}: {why}" for name, why in unresolved.items())))
    return blocks


def _chart(content: RatesContent) -> Chart:
    scan, unit = content.scan, content.unit
    shown = scan.rate_khz.value <= scan.fine_khz
    x = scan.threshold_raw[shown].astype(np.float64)

    def line(name: str, curve: Curve) -> Series:
        value, low, high = (part[shown] * unit.per_khz for part in (curve.value, curve.low, curve.high))
        value = np.where(value > 0, value, np.nan)  # no logarithm; the band still tells the upper limit
        return Series(name=name, x=x, y=value, low=low, high=high)

    series = [line("rate", scan.rate_khz)]
    if scan.pure_khz is not None:
        series.append(line("pure rate", scan.pure_khz))
    return Chart(
        name="rate",
        title="Rate against threshold",
        caption=f"Bands are the {100 * scan.coverage:.2f} % intervals; lines are the thresholds. Shown up to "
        f"{scan.fine_khz * unit.per_khz:,.6g} {unit.name}.",
        x=Axis(label="Threshold (hardware units)"),
        y=Axis(label=f"Rate ({unit.name})", scale=Scale.LOG),
        series=tuple(series),
        markers=threshold_markers({name: one["threshold_raw"] for name, one in content.rates["rates"].items()}),
    )


def _slider(content: RatesContent) -> Slider:
    scan, unit = content.scan, content.unit
    passed = scan.n_pass.astype(np.float64)[:, None]
    rows = [
        SliderRow(name=f"events of {scan.n_events:,}", unit="", values=passed, decimals=0),
        _slider_row("rate", unit.name, scan.rate_khz, unit.per_khz, unit.decimals),
    ]
    if scan.pure_khz is not None:
        rows.append(_slider_row("pure rate", unit.name, scan.pure_khz, unit.per_khz, unit.decimals))
    rows += [_slider_row(content.titles[name], "%", curve, 100.0, 2) for name, curve in scan.efficiency.items()]
    tightest_first = sorted(content.rates["rates"].items(), key=lambda item: -item[1]["threshold_raw"])
    return Slider(
        name="threshold",
        title="Move the threshold",
        caption="Rates of the background and the part of each signal that passes, counted at each threshold, "
        f"with their {100 * scan.coverage:.2f} % intervals. Those of efficiencies are Clopper-Pearson: at a "
        "given threshold, without the error of setting it.",
        setting="threshold (hardware units)",
        positions=scan.threshold_raw.astype(np.float64),
        columns=("",),
        rows=tuple(rows),
        marks={name: float(one["threshold_raw"]) for name, one in tightest_first},
        chart="rate",
    )


def _slider_row(name: str, unit: str, curve: Curve, size: float, decimals: int) -> SliderRow:
    value, low, high = (part[:, None] * size for part in (curve.value, curve.low, curve.high))
    return SliderRow(name=name, unit=unit, values=value, low=low, high=high, decimals=decimals)
