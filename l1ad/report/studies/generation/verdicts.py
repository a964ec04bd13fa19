"""What a generation study says on top: who generates best, how far off, and what finds the signal."""

from l1ad.metrics.repetitions import Repeated
from l1ad.report.document import State, Verdict
from l1ad.report.numbers import UNKNOWN, value_text
from l1ad.report.studies.generation.results import GenerationResults, GeneratorResults

__all__ = ["FLOOR", "generation_verdicts", "with_spread"]

FLOOR = "true events"
"""What tables call one half of the test against the other."""

_CRITERIA = {
    "distribution": ("best in distribution", "least mean KS distance"),
    "correlation": ("best in correlation", "least difference of rank correlations"),
    "classifier": ("hardest to tell from true", "least area of the classifier two-sample test"),
    "overall": ("best overall", "least mean rank over these three"),
}


def with_spread(one: Repeated | None, decimals: int) -> str:
    """Write a mean with the spread of one repetition, e.g. `0.821 ± 0.002`."""
    if one is None:
        return UNKNOWN
    mean = value_text(one.spread.mean, decimals=decimals)
    spread = one.spread.standard_deviation
    return mean if spread is None else f"{mean} ± {value_text(spread, decimals=decimals)}"


def generation_verdicts(results: GenerationResults) -> tuple[Verdict, ...]:
    """Tell the best families, whether any generates what cannot be told from true events, and what finds X."""
    by_name = {one.name: one for one in results.families}
    found = [
        _best(results, criterion, by_name[results.best[criterion]])
        for criterion in _CRITERIA
        if criterion in results.best
    ]
    if results.families:
        found += [_told_apart(results), _signal(results)]
    failed = sum(one.failed for one in results.families) + results.repetitions * len(results.unusable)
    trainings = results.repetitions * (len(results.families) + len(results.unusable))
    found.append(
        Verdict(
            what="trainings",
            found=f"{failed} of {trainings} failed"
            + (f"; all of {', '.join(results.unusable)}" if results.unusable else ""),
            state=State.BAD if failed else State.GOOD,
            why="a training fails when its first loss, or what it generates, is no number",
            section="settings",
        )
    )
    return tuple(found)


def _best(results: GenerationResults, criterion: str, best: GeneratorResults) -> Verdict:
    what, why = _CRITERIA[criterion]
    value = {
        "distribution": f"KS {with_spread(best.distances.ks, 4)}",
        "correlation": with_spread(best.distances.correlation, 3),
        "classifier": f"AUC {with_spread(best.distances.classifier_auc, 3)}",
        "overall": f"mean rank {with_spread(best.ranks['overall'], 2)}",
    }[criterion]
    alike = results.alike[criterion]
    return Verdict(
        what=what,
        found=f"{best.name}: {value}" + (f", not told apart from {', '.join(alike)}" if alike else ""),
        state=State.OPEN if alike else State.GOOD,
        why=f"{why}; apart where the ranges of {results.repetitions} repetitions do not overlap",
        section="comparison",
    )


def _told_apart(results: GenerationResults) -> Verdict:
    best = min(results.families, key=lambda one: one.distances.classifier_auc.spread.mean)
    area, floor = best.distances.classifier_auc, results.floor.classifier_auc
    alike = area.spread.low <= floor.spread.high
    return Verdict(
        what="told from true events",
        found=f"{best.name}: C2ST AUC {with_spread(area, 3)}; true events {with_spread(floor, 3)}",
        state=State.OPEN if alike else State.BAD,
        why=f"{results.counts.compared:,} events of each; more events or another classifier may see more",
        section="comparison",
    )


def _signal(results: GenerationResults) -> Verdict:
    scores = [(one, name, area) for one in results.families for name, area in one.scores.items()]
    if not scores:
        return Verdict(what="resonance", found=UNKNOWN, state=State.OPEN, section="resonance")
    family, name, area = max(scores, key=lambda one: one[2].spread.mean)
    return Verdict(
        what="resonance",
        found=f"{family.name}, {name}: AUC {with_spread(area, 3)}",
        state=State.OPEN,
        why=f"the best of {len(scores)} scores on this one signal, which flatters it; the table has them all",
        section="resonance",
    )
