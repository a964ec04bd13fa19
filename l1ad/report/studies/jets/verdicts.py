"""What a jets study says on top: flat cuts, the best family, closure, and signals that are found."""

from collections.abc import Iterator, Mapping
from typing import Any

from l1ad.metrics.averaged import differ
from l1ad.report.document import State, Verdict
from l1ad.report.studies.jets.results import JetFamilyResults, JetsResults

__all__ = ["hunts_of", "jets_verdicts", "mean_area_text", "percent"]

_LEVEL = 0.05
_EVIDENCE = 3.0


def percent(kept: str) -> str:
    """Write a fraction as per cent, e.g. `0.01` as `1 %`."""
    return f"{100 * float(kept):g} %"


def mean_area_text(one: JetFamilyResults, results: JetsResults) -> str:
    """Write the mean area of a family with its error."""
    found = one.mean_area(results.signals)
    return f"{found.value:.3f} ± {found.error:.3f}"


def hunts_of(results: JetsResults) -> Iterator[tuple[JetFamilyResults, str, Mapping[str, Any]]]:
    """Go through families and fractions, with the record of each hunt."""
    for one in results.families:
        if one.usable:
            for kept in results.kept:
                yield one, kept, one.found["cuts"][kept]


def jets_verdicts(results: JetsResults) -> tuple[Verdict, ...]:
    """Answer the four questions of the study, and tell of trainings that failed."""
    failed = [one.name for one in results.families if not one.usable]
    found = [_flat(results), _best(results), _closure(results), _injected(results)] if results.usable else []
    return (*found, _trainings(results, failed))


def _flat(results: JetsResults) -> Verdict:
    hunts = list(hunts_of(results))
    p_values = [(cut["inside"]["flatness"]["p_value"], one.name, kept) for one, kept, cut in hunts]
    known = [one for one in p_values if one[0] is not None]
    if not known:
        return Verdict(what="the cut keeps its fraction at every m(jj)", found="too few events to tell",
                       state=State.OPEN, section="cuts")  # fmt: skip
    needed = _LEVEL / len(known)
    bent = [f"{name} at {percent(kept)}" for p, name, kept in known if p < needed]
    thresholds = [cut["flat"]["flatness"]["p_value"] for _, _, cut in hunts]
    flat = sum(p is not None and p < needed for p in thresholds)
    lowest = min(known)
    return Verdict(
        what="the cut keeps its fraction at every m(jj)",
        found=f"{len(known) - len(bent)} of {len(known)} cuts by quantile regression are compatible with it; "
        f"one threshold for all masses fails in {flat}",
        state=State.BAD if bent else State.GOOD,
        why=f"QCD of the signal region, χ² against the fraction, p of at least {needed:.2g}; lowest "
        f"{lowest[0]:.2g}" + (f"; not: {', '.join(bent)}" if bent else ""),
        section="cuts",
    )


def _best(results: JetsResults) -> Verdict:
    best, *others = results.usable
    mine = best.mean_area(results.signals)
    alike = [other.name for other in others if not differ(mine, other.mean_area(results.signals))]
    names = ", ".join(one.title for one in results.signals.values())
    return Verdict(
        what="best family",
        found=f"{best.name}: mean AUC {mean_area_text(best, results)}"
        + (f", not told apart from {', '.join(alike)}" if alike else ""),
        state=State.OPEN if alike or mine.spread is None or mine.value <= 0.5 else State.GOOD,
        why=f"mean over {names}, near the mass, and over {mine.n} trainings; two standard deviations of events "
        "and trainings, wider as few trainings know their spread badly, and as if families were measured on "
        "different events. One training tells no spread, and nothing apart",
        section="families",
    )


