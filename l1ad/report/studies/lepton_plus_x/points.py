"""Tables and curves of a lepton + X study: every score at every share, ROC curves, what is accepted."""

import math

from l1ad.metrics.ranks import Bounded
from l1ad.report.charts import Axis, Chart, Marker, Scale, Series
from l1ad.report.document import Block, Paragraph, Table
from l1ad.report.numbers import UNKNOWN, value_text
from l1ad.report.studies.lepton_plus_x.results import LeptonPlusXResults
from l1ad.report.studies.lepton_plus_x.scores import ScoreKind, ScoreResult
from l1ad.report.studies.lepton_plus_x.verdicts import best_of, efficiency_text, error_text, section_text

__all__ = ["accepted_blocks", "curve_blocks", "point_blocks", "section_table"]

_AUTOENCODERS = (ScoreKind.FLOAT, ScoreKind.DEPLOYABLE)
"""Scores that were told no signal."""


def section_table(
    results: LeptonPlusXResults, name: str, title: str, points: tuple[str, ...], *, folded: bool = False
) -> Table:
    """Lay out the table of the publication's kind: signal, efficiency, two cross sections."""
    rows = []
    for signal in results.signals:
        for score in results.of_kind(*_AUTOENCODERS, ScoreKind.SUPERVISED):
            for point in points if signal.name in score.auc else ():
                named = (signal.title, score.name, *((point,) if len(points) > 1 else ()))
                at = score.at(point)
                if at is None:
                    rows.append((*named, UNKNOWN, UNKNOWN, UNKNOWN, "none, see below"))
                    continue
                found = at.signals[signal.name]
                rows.append(
                    (*named, efficiency_text(found.efficiency), section_text(found.events_pb),
                     section_text(found.purity_pb), "extrapolated" if at.extrapolated else "measured")
                )  # fmt: skip
    header = (
        "signal", "score", *(("point",) if len(points) > 1 else ()), "efficiency in the stream (%)",
        "σ for 100 events/month (pb)", "σ for S/B = 1/3 (pb)", "threshold",
    )  # fmt: skip
    return Table(name=name, title=title, header=header, rows=tuple(rows), folded=folded)


def point_blocks(results: LeptonPlusXResults) -> list[Block]:
    """Give the efficiency of every score for every signal at every share."""
    blocks: list[Block] = [
        Paragraph(
            "Efficiency of each signal (%) at each share of the stream. `m`: the threshold is measured on "
            "unseen events; `x`: extrapolated. The best single feature is chosen for each signal and point "
            "with knowledge of the signal, which flatters it; the rows above it were chosen by nothing. Ratios "
            "are given of measured points, with errors as if the two were independent. What networks and trees "
            "reach that are told the signal is a bound in practice, and no theorem; their log odds are not "
            "extrapolated."
        ),
        _thresholds(results),
        section_table(results, "sections", "Cross sections at every point", results.points, folded=True),
    ]
    for number, signal in enumerate(results.signals):
        rows = [
            (score.name, *(_cell(score, signal.name, point) for point in results.points))
            for score in results.of_kind(*_AUTOENCODERS)
        ]
        best = [best_of(results.of_kind(ScoreKind.CUT), signal.name, point) for point in results.points]
        cells = [
            UNKNOWN if one is None else f"{_cell(one[0], signal.name, point)} {one[0].name}"
            for one, point in zip(best, results.points, strict=True)
        ]
        rows.append(("best single feature", *cells))
        rows += [
            (score.name, *(_cell(score, signal.name, point) for point in results.points))
            for score in results.of_kind(ScoreKind.SUPERVISED)
            if signal.name in score.auc
        ]
        rows.append(("headline over the feature, measured", *_gains(results, signal.name)))
        header = ("score", *results.points)
        blocks.append(Table(name=f"points_{number}", title=f"{signal.title}", header=header, rows=tuple(rows)))
    refused = [(one.name, point, why) for one in results.scores for point, why in one.refused.items()]
    if refused:
        blocks.append(
            Table(name="refused", title="Thresholds that could not be set", header=("score", "point", "why"),
                  rows=tuple(refused), folded=True)
        )  # fmt: skip
    return blocks


