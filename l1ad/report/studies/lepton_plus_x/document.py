"""A lepton + X study as a document: main table, stream, points, curves, p-values, generated events."""

from l1ad.report.document import Block, Document, Paragraph, Section, Table
from l1ad.report.numbers import UNKNOWN
from l1ad.report.provenance_section import provenance_tables
from l1ad.report.studies.lepton_plus_x.points import accepted_blocks, curve_blocks, point_blocks, section_table
from l1ad.report.studies.lepton_plus_x.results import LeptonPlusXResults
from l1ad.report.studies.lepton_plus_x.scores import ProcessAccount
from l1ad.report.studies.lepton_plus_x.shapes import generated_blocks, p_value_blocks
from l1ad.report.studies.lepton_plus_x.verdicts import error_text, stream_verdicts

__all__ = ["lepton_plus_x_document"]


def lepton_plus_x_document(results: LeptonPlusXResults) -> Document:
    """Lay a study out."""
    return Document(
        title="Lepton + X at the high-level trigger",
        subtitle=f"A stream of {results.events_per_day:,.0f} events a day; {results.trained:,} events to train "
        f"on, {results.unseen:,} unseen ones, worth {results.effective:,.0f} of equal weight, to measure on.",
        verdicts=stream_verdicts(results),
        sections=(
            Section(id="signals", title="Signals at the first budget", blocks=tuple(_main(results))),
            Section(id="stream", title="The stream", blocks=tuple(_stream(results))),
            Section(id="points", title="Working points", blocks=tuple(point_blocks(results))),
            Section(id="curves", title="ROC curves", blocks=tuple(curve_blocks(results))),
            Section(id="p_values", title="p-values", blocks=tuple(p_value_blocks(results))),
            Section(id="accepted", title="What is accepted", blocks=tuple(accepted_blocks(results))),
            Section(id="generated", title="Generated against true", blocks=tuple(generated_blocks(results))),
            Section(id="trainings", title="Trainings", blocks=tuple(_trainings(results))),
            Section(id="provenance", title="Provenance", blocks=tuple(_provenance(results))),
        ),
        data=results.document(),
    )


def _main(results: LeptonPlusXResults) -> list[Block]:
    """Lay out the table of the publication's kind: signal, efficiency, two cross sections."""
    point = results.points[0]
    inside = (
        "Cross sections are production times the branching of the settings, before the filter: its acceptance "
        "is divided out."
        if results.made
        else "Nothing is known of the acceptance of the user's signals: cross sections are within the stream."
    )
    return [
        Paragraph(
            f"At **{point}**, with {results.luminosity_fb:g} fb⁻¹ a month. Efficiencies are shares of the "
            f"signal that is in the stream. {inside} σ = N/(L·A·ε) and σ = f·σ(stream)/(3·A·ε). In brackets "
            "the central 68.27 %: bootstraps of threshold, signal and acceptance together. Where the threshold "
            "is **extrapolated**, no count of the stream confirms it: it is that of a generalised Pareto tail, "
            "and the interval holds the errors of its fit, not that of the assumption that the tail goes on. "
            "A mixture ends in its hardest process, however rare, of which one tail for all may know nothing: "
            "hold each against what is counted there, in the next section but one. The network and "
            "the trees for a signal are told it; each signal has its own."
        ),
        section_table(results, "main", "", (point,)),
    ]


def _stream(results: LeptonPlusXResults) -> list[Block]:
    rows = [_account(one, results.stream_pb or 1.0) for one in results.accounts]
    rows += [_account(one, None) for one in results.signals]
    header = ("process", "σ·B (pb)", "generated", "passed", "acceptance (%)", "in the stream (pb)",
              "share (%)", "seen", "unseen")  # fmt: skip
    text = (
        f"A lepton of more than {results.lepton_gev:g} GeV within |η| < 2.5. The stream has "
        f"{results.stream_pb:,.0f} ± {results.stream_error_pb:,.0f} pb (statistical), which is "
        f"{results.events_per_day:,.0f} events a day. Cross sections are Pythia's of leading order times the "
        "configured factors; errors of scales, parton densities and of missing orders are not in. Features "
        "come from generated particles, smeared: no detector, no trigger inefficiency and no pile-up, which a "
        "high-level trigger takes away in part. QCD is the production of pairs of c or b quarks as configured, "
        "without gluon splitting and without hadrons or photons taken for leptons."
        if results.made
        else f"The user's events and weights: {results.stream_pb:,.0f} pb, "
        f"{results.events_per_day:,.0f} events a day."
    )
    return [
        Paragraph(text),
        Paragraph(
            "Training and validation events are drawn in proportion to their weights, so one may be there more "
            "than once; copies never reach the unseen part, of which every event is measured with its weight."
        ),
        Table(name="stream_processes", title="Processes and signals", header=header, rows=tuple(rows)),
    ]


def _account(one: ProcessAccount, total_pb: float | None) -> tuple[str, ...]:
    """Lay a process out, or without a total a signal, whose cross section is what is asked for."""
    section = inside = share = UNKNOWN
    if total_pb is not None:
        section = error_text(one.cross_section_pb, one.cross_section_error_pb)
        inside = error_text(one.filtered_pb, one.filtered_error_pb)
        share = f"{100 * one.filtered_pb / total_pb:.1f}"
    return (
        one.title, section, f"{one.generated:,}", f"{one.passed:,}",
        error_text(100 * one.acceptance, 100 * one.acceptance_error), inside, share,
        f"{one.training:,}" if one.training else UNKNOWN, f"{one.unseen:,}" if one.unseen else UNKNOWN,
    )  # fmt: skip


def _trainings(results: LeptonPlusXResults) -> list[Block]:
    rows = [
        (one.name, one.backend, str(one.epochs), str(one.best_epoch), f"{one.reconstruction:.2f}",
         f"{one.kl:.2f}", f"{one.latents - one.collapsed} of {one.latents}", f"{one.seconds:.0f}",
         ", ".join(f"{package} {version}" for package, version in one.versions.items()),
         "; ".join(one.warnings) or UNKNOWN)
        for one in results.trainings
    ]  # fmt: skip
    header = ("algorithm", "backend", "epochs", "best", "reconstruction term", "KL", "latents that speak",
              "seconds", "trained with", "warnings")  # fmt: skip
    blocks: list[Block] = [
        Paragraph(
            "Each algorithm is an ordinary run directory under `algorithms/`: `l1ad build` and "
            "`l1ad verify` work on it. Terms are those of the validation events at the best epoch. That of a "
            "likelihood is −ln L summed over the features: it has no natural zero, and with inputs cast for "
            "hardware its scale is another."
        ),
        Table(name="training_figures", title="", header=header, rows=tuple(rows)),
    ]
    if results.left_out:
        blocks.append(
            Table(name="left_out", title="Left out", header=("algorithm", "why"),
                  rows=tuple(results.left_out.items()))
        )  # fmt: skip
    return blocks


def _provenance(results: LeptonPlusXResults) -> list[Block]:
    return [
        Paragraph(
            "In the manner of Cerri, Nguyen, Pierini, Spiropulu & Vlimant, arXiv:1811.10276: the 21 features, "
            "the densities, 2 x 50 nodes, 4 latents, β = 0.3, p-values and a budget of events are theirs "
            "*(from memory and from the project's notes)*. Theirs were millions of events with a parametrised "
            "detector and pile-up; processes, filter, cross sections, splits, number formats and everything "
            "deployable are ours, and so are all figures here. They are not comparable with the published ones."
        ),
        *provenance_tables(results.digests, results.versions, results.settings),
    ]
