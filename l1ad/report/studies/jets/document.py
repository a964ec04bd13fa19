"""A jets study as a document: families, what they reconstruct, cuts that follow the mass, and the hunt."""

from collections.abc import Iterator, Mapping
from typing import Any

from l1ad.report.document import Block, Document, Paragraph, Section, Table
from l1ad.report.numbers import UNKNOWN, value_text
from l1ad.report.provenance_section import provenance_tables
from l1ad.report.studies.jets.figures import (
    curve_charts,
    distribution_charts,
    hunt_charts,
    loss_chart,
    profile_chart,
    width_charts,
)
from l1ad.report.studies.jets.results import JetFamilyResults, JetsResults
from l1ad.report.studies.jets.verdicts import hunts_of, jets_verdicts, mean_area_text, percent

__all__ = ["jets_document"]

_PLACES = (1, 2, 3, 5, 10, 20, 50)


def jets_document(results: JetsResults) -> Document:
    """Lay a study out: verdicts, families, reconstruction, cuts, hunt, provenance."""
    counts = results.counts
    sections = [Section(id="families", title="Families", blocks=tuple(_families(results)))]
    if results.usable:
        sections += [
            Section(id="reconstruction", title="Reconstruction", blocks=tuple(_reconstruction(results))),
            Section(id="cuts", title="Cuts that follow the mass", blocks=tuple(_cuts(results))),
            Section(id="hunt", title="Bump hunt", blocks=tuple(_hunt(results))),
        ]
    sections.append(Section(id="provenance", title="Provenance", blocks=tuple(_provenance(results))))
    return Document(
        title="Jets: anomalous dijets by autoencoders",
        subtitle=f"{len(results.families)} networks trained in the sideband |Δη| > {results.delta_eta:g} "
        f"({counts.training:,} events); {counts.held:,} events of it are left to predict, and "
        f"{counts.inside:,} lie in the signal region; {len(results.signals)} signals.",
        verdicts=jets_verdicts(results),
        sections=tuple(sections),
        data=results.document(),
    )


def _area_text(area: Mapping[str, float]) -> str:
    return value_text(area["value"], area["low"], area["high"], decimals=3)


def _families(results: JetsResults) -> Iterator[Block]:
    yield Paragraph(
        f"AUC of an event's score, the {results.of_event} of its two jets' (or their sum, where it says so), "
        f"against QCD in the signal region within {100 * results.window:g} % of the resonance's mass. "
        "Intervals are DeLong's, from the events, of the first training, which also hunts below. The mean is "
        "that of all trainings over signals, with an error from events and trainings; spread is the standard "
        "deviation of one training, on the same events. Below 0.5 a signal looks more normal than QCD: a "
        "network misses least of jets with few particles."
    )
    titles = [one.title for one in results.signals.values()]
    rows = [
        (one.name, one.kind, one.inputs, str(one.found["score"]),
         *(_area_text(one.area(name)) for name in results.signals), mean_area_text(one, results),
         *_spread_cells(one, results))
        for one in results.usable
    ]  # fmt: skip
    header = ("network", "family", "inputs", "score", *titles, "mean", "spread", "of each training")
    yield Table(name="areas", title="AUC near the mass", header=header, rows=tuple(rows))
    yield from curve_charts(results)
    yield Table(
        name="scores", title="AUC by score; in all of the signal region the mass helps or hurts",
        header=("network", "score", "rank correlation with m(jj)",
                *(f"{title}, {where}" for title in titles for where in ("near", "all"))),
        rows=tuple(
            (one.name, score, _area_text(found["correlation"]),
             *(_area_text(one.area(name, score, where))
               for name in results.signals for where in ("near", "all")))
            for one in results.usable
            for score, found in one.found["scores"].items()
        ),
    )  # fmt: skip
    yield Table(
        name="trainings", title="First trainings",
        header=("network", "parameters", "jets", "best epoch", "of", "ended by", "seconds"),
        rows=tuple(
            (one.name, f"{one.training['parameters']:,}", f"{one.training['trained_jets']:,}",
             str(one.training["best_epoch"]), str(one.training["epochs"]), one.training["ending"].lower(),
             f"{one.training['seconds']:.0f}")
            for one in results.families
        ),
    )  # fmt: skip
    yield loss_chart(results)


