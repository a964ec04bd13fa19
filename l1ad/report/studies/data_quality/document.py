"""A data-quality study as a document: families in rows, then what went wrong, then how much was fed."""

from collections.abc import Callable

import numpy as np

from l1ad.metrics.repetitions import Repeated
from l1ad.report.charts import Axis, Chart, Heatmap, Series
from l1ad.report.document import Block, Document, Paragraph, Section, Table
from l1ad.report.numbers import UNKNOWN, value_text
from l1ad.report.provenance_section import provenance_tables
from l1ad.report.studies.data_quality.results import DataQualityResults, FamilyResults, FedResults
from l1ad.report.studies.data_quality.verdicts import mean_text, quality_verdicts

__all__ = ["data_quality_document"]


def data_quality_document(results: DataQualityResults) -> Document:
    """Lay a study out: verdicts, families, failure modes, fed sections, robustness, provenance."""
    counts = results.counts
    return Document(
        title="Data quality: families of autoencoders",
        subtitle=f"{len(results.families)} families, {results.repetitions} repetitions each; "
        f"{counts.training:,} good lumi sections of {counts.features:,} features to train on, "
        f"{counts.test_good:,} good and {counts.test_bad:,} bad ones to test.",
        verdicts=quality_verdicts(results),
        sections=(
            Section(id="families", title="Families", blocks=tuple(_families(results))),
            Section(id="modes", title="Failure modes", blocks=tuple(_modes(results))),
            Section(id="fed", title="As more sections are fed", blocks=tuple(_fed(results))),
            Section(id="robustness", title="Robustness of the training", blocks=tuple(_robustness(results))),
            Section(id="provenance", title="Provenance", blocks=tuple(_provenance(results))),
        ),
        data=results.document(),
    )


def _families(results: DataQualityResults) -> list[Block]:
    points = list(next(iter(results.families)).efficiency) if results.families else []
    rows = [
        (one.name, one.kind, mean_text(one.main),
         value_text(one.main.mean.value, one.main.mean.low, one.main.mean.high, decimals=4),
         value_text(one.auc_errors, decimals=4),
         *(mean_text(one.efficiency[point], 2, 100.0) for point in points))
        for one in (*results.families, *results.references)
    ]  # fmt: skip
    header = ("family", "kind", "AUC", "mean and its interval", "± of one test",
              *(f"% of bad found at {point} false" for point in points))  # fmt: skip
    blocks: list[Block] = [
        Paragraph(
            "Mean ± standard deviation of one repetition. Each repetition has its own split, weights and "
            "order, the same split for all families. The interval is the central 68.27 % of a bootstrap over "
            "repetitions, which share one table: it is about training and split. `± of one test` is DeLong's, "
            "from the sections of a test. Scored by the squared error of the reconstruction."
        ),
        Table(name="family_auc", title="Good against bad", header=header, rows=tuple(rows)),
    ]
    if results.pairs:
        blocks.append(_pairs(results))
    if results.concordance is not None:
        blocks.append(
            Paragraph(
                f"Repetitions agree on the order of the families with Kendall's W = {results.concordance:.2f} "
                "(1: all alike; 0: at random)."
            )
        )
    blocks.append(_other_scores(results))
    return blocks


def _pairs(results: DataQualityResults) -> Table:
    rows = [
        (f"{first} − {second}",
         value_text(one.difference.value, one.difference.low, one.difference.high, decimals=5),
         f"{one.wins} of {one.n}", f"{one.p_value:.2g}")
        for (first, second), one in results.pairs.items()
    ]  # fmt: skip
    header = ("AUC", "mean difference and its interval", "first larger", "p")
    return Table(name="family_pairs", title="Families in pairs", header=header, rows=tuple(rows))


def _other_scores(results: DataQualityResults) -> Table:
    kinds = list(dict.fromkeys(kind for one in results.families for kind in one.auc))
    rows = [
        (one.name, "yes" if one.deployable else "no", *(mean_text(one.auc.get(kind)) for kind in kinds))
        for one in results.families
    ]
    header = ("family", "encoder alone can score", *kinds)
    title = "AUC by score; mean_squares is what firmware computes"
    return Table(name="score_auc", title=title, header=header, rows=tuple(rows))


