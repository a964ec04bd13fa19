"""What a report says of what the score follows: whether it is more than a trigger on one quantity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.correlations import Correlation, Sculpting
from l1ad.rates.single_cuts import SingleCut
from l1ad.rates.threshold_scan import Curve
from l1ad.report.charts import Axis, Chart, Look, Scale, Series
from l1ad.report.document import Block, Paragraph, Section, State, Table, Verdict
from l1ad.report.numbers import UNKNOWN

__all__ = ["CorrelationContent", "QuantityProfile", "correlation_section", "correlation_verdict"]

Reals = NDArray[np.float64]

_FEWEST = 100
"""Events that a correlation needs to be told."""
_HALF = 0.5
"""Share of what a threshold accepts from which on a cut on one quantity is said to do the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuantityProfile:
    """Score and acceptance in bins of a quantity.

    Attributes:
        name: For the names of files, e.g. `met`.
        title: As people write it, e.g. `MET`.
        unit: Its unit; empty for a number of objects.
        middle: Middle of each bin in `unit`, shape (n_bins,).
        score: Mean score in hardware units with its standard error, shape (n_bins,); NaN of one event.
        wide_middle: Middle of wider bins for what is rare, shape (n_wide_bins,).
        share: Share of the events that each threshold accepts, by name, shape (n_wide_bins,).
    """

    name: str
    title: str
    unit: str
    middle: Reals
    score: Curve
    wide_middle: Reals
    share: Mapping[str, Curve]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrelationContent:
    """What the score goes with, over unseen events of the background.

    Attributes:
        n_events: Events.
        correlations: Correlation with each quantity, by name.
        titles: What to call the quantities that are not inputs, e.g. MET and HT, by name.
        sums: Profiles along sums and leading objects.
        numbers: Profiles along numbers of objects.
        sculpting: By title of a quantity and by threshold, its spectrum among accepted events beside all.
        cuts: Cuts on one quantity at the rate of a threshold.
        note: Why there are no such cuts; empty where there are.
    """

    n_events: int
    correlations: Mapping[str, Correlation]
    titles: Mapping[str, str]
    sums: Sequence[QuantityProfile]
    numbers: Sequence[QuantityProfile]
    sculpting: Mapping[str, Mapping[str, Sculpting]]
    cuts: Sequence[SingleCut]
    note: str


def correlation_section(content: CorrelationContent) -> Section:
    """Show what the score follows, and how much of what it accepts one quantity alone would accept."""
    blocks: list[Block] = [Paragraph(_told(content)), *_cuts(content)]
    blocks += [_score_chart(one.name, one.title, one.unit, [one]) for one in content.sums]
    if content.numbers:
        blocks.append(_score_chart("multiplicity", "number of objects", "", content.numbers))
    blocks += [_accepted_chart(one) for one in content.sums]
    blocks += [*_sculpting(content), *_correlations(content)]
    return Section(id="correlation", title="Is it just a MET detector?", blocks=tuple(blocks))


def correlation_verdict(content: CorrelationContent) -> Verdict:
    """Say whether a cut on one quantity accepts half of what the threshold with most events accepts."""
    if not content.cuts:
        note = content.note or "No threshold accepts an event."
        return Verdict(
            what="Single quantity", found="Not known", state=State.OPEN, why=note, section="correlation"
        )
    first, *_ = _compared(content)
    state = State.BAD if first.low >= _HALF else State.GOOD if first.high < _HALF else State.OPEN
    found = {
        State.BAD: f"To a large part a detector of {first.title}",
        State.GOOD: "More than a cut on one quantity",
        State.OPEN: f"Not told apart from a cut on {first.title}",
    }[state]
    return Verdict(
        what="Single quantity",
        found=found,
        state=state,
        why=f"{first.title} ≥ {first.cut:g} {first.unit}, a cut at the same rate, accepts {first.n_both:,} of "
        f"the {first.n_accepted:,} events of {first.threshold}: "
        f"{_percent(first.share, first.low, first.high)}; limit {100 * _HALF:.0f} %",
        section="correlation",
    )


def _compared(content: CorrelationContent) -> list[SingleCut]:
    """Give the cuts beside the threshold that accepts most events, the cut of the largest share first."""
    most = max(content.cuts, key=lambda one: one.n_accepted)
    return sorted((one for one in content.cuts if one.threshold == most.threshold), key=lambda one: -one.share)


def _told(content: CorrelationContent) -> str:
    """Write the verdict as a paragraph, with the other quantities and the score's rank correlations."""
    verdict = correlation_verdict(content)
    text = f"**{verdict.found}.** "
    if content.cuts:
        first, *_ = cuts = _compared(content)
        each = ", ".join(f"{one.n_both:,} ({one.title} ≥ {one.cut:g} {one.unit})" for one in cuts)
        text += (
            f"Of the {first.n_accepted:,} events that `{first.threshold}` accepts, cuts at the same rate "
            f"accept {each}. The first is {_percent(first.share, first.low, first.high)}; the limit is "
            f"{100 * _HALF:.0f} %."
        )
    else:
        text += verdict.why
    ranks = [f"{one.title} {content.correlations[key].spearman:+.2f}" for key, one in _ranked(content)]
    return f"{text} The score's rank correlations: {', '.join(ranks)}." if ranks else text


