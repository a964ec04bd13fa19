"""How well the score of a training parts resonances from QCD."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.data.arrays_file import Arrays
from l1ad.flow.studies.jets.data import BACKGROUND
from l1ad.flow.studies.jets.judged import Judged, judged_events
from l1ad.flow.studies.jets.training import read_training, training_file
from l1ad.metrics.efficiency import roc
from l1ad.metrics.rank_correlation import spearman_of_events
from l1ad.metrics.ranks import area_with_interval, ranked

__all__ = ["areas_trial", "main_score", "separation"]

_CURVE_POINTS = 80


def areas_trial(
    definition: Mapping[str, Any], *, samples: Mapping[str, Path], trainings: Path
) -> dict[str, Any]:
    """Measure the area near the mass of each signal, of a training that does not hunt.

    Args:
        definition: What decides the result: `training` (what decided that), `score`, `of_event` and `window` of
            the hunt, and `masses` of the signals by name.
        samples: File of each sample.
        trainings: Folder of the trainings.
    """
    training = read_training(training_file(definition["training"], trainings))
    if not training.told["usable"]:
        return {"usable": False}
    events = judged_events(training, samples, definition["training"], definition["of_event"])
    background, score = events.pop(BACKGROUND), main_score(definition["score"], training)
    found = separation(background, events, definition["masses"], score, definition["window"])["signals"]
    return {"usable": True, "areas": {name: one["near"].value for name, one in found.items()}}


def main_score(wanted: str, training: Arrays) -> str:
    """Name the score that is cut on; without a KL divergence there is only the reconstruction."""
    return wanted if training.of(wanted) else "reconstruction"


def separation(
    background: Judged, signals: Mapping[str, Judged], masses: Mapping[str, float], score: str, window: float
) -> dict[str, Any]:
    """Tell how well a score parts signals from QCD in the signal region, and how it goes with the mass.

    Args:
        background: QCD that the network has not seen.
        signals: Signals by name.
        masses: Mass of each in GeV.
        score: Name of the score.
        window: Half width over the mass of what lies `near` it.
    """
    inside = background.take(np.flatnonzero(background.inside))
    found: dict[str, Any] = {
        "correlation": spearman_of_events(inside.scores[score], inside.mass_gev), "signals": {}
    }  # fmt: skip
    for name, signal in signals.items():
        there = signal.take(np.flatnonzero(signal.inside))
        near = [
            one.take(np.flatnonzero(np.abs(one.mass_gev / masses[name] - 1) < window))
            for one in (inside, there)
        ]
        every, close = (
            ranked(pair[0].scores[score], pair[1].scores[score]) for pair in ((inside, there), near)
        )
        curve = roc(*close)
        wanted = np.geomspace(1 / len(close[0]), 1.0, _CURVE_POINTS)
        efficiency = np.interp(wanted, curve.background_fraction, curve.signal_efficiency)
        found["signals"][name] = {
            "all": area_with_interval(*every), "near": area_with_interval(*close),
            "n_background": len(close[0]), "n_signal": len(close[1]),
            "curve": {"background": wanted, "signal": efficiency},
        }  # fmt: skip
    return found