def _closure(results: JetsResults) -> Verdict:
    cuts = [(one.name, kept, cut) for one, kept, cut in hunts_of(results)]
    tests = [(cut["without"]["closure"]["p_value"], name, kept) for name, kept, cut in cuts]
    known = [one for one in tests if one[0] is not None]
    if not known:
        return Verdict(what="closure without a signal", found="too few events to tell", state=State.OPEN,
                       section="hunt")  # fmt: skip
    needed = _LEVEL / len(known)
    failing = [f"{name} at {percent(kept)}" for p, name, kept in known if p < needed]
    carried = [cut["carried_over"]["closure"]["p_value"] for _, _, cut in cuts]
    not_carried = sum(p is not None and p < needed for p in carried)
    text = f"{len(known) - len(failing)} of {len(known)} predictions agree with what is counted"
    if results.fitted_in == "each":
        text += f"; with the cut fitted in the sideband alone {not_carried} of {len(carried)} fail"
    doubtful = results.fitted_in == "each" and not_carried
    return Verdict(
        what="closure without a signal",
        found=text,
        state=State.BAD if failing else State.OPEN if doubtful else State.GOOD,
        why=f"χ² over the bins with the prediction's covariance, p of at least {needed:.2g}; lowest "
        f"{min(known)[0]:.2g}"
        + (f"; not: {', '.join(failing)}" if failing else "")
        + ("; a cut fitted in each region closes largely by construction" if doubtful else ""),
        section="hunt",
    )


def _injected(results: JetsResults) -> Verdict:
    best = results.usable[0]
    if not results.limits:
        return Verdict(
            what="injected signals", found="not searched", state=State.OPEN,
            why="pyhf is not installed; limits and significances come with it", section="hunt",
        )  # fmt: skip
    texts, found = [], 0
    for name, signal in results.signals.items():
        records = {kept: best.found["cuts"][kept]["signals"][name] for kept in results.kept}
        searches = {kept: one["search"] for kept, one in records.items() if one["search"] is not None}
        if not searches:
            passes = any(one["expected_to_pass"] > 0 for one in records.values())
            texts.append(f"{signal.title}: {'could not be searched' if passes else 'passes nowhere'}")
            continue
        kept = max(searches, key=lambda one: searches[one]["significance"])
        significance = searches[kept]["significance"]
        found += significance >= _EVIDENCE
        texts.append(f"{signal.title}: {significance:.1f}σ at {percent(kept)}")
    n = len(results.signals)
    return Verdict(
        what="injected signals",
        found="; ".join(texts),
        state=State.GOOD if found == n else State.BAD if not found else State.OPEN,
        why=f"{best.name}, chosen with the signals known; found means at least {_EVIDENCE:g}σ at one of the "
        f"fractions, its mass and shape given: no trials are counted. {_gain(results)}",
        section="hunt",
    )


def _gain(results: JetsResults) -> str:
    """Tell the most that any cut gains over none, ε(signal)/√ε(QCD)."""
    gains = [
        (cut["signals"][name]["efficiency"]["value"] / float(kept) ** 0.5, one.name, kept, signal.title)
        for one, kept, cut in hunts_of(results)
        for name, signal in results.signals.items()
    ]
    gain, network, kept, title = max(gains)
    words = "no cut gains over none" if gain < 1 else "the most that a cut gains over none"
    return f"ε(signal)/√ε(QCD): {words}, at best {gain:.2f} ({network} at {percent(kept)}, {title})"


def _trainings(results: JetsResults, failed: list[str]) -> Verdict:
    last = [
        one.name
        for one in results.families
        if one.usable
        and one.training["ending"] == "EPOCHS"
        and one.training["best_epoch"] == one.training["epochs"]
    ]
    n = sum(len(one.repeated) for one in results.families)
    n_failed = sum(area is None for one in results.families for area in one.repeated)
    found = f"{n_failed} of {n} failed" + (f"; networks without a hunt: {', '.join(failed)}" if failed else "")
    return Verdict(
        what="trainings",
        found=found,
        state=State.BAD if n_failed else State.GOOD,
        why=f"first trainings that were best in the last epoch, so perhaps not trained out: {', '.join(last)}"
        if last
        else "",
        section="families",
    )