def _ranked(content: CorrelationContent) -> list[tuple[str, QuantityProfile]]:
    """Give the quantities whose profiles are shown, with their names among the correlations."""
    shown = {one.title: one for one in (*content.sums, *content.numbers)}
    return [
        (key, shown[title])
        for key, title in content.titles.items()
        if title in shown and key in content.correlations
    ]


def _cuts(content: CorrelationContent) -> list[Block]:
    if not content.cuts:
        return []
    return [
        Table(
            name="single_cuts",
            title="A cut on one quantity at the rate of each threshold",
            header=("threshold", "quantity", "cut", "events of the cut", "events of both", "share of both"),
            rows=tuple(
                (one.threshold, one.title, f"≥ {one.cut:g} {one.unit}", f"{one.n_cut:,} for {one.n_accepted:,}",
                 f"{one.n_both:,}", _percent(one.share, one.low, one.high))
                for one in content.cuts
            ),
        )
    ]  # fmt: skip


def _score_chart(name: str, title: str, unit: str, profiles: Sequence[QuantityProfile]) -> Chart:
    return Chart(
        name=f"score_{name}",
        title=f"Mean score against {title}",
        caption="Mean of the score in bins that hold equally many events, finer at the end; bands are its "
        "standard error.",
        x=_axis(title, unit),
        y=Axis(label="Mean score (hardware units)"),
        series=tuple(
            Series(
                name=one.title,
                x=one.middle,
                y=one.score.value,
                low=one.score.low,
                high=one.score.high,
                in_legend=len(profiles) > 1,
            )
            for one in profiles
        ),
    )


def _accepted_chart(profile: QuantityProfile) -> Chart:
    series = []
    for name, one in profile.share.items():
        some = one.value > 0
        value, low, high = (part[some] for part in (one.value, one.low, one.high))
        x = profile.wide_middle[some]
        series.append(Series(name=name, x=x, y=value, low=low, high=high, look=Look.POINTS))
    return Chart(
        name=f"accepted_{profile.name}",
        title=f"Share that is accepted, by {profile.title}",
        caption="Share of the events in each bin that a threshold accepts, with Clopper-Pearson intervals; "
        "bins in which it accepts none are left out. A trigger on this alone would step from 0 to 1.",
        x=_axis(profile.title, profile.unit),
        y=Axis(label="Accepted share", scale=Scale.LOG, high=1.0),
        series=tuple(series),
    )


def _axis(title: str, unit: str) -> Axis:
    return Axis(label=f"{title} ({unit})" if unit else title)


def _sculpting(content: CorrelationContent) -> list[Block]:
    rows = tuple(
        (title, threshold, f"{one.distance:.3f}", f"{one.by_chance:.3f}")
        for title, of in content.sculpting.items()
        for threshold, one in of.items()
    )
    header = ("quantity", "threshold", "largest distance of the spectra", "by chance")
    title = "Sculpting: spectra of accepted events beside those of all"
    return [Table(name="sculpting", title=title, header=header, rows=rows, folded=True)] if rows else []


def _correlations(content: CorrelationContent) -> list[Block]:
    # What is surely not zero first: a handful of events correlates with anything.
    strongest = sorted(content.correlations.items(), key=lambda item: item[1].error - abs(item[1].spearman))
    named = [one for one in strongest if one[0] in content.titles]
    tables = (
        ("correlations", "What the score goes with", named, False),
        ("all_correlations", "Every input and quantity", strongest, True),
    )
    return [
        Table(
            name=name,
            title=title,
            header=("quantity", "rank correlation", "with log(1 + score)", "bits of information", "events"),
            rows=tuple(
                (content.titles.get(key, key), *_strength(one), f"{one.effective_events:,.0f}")
                for key, one in found
            ),
            folded=folded,
        )
        for name, title, found, folded in tables
        if found
    ]  # fmt: skip


def _strength(one: Correlation) -> tuple[str, str, str]:
    """Write the measures of a correlation; dashes where so few events tell nothing."""
    if one.effective_events < _FEWEST:
        return (UNKNOWN, UNKNOWN, UNKNOWN)
    # Less what chance adds, so it can fall below 0 where there is none.
    bits = max(0.0, one.mutual_information_bits)
    return (f"{one.spearman:+.3f} ± {one.error:.3f}", f"{one.pearson:+.3f}", f"{bits:.3f}")


def _percent(value: float, low: float, high: float) -> str:
    return f"{100 * value:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
