"""Figures of a jets study: reconstruction, curves, profiles of cuts, and counts against predictions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Look, Marker, Scale, Series
from l1ad.report.studies.jets.results import JetFamilyResults, JetsResults
from l1ad.report.studies.jets.verdicts import percent

__all__ = ["curve_charts", "distribution_charts", "hunt_charts", "loss_chart", "profile_chart", "width_charts"]

Reals = NDArray[np.float64]

_MASS = "Dijet mass m(jj) (GeV)"


def _reals(values: Any) -> Reals:
    """Make numbers of a list in which null is no number."""
    return np.asarray([np.nan if one is None else one for one in values], dtype=np.float64)


def _middle(results: JetsResults) -> Reals:
    edges: Reals = np.asarray(results.edges_gev, dtype=np.float64)
    return np.asarray((edges[:-1] + edges[1:]) / 2, dtype=np.float64)


def loss_chart(results: JetsResults) -> Chart:
    """Draw the loss of each training by epoch, over that of a network which gives zeros."""
    series = []
    for colour, one in enumerate(results.families):
        for prefix, dashed in (("validation_", False), ("", True)):
            values = _reals(one.training["history"][f"{prefix}reconstruction"])
            series.append(
                Series(
                    name=one.name, x=np.arange(1.0, len(values) + 1), y=values, dashed=dashed, colour=colour,
                    in_legend=not dashed,
                )
            )  # fmt: skip
    return Chart(
        name="loss",
        title="Reconstruction by epoch",
        caption="Summed squared error of a jet in units of the root mean square of px, py, pz or of "
        "pT/pT(jet), Δη, Δφ: comparable between networks of the same inputs alone. Dashed: "
        "the jets trained on, while training.",
        x=Axis(label="Epoch", low=1.0),
        y=Axis(label="Squared error of a jet", scale=Scale.LOG),
        series=tuple(series),
    )


def width_charts(results: JetsResults) -> list[Chart]:
    """Draw the width of what reconstruction misses, by the place of a particle, one chart a quantity."""
    charts = []
    for inputs in dict.fromkeys(one.inputs for one in results.families if one.usable):
        members = [one for one in results.families if one.usable and one.inputs == inputs]
        for number, quantity in enumerate(members[0].training["reconstruction"], start=1):
            charts.append(_width_chart(members, quantity, f"width_{inputs}_{number}"))
    return charts


def _width_chart(members: list[JetFamilyResults], quantity: str, name: str) -> Chart:
    series = []
    for one in members:
        found = one.training["reconstruction"][quantity]
        enough = _reals(found["n"]) >= 50
        ratio = np.where(enough, _reals(found["width"]) / _reals(found["true_width"]), np.nan)
        series.append(Series(name=one.name, x=np.arange(1.0, len(ratio) + 1), y=ratio))
    return Chart(
        name=name,
        title=f"Reconstruction of {quantity}",
        caption="Standard deviation of reconstructed − true over that of the true values, by "
        "place in the list; of particles that at least 50 jets have. At 1 nothing is reconstructed but "
        "the mean.",
        x=Axis(label="Particle, by falling pT", low=1.0),
        y=Axis(label="Residual width / true width", low=0.0),
        series=tuple(series),
    )


def distribution_charts(results: JetsResults) -> list[Chart]:
    """Draw true and reconstructed values of the leading particles, one chart a quantity."""
    charts = []
    for inputs in dict.fromkeys(one.inputs for one in results.families if one.usable):
        members = [one for one in results.families if one.usable and one.inputs == inputs]
        for number, (quantity, first) in enumerate(members[0].training["reconstruction"].items(), start=1):
            edges = _reals(first["edges"])
            true = Series(name="true", x=edges, y=_reals(first["true"]), look=Look.AREA)
            others = [
                Series(
                    name=one.name, x=edges, y=_reals(one.training["reconstruction"][quantity]["reconstructed"]),
                    look=Look.STEPS,
                )
                for one in members
            ]  # fmt: skip
            charts.append(
                Chart(
                    name=f"distribution_{inputs}_{number}",
                    title=f"{quantity}, true and reconstructed",
                    caption="The ten leading particles of jets of the sideband that were not trained on.",
                    x=Axis(label=quantity),
                    y=Axis(label="Particles in a bin"),
                    series=(true, *others),
                )
            )
    return charts


def curve_charts(results: JetsResults) -> list[Chart]:
    """Draw efficiency against accepted background, near each mass."""
    charts = []
    for name, signal in results.signals.items():
        series = []
        for one in results.families:
            if one.usable:
                curve = one.found["scores"][one.found["score"]]["signals"][name]["curve"]
                series.append(Series(name=one.name, x=_reals(curve["background"]), y=_reals(curve["signal"])))
        x = np.geomspace(1e-3, 1.0, 60)
        series.append(Series(name="at random", x=x, y=x, dashed=True))
        charts.append(
            Chart(
                name=f"roc_{name}",
                title=signal.title,
                caption=f"Signal region, m(jj) within {100 * results.window:g} % of "
                f"{signal.mass_gev:,.0f} GeV, so that the score does not gain by the mass alone.",
                x=Axis(label="QCD accepted", scale=Scale.LOG, low=1e-3, high=1.0),
                y=Axis(label="Signal efficiency", low=0.0, high=1.0),
                series=tuple(series),
            )
        )
    return charts


def profile_chart(results: JetsResults, one: JetFamilyResults, kept: str) -> Chart:
    """Draw the fraction of QCD that passes at each mass: one threshold, and the cut by quantile regression."""
    cut = one.found["cuts"][kept]
    middle = _middle(results)
    series = []
    for shift, (key, name) in enumerate(
        (("flat", "one threshold"), ("inside", "quantile regression"), ("outside", "the same in the sideband"))
    ):
        found = cut[key]
        fraction = _reals(found["fraction"])
        # Side by side, so that the error bars can be told apart.
        series.append(
            Series(
                name=name, x=middle * (1 + 0.004 * (shift - 1)),
                y=100 * np.where(fraction > 0, fraction, np.nan),
                low=100 * _reals(found["low"]), high=100 * _reals(found["high"]), look=Look.POINTS,
            )
        )  # fmt: skip
    return Chart(
        name=f"profile_{kept.replace('.', '_')}",
        title=f"QCD that passes, wanted {percent(kept)}: {one.name}",
        caption="Signal region but for the last; Clopper-Pearson intervals of 68.27 %. Each event is judged by "
        "a fit that has not seen it.",
        x=Axis(label=_MASS),
        y=Axis(label="Passes (%)", scale=Scale.LOG, low=3 * float(kept), high=100.0),
        series=tuple(series),
        markers=(Marker(name=percent(kept), at=100 * float(kept), upright=False),),
    )


def hunt_charts(results: JetsResults, one: JetFamilyResults, kept: str) -> list[Chart]:
    """Draw counts against predictions without a signal and with each, and their pulls."""
    cut = one.found["cuts"][kept]
    cases = [("without", "no signal", cut["without"], None)]
    cases += [
        (name, signal.title, cut["signals"][name]["with"], cut["signals"][name]["shape"])
        for name, signal in results.signals.items()
    ]
    tail = kept.replace(".", "_")
    counts = [_counts_chart(results, f"hunt_{name}_{tail}", title, kept, found, shape)
              for name, title, found, shape in cases]  # fmt: skip
    pulls = Chart(
        name=f"pulls_{tail}",
        title=f"Pulls at {percent(kept)}: {one.name}",
        caption="Observed − predicted over its standard deviation: Poisson's of what is predicted and the "
        "prediction's own.",
        x=Axis(label=_MASS),
        y=Axis(label="Pull"),
        series=tuple(
            Series(name=title, x=np.asarray(results.edges_gev), y=_reals(found["pulls"]), look=Look.STEPS,
                   dashed=name == "without")
            for name, title, found, _ in cases
        ),
        markers=(Marker(name="", at=0.0, upright=False),),
    )  # fmt: skip
    return [*counts, pulls]


def _counts_chart(
    results: JetsResults, name: str, title: str, kept: str, found: Mapping[str, Any], shape: Any
) -> Chart:
    middle = _middle(results)
    observed, expected, width = (_reals(found[key]) for key in ("observed", "expected", "uncertainty"))
    error = np.sqrt(np.maximum(observed, 1.0))
    shown = np.where(observed > 0, observed, np.nan)
    floor = 0.3
    series = [
        Series(name="predicted from the sideband", x=middle, y=expected,
               low=np.maximum(expected - width, floor), high=expected + width),
        Series(name="counted", x=middle, y=shown, low=np.maximum(shown - error, floor), high=shown + error,
               look=Look.POINTS),
    ]  # fmt: skip
    if shape is not None:
        injected = _reals(shape)
        series.append(
            Series(name="injected, as expected", x=np.asarray(results.edges_gev),
                   y=np.where(injected > floor, injected, np.nan), look=Look.STEPS)
        )  # fmt: skip
    return Chart(
        name=name,
        title=f"Passing {percent(kept)} in the signal region: {title}",
        caption="Error bars: √n. Band: one standard deviation of the prediction.",
        x=Axis(label=_MASS),
        y=Axis(label="Events in a bin", scale=Scale.LOG, low=floor),
        series=tuple(series),
    )
