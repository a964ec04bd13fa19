"""The figures of a report."""

from collections.abc import Iterator
from itertools import chain, cycle, product
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.report.canvas import COLOURS, canvas
from l1ad.report.content import ReportContent

__all__ = ["FIGURES", "draw_figures"]

FIGURES = {
    "scores": "Score of the background and of each signal, in hardware units; lines are the thresholds.",
    "roc": "Efficiency of each signal against the accepted background; points are the working points with "
    "their intervals, the threshold's own error included.",
    "rate": "Rate against threshold with its Clopper-Pearson interval (68.27 %); lines are the thresholds.",
    "training": "Loss on training and validation events, and the sparsity of the encoder.",
}
"""Name of each figure and its caption."""


def draw_figures(content: ReportContent, folder: Path) -> None:
    """Draw every figure as PNG into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {"scores": _scores, "roc": _roc, "rate": _rate}
    if content.history:  # an imported model has none
        drawn["training"] = _training
    for name, draw in drawn.items():
        with canvas(folder / f"{name}.png") as (axes,):
            draw(content, axes)


def _scores(content: ReportContent, axes: Any) -> None:
    highest = max(int(scores.max()) for scores in content.scores.values())
    edges = np.unique(np.round(np.linspace(0, np.sqrt(highest + 1), 80) ** 2))
    styles = chain([{"color": COLOURS[0]}], _line_styles())
    for style, (name, scores) in zip(styles, content.scores.items(), strict=False):
        counts, _ = np.histogram(scores, edges)
        density = counts / counts.sum() / np.diff(edges)
        axes.stairs(density, edges, label=content.titles[name], linewidth=1.8,
                    fill=style["color"] == COLOURS[0], alpha=0.35 if style["color"] == COLOURS[0] else 1.0,
                    **style)  # fmt: skip
    _threshold_lines(content, axes)
    axes.set(
        xscale="symlog", yscale="log", xlabel="Score (hardware units)", ylabel="Fraction of events per unit"
    )
    axes.set_xlim(0, highest)
    axes.legend(loc="best", fontsize=10)


def _roc(content: ReportContent, axes: Any) -> None:
    styles = dict(zip(content.roc, _line_styles(), strict=False))
    for name, curve in content.roc.items():
        shown = curve.background_fraction > 0
        axes.plot(curve.background_fraction[shown], curve.signal_efficiency[shown],
                  **styles[name], label=content.titles[name])  # fmt: skip
        for threshold, point in content.summary["efficiencies"][name]["at"].items():
            rate = content.summary["rates"][threshold]
            errors = [[point["value"] - point["low"]], [point["high"] - point["value"]]]
            axes.errorbar(max(rate["n_pass"], 0.5) / rate["n_total"], point["value"], yerr=errors, fmt="o",
                          color=styles[name]["color"], markersize=5, capsize=3)  # fmt: skip
    lowest = min(
        curve.background_fraction[curve.background_fraction > 0].min() for curve in content.roc.values()
    )
    axes.plot([lowest, 1], [lowest, 1], color="0.6", linestyle=":", label="no discrimination")
    axes.set(xscale="log", yscale="log", xlabel="Accepted fraction of the background",
             ylabel="Signal efficiency", xlim=(lowest, 1), ylim=(3e-4, 1.5))  # fmt: skip
    axes.legend(loc="lower right", fontsize=10)


def _line_styles() -> Iterator[dict[str, Any]]:
    """Go through the colours of signals, then through them again with other dashes."""
    return ({"color": colour, "linestyle": dashes} for dashes, colour in cycle(product("-:", COLOURS[1:])))


def _rate(content: ReportContent, axes: Any) -> None:
    curve = content.rate_curve
    axes.fill_between(curve.threshold_raw, curve.low_hz / 1e3, curve.high_hz / 1e3, color=COLOURS[6],
                      alpha=0.5, step="mid", linewidth=0)  # fmt: skip
    axes.step(curve.threshold_raw, curve.rate_hz / 1e3, where="mid", color=COLOURS[1])
    _threshold_lines(content, axes)
    axes.set(xscale="symlog", yscale="log", xlabel="Threshold (hardware units)", ylabel="Rate (kHz)")
    axes.set_xlim(left=0)


def _threshold_lines(content: ReportContent, axes: Any) -> None:
    for name, rate in content.summary["rates"].items():
        axes.axvline(rate["threshold_raw"], color="0.35", linestyle="--", linewidth=1)
        axes.annotate(f" {name}", (rate["threshold_raw"], 0.99), xycoords=("data", "axes fraction"),
                      rotation=90, va="top", ha="right", fontsize=11, color="0.25")  # fmt: skip


def _training(content: ReportContent, axes: Any) -> None:
    epochs = [record["epoch"] for record in content.history]
    axes.plot(epochs, [record["loss"] for record in content.history], color=COLOURS[1], label="training loss")
    axes.plot(epochs, [record["validation_loss"] for record in content.history], color=COLOURS[2],
              label="validation loss (no sampling)")  # fmt: skip
    axes.set(xlabel="Epoch", ylabel="Loss per event")
    right = axes.twinx()
    right.plot(epochs, [record["sparsity"] for record in content.history], color="0.5", linestyle="--",
               label="sparsity")  # fmt: skip
    right.set(ylabel="Sparsity", ylim=(0, 1))
    handles, labels = axes.get_legend_handles_labels()
    more_handles, more_labels = right.get_legend_handles_labels()
    axes.legend(handles + more_handles, labels + more_labels, loc="upper right")
