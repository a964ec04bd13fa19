"""The figures of the check of a zero-bias sample."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.rates.zero_bias import PUBLISHED, TOTAL, Histogram, Slice, ZeroBiasCheck
from l1ad.rates.zero_bias_objects import BENCHMARKS, JET_GEV, QUANTITIES
from l1ad.report.canvas import COLOURS, canvas

__all__ = ["draw_zero_bias_check"]

_COLOUR = dict(zip(QUANTITIES, (COLOURS[1], COLOURS[2], COLOURS[3], COLOURS[4], COLOURS[0]), strict=True))
_MARKERS = ("o", "s", "^")
_TITLES = {"eg": "e/γ", "mu": "µ", "jet": "jets", "jet30": f"jets, pT ≥ {JET_GEV} GeV"}


def draw_zero_bias_check(check: ZeroBiasCheck, folder: Path) -> None:
    """Draw the figures as PNG into a folder; those over pile-up and time where they are known."""
    folder.mkdir(parents=True, exist_ok=True)
    with canvas(folder / "multiplicities.png") as (axes,):
        _multiplicities(check, axes)
    with canvas(folder / "spectra.png", columns=2, size=(14, 6)) as (of_objects, of_sums):
        _spectra(check, ("eg", "mu", "jet"), of_objects, "pT (GeV)")
        _spectra(check, ("met", "ht"), of_sums, "MET, HT (GeV)")
    with canvas(folder / "rates.png", size=(9, 6.5)) as (axes,):
        _rates(check, axes)
    if check.by_pileup:
        with canvas(folder / "pileup.png", rows=2, columns=3, size=(17, 10)) as panels:
            _over_pileup(check, panels)
    if check.by_lumi_section:
        with canvas(folder / "lumi_sections.png", rows=2, columns=3, size=(17, 10)) as panels:
            _over_time(check, panels)


def _multiplicities(check: ZeroBiasCheck, axes: Any) -> None:
    styles = {"eg": "-", "mu": "-", "jet": "-", "jet30": "--"}
    for name, histogram in check.multiplicities.items():
        colour = _COLOUR["jet" if name == "jet30" else name]
        axes.stairs(histogram.per_crossing, histogram.edges, color=colour, linestyle=styles[name],
                    linewidth=1.8, label=_TITLES[name], baseline=None)  # fmt: skip
        middle = (histogram.edges[:-1] + histogram.edges[1:]) / 2
        axes.errorbar(middle, histogram.per_crossing, histogram.error, fmt="none", color=colour)
    axes.set(yscale="log", xlabel="Objects in a crossing", ylabel="Fraction of crossings")
    axes.set_xlim(-0.5, max(one.edges[-1] for one in check.multiplicities.values()))
    axes.set_ylim(top=30)  # room for the legend
    axes.legend(loc="upper right", ncols=2)


def _spectra(check: ZeroBiasCheck, names: Sequence[str], axes: Any, label: str) -> None:
    for name in names:
        colour, title = _COLOUR[name], QUANTITIES[name].title
        density, error, edges = _widened(check.leading[name])
        axes.stairs(density, edges, color=colour, linewidth=1.6, label=title, baseline=None)
        middle = np.sqrt(edges[:-1] * edges[1:])
        axes.errorbar(middle, density, error, fmt="none", color=colour, elinewidth=1)
        if name in check.objects:
            density, error, edges = _widened(check.objects[name])
            axes.plot(np.sqrt(edges[:-1] * edges[1:]), density, "o", markersize=3, color=colour, alpha=0.7,
                      label=f"all {_TITLES[name]}")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel=label, ylabel="Entries per crossing and GeV")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.legend(loc="upper right")


def _widened(histogram: Histogram) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Put bins together so that each is about a twelfth of its value wide; empty ones are left out.

    Returns:
        Entries per GeV, their error, and the edges in GeV; what lies below 1 GeV is not shown.
    """
    start, step, n_bins = histogram.edges[0], np.diff(histogram.edges)[0], len(histogram.per_crossing)
    firsts = [int(np.searchsorted(histogram.edges, 1.0))]
    while firsts[-1] < n_bins:
        firsts.append(firsts[-1] + max(1, round((start / step + firsts[-1]) / 12)))
    if len(firsts) < 2:
        return np.empty(0), np.empty(0), np.ones(1)
    # The last one reaches over the highest value, or it would look fuller than it is.
    edges = start + step * np.array(firsts)
    density = np.add.reduceat(histogram.per_crossing, firsts[:-1]) / np.diff(edges)
    error = np.sqrt(np.add.reduceat(histogram.error**2, firsts[:-1])) / np.diff(edges)
    return np.where(density > 0, density, np.nan), error, edges


