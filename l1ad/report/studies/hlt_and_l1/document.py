"""A study of HLT and L1 objects as a document: each network asked about both, then streams, entries, MET."""

import numpy as np

from l1ad.report.charts import Axis, Chart, Heatmap, Marker, Scale, Series
from l1ad.report.document import Block, Document, Paragraph, Section, Table
from l1ad.report.provenance_section import provenance_tables
from l1ad.report.studies.hlt_and_l1.results import BothResults, MetCurve
from l1ad.report.studies.hlt_and_l1.tables import (
    cross_table,
    entry_table,
    pair_table,
    stream_table,
    trained_text,
    view_name,
    view_table,
    volatility_table,
)
from l1ad.report.studies.hlt_and_l1.verdicts import both_verdicts

__all__ = ["hlt_and_l1_document"]

_READING = (
    "Mean ± standard deviation of one training, over trainings that differ in their seed alone and share all "
    "events; in brackets the error of one test's own statistics, 68.27 %, the threshold's included (areas: "
    "DeLong; efficiencies: bootstrap)."
)


def hlt_and_l1_document(results: BothResults) -> Document:
    """Lay a study out."""
    counts = results.counts
    return Document(
        title="HLT and L1 objects together",
        subtitle=f"{len(results.pairs)} networks on L1 objects, on HLT objects and on what L1 accepts, "
        f"{results.trainings} trainings each; {counts['training, zero_bias']:,} crossings of zero bias to "
        f"train on, {counts['test, zero_bias']:,} to test, each seen twice.",
        verdicts=both_verdicts(results),
        sections=(
            Section(id="views", title="What L1 and the HLT see", blocks=tuple(_views(results))),
            Section(id="cross", title="Each asked about the other's objects", blocks=tuple(_cross(results))),
            Section(id="stream", title="Trained on what L1 accepts", blocks=tuple(_stream(results))),
            Section(id="entries", title="Reconstruction entry by entry", blocks=tuple(_entries(results))),
            Section(id="met", title="Score against MET", blocks=tuple(_met(results))),
            Section(id="volatility", title="Volatility of the training", blocks=tuple(_volatility(results))),
            Section(id="deployed", title="Deployed", blocks=tuple(_deployed(results))),
            Section(id="provenance", title="Provenance", blocks=tuple(_provenance(results))),
        ),
        data=results.document(),
    )


def _views(results: BothResults) -> list[Block]:
    origin = (
        "Crossings are **made here** and seen twice: L1 objects as `l1ad simulate` finds them in towers; HLT "
        "objects of the same energies, with the vertex of the most active collision, pile-up's charged share "
        "and its even part taken away, anti-kT jets, isolated clusters, muons measured with tracks, MET of "
        "what is left. Both are written in the steps of `ugt_57`, so that one network reads both; what is "
        "finer than a step is lost. Hadrons keep the calorimeter's resolution at the HLT. The accepted "
        "crossings come from an enriched sample and count by their weights."
        if results.made
        else "The events are the user's, the same ones in both views."
    )
    return [Paragraph(origin), view_table(results)]


def _cross(results: BothResults) -> list[Block]:
    cells = [one for one in results.cells if one.trained.stream == "zero_bias"]
    return [
        Paragraph(
            f"{_READING} Vanilla networks score by the reconstruction error, others by Σµ². Every network "
            "keeps the scaling of the view that it was trained on. A threshold is set on the zero bias of "
            "the view that is asked about: 1 % of 2,340 colliding bunches is 263 kHz, so these points "
            "compare and are none of a menu."
        ),
        Heatmap(
            name="cross_auc",
            title="AUC: trained on → asked about",
            caption="Mean over trainings, against zero bias in the view that is asked about.",
            rows=tuple(
                f"{one.trained.family}: {view_name(one.trained.view)} → {view_name(one.scored)}"
                for one in cells
            ),
            columns=results.signals,
            values=np.array(
                [[one.signals[name].auc.repeated.spread.mean for name in results.signals] for one in cells]
            ),
            label="AUC",
            low=0.5,
            high=1.0,
            decimals=3,
        ),
        cross_table(results),
        pair_table(results),
    ]


def _stream(results: BothResults) -> list[Block]:
    training = results.counts["training, accepted"]
    return [
        Paragraph(
            "The HLT is given what an unprescaled seed of L1's menu accepts; prescaled seeds and L1's own "
            f"anomaly trigger are left out. To train on it, {results.counts['training, zero_bias']:,} events "
            f"are drawn by weight from {training:,}, which say as much as {results.effective:.0f} of equal "
            "weight. Efficiencies on the stream count a signal event when L1 accepts it and its score "
            f"passes, as a part of all. {_READING}"
        ),
        stream_table(results),
    ]


