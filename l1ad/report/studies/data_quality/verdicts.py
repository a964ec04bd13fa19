"""What a data-quality study says on top: which family is best, against what, and whether trainings ended."""

from l1ad.metrics.repetitions import Repeated
from l1ad.report.document import State, Verdict
from l1ad.report.numbers import UNKNOWN, value_text
from l1ad.report.studies.data_quality.results import DataQualityResults, FamilyResults

__all__ = ["mean_text", "quality_verdicts"]

_SIGNIFICANT = 0.05


def mean_text(one: Repeated | None, decimals: int = 4, factor: float = 1.0) -> str:
    """Write a mean with the spread of one repetition, e.g. `0.8213 ± 0.0021`."""
    if one is None:
        return UNKNOWN
    spread = one.spread.standard_deviation
    mean = value_text(factor * one.spread.mean, decimals=decimals)
    return mean if spread is None else f"{mean} ± {value_text(factor * spread, decimals=decimals)}"


def quality_verdicts(results: DataQualityResults) -> tuple[Verdict, ...]:
    """Tell whether one family is best, whether it beats what needs no training, and whether trainings ended."""
    found = [_best(results)] if results.families else []
    if results.families and results.references:
        found.append(_against_references(results))
    found += [_harmless(_ordered(results)[0], name) for name in results.harmless if results.families]
    failed = sum(one.robustness.failed for family in results.families for one in family.fed)
    trainings = sum(one.robustness.n for family in results.families for one in family.fed)
    found.append(
        Verdict(
            what="trainings",
            found=f"{failed} of {trainings:,} failed"
            + (f"; all of {', '.join(results.unusable)}" if results.unusable else ""),
            state=State.BAD if failed or results.unusable else State.GOOD,
            why="a training fails when its loss is no number in the very first epoch or its scores are none",
            section="robustness",
        )
    )
    return tuple(found)


def _ordered(results: DataQualityResults) -> list[FamilyResults]:
    return sorted(results.families, key=lambda one: -one.main.spread.mean)


def _best(results: DataQualityResults) -> Verdict:
    best, *others = _ordered(results)
    alike = [one.name for one in others if _p_value(results, best.name, one.name) >= _SIGNIFICANT]
    text = f"{best.name}: AUC {mean_text(best.main)}"
    if alike:
        text += f", not told apart from {', '.join(alike)}"
    return Verdict(
        what="best family",
        found=text,
        state=State.OPEN if alike else State.GOOD,
        why=f"paired randomisation test over {results.repetitions} repetitions, p below {_SIGNIFICANT:g}; "
        "not corrected for the number of pairs",
        section="families",
    )


def _against_references(results: DataQualityResults) -> Verdict:
    best = _ordered(results)[0]
    reference = max(results.references, key=lambda one: one.main.spread.mean)
    gain = best.main.spread.mean - reference.main.spread.mean
    apart = best.main.mean.low > reference.main.mean.high
    behind = best.main.mean.high < reference.main.mean.low
    return Verdict(
        what="against no training",
        found=f"{best.name} {gain:+.4f} over {reference.name}",
        state=State.GOOD if apart else State.BAD if behind else State.OPEN,
        why=f"{reference.name}: AUC {mean_text(reference.main)}; intervals of the means must part",
        section="families",
    )


def _p_value(results: DataQualityResults, first: str, second: str) -> float:
    pair = results.pairs.get((first, second)) or results.pairs.get((second, first))
    return 1.0 if pair is None else pair.p_value


def _harmless(best: FamilyResults, mode: str) -> Verdict:
    area = best.modes.get(mode)
    return Verdict(
        what=f"harmless: {mode}",
        found=UNKNOWN if area is None else f"{best.name} takes it for bad with AUC {mean_text(area, 2)}",
        state=State.OPEN,
        why="0.5 would be right: sections with it are good",
        section="modes",
    )