def _spread_cells(one: JetFamilyResults, results: JetsResults) -> tuple[str, str]:
    """Write how trainings spread, and the mean area of each."""
    spread = one.mean_area(results.signals).spread
    each = ", ".join(f"{area:.3f}" for area in one.mean_areas(results.signals))
    failed = sum(area is None for area in one.repeated)
    return UNKNOWN if spread is None else f"{spread:.3f}", each + (f"; {failed} failed" if failed else "")


def _reconstruction(results: JetsResults) -> Iterator[Block]:
    yield Paragraph(
        "Jets of the sideband that were not trained on; particles that are there. The code is the mean. "
        "Where the width that is left is the true one nothing was reconstructed, and the score is the jet's "
        "own spread: broad jets and those of many particles have more of it, whatever a network learned."
    )
    yield from width_charts(results)
    yield from distribution_charts(results)
    rows = []
    for one in results.usable:
        for quantity, found in one.training["reconstruction"].items():
            for place in _PLACES:
                if place <= len(found["n"]) and found["n"][place - 1]:
                    mean, width, true = (found[key][place - 1] for key in ("mean", "width", "true_width"))
                    rows.append((one.name, quantity, str(place), f"{mean:.4g}", f"{width:.4g}", f"{true:.4g}"))
    yield Table(
        name="residuals", title="Reconstructed − true",
        header=("network", "quantity", "particle", "mean", "width", "width of the true"),
        rows=tuple(rows), folded=True,
    )  # fmt: skip


def _cuts(results: JetsResults) -> Iterator[Block]:
    where = "in each region for itself" if results.fitted_in == "each" else "in the sideband for both"
    yield Paragraph(
        f"Quantiles of the score against m(jj) are fitted {where} by a curve and boosted "
        "trees on top, and each event is judged "
        "by a fit that has not seen it. χ² holds the fraction in each bin against the wanted one. Fitted in a "
        "region, the cut takes out fluctuations that it can follow, also where folds are crossed: χ² is then a "
        "little small, and a p near 1 is no proof of more. Data with a signal in them bend the cut as well; "
        "the hunt below includes that. In brackets: the gain ε(signal)/√ε(QCD); below 1 a search without the "
        "cut sees more."
    )
    rows = []
    for one, kept, cut in hunts_of(results):
        tests = [cut[key]["flatness"] for key in ("flat", "inside", "outside")]
        efficiencies = [cut["signals"][name]["efficiency"] for name in results.signals]
        rows.append((one.name, percent(kept), *(_test_text(test) for test in tests),
                     *(_gain_text(efficiency, kept) for efficiency in efficiencies)))  # fmt: skip
    yield Table(
        name="passing", title="χ² / bins, p, and signal efficiency in the signal region",
        header=("network", "kept", "one threshold", "quantile regression", "in the sideband",
                *(f"% of {one.title} [gain]" for one in results.signals.values())),
        rows=tuple(rows),
    )  # fmt: skip
    for kept in results.kept:
        yield profile_chart(results, results.usable[0], kept)


def _gain_text(efficiency: Mapping[str, float], kept: str) -> str:
    value, low, high = (100 * efficiency[key] for key in ("value", "low", "high"))
    return f"{value_text(value, low, high, decimals=1)} [{efficiency['value'] / float(kept) ** 0.5:.2f}]"


def _test_text(test: Mapping[str, Any]) -> str:
    if test["p_value"] is None:
        return UNKNOWN
    return f"{test['chi2']:.1f} / {test['n_bins']}, {test['p_value']:.2g}"


