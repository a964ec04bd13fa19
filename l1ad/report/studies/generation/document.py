"""A generation study as a document: one table, then distributions, correlations, relations, the resonance."""

from l1ad.report.document import Block, Document, Paragraph, Section, Table
from l1ad.report.numbers import UNKNOWN, value_text
from l1ad.report.provenance_section import provenance_tables
from l1ad.report.studies.generation.figures import (
    correlation_maps,
    distribution_charts,
    pull_map,
    resonance_charts,
    variable_map,
)
from l1ad.report.studies.generation.results import Distances, GenerationResults, GeneratorResults
from l1ad.report.studies.generation.verdicts import FLOOR, generation_verdicts, with_spread

__all__ = ["generation_document"]


def generation_document(results: GenerationResults) -> Document:
    """Lay a study out: verdicts, the table, figures, classification, settings, provenance."""
    counts = results.counts
    sections = [
        Section(id="comparison", title="Generated against true", blocks=tuple(_comparison(results))),
        Section(id="distributions", title="Distributions", blocks=tuple(_distributions(results))),
        Section(id="correlations", title="Correlations", blocks=tuple(_correlations(results))),
        Section(id="resonance", title="The resonance", blocks=tuple(_resonance(results))),
        Section(id="settings", title="Settings and search", blocks=tuple(_searched(results))),
        Section(id="provenance", title="Provenance", blocks=tuple(_provenance(results))),
    ]
    return Document(
        title="Zγ: events generated, and a resonance found",
        subtitle=f"{len(results.families)} families, {results.repetitions} trainings each; {counts.training:,} "
        f"background events to train on, {counts.validation:,} to search by, {counts.test:,} and "
        f"{counts.signal:,} of the resonance to test.",
        verdicts=generation_verdicts(results),
        sections=tuple(sections),
        data=results.document(),
    )


def _comparison(results: GenerationResults) -> list[Block]:
    header = ("events of", "KS", "Wasserstein (σ)", "χ² / ndf", "correlations", "C2ST AUC", "C2ST accuracy",
              "mean rank", "best in")  # fmt: skip
    rows = [
        (
            one.name,
            *_distance_cells(one.distances),
            with_spread(one.ranks["overall"], 2),
            _best_in(results, one),
        )
        for one in results.families
    ]
    rows.append((FLOOR, *_distance_cells(results.floor), UNKNOWN, ""))
    return [
        Paragraph(
            f"{results.counts.compared:,} generated events against as many true ones of the test. Less is "
            "better; 0.5 of the classifier two-sample test (C2ST) is perfect. Mean ± standard deviation over "
            f"{results.repetitions} trainings, each with other weights and another half of the test. "
            f"`{FLOOR}` is one half of the test against the other, {results.floor_repetitions} times: what no "
            "generator needs to beat."
        ),
        Table(name="comparison_table", title="Families", header=header, rows=tuple(rows)),
        Paragraph(
            "KS, Wasserstein-1 and χ² (20 bins of about equal numbers of true events) are means over the 18 "
            "variables. `correlations` is the Frobenius norm of the difference of Spearman's matrices. C2ST: "
            "boosted trees, cross-validated; they cut on one variable at a time, and may pass over a thin "
            "relation between several. The mean rank is over KS, correlations and C2ST AUC in each repetition. "
            "`=` marks a family whose range over repetitions overlaps that of the best."
        ),
        _intervals(results),
    ]


def _distance_cells(found: Distances) -> tuple[str, ...]:
    return (
        with_spread(found.ks, 4), with_spread(found.wasserstein, 4), with_spread(found.chi2_per_bin, 2),
        with_spread(found.correlation, 3), with_spread(found.classifier_auc, 3),
        with_spread(found.classifier_accuracy, 3),
    )  # fmt: skip


def _best_in(results: GenerationResults, one: GeneratorResults) -> str:
    found = [criterion for criterion, name in results.best.items() if name == one.name]
    alike = [f"= {criterion}" for criterion, names in results.alike.items() if one.name in names]
    return ", ".join([*found, *alike])


def _intervals(results: GenerationResults) -> Table:
    rows = []
    for name, one in [(family.name, family.distances) for family in results.families] + [
        (FLOOR, results.floor)
    ]:
        parts = ((one.ks.mean, 4), (one.correlation.mean, 3), (one.classifier_auc.mean, 3))
        rows.append(
            (name, *(value_text(mean.value, mean.low, mean.high, decimals=decimals) for mean, decimals in
             parts), value_text(one.auc_errors, decimals=3))
        )  # fmt: skip
    return Table(
        name="comparison_intervals",
        title="Means and the central 68.27 % of a bootstrap over repetitions; ± of one C2ST by its events",
        header=("events of", "KS", "correlations", "C2ST AUC", "± of one"),
        rows=tuple(rows),
        folded=True,
    )


