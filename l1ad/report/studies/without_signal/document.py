"""A study of metrics without signal as a document: verdicts, correlations, signals, faults, every version."""

from collections.abc import Mapping

from l1ad.metrics.rank_correlation import RankCorrelation
from l1ad.report.document import Block, Document, Paragraph, Section, Table
from l1ad.report.numbers import UNKNOWN, plain_number, value_text
from l1ad.report.provenance_section import provenance_tables
from l1ad.report.studies.without_signal.figures import fault_heatmap, scatters, signal_heatmap
from l1ad.report.studies.without_signal.results import WithoutSignalResults
from l1ad.report.studies.without_signal.verdicts import RULE, STATES, score_name, without_signal_verdicts

__all__ = ["without_signal_document"]

_ORIGIN = (
    "Compression factor over score (m1 to m4), latent entropy, stability and density are named in studies "
    "of the GELATO trigger (from memory; their formulas beyond the names, and their numbers, were not at "
    "hand). What is **ours**: the exact forms, the plan of versions, the faults, the events, the rule. "
    "The events are simulated zero bias and signals that ship with l1ad, not collisions; networks are "
    "float and small, trained on the plain sum of squared errors, where `l1ad train` weighs rare objects. "
    "The study says which metrics order **these** versions; repeat it on events of your own before a "
    "metric decides anything."
)


def without_signal_document(results: WithoutSignalResults) -> Document:
    """Lay a study out, what is deployed first."""
    sound = sum(one.fault is None for one in results.versions)
    events = results.events
    sections = [
        *(Section(id=f"trust_{name}", title=f"Metrics and the efficiency by {score_name(name)}",
                  blocks=tuple(_trust(results, name))) for name in results.scores),
        Section(id="correlations", title="All versions, and sound ones alone",
                blocks=tuple(_correlations(results))),
        *(Section(id=f"faults_{name}", title=f"Bad versions, by {score_name(name)}",
                  blocks=tuple(_faults(results, name))) for name in results.scores),
        Section(id="points", title="Working points", blocks=tuple(_points(results))),
        Section(id="scatter", title="Every version", blocks=tuple(_scatter(results))),
        Section(id="trainings", title="The versions", blocks=tuple(_versions(results))),
        Section(id="provenance", title="Provenance", blocks=tuple(_provenance(results))),
    ]  # fmt: skip
    return Document(
        title="Metrics without signal",
        subtitle=f"{len(results.versions)} versions, {sound} of them sound; metrics on {events['metrics']:,} "
        f"zero-bias events, thresholds on {events['thresholds']:,} others, efficiencies of "
        f"{len(results.signals)} signals.",
        verdicts=without_signal_verdicts(results),
        sections=tuple(sections),
        data=results.document(),
    )


def _trust(results: WithoutSignalResults, name: str) -> list[Block]:
    score = results.scores[name]
    order = sorted(score.metrics, key=lambda one: -score.metrics[one].sound[score.main].spearman.value)
    rows = tuple(
        (metric, "larger" if results.directions[metric] else "smaller",
         *(_spearman(score.metrics[metric].sound[point]) for point in score.points),
         *(f"{score.metrics[metric].probability[point]:.2g}" for point in score.points),
         value_text(score.metrics[metric].area.value, score.metrics[metric].area.low,
                    score.metrics[metric].area.high),
         score.metrics[metric].trust.value)
        for metric in order
    )  # fmt: skip
    header = ("metric", "better", *(f"ρ, sound, {point}" for point in score.points),
              *(f"p, {point}" for point in score.points), "bad told from sound", "trust")  # fmt: skip
    return [
        Paragraph(RULE),
        Paragraph(
            "ρ: Spearman's coefficient with the geometric mean of the signals' efficiencies, positive "
            "where the metric is right as declared. Intervals are the central 68.27 % of a bootstrap over "
            "versions; p is corrected for the number of metrics (Benjamini-Yekutieli). Bad told from "
            "sound: the area, with DeLong's interval. Versions share events: the intervals are of the "
            "plan, not of another sample."
        ),
        Table(name=f"trust_{name}_table", title=f"{score.sound} sound and {score.bad} bad versions",
              header=header, rows=rows, states=tuple(STATES[score.metrics[one].trust] for one in order)),
        _choice(results, name, order),
        signal_heatmap(results, name),
    ]  # fmt: skip


def _choice(results: WithoutSignalResults, name: str, order: list[str]) -> Table:
    score = results.scores[name]
    rows = tuple(
        (metric, f"{100 * one.close:.0f} %", f"{100 * one.close_at_random:.0f} %", f"{one.median_share:.2f}",
         f"{one.best_of_all:.2f}")
        for metric in order
        for one in (score.metrics[metric].choice,)
    )  # fmt: skip
    n, factor = min(results.candidates, score.sound), results.within_factor
    header = ("metric", f"within a factor {factor:g} of the best", "picked blindly", "median share of the best",
              "liked best of all, over the best of all")  # fmt: skip
    title = f"One of {n} sound versions chosen by the metric, at {score.main}"
    return Table(name=f"choice_{name}", title=title, header=header, rows=rows)


