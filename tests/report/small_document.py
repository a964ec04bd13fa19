"""A small document with every kind of block, of made-up numbers that look like those of a trigger."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Heatmap, Look, Marker, Scale, Series
from l1ad.report.document import Document, Paragraph, Section, State, Table, Verdict
from l1ad.report.slider import Slider, SliderRow

Reals = NDArray[np.float64]

EVENTS = 240_000
CROSSINGS_KHZ = 2340 * 11.2455
THRESHOLDS = {"tight": 1855.0, "loose": 1145.0}
SIGNALS = ("A → 4ℓ", "h → aa → 4µ, cτ = 10 cm", "VBF h → invisible")


def random() -> np.random.Generator:
    return np.random.default_rng(20_250_101)


def scores_chart() -> Chart:
    rng = random()
    edges = np.concatenate([[0.0], np.geomspace(1.0, 8192.0, 61)])
    samples = [rng.lognormal(4.2, 0.9, 60_000), *(rng.lognormal(5.2 + n / 2, 0.8, 5_000) for n in range(3))]
    drawn = []
    for place, (name, scores) in enumerate(zip(("simulated zero bias", *SIGNALS), samples, strict=True)):
        density = np.histogram(scores, edges)[0] / len(scores) / np.diff(edges)
        look = Look.STEPS if place else Look.AREA
        drawn.append(Series(name=name, x=edges, y=density, look=look))
    return Chart(
        name="scores",
        title="Score of the background and of each signal",
        caption="Share of the events by unit of score; lines are the thresholds; scores of 0 are not seen.",
        x=Axis(label="Score (hardware units)", scale=Scale.LOG, low=1.0),
        y=Axis(label="Share of events by unit of score", scale=Scale.LOG),
        series=tuple(drawn),
        markers=tuple(Marker(name=name, at=at) for name, at in THRESHOLDS.items()),
    )


def rates(positions: Reals) -> tuple[Reals, Reals, Reals]:
    passed = np.floor(EVENTS * np.minimum(1.0, (positions / 12.0) ** -2.1))
    low, high = np.maximum(passed - np.sqrt(passed), 0.0), passed + np.sqrt(passed + 1.0) + 0.84
    return passed, CROSSINGS_KHZ * low / EVENTS, CROSSINGS_KHZ * high / EVENTS


def positions() -> Reals:
    return np.unique(np.concatenate([np.round(np.geomspace(20.0, 4000.0, 120)), [1855.0, 1145.0]]))


def rate_chart() -> Chart:
    x = positions()
    passed, low, high = rates(x)
    rate = CROSSINGS_KHZ * passed / EVENTS
    return Chart(
        name="rate",
        title="Rate against threshold",
        caption="Bands are Clopper-Pearson intervals of 68.27 %; dashed is what no other seed accepts.",
        x=Axis(label="Threshold (hardware units)", scale=Scale.LOG),
        y=Axis(label="Rate (kHz)", scale=Scale.LOG),
        series=(
            Series(name="rate", x=x, y=rate, low=low, high=high, colour=1),
            Series(name="pure rate", x=x, y=rate * 0.07, dashed=True, colour=1),
        ),
        markers=(
            *(Marker(name=name, at=at) for name, at in THRESHOLDS.items()),
            Marker(name="budget 1 kHz", at=1.0, upright=False),
        ),
    )


def roc_chart() -> Chart:
    accepted = np.geomspace(1e-5, 1.0, 60)
    drawn = []
    for place, name in enumerate(SIGNALS):
        efficiency = accepted ** (0.28 + 0.1 * place)
        drawn.append(Series(name=name, x=accepted, y=efficiency, colour=place + 1))
        at = np.array([3.8e-5, 1.9e-4])
        found = at ** (0.28 + 0.1 * place)
        low, high, colour = found * 0.8, found * 1.15, place + 1
        ends = Series(name=name, x=at, y=found, low=low, high=high, look=Look.POINTS, colour=colour)
        drawn.append(replace(ends, in_legend=False))
    return Chart(
        name="roc",
        title="Efficiency against accepted background",
        caption="Points are the working points; bars hold the error of the *threshold*.",
        x=Axis(label="Share of background accepted", scale=Scale.LOG),
        y=Axis(label="Signal efficiency", low=0.0, high=1.0),
        series=tuple(drawn),
    )


def stability_chart() -> Chart:
    sections = np.arange(1.0, 25.0)
    rate = 1.0 + 0.1 * random().standard_normal(24)
    rate[9:12] = np.nan
    bins = np.array([0.0, 10.0, 20.0, 30.0, 40.0, 60.0])
    share = np.array([0.9, 1.0, np.nan, 1.1, 1.3])
    return Chart(
        name="stability",
        title="Rate by lumi section",
        caption="Three sections have no events; the outline is the mean by pile-up, with its interval.",
        x=Axis(label="Lumi section, or pile-up of the bin"),
        y=Axis(label="Rate (kHz)", low=0.0),
        series=(
            Series(name="by pile-up", x=bins, y=share, low=share - 0.1, high=share + 0.1, look=Look.STEPS),
            Series(name="rate", x=sections, y=rate, low=rate - 0.2, high=rate + 0.2),
        ),
    )


def overlap_heatmap() -> Heatmap:
    names = ("l1ad tight", "l1ad loose", "L1_SingleMu22", "L1_HTT360er", "L1_ETMHF90_HTT60er", "<odd> & names")
    values = random().random((6, 6))
    values[5, :] = np.nan
    np.fill_diagonal(values, 1.0)
    return Heatmap(
        name="overlap",
        title="Share of the row's events that the column accepts",
        caption="The last seed accepted nothing.",
        rows=names,
        columns=names,
        values=values,
        label="Share of events",
    )


def threshold_slider() -> Slider:
    at = positions()
    passed, low, high = rates(at)
    rows = [
        SliderRow(name="events that pass", unit="", values=passed[:, None], decimals=0),
        SliderRow(
            name="rate",
            unit="kHz",
            values=CROSSINGS_KHZ * passed[:, None] / EVENTS,
            low=low[:, None],
            high=high[:, None],
        ),
    ]
    for place, name in enumerate(SIGNALS):
        share = 100 * np.exp(-at / (900.0 + 300 * place))[:, None]
        share[:5] = np.nan
        rows.append(SliderRow(name=name, unit="%", values=share, low=share * 0.9, high=share * 1.1))
    return Slider(
        name="threshold",
        title="What a threshold gives",
        caption="Intervals cover 68.27 %.",
        setting="threshold (hardware units)",
        positions=at,
        columns=("",),
        rows=tuple(rows),
        marks=THRESHOLDS,
        chart="rate",
    )


def budget_slider() -> Slider:
    at = np.geomspace(0.5, 50.0, 41)
    share = 100 * np.minimum(1.0, 0.05 * np.outer(at, [1.0, 1.6, 0.4]) ** 0.6)
    # Ties of one decimal, which Python's format and JavaScript's round differently.
    share[3] = [0.25, 0.75, 12.25]
    row = SliderRow(name=SIGNALS[0], unit="%", values=share, low=share - 0.25, high=share + 0.75, decimals=1)
    other = SliderRow(name=SIGNALS[1], unit="%", values=share[:, ::-1].copy(), decimals=3)
    return Slider(
        name="compare_rate",
        title="What a rate buys",
        caption="Efficiency of each algorithm at the same rate.",
        setting="rate (kHz)",
        positions=at,
        columns=("demo", "demo_hgq", "float VAE"),
        rows=(row, other),
        marks={"0.5 kHz": float(at[0]), "5 kHz": float(at[20])},
        setting_digits=3,
    )


def budget_table() -> Table:
    return Table(
        name="budget",
        title="Cells and latency against the budget",
        header=("figure", "value", "limit", "unit", "source"),
        rows=(
            ("latency of the Verilog", "2", "2", "cycles", "measured in cycle-true simulation"),
            ("LUT of the Verilog", "15,500", "43,320", "", "open estimate before placement, Yosys 0.70"),
            ("DSP of the Verilog", "3", "0", "", "open estimate before placement, Yosys 0.70"),
            ("power", "–", "", "W", "<script>alert('not measured')</script>"),
        ),
        states=(State.GOOD, State.GOOD, State.BAD, State.OPEN),
    )


def ladder_table() -> Table:
    at = positions()[::-4]
    passed, low, high = rates(at)
    khz = CROSSINGS_KHZ / EVENTS
    rows = [
        (f"{t:.0f}", f"{n:.0f}", f"{n * khz:.2f} kHz ({a:.2f} to {b:.2f})")
        for t, n, a, b in zip(at, passed, low, high, strict=True)
    ]
    return Table(
        name="ladder",
        title="Rate at each threshold",
        header=("hardware units", "events", "rate"),
        rows=tuple(rows),
        folded=True,
    )


def verdicts() -> tuple[Verdict, ...]:
    found = (
        ("agreement", "0 of 280,117 events differ", State.GOOD, "none may; score and accept bits", "cells"),
        ("latency", "2 cycles (50 ns)", State.GOOD, "at most 2; measured in cycle-true simulation", "cells"),
        ("DSP", "3 of 0", State.BAD, "budget of ugt-vx690t; open estimate", "cells"),
        ("pure rate", "not measured", State.OPEN, "no menu in the events", ""),
    )
    return tuple(
        Verdict(what=what, found=text, state=state, why=why, section=section)
        for what, text, state, why, section in found
    )


def small_document() -> Document:
    told = Paragraph(
        "Stream: zero bias with 2340 colliding bunches. An event is accepted when `score >= threshold`; "
        "**events used in training are not counted**. Interval: [Clopper-Pearson](https://doi.org/10.1093/biomet/26.4.404)."
    )
    listed = Paragraph(
        "- weights of 6 bits in `ap_fixed<6,1,AP_RND_CONV,AP_SAT>`\n- <b>no HTML</b> is let through"
    )
    return Document(
        title="Trigger algorithm `demo`",
        subtitle="A variational autoencoder of 57 inputs, frozen into integers for `ugt-vx690t`.",
        verdicts=verdicts(),
        sections=(
            Section(id="scores_section", title="Scores", blocks=(told, scores_chart())),
            Section(id="rates", title="Rates", blocks=(threshold_slider(), rate_chart(), ladder_table())),
            Section(id="efficiency", title="Efficiency", blocks=(roc_chart(), budget_slider())),
            Section(id="menu", title="Beside the menu", blocks=(overlap_heatmap(), stability_chart())),
            Section(id="cells", title="Latency and cells of `demo`", blocks=(listed, budget_table())),
        ),
        data={"events": EVENTS},
    )