def _rates(check: ZeroBiasCheck, axes: Any) -> None:
    for name, curve in check.curves.items():
        axes.fill_between(curve.threshold_gev, curve.low_khz, curve.high_khz, color=_COLOUR[name], alpha=0.25,
                          step="mid", linewidth=0)  # fmt: skip
        shown = curve.n_pass > 0
        axes.step(curve.threshold_gev[shown], curve.rate_khz[shown], where="mid", color=_COLOUR[name],
                  label=QUANTITIES[name].title)  # fmt: skip
    limit = PUBLISHED[TOTAL].khz
    axes.axhline(limit, color="0.35", linestyle="--", linewidth=1)
    axes.annotate(f"all seeds together: {limit:g} kHz", (0.01, limit), xycoords=("axes fraction", "data"),
                  va="bottom", fontsize=11, color="0.25")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="Threshold (GeV)", ylabel="Rate (kHz)")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(loc="upper right")


def _over_pileup(check: ZeroBiasCheck, panels: Sequence[Any]) -> None:
    at = np.array([one.mean for one in check.by_pileup])
    around = np.array([[one.mean - one.low, one.high - one.mean] for one in check.by_pileup]).clip(0).T
    for panel, name in zip(panels, QUANTITIES, strict=False):
        _benchmarks(panel, check.by_pileup, name, at, around)
        panel.set(ylabel="Rate (kHz)", title=QUANTITIES[name].title)
    _events(panels[-1], check.by_pileup, at)
    margin = 0.1 * float(np.ptp(at)) or 1.0
    for panel in panels:
        # The outer bins reach far, to the rarest of crossings.
        panel.set(xlabel="Pile-up", xlim=(at[0] - margin, at[-1] + margin))


def _over_time(check: ZeroBiasCheck, panels: Sequence[Any]) -> None:
    at = np.arange(1, len(check.by_lumi_section) + 1, dtype=np.float64)
    for panel, name in zip(panels, QUANTITIES, strict=False):
        _benchmarks(panel, check.by_lumi_section, name, at, None)
        for benchmark, whole in zip(BENCHMARKS, check.benchmarks, strict=True):
            if benchmark.quantity == name and whole.rate_khz:
                panel.axhline(whole.rate_khz, color="0.5", linestyle=":", linewidth=1, zorder=0)
        panel.set(ylabel="Rate (kHz)", title=QUANTITIES[name].title)
    _events(panels[-1], check.by_lumi_section, at)
    for panel in panels:
        panel.set_xticks(at, [one.title for one in check.by_lumi_section], rotation=45, ha="right", fontsize=10)
        panel.set_xticks([], minor=True)
        panel.set(xlabel="Lumi sections", xlim=(0.5, len(at) + 0.5))


def _benchmarks(
    panel: Any, slices: Sequence[Slice], name: str, at: NDArray[np.float64], around: NDArray[np.float64] | None
) -> None:
    """Draw the rates of the benchmarks of one quantity; where nothing passed, the upper end alone."""
    mine = [index for index, one in enumerate(BENCHMARKS) if one.quantity == name]
    # Side by side, so that points of equal rate can be told apart.
    step = 0.1 * float(np.diff(at).min()) if len(at) > 1 else 0.0
    ends = []
    for place, (index, marker) in enumerate(zip(mine, _MARKERS, strict=True)):
        colour, x = COLOURS[1 + place], at + (place - 1) * step
        rates = [one.rates[index] for one in slices]
        value, low, high = (
            np.array([getattr(one, end) for one in rates]) for end in ("rate_khz", "low_khz", "high_khz")
        )
        seen = value > 0
        panel.errorbar(x[seen], value[seen], [(value - low)[seen], (high - value)[seen]],
                       None if around is None else around[:, seen], fmt=marker, color=colour, markersize=6,
                       capsize=2, elinewidth=1, label=f"≥ {BENCHMARKS[index].threshold_gev} GeV")  # fmt: skip
        panel.plot(x[~seen], high[~seen], marker=11, linestyle="none", color=colour, markersize=8)
        ends += [*low[seen], *high]
    _decades(panel, min(one for one in ends if one > 0), max(ends))
    panel.legend(loc="upper left", ncols=3, columnspacing=0.8, handletextpad=0.2)


def _decades(panel: Any, low: float, high: float) -> None:
    """Show whole decades with room for the legend on top, so that two ticks at least have a number."""
    bottom, top = math.floor(math.log10(low)), math.ceil(math.log10(high))
    while top - math.log10(high) < 0.17 * (top - bottom) or top == bottom:
        top += 1
    panel.set(yscale="log", ylim=(10.0**bottom, 10.0**top))
    panel.yaxis.set_major_formatter("{x:g}")
    panel.yaxis.set_minor_formatter("")


def _events(panel: Any, slices: Sequence[Slice], at: NDArray[np.float64]) -> None:
    events = [one.n_events for one in slices]
    panel.plot(at, events, "o", color=COLOURS[0])
    panel.set_ylim(0, 1.15 * max(events))
    panel.set(ylabel="Events", title="events of each point")