def _correlations(results: WithoutSignalResults) -> list[Block]:
    blocks: list[Block] = [
        Paragraph(
            "A metric that only tells broken from sane looks good over all versions, and fails among "
            "sound ones. τ, alike: Kendall's τ over pairs of sound versions of one family and input "
            "scaling, which losses and densities have one unit in, the weight of the penalty apart."
        )
    ]
    for name, score in results.scores.items():
        rows = tuple(
            (metric, point, _spearman(one.every[point]), f"{one.every[point].kendall:.2f}",
             _spearman(one.sound[point]), f"{one.sound[point].kendall:.2f}", f"{one.alike[point]:.2f}",
             str(one.undefined) if one.undefined else UNKNOWN)
            for metric, one in score.metrics.items()
            for point in score.points
        )  # fmt: skip
        header = ("metric", "at", "ρ, all", "τ, all", "ρ, sound", "τ, sound", "τ, alike", "undefined")
        title = f"Efficiency by {score_name(name)}"
        blocks.append(Table(name=f"correlations_{name}", title=title, header=header, rows=rows))
    return blocks


def _faults(results: WithoutSignalResults, name: str) -> list[Block]:
    score = results.scores[name]
    counts = {fault: sum(one.fault == fault and name in one.figure for one in results.versions)
              for fault in results.faults}  # fmt: skip
    rows = tuple(
        (fault, str(counts[fault]), text,
         *(_share(point.by_fault, fault, point.median) for point in score.points.values()))
        for fault, text in results.faults.items()
    )  # fmt: skip
    header = ("fault", "versions", "what is wrong", *(f"efficiency over sound, {one}" for one in score.points))
    blocks: list[Block] = [
        Paragraph(
            "Versions are bad by what was done to them, not by what came of it: the last columns give their "
            "median efficiency over that of sound versions. A fault that costs nothing there is one that a "
            "metric need not tell by this score."
        ),
        Table(name=f"fault_cost_{name}", title="", header=header, rows=rows),
    ]
    if any(one.area_by_fault for one in score.metrics.values()):
        blocks.append(fault_heatmap(results, name))
    return blocks


def _share(by_fault: Mapping[str, float], fault: str, median: float) -> str:
    return f"{by_fault[fault] / median:.2f}" if fault in by_fault else UNKNOWN


def _points(results: WithoutSignalResults) -> list[Block]:
    rows = tuple(
        (score_name(name), point, f"{one.allowed:,}", f"{one.fewest:,}", f"{one.median:.4f}",
         f"{one.lowest:.4f} to {one.highest:.4f}", UNKNOWN if one.firmness is None else _spearman(one.firmness))
        for name, score in results.scores.items()
        for point, one in score.points.items()
    )  # fmt: skip
    header = ("score", "at", "zero-bias events above", "fewest", "median efficiency", "lowest to highest",
              "halves agree, ρ")  # fmt: skip
    return [
        Paragraph(
            "Thresholds count whole events of zero bias; nothing is interpolated, and ties stay out. With "
            "so few events above a threshold they decide part of the order of versions: the last column "
            "correlates the efficiencies of sound versions from either half of zero bias and of each "
            "signal. All events agree better than halves do; where even halves agree, the order is firm. "
            "A negative value says that single events decide, since what is in one half is missing in the "
            "other."
        ),
        Table(name="points_table", title="Sound versions", header=header, rows=rows),
    ]


def _scatter(results: WithoutSignalResults) -> list[Block]:
    main = next(iter(results.scores), None)
    if main is None:
        return [Paragraph("No version has a score.")]
    return [
        Paragraph(
            "Versions whose metric is undefined are not drawn. Names and settings are in the next table."
        ),
        *scatters(results, main),
    ]


def _versions(results: WithoutSignalResults) -> list[Block]:
    names = list(results.versions[0].settings) if results.versions else []
    columns = [(name, score.main) for name, score in results.scores.items()]
    rows = tuple(
        (one.name, one.kind, *one.settings.values(), str(one.epochs), one.ending.lower(),
         *(plain_number(one.figure[name][point], 3) if name in one.figure else UNKNOWN
           for name, point in columns),
         f"{one.seconds:.1f}")
        for one in results.versions
    )  # fmt: skip
    header = ("version", "family", *names, "epochs", "ending",
              *(f"efficiency by {score_name(name)}" for name, _ in columns), "seconds")  # fmt: skip
    return [
        Paragraph("Σµ² is a score of the families that pull their codes to 0; the others have none by it."),
        Table(name="versions_table", title="", header=header, rows=rows, folded=True),
    ]


def _provenance(results: WithoutSignalResults) -> list[Block]:
    return [
        Paragraph(_ORIGIN),
        Table(name="metric_texts", title="Metrics", header=("metric", "what", "better"),
              rows=tuple((name, text, "larger" if results.directions[name] else "smaller")
                         for name, text in results.texts.items())),
        Table(name="events_table", title="Zero bias", header=("for", "events"),
              rows=tuple((name, f"{count:,}") for name, count in results.events.items())),
        *provenance_tables(results.digests, results.versions_of, results.settings),
    ]  # fmt: skip


def _spearman(one: RankCorrelation) -> str:
    return value_text(one.spearman.value, one.spearman.low, one.spearman.high)
