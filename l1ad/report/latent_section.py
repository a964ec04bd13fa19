"""The report's section of the latent space in deployed integers: each latent, and the signals that move it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from l1ad.report.charts import Axis, Chart, Heatmap, Look, Scale, Series
from l1ad.report.document import Block, Paragraph, Section, Table

__all__ = ["LatentContent", "LatentFigures", "LatentPoints", "Spectra", "latent_section"]

Reals = NDArray[np.float64]

_LONG_TABLE = 24
_DARKEST = 10.0
_CRITERIA = {
    "latent_entropy": (
        "evenness of the latents",
        "entropy of their shares of the variance; 1 is even, 0 is one latent",
    ),
    "stability_cosine": (
        "stability, direction",
        "cosine between the mean latents of parts of the sample; 1 is best",
    ),
    "stability_distance": ("stability, distance", "distance of the same, over the spread; 0 is best"),
    "log_density": ("density", "mean log density of held-out events (nats)"),
    "neighbour_distance": ("distance to the nearest neighbour", "mean over held-out events"),
    "m1": ("m1", "inputs over latents, over the mean score"),
    "m2": ("m2", "inputs over latents, over one plus the mean score"),
    "m3": ("m3", "m1 times the variance of the score"),
    "m4": ("m4", "m2 times the variance of the score"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentFigures:
    """What one latent does on background.

    Attributes:
        number: Its number, from 0.
        mean: Mean, as a real number.
        width: Standard deviation.
        share: Its share of the score's mean, a sum of squares.
        at_limits: Share of events at an end of its number format; NaN of a latent without a bit.
        input: Name of the input that it is most correlated with; empty where it never moves.
        correlation: Their linear correlation; NaN likewise.
    """

    number: int
    mean: float
    width: float
    share: float
    at_limits: float
    input: str
    correlation: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectra:
    """Histograms over common bins, by what they are of: a latent, or a sample.

    Attributes:
        edges: Edges of the bins, real numbers, shape (n_bins + 1,).
        shares: Share of events in each bin, shape (n_bins,).
    """

    edges: Reals
    shares: Mapping[str, Reals]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatentPoints:
    """Events in the two latents that have the largest shares.

    Attributes:
        first: Number of the latent along x.
        second: Number of that along y.
        of: Values by sample, the background first, shape (n_events, 2).
    """

    first: int
    second: int
    of: Mapping[str, Reals]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatentContent:
    """What the section shows.

    Attributes:
        events: Events by sample, the background first.
        spectra: Of each latent on background; where the network's output is the score, of it by sample.
        latents: The latents, in order; empty where the network's output is the score.
        shown: Numbers of the latents in the pictures, those of the largest shares.
        relative: Mean square of those over the background's, by signal, shape (n_shown,).
        correlation: Absolute linear correlations of those on background, shape (n_shown, n_shown).
        points: Events in two latents; None where there are not two.
        criteria: Figures of merit that need no signal, by name; empty where the run was not evaluated.
    """

    events: Mapping[str, int]
    spectra: Spectra
    latents: tuple[LatentFigures, ...] = ()
    shown: tuple[int, ...] = ()
    relative: Mapping[str, Reals] = field(default_factory=dict)
    correlation: Reals = field(default_factory=lambda: np.empty((0, 0)))
    points: LatentPoints | None = None
    criteria: Mapping[str, float] = field(default_factory=dict)


def latent_section(content: LatentContent, titles: Mapping[str, str]) -> Section:
    """Lay the section out."""
    background, *signals = content.events
    counted = f"{content.events[background]:,} background events that no training has seen"
    if signals:
        counted += f" and up to {max(content.events[name] for name in signals):,} of each signal"
    if not content.latents:
        told = Paragraph(
            f"The network's one output is the score: there is no latent space. Shown is the output, {counted}, "
            "each event counted once, computed by the emulator in the deployed integers."
        )
        return Section(id="latent", title="Output", blocks=(told, _spectra(content, titles)))
    told = Paragraph(
        f"The encoder mean µ as it is deployed, computed by the emulator in integers: {counted}, drawn at "
        "random, each counted once. Latents are numbered from 0, as in `trigger.json`; the sign of a latent "
        "means nothing, for the score is a sum of squares."
    )
    blocks: list[Block] = [told, _table(content)]
    if content.relative:
        blocks.append(_relative(content, titles))
    blocks.append(_spectra(content, titles))
    if content.points is not None:
        blocks += [_points(content.points, titles), _correlation(content)]
    return Section(id="latent", title="Latent space", blocks=(*blocks, *_criteria(content)))


def _table(content: LatentContent) -> Table:
    rows = tuple(
        (f"µ{one.number}", f"{one.mean:z.3f}", f"{one.width:.3f}", f"{one.share:.1%}", _share(one.at_limits),
         one.input or "never moves", "–" if math.isnan(one.correlation) else f"{one.correlation:+.2f}")
        for one in content.latents
    )  # fmt: skip
    header = ("latent", "mean", "width", "share of the mean score", "events at the format's limits",
              "most correlated input", "linear correlation")  # fmt: skip
    return Table(
        name="latent_table", title="Latents on background", header=header, rows=rows,
        folded=len(rows) > _LONG_TABLE,
    )  # fmt: skip


def _share(share: float) -> str:
    if math.isnan(share):
        return "always 0: it has no bit"
    return "0" if not share else f"{share:.2%}" if share >= 1e-4 else f"{share:.1e}"


def _named(content: LatentContent) -> tuple[str, ...]:
    return tuple(f"µ{number}" for number in content.shown)


def _left_out(content: LatentContent) -> str:
    if len(content.shown) == len(content.latents):
        return ""
    return f" Shown are the {len(content.shown)} of {len(content.latents)} latents with the largest shares."


def _relative(content: LatentContent, titles: Mapping[str, str]) -> Heatmap:
    values = np.stack(list(content.relative.values()))
    return Heatmap(
        name="latent_share",
        title="Mean square of each latent, relative to background",
        caption="Where a signal is above 1, this latent lifts its score, as far as its share goes. An empty "
        f"cell is a latent that is always 0 on background.{_left_out(content)}",
        rows=tuple(titles.get(name, name) for name in content.relative),
        columns=_named(content),
        values=values,
        label="Mean square relative to background",
        high=min(_DARKEST, max(2.0, float(np.nanmax(values, initial=0.0)))),
        decimals=1,
    )


def _correlation(content: LatentContent) -> Heatmap:
    return Heatmap(
        name="latent_correlation",
        title="Correlations between latents",
        caption="Absolute linear correlation on background: two latents near 1 say the same twice. An empty "
        f"row is a latent that never moves.{_left_out(content)}",
        rows=_named(content),
        columns=_named(content),
        values=content.correlation,
        label="|linear correlation|",
    )


def _spectra(content: LatentContent, titles: Mapping[str, str]) -> Chart:
    events = next(iter(content.events.values()))
    series = tuple(
        # What no event is in has no logarithm.
        Series(name=titles.get(name, name), x=content.spectra.edges, y=np.where(share > 0, share, np.nan),
               look=Look.STEPS, colour=colour)
        for colour, (name, share) in enumerate(content.spectra.shares.items())
    )  # fmt: skip
    of = "latents" if content.latents else "output"
    return Chart(
        name="latent_spectrum",
        title=f"Distribution of the {of}",
        caption="Share of events in each bin, whole hardware steps wide, in real numbers (raw · 2^−fraction)."
        + (f" On background.{_left_out(content)}" if content.latents else ""),
        x=Axis(label="µ" if content.latents else "Output"),
        y=Axis(label="Share of events", scale=Scale.LOG, low=0.5 / max(1, events)),
        series=series,
    )


def _points(points: LatentPoints, titles: Mapping[str, str]) -> Chart:
    """Draw events; the background is rearmost, in the colour of backgrounds."""
    return Chart(
        name="latents",
        title="Events in the two latents of the largest shares",
        caption="Each point is an event; of each sample a random few are drawn.",
        x=Axis(label=f"µ{points.first}"),
        y=Axis(label=f"µ{points.second}"),
        series=tuple(
            Series(name=titles.get(name, name), x=values[:, 0], y=values[:, 1], look=Look.POINTS, colour=colour)
            for colour, (name, values) in enumerate(points.of.items())
        ),
    )


def _criteria(content: LatentContent) -> list[Block]:
    if not content.criteria:
        return [Paragraph("Figures of merit that need no signal are not measured; `l1ad evaluate` does.")]
    rows = tuple(
        (*_CRITERIA.get(name, (name.replace("_", " "), "")), f"{value:.4g}")
        for name, value in content.criteria.items()
    )
    return [
        Table(
            name="latent_criteria",
            title="Figures of merit that need no signal, of the trained model on validation events",
            header=("figure", "what it is", "value"),
            rows=rows,
            folded=True,
        )
    ]
