"""Documents of made-up numbers, with every kind of block."""

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Heatmap, Look, Marker, Scale, Series
from l1ad.report.document import Block, Document, Paragraph, Section, State, Table, Verdict
from l1ad.report.slider import Slider, SliderRow

SIGNALS = (
    "a_to_4l",
    "displaced_muons",
    "emerging_jets",
    "h_to_aa_4b",
    "h_to_tautau",
    "hch_to_taunu",
    "lq_to_btau",
    "vbf_h_invisible (m = 125 GeV)",
    "background against itself",
)


def efficiency_chart(name: str = "roc", *, signals: tuple[str, ...] = SIGNALS) -> Chart:
    """Nine curves on two logarithmic axes, some with points and error bars of their own colour."""
    fraction = np.geomspace(1e-5, 1, 120)
    series = []
    for place, signal in enumerate(signals):
        series.append(Series(name=signal, x=fraction, y=fraction ** (0.1 + 0.1 * place), colour=1 + place))
        at = np.array([3e-5, 3e-4, 3e-3])
        y = at ** (0.1 + 0.1 * place)
        series.append(
            Series(name=f"{signal}, points", x=at, y=y, low=0.8 * y, high=1.15 * y, look=Look.POINTS,
                   colour=1 + place, in_legend=False)
        )  # fmt: skip
    return Chart(
        name=name,
        title="Efficiency against the accepted background",
        caption="Points are the working points, with their intervals (68.27 %).",
        x=Axis(label="Accepted fraction of the background", scale=Scale.LOG),
        y=Axis(label="Signal efficiency", scale=Scale.LOG, high=1.2),
        series=tuple(series),
    )


def rate_chart(name: str = "rate") -> Chart:
    """Rates with bands against a threshold, with five lines across, some of them close."""
    threshold = np.arange(0.0, 60_000, 200)
    rate = 3e4 * np.exp(-threshold / 4000) + 0.3
    rate[40] = np.nan
    low, high = rate - 0.2 * np.sqrt(rate), rate + 0.3 * np.sqrt(rate)
    names = {"10 kHz": 31_000.0, "5 kHz": 34_000, "1 kHz": 41_000, "0.5 kHz": 42_100, "0.3 kHz": 42_500}
    return Chart(
        name=name,
        title="Rate against threshold",
        caption="Bands are Clopper-Pearson intervals (68.27 %).",
        x=Axis(label="Threshold (hardware units)", low=0),
        y=Axis(label="Rate (kHz)", scale=Scale.LOG),
        series=(
            Series(name="rate", x=threshold, y=rate, low=low, high=high),
            Series(name="pure rate", x=threshold, y=rate / 3, low=low / 3, high=high / 3, dashed=True),
        ),
        markers=(
            *(Marker(name=name, at=at) for name, at in names.items()),
            Marker(name="rate of the menu", at=3_000.0, upright=False),
        ),
    )


def score_chart(name: str = "scores", *, seed: int = 3) -> Chart:
    """Histograms: the background filled, two signals as steps."""
    random = np.random.default_rng(seed)
    edges = np.linspace(0, 50, 41)

    def density(mean: float) -> NDArray[np.float64]:
        counts, _ = np.histogram(random.gamma(2, mean / 2, 5000), edges)
        return counts / 5000 / np.diff(edges)

    return Chart(
        name=name,
        title="Score of the background and of two signals",
        caption="Each has an area of 1.",
        x=Axis(label="Score"),
        y=Axis(label="Fraction of events per unit of the score"),
        series=(
            Series(name="background", x=edges, y=density(5), look=Look.AREA),
            Series(name="displaced_muons", x=edges, y=density(12), look=Look.STEPS),
            Series(name="_hidden $x$", x=edges, y=density(20), look=Look.STEPS, dashed=True),
        ),
        markers=(Marker(name="threshold", at=22.0),),
    )


def overlap_map(name: str = "overlap", *, size: int = 16) -> Heatmap:
    """Numbers of pairs with long names, some of them not known."""
    random = np.random.default_rng(5)
    values = random.random((size, size)) ** 2
    values[-1, 1] = values[0, -1] = np.nan
    names = tuple(f"L1_DoubleMu{place}_SQ_OS_dEta_Max1p{place}" for place in range(size))
    return Heatmap(
        name=name,
        title="Events in common",
        caption="Share of the row's events that the column accepts *too*.",
        rows=names,
        columns=names,
        values=values,
        label="common share",
    )


def budget_table(name: str = "budget", *, folded: bool = False) -> Table:
    return Table(
        name=name,
        title="Budget | limits",
        header=("figure", "value", "limit"),
        rows=(("latency", "7", "10"), ("LUT", "12,345", "10,000"), ("`_URAM_` | *all*", "–", "<none>")),
        states=(State.GOOD, State.BAD, State.OPEN),
        folded=folded,
    )


def threshold_slider(name: str = "threshold") -> Slider:
    positions = np.array([10.0, 20.0, 30.5, 1234567.0])
    rate = np.array([[100.0], [10.0], [1.0 / 3.0], [np.nan]])
    percent = np.array([[99.5], [50.0], [0.125], [0.0]])
    return Slider(
        name=name,
        title="Choose a threshold",
        caption="Intervals are Clopper-Pearson.",
        setting="threshold (hardware units)",
        positions=positions,
        columns=("",),
        rows=(
            SliderRow(name="rate", unit="kHz", values=rate, low=0.9 * rate, high=1.1 * rate),
            SliderRow(name="h_to_aa_4b", unit="%", values=percent, decimals=1),
        ),
        marks={"1 kHz": 30.5, "highest": 1234567.0},
        chart="rate",
    )


def whole_document(*extra: Block) -> Document:
    """A document of every kind of block, and what else is wanted."""
    return Document(
        title="Trigger algorithm `demo`",
        subtitle="Made-up numbers.",
        verdicts=(
            Verdict(what="agreement", found="0 of 280,117 events differ", state=State.GOOD, section="rates"),
            Verdict(what="latency | cycles", found="12 > 10", state=State.BAD, why="limit of the target"),
        ),
        sections=(
            Section(
                id="rates",
                title="Rates",
                blocks=(Paragraph("An event is accepted when `score >= threshold`."), rate_chart(),
                        threshold_slider(), budget_table()),
            ),
            Section(id="more", title="More", blocks=(overlap_map(size=3), budget_table("long", folded=True))),
            Section(id="extra", title="Extra", blocks=extra),
        ),
        data={"mismatches": 0, "mean": float("nan"), "name": "Higgs → ττ"},
    )  # fmt: skip
