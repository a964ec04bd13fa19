"""Figures of a lepton + X study: p-values, and generated events over true ones."""

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Look, Scale, Series
from l1ad.report.document import Block, Paragraph, Table
from l1ad.report.studies.lepton_plus_x.results import FeatureDistances, FeatureOverlay, LeptonPlusXResults

__all__ = ["generated_blocks", "p_value_blocks"]

Reals = NDArray[np.float64]


def p_value_blocks(results: LeptonPlusXResults) -> list[Block]:
    """Show that p-values of the stream are even, and where signals lie."""
    one = results.p_values
    n_bins = len(one.stream)
    middle = 0.5 * (one.edges[1:] + one.edges[:-1])
    found: list[Block] = [
        Paragraph(
            f"The p-value of an event is the weighted share of one half of the unseen stream that scores at "
            f"least as high, by `{one.score}`, which was fixed before any signal was looked at. Of events of "
            f"the stream itself it must be even. That half resolves p-values down to about {one.floor:.1g}."
        ),
        Chart(
            name="p_values_stream",
            title="p-values of the stream",
            caption="The other half of the unseen stream; even is the dashed line. Errors are statistical, "
            "of both halves, from the squares of the weights.",
            x=Axis(label="p-value", low=0.0, high=1.0),
            y=Axis(label="Share of events", low=0.0),
            series=(
                Series(name="even", x=np.array([0.0, 1.0]), y=np.full(2, 1 / n_bins), dashed=True),
                Series(name="unseen stream", x=middle, y=one.stream, low=one.stream - one.stream_error,
                       high=one.stream + one.stream_error, look=Look.POINTS),
            ),
        ),
    ]  # fmt: skip
    for name, title, shares in (
        ("p_values_processes", "p-values by process", one.processes),
        ("p_values_signals", "p-values of signals", one.signals),
    ):
        found.append(
            Chart(
                name=name,
                title=title,
                caption="Shares of each in bins of equal width in the logarithm; the first bin holds all that "
                "is lower. An even distribution falls by ten a decade, dashed.",
                x=Axis(label="log₁₀ of the p-value", low=float(one.tail_edges[0]), high=0.0),
                y=Axis(label="Share of events", scale=Scale.LOG, low=1e-5, high=1.0),
                series=(
                    _steps("even", one.tail_edges, _even(one.tail_edges), dashed=True),
                    *(_steps(which, one.tail_edges, values) for which, values in shares.items()),
                ),
            )
        )  # fmt: skip
    return found


def _steps(name: str, edges: Reals, values: Reals, *, look: Look = Look.STEPS, dashed: bool = False) -> Series:
    """Draw a histogram on a logarithmic axis: empty bins are gaps."""
    return Series(name=name, x=edges, y=np.where(values > 0, values, np.nan), look=look, dashed=dashed)


def _even(edges: Reals) -> Reals:
    """Give the share of each bin of the logarithm if p-values are even; the first reaches to 0."""
    ends = 10.0 ** np.asarray(edges, dtype=np.float64)
    ends[0] = 0.0
    return np.diff(ends)


def generated_blocks(results: LeptonPlusXResults) -> list[Block]:
    """Compare generated with true events, feature by feature: distances of all, figures of the first model."""
    found: list[Block] = [
        Paragraph(
            "Codes are drawn, decoded, and each feature drawn from its density. `prior`: codes of N(0, 1), "
            "which is what the model thinks that events look like. `codes`: each from the posterior of an "
            "unseen event, so that what is left is the decoder's fault alone. With β below 1 codes are not "
            "distributed as N(0, 1), and the prior pays for it. `floor`: two halves of the true events, with "
            "half of their statistics: no distance below it means anything. Between features generated events "
            "agree as far as codes carry it. A charge is drawn from −1, 0 and 1, which the layout has, though "
            "no lepton has 0: its distance is that of the density."
        )
    ]
    for number, (name, overlays) in enumerate(results.overlays.items()):
        rows = tuple(
            (one.name, *(_text(part) for part in (one.of_prior, one.of_codes, one.floor))) for one in overlays
        )
        header = ("feature", "prior: KS, W₁/σ", "codes: KS, W₁/σ", "floor: KS, W₁/σ")
        found.append(
            Table(
                name=f"generated_{number}",
                title=f"{name}: distance from the unseen stream",
                header=header,
                rows=rows,
            )
        )
    first = next(iter(results.overlays.items()), None)
    if first is not None:
        found += [_overlay(first[0], one) for one in first[1]]
    return found


def _text(one: FeatureDistances) -> str:
    return f"{one.kolmogorov:.3f}, {one.wasserstein:.3f}"


def _overlay(model: str, one: FeatureOverlay) -> Chart:
    unit = "" if one.unit == "1" else f" ({one.unit})"
    kept = [values for values in (one.true, one.prior, one.codes) if (values > 0).any()]
    least = min(float(values[values > 0].min()) for values in kept)
    return Chart(
        name=f"feature_{one.name}",
        title=f"{one.name}: true and generated by {model}",
        caption="Shares of events; the outermost bins hold what lies beyond.",
        x=Axis(label=f"{one.name}{unit}"),
        y=Axis(label="Share of events", scale=Scale.LOG, low=max(least / 2, 1e-5), high=2.0),
        series=(
            _steps("true", one.edges, one.true, look=Look.AREA), _steps("prior", one.edges, one.prior),
            _steps("codes", one.edges, one.codes),
        ),
    )  # fmt: skip