def _hunt(results: JetsResults) -> Iterator[Block]:
    how = "as a logistic line in ln m(jj) fitted to it" if results.prediction == "smooth" else "bin by bin"
    yield Paragraph(
        f"Events that pass in the signal region against the share that passes in the sideband, {how}, times "
        "all events of the signal region. Uncertainties are those of the sideband's counts; that the share is "
        "the same in both regions is assumed, and tested by the closure. Where the cut is fitted in each "
        "region it closes largely by construction, with pulls that are too small; the columns of the cut that "
        "the sideband alone made show what is not so. At one m(jj) the jets of the two regions differ in pT. "
        "Signal events are put among the QCD "
        "of both regions and the cut is fitted anew; networks have not seen them. Limits (CLs, 95 %) and "
        "significances are pyhf's, by asymptotic formulae, which are rough where few events are expected; the "
        "mass is known to the fit."
    )
    yield Table(
        name="closure", title="Without a signal",
        header=("network", "kept", "counted", "predicted", "χ² / bins, p", "cut from the sideband: counted",
                "predicted of it", "χ² / bins, p of it"),
        rows=tuple(
            (one.name, percent(kept),
             *(cell for key in ("without", "carried_over") for cell in _closure_cells(cut[key])))
            for one, kept, cut in hunts_of(results)
        ),
    )  # fmt: skip
    rows = [
        (one.name, percent(kept), signal.title, *_search_cells(cut["signals"][name]))
        for one, kept, cut in hunts_of(results)
        for name, signal in results.signals.items()
    ]
    yield Table(
        name="searches", title="With a signal, in selected signal events",
        header=("network", "kept", "signal", "injected", "expected to pass", "best fit", "limit without it",
                "expected limit", "limit with it", "significance (σ)"),
        rows=tuple(rows),
    )  # fmt: skip
    for kept in results.kept:
        yield from hunt_charts(results, results.usable[0], kept)


def _closure_cells(found: Mapping[str, Any]) -> tuple[str, str, str]:
    return (
        f"{found['observed_sum']:,}",
        f"{found['expected_sum']:,.1f} ± {found['uncertainty_sum']:.1f}",
        _test_text(found["closure"]),
    )


def _search_cells(found: Mapping[str, Any]) -> tuple[str, ...]:
    n = found["injected"]
    without, search = found["without"], found["search"]
    return (
        f"{n} ({found['injected_inside']} in the signal region)",
        f"{found['expected_to_pass']:.1f}",
        UNKNOWN if search is None else f"{n * search['best']:.0f}",
        UNKNOWN if without is None else f"{n * without['limit']:.0f}",
        UNKNOWN
        if without is None
        else value_text(*(n * without[key] for key in ("expected", "low", "high")), decimals=0),
        UNKNOWN if search is None else f"{n * search['limit']:.0f}",
        UNKNOWN if search is None else f"{search['significance']:.1f}",
    )  # fmt: skip


def _provenance(results: JetsResults) -> Iterator[Block]:
    counts = results.counts
    size = "" if counts.luminosity_fb is None else f" They are as many as {counts.luminosity_fb:.2g} fb⁻¹ give."
    yield Paragraph(
        f"QCD was **made** with Pythia at leading order and its parton shower, clustered by FastJet, and "
        f"smeared; no detector, no pile-up, and without multiparton interactions where the settings say "
        f"so.{size} CMS's CASE (arXiv:2412.03747, from memory) trains its VAE on (px, py, pz) of a hundred "
        "particles of real jets, with far more events, and fits dijet spectra after its quantile regression. "
        "Families, layers and splits are in its manner; data, selection, curve and trees of the regression, "
        "the prediction from the sideband and the fit are ours. The figures forecast nothing for its data."
        if results.made
        else "Events are the user's; what they are is taken as told."
    )
    yield Table(
        name="events", title="Signals", header=("signal", "mass (GeV)", "selected", "in the signal region"),
        rows=tuple(
            (one.title, f"{one.mass_gev:,.0f}", f"{one.selected:,}", f"{one.inside:,}")
            for one in results.signals.values()
        ),
    )  # fmt: skip
    yield from provenance_tables(results.digests, results.versions, results.settings)