def _thresholds(results: LeptonPlusXResults) -> Table:
    """Hold each threshold against what the unseen events count there."""
    rows = [
        (score.name, at.name, f"{at.events_per_day:,.0f}", "extrapolated" if at.extrapolated else "measured",
         f"{at.n_pass:,}", value_text(at.counted_per_day.value, at.counted_per_day.low, at.counted_per_day.high,
                                      decimals=0))
        for score in results.of_kind(*_AUTOENCODERS)
        for at in score.points
    ]  # fmt: skip
    header = (
        "score",
        "point",
        "events/day allowed",
        "threshold",
        "unseen events that pass",
        "events/day counted",
    )
    title = "Thresholds, and what passes them by count"
    return Table(name="thresholds", title=title, header=header, rows=tuple(rows), folded=True)


def _cell(score: ScoreResult, signal: str, point: str) -> str:
    at = score.at(point)
    if at is None or signal not in at.signals:
        return UNKNOWN
    return f"{efficiency_text(at.signals[signal].efficiency)} {'x' if at.extrapolated else 'm'}"


def _gains(results: LeptonPlusXResults, signal: str) -> list[str]:
    """Divide efficiencies of the headline score by those of the best feature."""
    ours = tuple(one for one in results.scores if one.name == results.headline)
    found = []
    for point in results.points:
        mine = best_of(ours, signal, point)
        cut = best_of(results.of_kind(ScoreKind.CUT), signal, point)
        found.append(UNKNOWN if mine is None or cut is None else _ratio(mine, cut, point))
    return found


def _ratio(ours: tuple[ScoreResult, Bounded], cut: tuple[ScoreResult, Bounded], point: str) -> str:
    """Write the ratio of two efficiencies with its error; none where one is extrapolated or nothing."""
    told = [one.at(point) for one, _ in (ours, cut)]
    first, second = ours[1], cut[1]
    if any(at is None or at.extrapolated for at in told) or not first.value or not second.value:
        return UNKNOWN
    relative = math.hypot(*((one.high - one.low) / 2 / one.value for one in (first, second)))
    return f"× {error_text(first.value / second.value, relative * first.value / second.value)}"


def curve_blocks(results: LeptonPlusXResults) -> list[Block]:
    """Give areas, and a figure of ROC curves for each signal."""
    blocks: list[Block] = [
        Table(
            name="auc",
            title="Area under the ROC curve",
            header=("score", *(one.title for one in results.signals)),
            rows=tuple(
                (score.name, *(_area(score, one.name) for one in results.signals)) for score in results.scores
            ),
        )
    ]
    for number, signal in enumerate(results.signals):
        shown = [one for one in results.of_kind(*_AUTOENCODERS, ScoreKind.SUPERVISED) if signal.name in one.auc]
        blocks.append(
            Chart(
                name=f"roc_{number}",
                title=f"{signal.title} against the stream",
                caption="Share of the signal that passes where a share of the weighted, unseen stream does. "
                "Lines begin where one event of the stream passes. Markers are the points of the study.",
                x=Axis(label="Accepted share of the stream", scale=Scale.LOG, low=1e-4, high=1.0),
                y=Axis(label="Efficiency of the signal", scale=Scale.LOG, low=1e-3, high=1.2),
                series=tuple(
                    Series(name=one.name, x=results.roc_shares, y=one.efficiencies[signal.name],
                           dashed=one.kind is ScoreKind.SUPERVISED)
                    for one in shown
                ),
                markers=tuple(
                    Marker(name=at.name, at=at.share)
                    for at in (shown[0].points if shown else ())
                    if at.share > results.roc_shares[0]
                ),
            )
        )  # fmt: skip
    return blocks


def _area(score: ScoreResult, signal: str) -> str:
    one = score.auc.get(signal)
    return UNKNOWN if one is None else value_text(one.value, one.low, one.high, decimals=3)


def accepted_blocks(results: LeptonPlusXResults) -> list[Block]:
    """Tell process by process what thresholds accept."""
    names = [one.name for one in results.accounts]
    total = results.stream_pb or 1.0
    rows = [
        ("all of the stream", UNKNOWN, f"{results.unseen:,}",
         *(f"{100 * one.filtered_pb / total:.1f}" for one in results.accounts))
    ]  # fmt: skip
    for score in results.of_kind(*_AUTOENCODERS):
        rows += [
            (score.name, at.name, f"{at.n_pass:,}",
             *(f"{100 * at.composition.get(name, 0.0):.1f}" if at.composition else UNKNOWN for name in names))
            for at in score.points
            if not at.extrapolated
        ]  # fmt: skip
    header = ("score", "point", "unseen events that pass", *(f"{one.title} (%)" for one in results.accounts))
    return [
        Paragraph(
            "Parts of the weight that passes, by process, at measured points; beyond them too few events pass "
            "to tell what they are."
        ),
        Table(name="composition", title="", header=header, rows=tuple(rows)),
    ]