def _modes(results: DataQualityResults) -> list[Block]:
    every = (*results.families, *results.references)
    modes = [name for name in results.counts.modes if any(name in one.modes for one in every)]
    values = [[one.modes[name].spread.mean if name in one.modes else np.nan for name in modes] for one in every]
    text = "Each mode against good sections in which nothing went wrong."
    if results.harmless:
        text += (
            f" Of {', '.join(f'`{name}`' for name in results.harmless)} the sections are good: 0.5 would be "
            "right, more are false alarms."
        )
    rows = tuple(
        (name, f"{count:,}", results.what.get(name, "")) for name, count in results.counts.modes.items()
    )
    blocks: list[Block] = [Paragraph(text)]
    if modes:
        blocks.append(
            Heatmap(
                name="mode_auc",
                title="AUC by failure mode",
                caption="Mean over repetitions; severities are mixed as in the table. Below 0.5 a mode looks "
                "more normal than good sections do.",
                rows=tuple(one.name for one in every),
                columns=tuple(modes),
                values=np.array(values, dtype=np.float64),
                label="AUC",
                low=0.5,
                high=1.0,
            )
        )
    blocks.append(
        Table(name="mode_counts", title="Sections", header=("mode", "sections", "what happens"), rows=rows)
    )
    return blocks


def _fed(results: DataQualityResults) -> list[Block]:
    x = Axis(label="Good sections trained on", low=0.0)
    return [
        Chart(
            name="fed_loss",
            title="Validation loss against sections fed",
            caption="Squared error of the reconstruction for a feature, at the best epoch. Bands are one "
            "standard deviation of repetitions. Penalties are left out, so that families compare.",
            x=x,
            y=Axis(label="Squared error for a feature"),
            series=tuple(_curve(one, lambda fed: fed.loss) for one in results.families),
        ),
        Chart(
            name="fed_auc",
            title="AUC against sections fed",
            caption="Bands are one standard deviation of repetitions.",
            x=x,
            y=Axis(label="AUC"),
            series=tuple(_curve(one, lambda fed: fed.auc) for one in results.families),
        ),
        Table(
            name="fed_figures",
            title="",
            header=("family", "sections", "loss", "AUC"),
            rows=tuple(
                (family.name, f"{one.sections:,} ({100 * one.fraction:g} %)", mean_text(one.loss),
                 mean_text(one.auc))
                for family in results.families
                for one in family.fed
            ),
            folded=True,
        ),
    ]  # fmt: skip


def _curve(family: FamilyResults, of: Callable[[FedResults], Repeated | None]) -> Series:
    found = [(one.sections, of(one)) for one in family.fed]
    mean = np.array([np.nan if one is None else one.spread.mean for _, one in found])
    width = np.array([0.0 if one is None else one.spread.standard_deviation or 0.0 for _, one in found])
    return Series(
        name=family.name,
        x=np.array([float(sections) for sections, _ in found]),
        y=mean,
        low=mean - width,
        high=mean + width,
    )


def _robustness(results: DataQualityResults) -> list[Block]:
    rows = []
    for family in results.families:
        last = family.fed[-1].robustness
        loss = last.loss
        volatility = None if loss is None else loss.relative_volatility
        rows.append(
            (family.name, f"{last.failed} of {last.n}", f"{last.diverged} of {last.n}",
             UNKNOWN if loss is None else f"{loss.mean:.4f} ({loss.low:.4f} to {loss.high:.4f})",
             UNKNOWN if volatility is None else f"{100 * volatility:.2f} %",
             mean_text(family.main),
             UNKNOWN if family.epochs is None else f"{family.epochs:.1f}",
             UNKNOWN if family.seconds is None else f"{family.seconds:.1f}")
        )  # fmt: skip
    header = ("family", "failed", "diverged", "final loss (lowest to highest)", "its spread", "AUC", "epochs",
              "seconds")  # fmt: skip
    return [
        Paragraph("Trainings with all sections. Final loss: as above, of the validation at the best epoch."),
        Table(name="robustness_table", title="", header=header, rows=tuple(rows)),
    ]


def _provenance(results: DataQualityResults) -> list[Block]:
    origin = (
        "The table was **made**: histograms with named failures, no detector and no shifter's eye. The figures "
        "show how families compare on it, and forecast none for real sections."
        if results.made
        else "The table is the user's; its labels are taken as they are."
    )
    return [
        Paragraph(origin),
        *provenance_tables({"table": results.digest}, results.versions, results.settings),
    ]
