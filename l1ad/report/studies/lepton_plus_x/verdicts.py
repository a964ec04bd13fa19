"""What a lepton + X study says on top: what budgets rest on, what is deployable, whether p-values are even."""

import math

from l1ad.metrics.ranks import Bounded
from l1ad.report.document import State, Verdict
from l1ad.report.numbers import UNKNOWN, value_text
from l1ad.report.studies.lepton_plus_x.results import LeptonPlusXResults
from l1ad.report.studies.lepton_plus_x.scores import ScoreKind, ScoreResult

__all__ = ["best_of", "efficiency_text", "error_text", "section_text", "stream_verdicts"]

_EVEN = 0.01
"""Probability below which p-values are called uneven."""


def efficiency_text(one: Bounded | None) -> str:
    """Write an efficiency in per cent with as many decimals as show its error."""
    if one is None:
        return UNKNOWN
    width = 100 * (one.high - one.low) / 2
    decimals = min(3, max(0, 1 - math.floor(math.log10(width) + 1e-9))) if width else 1
    return value_text(100 * one.value, 100 * one.low, 100 * one.high, decimals=decimals)


def section_text(one: Bounded | None) -> str:
    """Write a cross section in pb to two digits; of one that nothing is seen of, what it is above."""
    if one is None:
        return UNKNOWN
    if not math.isfinite(one.value):
        return f"> {_digits(one.low)}"
    high = _digits(one.high) if math.isfinite(one.high) else "∞"
    return f"{_digits(one.value)} ({_digits(one.low)} to {high})"


def error_text(value: float, error: float) -> str:
    """Write a number with its standard error to two digits of that; without one to three of its own."""
    if not error:
        return UNKNOWN if not math.isfinite(value) else f"{float(f'{value:.3g}'):,g}"
    decimals = 1 - math.floor(math.log10(error))
    shown, wide = round(value, decimals), round(error, decimals)
    return f"{shown:,.{max(0, decimals)}f} ± {wide:,.{max(0, decimals)}f}"


def best_of(scores: tuple[ScoreResult, ...], signal: str, point: str) -> tuple[ScoreResult, Bounded] | None:
    """Find the score with the highest efficiency for a signal at a point; None where no score has one."""
    found = [
        (one, at.signals[signal].efficiency)
        for one in scores
        if (at := one.at(point)) is not None and signal in at.signals
    ]
    return max(found, key=lambda pair: pair[1].value) if found else None


def stream_verdicts(results: LeptonPlusXResults) -> tuple[Verdict, ...]:
    """Tell what the budgets rest on, which scores can be deployed, whether p-values are even, who trained."""
    return (
        _budgets(results), _even(results), _deployed(results), _against_cuts(results), _trainings(results)
    )  # fmt: skip


def _budgets(results: LeptonPlusXResults) -> Verdict:
    tightest = results.points[0]
    found = [at for one in results.scores if one.kind is not ScoreKind.CUT and (at := one.at(tightest))]
    measured = sum(not at.extrapolated for at in found)
    share = found[0].share if found else math.nan
    above = sum(at.extrapolated and at.counted_per_day.low > at.events_per_day for at in found)
    text = f"{measured} of {len(found)} thresholds measured, the others extrapolated"
    if above:
        text += (
            f"; {above} let more of the unseen events pass than they should, beyond the interval of the count"
        )
    return Verdict(
        what=f"budget: {tightest}",
        found=text if found else "no threshold could be set",
        state=State.BAD if above else State.GOOD if found and measured == len(found) else State.OPEN,
        why=f"it is {share:.2g} of the stream, and {results.effective:,.0f} effective unseen events "
        "resolve it from five of them on",
        section="points",
    )


def _even(results: LeptonPlusXResults) -> Verdict:
    one = results.p_values
    return Verdict(
        what="p-values of the stream",
        found=f"even: KS distance {one.kolmogorov:.3f}, probability {one.probability:.2f}"
        if one.probability >= _EVEN
        else f"not even: KS distance {one.kolmogorov:.3f}, probability {one.probability:.1g}",
        state=State.GOOD if one.probability >= _EVEN else State.BAD,
        why="one half of the unseen stream against the other; for effective events, a guide with weights",
        section="p_values",
    )


def _deployed(results: LeptonPlusXResults) -> Verdict:
    names = [one.name for one in results.of_kind(ScoreKind.DEPLOYABLE)]
    text = f"frozen and scored by the emulator: {', '.join(names)}" if names else "nothing was frozen"
    if results.left_out:
        text += f"; left out: {', '.join(results.left_out)}"
    return Verdict(
        what="deployable", found=text, state=State.GOOD if names else State.OPEN,
        why="Σµ² of the encoder is what firmware computes; each algorithm is a run directory to build and "
        "verify",
        section="trainings",
    )  # fmt: skip


def _against_cuts(results: LeptonPlusXResults) -> Verdict:
    """Count the signals for which the headline score beats the best feature, at the first measured share."""
    point = next(
        (at.name for one in results.scores if one.name == results.headline for at in one.points
         if not at.extrapolated),
        None,
    )  # fmt: skip
    headline = next(one for one in results.scores if one.name == results.headline)
    if point is None:
        return Verdict(what="against single features", found="not measured", state=State.OPEN, section="points")
    above, apart = 0, 0
    for signal in results.signals:
        ours, cut = (
            best_of((headline,), signal.name, point),
            best_of(results.of_kind(ScoreKind.CUT), signal.name, point),
        )
        if ours is not None and cut is not None:
            above += ours[1].value > cut[1].value
            apart += ours[1].low > cut[1].high
    return Verdict(
        what="against single features",
        found=f"{headline.name} above the best feature for {above} of {len(results.signals)} signals, "
        f"beyond intervals for {apart}",
        state=State.GOOD if apart == len(results.signals) else State.OPEN,
        why=f"at {point}, measured; the best feature is chosen for each signal with knowledge of it, which "
        "flatters it",
        section="points",
    )


def _trainings(results: LeptonPlusXResults) -> Verdict:
    silent = [one.name for one in results.trainings if one.collapsed]
    return Verdict(
        what="trainings",
        found=f"{len(results.trainings)} trained"
        + (f"; latents that say nothing in {', '.join(silent)}" if silent else "; every latent says something"),
        state=State.OPEN if silent else State.GOOD,
        why="posterior collapse leaves less to score by",
        section="trainings",
    )


def _digits(value: float) -> str:
    """Write two significant digits without an exponent from a thousandth to a million."""
    if not math.isfinite(value):
        return UNKNOWN
    if not value or not 1e-3 <= value < 1e6:
        return f"{value:.1e}"
    decimals = max(0, 1 - math.floor(math.log10(value)))
    return f"{round(value, 1 - math.floor(math.log10(value))):,.{decimals}f}"