def _distributions(results: GenerationResults) -> list[Block]:
    best = _named(results, results.best.get("overall"))
    text = (
        "Every variable is shown to the networks by its normal score, and read back by the quantiles of the "
        "training events: generated values never leave the range of the training, and marginals are right as "
        "far as those of the network's output are N(0, 1). Azimuths are shown from φ(Zγ) on."
    )
    blocks: list[Block] = [Paragraph(text)]
    if best is None:
        return blocks
    return [*blocks, variable_map(results), pull_map(results, best), *distribution_charts(results, best)]


def _correlations(results: GenerationResults) -> list[Block]:
    best = _named(results, results.best.get("correlation"))
    if best is None:
        return []
    names = list(results.floor.relations)
    rows = [
        (one.name, *(value_text(one.distances.relations[name].spread.mean, decimals=4) for name in names))
        for one in results.families
    ]
    rows.append((FLOOR, *(value_text(results.floor.relations[name].spread.mean, decimals=4) for name in names)))
    return [
        *correlation_maps(results, best),
        Paragraph(
            "Some variables follow from others exactly. The table has the median fault of each such relation "
            "in generated events: relative for energies and the ratio, in rad for Δφ; of inequalities the "
            "share of events that break them. No family is told of the relations."
        ),
        Table(name="relations_table", title="Relations", header=("events of", *names), rows=tuple(rows)),
    ]


def _resonance(results: GenerationResults) -> list[Block]:
    names = list(dict.fromkeys(name for one in results.families for name in one.scores))
    rows = [
        (one.name, *(with_spread(one.scores.get(name), 3) for name in names),
         value_text(max(one.score_errors.values(), default=float("nan")), decimals=3))
        for one in results.families
    ]  # fmt: skip
    what = (
        f"X → Zγ of {results.mass_gev:g} GeV, spin 0"
        if results.mass_gev is not None
        else "the signal of the user's table"
    )
    return [
        Paragraph(
            f"Signal is {what}; networks have seen background alone. `reconstruction` is −ln p(x|code) at the "
            "mean of the code; `latent` Σµ²; `latent_pca` the same after whitening by principal components of "
            "the training events; `divergence` the KL divergence from N(0, 1); `flow_density` −ln p of the "
            "flow; `uniform_outliers` Fisher's combination of the uniform codes' two-sided p-values; "
            "`discriminator` the log odds of being generated, which nothing ties to a resonance. Below 0.5 a "
            "score finds the signal more normal than background."
        ),
        Table(
            name="resonance_auc",
            title="AUC, mean ± standard deviation over trainings",
            header=("family", *names, "largest ± of one test"),
            rows=tuple(rows),
        ),
        *resonance_charts(results),
    ]


def _searched(results: GenerationResults) -> list[Block]:
    keys = list(dict.fromkeys(key for one in results.families for key in one.settings))
    rows = [
        (one.name, *(_cell(one.settings.get(key)) for key in keys), f"{one.epochs:.0f}", f"{one.seconds:.0f}",
         str(one.failed))
        for one in results.families
    ]  # fmt: skip
    blocks: list[Block] = [
        Paragraph(
            "Settings that were trained. Seconds are of one training with everything that is measured of it. "
            "Where epochs are all that `fit.epochs` allows, the loss was perhaps still falling."
        ),
        Table(name="settings_table", title="", header=("family", *keys, "epochs", "seconds", "failed"),
              rows=tuple(rows)),
    ]  # fmt: skip
    tried = [(one.name, str(number), UNKNOWN if each.distance is None else f"{each.distance:.2f}",
              ", ".join(f"{key} {_cell(value)}" for key, value in each.settings.items()))
             for one in results.families for number, each in enumerate(one.tried, start=1)]  # fmt: skip
    if tried:
        blocks += [
            Paragraph(
                "The search minimises, on validation events, mean KS + correlation distance, each in units of "
                "what alike samples give: about 2 is perfect. Few trials: where a family stands here depends "
                "on luck too. The first trial has the given settings."
            ),
            Table(name="search_table", title="Tried", header=("family", "trial", "distance", "settings"),
                  rows=tuple(tried), folded=True),
        ]  # fmt: skip
    return blocks


def _provenance(results: GenerationResults) -> list[Block]:
    origin = (
        "Events were **simulated** here: Pythia 8 at leading order with its shower, smeared, without "
        "efficiencies, fakes or pile-up; the resonance is a narrow scalar. Families, losses, distances and "
        "search space are ours, in the manner of the published comparisons of generators for Zγ, whose "
        "events and figures are others: nothing here reproduces a number of theirs."
        if results.mass_gev is not None
        else "The events are the user's; their labels are taken as they are."
    )
    return [
        Paragraph(origin),
        *provenance_tables({"events": results.digest}, results.versions, results.settings),
    ]


def _named(results: GenerationResults, name: str | None) -> GeneratorResults | None:
    return next((one for one in results.families if one.name == name), None)


def _cell(value: object) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:.3g}" if isinstance(value, float) else str(value)
