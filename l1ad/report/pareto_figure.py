"""The figure of a scan: what each trial finds against the logic it takes, and the front of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.report.canvas import COLOURS, canvas
from l1ad.search.trials import Finished

__all__ = ["PARETO_FIGURE", "write_pareto_figure"]

PARETO_FIGURE = "pareto.png"
"""Name of the figure's file."""

_EFFICIENCY, _LUT, _LATENCY = "efficiency", "lut", "latency_cycles"
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
_OTHERS, _FRONT = "0.72", COLOURS[1]


def write_pareto_figure(
    finished: Sequence[Finished], front: Sequence[Finished], folder: Path, *, rate_khz: float
) -> Path:
    """Draw the trials of a scan and number those of its front.

    The line is the best efficiency of the front with so much logic or less: what lies below it is on the front
    for another objective, e.g. its latency. Trials that do not know efficiency, logic and latency are left out.

    Args:
        finished: All trials with values.
        front: Those that no other one beats.
        folder: Where `pareto.png` is written; it is made if it is not there.
        rate_khz: Rate that the efficiencies are at.

    Returns:
        Path of the figure.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PARETO_FIGURE
    numbers = {one.number for one in front}
    shown = [one for one in finished if _can_be_drawn(one)]
    best = sorted((one for one in shown if one.number in numbers), key=lambda one: one.values[_LUT])
    with canvas(path, size=(10, 7)) as (axes,):
        _line(axes, best)
        _points(axes, shown, numbers)
        for one in best:
            axes.annotate(str(one.number), _place(one), xytext=(6, 6), textcoords="offset points", fontsize=11)
        axes.set(xscale="log", xlabel="logic bits (guess at LUT)", ylabel=f"Efficiency at {rate_khz:g} kHz (%)")
        axes.tick_params(axis="x", which="minor", labelsize=11)
        if shown:
            axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return path


def _can_be_drawn(one: Finished) -> bool:
    """Tell whether a trial has a place on a logarithmic axis, and a marker."""
    return one.values.keys() >= {_EFFICIENCY, _LUT, _LATENCY} and one.values[_LUT] > 0


def _place(one: Finished) -> tuple[float, float]:
    return one.values[_LUT], 100 * one.values[_EFFICIENCY]


def _line(axes: Any, best: Sequence[Finished]) -> None:
    if best:
        logic, percent = np.array([_place(one) for one in best]).T
        axes.step(logic, np.maximum.accumulate(percent), where="post", color=_FRONT, linewidth=1.4,
                  label="best of the front")  # fmt: skip


def _points(axes: Any, shown: Sequence[Finished], numbers: set[int]) -> None:
    """Draw one marker for each latency; the last stands for all longer ones if there are too many."""
    latencies = sorted({one.values[_LATENCY] for one in shown})
    for place, (latency, marker) in enumerate(zip(latencies, _MARKERS, strict=False)):
        longer = place == len(_MARKERS) - 1 and len(latencies) > len(_MARKERS)
        last = latencies[-1] if longer else latency
        these = [one for one in shown if latency <= one.values[_LATENCY] <= last]
        label = f"{latency:g} cycles{' and more' if longer else ''}"
        for colour, on_front, size in ((_OTHERS, False, 6), (_FRONT, True, 9)):
            places = [_place(one) for one in these if (one.number in numbers) == on_front]
            axes.plot([x for x, _ in places], [y for _, y in places], marker, color=colour, markersize=size)
        axes.plot([], [], marker, color="0.35", label=label)
