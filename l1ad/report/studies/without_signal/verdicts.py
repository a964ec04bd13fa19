"""What a study of metrics without signal says on top: what ranks, what tells broken ones, how firmly."""

from collections.abc import Iterator

from l1ad.metrics.selection import LARGEST_PROBABILITY, LEAST_AREA, LEAST_CORRELATION, Trust
from l1ad.report.document import State, Verdict
from l1ad.report.numbers import value_text
from l1ad.report.studies.without_signal.results import MetricResults, ScoreResults, WithoutSignalResults

__all__ = ["RULE", "STATES", "score_name", "without_signal_verdicts"]

STATES = {Trust.RANKS: State.GOOD, Trust.BROKEN_ONLY: State.OPEN, Trust.NOTHING: State.BAD}
"""How each verdict on a metric is shown."""

RULE = (
    "A metric **can be trusted to rank** if, among sound versions alone and at every working point, the "
    f"lower end of Spearman's ρ is at least {LEAST_CORRELATION:g} and the corrected probability is below "
    f"{LARGEST_PROBABILITY:g}; it **tells broken ones only** if it does not rank, and the lower end of "
    f"the area with which it tells bad versions from sound ones is at least {LEAST_AREA:g}; else it "
    "**cannot be trusted**. Directions and limits are part of the program, not of the results."
)
"""The rule of the verdicts, as text."""

_SCORES = {"mean_squares": "Σµ²", "reconstruction": "squared error"}
_LOSS = "loss"


def score_name(score: str) -> str:
    """Name a score as it is shown."""
    return _SCORES.get(score, score)


def without_signal_verdicts(results: WithoutSignalResults) -> tuple[Verdict, ...]:
    """Tell what can be trusted by each score, what the loss is worth, and how firm the order of versions is."""
    found = [verdict for name, score in results.scores.items() for verdict in _of_score(name, score)]
    found.append(
        Verdict(
            what="versions",
            found=f"{len(results.versions)} measured"
            + (f"; no numbers from {', '.join(results.unusable)}" if results.unusable else ""),
            state=State.BAD if None in results.unusable.values() else State.GOOD,
            why="a version cannot be measured if a score of it is no number; nor can a sound one whose "
            "very first loss is none",
            section="trainings",
        )
    )
    return tuple(found)


def _of_score(name: str, score: ScoreResults) -> Iterator[Verdict]:
    shown = score_name(name)
    by_trust = {
        trust: [one for one, metric in score.metrics.items() if metric.trust is trust] for trust in Trust
    }
    ranking, broken = by_trust[Trust.RANKS], by_trust[Trust.BROKEN_ONLY]
    firm = score.points[score.main].firmness
    has_order = firm is not None and firm.spearman.low >= LEAST_CORRELATION
    nothing = f"none of {len(score.metrics)} metrics" + ("" if has_order else "; no firm order to rank either")
    yield Verdict(
        what=f"{shown}: rank sound versions",
        found="; ".join(ranking) or nothing,
        state=State.GOOD if ranking else State.BAD if has_order else State.OPEN,
        why=f"{score.sound} sound versions; the rule is in the text",
        section=f"trust_{name}",
    )
    yield Verdict(
        what=f"{shown}: tell broken ones only",
        found="; ".join(broken) or "none",
        state=State.OPEN,
        why=f"{score.bad} bad versions, spoilt in known ways",
        section=f"faults_{name}",
    )
    backwards = [one for one, metric in score.metrics.items() if _is_backwards(metric, score.main)]
    if backwards:
        yield Verdict(
            what=f"{shown}: rank the wrong way",
            found="; ".join(backwards),
            state=State.BAD,
            why=f"ρ of sound versions at {score.main} is below 0 by its interval, corrected probability below "
            f"{LARGEST_PROBABILITY:g}; what a metric says on these versions, turned round, was not declared",
            section=f"trust_{name}",
        )
    main = score.points[score.main]
    free = [fault for fault, figure in main.by_fault.items() if figure >= main.median]
    if free:
        yield Verdict(
            what=f"{shown}: faults that cost nothing",
            found=", ".join(free),
            state=State.OPEN,
            why=f"median efficiency at {score.main} is at least that of sound versions: no fault of this score",
            section=f"faults_{name}",
        )
    if _LOSS in score.metrics:
        yield _loss(shown, score, score.metrics[_LOSS])
    yield _firm(shown, score)


def _is_backwards(metric: MetricResults, point: str) -> bool:
    return metric.sound[point].spearman.high < 0 and metric.probability[point] < LARGEST_PROBABILITY


def _loss(shown: str, score: ScoreResults, metric: MetricResults) -> Verdict:
    at = metric.sound[score.main].spearman
    return Verdict(
        what=f"{shown}: the loss",
        found=f"{metric.trust.value}: ρ = {value_text(at.value, at.low, at.high)} among sound versions",
        state=STATES[metric.trust],
        why=f"at {score.main}; losses of other weights and input scalings are not of one unit",
        section="correlations",
    )


def _firm(shown: str, score: ScoreResults) -> Verdict:
    parts = []
    for name, point in score.points.items():
        if point.firmness is None:
            parts.append(f"{name}: not measured")
            continue
        at = point.firmness.spearman
        parts.append(f"{name}: ρ = {value_text(at.value, at.low, at.high)}")
    firm = all(
        one.firmness is not None and one.firmness.spearman.low >= LEAST_CORRELATION
        for one in score.points.values()
    )
    return Verdict(
        what=f"{shown}: is there an order",
        found="; ".join(parts),
        state=State.GOOD if firm else State.OPEN,
        why="correlation of sound versions' efficiencies from either half of all events; where it is low, "
        "events decide the order and no metric can be judged",
        section="points",
    )
