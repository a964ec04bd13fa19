"""What a report says of the trigger menu beside the algorithm: overlap, seeds, and what the thresholds add."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.menu_gain import Efficiency, MenuGain
from l1ad.rates.menu_rates import MenuComparison
from l1ad.rates.weighted import RateEstimate
from l1ad.report.charts import Heatmap
from l1ad.report.document import Block, Paragraph, Section, State, Table, Verdict
from l1ad.report.numbers import rate_text

__all__ = ["OverlapContent", "overlap_section", "overlap_verdict"]

_MOST_SEEDS = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OverlapContent:
    """An algorithm beside a menu.

    Attributes:
        stream: The stream that rates are counted in, in words.
        comparison: Rates of seeds and thresholds, and their overlap; None without a menu.
        gains: What the thresholds gain of each signal that carries decisions of the same menu.
        left_out: Why, of each signal that is left out.
        titles: What to call each signal.
    """

    stream: str
    comparison: MenuComparison | None
    gains: Mapping[str, MenuGain]
    left_out: Mapping[str, str]
    titles: Mapping[str, str]


def overlap_section(content: OverlapContent) -> Section:
    """Show what the thresholds accept that the menu does not, and which seeds accept the same."""
    comparison = content.comparison
    if comparison is None:
        text = (
            "The background carries no decisions of a trigger menu, so neither overlap nor pure rates are "
            "known. Zero bias from NanoAOD or `l1ad simulate` does; `l1ad rates menu` takes such events."
        )
        return Section(id="menu", title="Overlap with the trigger menu", blocks=(Paragraph(text),))
    prescaled = sum(seed.prescale > 1 for seed in comparison.seeds)
    text = (
        f"{content.stream}; {comparison.n_events:,} events that no training has seen. A menu of "
        f"{len(comparison.seeds)} seeds, {prescaled} of them prescaled, accepts {_rate(comparison.menu)} "
        "without the algorithm. Each threshold is put beside the menu alone, without the other thresholds; "
        f"rates are means over what prescales may draw. Intervals: {100 * comparison.coverage:.2f} %."
    )
    blocks: list[Block] = [Paragraph(text), _added(comparison), *_heatmaps(comparison), *_gains(content)]
    return Section(id="menu", title="Overlap with the trigger menu", blocks=(*blocks, _seeds(comparison)))


def overlap_verdict(content: OverlapContent) -> Verdict:
    """Say whether the threshold of the highest rate adds events that the menu does not have, and signals."""
    comparison = content.comparison
    if comparison is None or not comparison.thresholds:
        return Verdict(
            what="Beyond the menu", found="not known", state=State.OPEN, why="no menu or no thresholds",
            section="menu",
        )  # fmt: skip
    most = max(comparison.thresholds, key=lambda one: one.rates.before.rate_khz)
    gains = [
        (next(one.gained.efficiency for one in gain.thresholds if one.name == most.rates.name), name)
        for name, gain in content.gains.items()
    ]
    told = ""
    if gains:
        (low, _), (high, name) = min(gains), max(gains)
        told = f"; of signals it gains {100 * low:.2f} to {100 * high:.2f} % (most of {content.titles[name]})"
    return Verdict(
        what=f"Beyond the menu, at {most.rates.name}",
        found=f"{_rate(most.rates.pure)} pure",
        state=State.GOOD if most.rates.pure.low_khz > 0 else State.OPEN,
        why=f"of {_rate(most.rates.before)}; the menu alone accepts {_rate(comparison.menu)}{told}",
        section="menu",
    )


def _added(comparison: MenuComparison) -> Table:
    return Table(
        name="added_rate",
        title="What each threshold adds to the rate of the menu",
        header=("threshold", "hardware units", "rate", "pure: what it adds", "shared equally", "menu with it"),
        rows=tuple(
            (one.rates.name, str(one.threshold_raw), _rate(one.rates.before), _rate(one.rates.pure),
             _rate(one.rates.proportional), _rate(one.menu_with))
            for one in comparison.thresholds
        ),
    )  # fmt: skip


def _heatmaps(comparison: MenuComparison) -> tuple[Heatmap, Heatmap]:
    overlap, n_seeds = comparison.overlap, len(comparison.seeds)
    shown = _shown(overlap.share, n_seeds)
    names = tuple(overlap.names[place] for place in shown)
    of = ""
    if len(names) < len(overlap.names):
        of = f" Of {n_seeds} seeds those {_MOST_SEEDS} are shown that accept most of what the thresholds do."
    cells = np.ix_(shown, shown)
    return (
        Heatmap(
            name="overlap",
            title="Who accepts the same events",
            caption="Share of the row's events that the column accepts as well, before prescale; the "
            f"thresholds are the last rows. A row without events is empty.{of}",
            rows=names,
            columns=names,
            values=overlap.share[cells],
            label="share of the row's events",
        ),
        Heatmap(
            name="jaccard",
            title="How alike they are",
            caption=f"Events of both over events of either, before prescale.{of}",
            rows=names,
            columns=names,
            values=overlap.jaccard[cells],
            label="both over either",
        ),
    )


def _shown(share: NDArray[np.float64], n_seeds: int) -> NDArray[np.int64]:
    """Choose the seeds that fit a picture, in the order of the menu, and all thresholds."""
    common = np.nan_to_num(share[n_seeds:, :n_seeds]).max(axis=0, initial=0.0)
    seeds = np.sort(np.argsort(-common, kind="stable")[:_MOST_SEEDS])
    return np.concatenate([seeds, np.arange(n_seeds, len(share))])


def _gains(content: OverlapContent) -> list[Block]:
    rows = tuple(
        (content.titles[name], one.name, _percent(gain.menu), _percent(one.total), _percent(one.gained),
         _percent(one.menu_with))
        for name, gain in content.gains.items()
        for one in gain.thresholds
    )  # fmt: skip
    blocks: list[Block] = []
    if rows:
        blocks.append(
            Table(
                name="menu_gain",
                title="What the thresholds gain of each signal",
                header=("signal", "threshold", "menu", "threshold alone", "gained", "menu with it"),
                rows=rows,
            )
        )
    if content.left_out:
        told = (f"- {content.titles[name]}: {why}" for name, why in content.left_out.items())
        blocks.append(Paragraph("\n".join(told)))
    return blocks


def _seeds(comparison: MenuComparison) -> Table:
    return Table(
        name="seeds",
        title="Seeds of the menu",
        header=("seed", "prescale", "before prescale", "after", "pure", "shared equally"),
        rows=tuple(
            (one.name, str(one.prescale), _rate(one.before), _rate(one.after), _rate(one.pure),
             _rate(one.proportional))
            for one in comparison.seeds
        ),
        folded=True,
    )  # fmt: skip


def _rate(one: RateEstimate) -> str:
    return rate_text(
        {"rate_hz": 1000 * one.rate_khz, "low_hz": 1000 * one.low_khz, "high_hz": 1000 * one.high_khz}
    )


def _percent(one: Efficiency) -> str:
    return f"{100 * one.efficiency:.2f} % ({100 * one.low:.2f} to {100 * one.high:.2f})"