def _entries(results: BothResults) -> list[Block]:
    return [
        Paragraph(
            "Reconstructed − true on zero bias that no training has seen, over the events in which the "
            "object is there, in physical units, mean over trainings; ± is the width, not an error. True is "
            "the hardware integer itself; φ differences go around the circle. GELATO's table has 20 x 3 "
            "entries; ours has the 19 objects of `ugt_57`: MET, 4 e/γ, 4 µ, 10 jets. Where the width is that "
            "of the entry itself, nothing comes back but a constant; of objects that are rarely there, as "
            "muons, it is their absence. The η of MET is 0 in every event."
        ),
        *(entry_table(family, views) for family, views in results.entries.items()),
    ]


def _met(results: BothResults) -> list[Block]:
    curves = results.curves
    share = next(iter(results.volatility[0].common))
    own = [one for one in results.cells if one.scored == one.trained.view]
    rows = tuple(
        (trained_text(one.trained),
         f"{one.met.spread.mean:.3f} ± {one.met.spread.standard_deviation or 0.0:.3f}") for one in own
    )  # fmt: skip
    profile = Chart(
        name="met_profile",
        title="Score against MET on zero bias",
        caption=f"Median of the first training of each, in its own view, over its threshold at {share} of "
        "zero bias; bands hold the central 68 % of events, no errors. Bins with fewer than 10 events are "
        "left out.",
        x=Axis(label="MET of the view (GeV)", low=0.0),
        y=Axis(label="Score / threshold", scale=Scale.LOG),
        series=tuple(_profile(one) for one in curves),
        markers=(Marker(name="threshold", at=1.0, upright=False),),
    )
    return [
        Paragraph(
            "A score that follows MET is a MET trigger under another name. MET is that of the view in which "
            "the event is scored."
        ),
        Table(name="met_correlation", title="Rank correlation of score and MET on zero bias",
              header=("network", "mean ± spread of trainings"), rows=rows),
        profile,
        *(_turn_on(one, share) for one in curves),
    ]  # fmt: skip


def _profile(one: MetCurve) -> Series:
    known = np.isfinite(one.quantiles[1])
    low, middle, high = one.quantiles[:, known]
    return Series(name=trained_text(one.trained), x=_middles(one)[known], y=middle, low=low, high=high)


def _turn_on(one: MetCurve, share: str) -> Chart:
    return Chart(
        name=f"turn_on_{one.trained.family}_{one.trained.view}",
        title=f"Turn-on of {trained_text(one.trained)}",
        caption=f"Part of the events over the threshold at {share} of zero bias, first training. Bands are "
        "Clopper-Pearson intervals, 68.27 %.",
        x=Axis(label="MET of the view (GeV)", low=0.0),
        y=Axis(label="Part that passes", low=0.0, high=1.0),
        series=tuple(
            Series(name=name, x=_middles(one), y=found[1], low=found[0], high=found[2])
            for name, found in one.passed.items()
        ),
    )


def _middles(one: MetCurve) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray((one.edges[:-1] + one.edges[1:]) / 2, dtype=np.float64)


def _volatility(results: BothResults) -> list[Block]:
    rows = tuple((name, str(results.failed[name]), f"{found:.1f}") for name, found in results.seconds.items())
    return [
        Paragraph(
            f"{results.trainings} trainings of each, which differ in weights and order alone; lowest and "
            "highest in brackets. The rank correlation is of the scores of zero bias, over pairs of "
            "trainings; `same events accepted` are those that two both accept over those that either does, "
            "each at its own threshold."
        ),
        volatility_table(results),
        Table(name="trainings", title="Trainings", header=("network", "failed", "seconds each"), rows=rows),
    ]


def _deployed(results: BothResults) -> list[Block]:
    one = results.deployed
    if one is None:
        return [Paragraph("No network was to be deployed.")]
    return [
        Paragraph(
            f"`{one.name}` is quantised and was trained on L1 objects of zero bias; of {one.trainings} "
            f"trainings the one with the lowest validation loss ({one.loss:.3f}, training {one.training}) was "
            f"frozen: the mean of its encoder, with Σµ² as the score. `{one.run}` is an ordinary run "
            f"directory, with the study's events as background and signals: `l1ad build {one.run}`, then "
            f"`l1ad verify {one.run}` and `l1ad rates thresholds {one.run}`, from the study's folder."
        )
    ]


def _provenance(results: BothResults) -> list[Block]:
    return [
        Paragraph(
            "In the manner of ATLAS's GELATO (from memory of its talks), which runs on ATLAS's own L1 and "
            "HLT objects in data. Networks, objects, detector, menu and events are ours: the figures compare "
            "views and trainings on simulation, and forecast nothing for ATLAS or CMS."
        ),
        Table(name="counts", title="Events", header=("of", "events"),
              rows=tuple((name, f"{found:,}") for name, found in results.counts.items())),
        *provenance_tables(results.digests, results.versions, results.settings),
    ]  # fmt: skip
