"""Runs that comparisons are tested on, and what brute force says of them."""

import math
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.model import ModelConfig
from l1ad.config.run import DataConfig, FirmwareConfig, RatesConfig, RunConfig
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.events import EventBatch
from l1ad.data.model_scores import write_model_scores
from l1ad.data.opening import events_digest
from l1ad.emulate.engine import emulate
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.comparison import ComparedAlgorithm, Comparison

Builder = Callable[..., TriggerAlgorithm]
Command = Callable[..., subprocess.CompletedProcess[str]]

SIGNALS = ("a_to_4l", "h_to_tautau")
TITLES = {"h_to_tautau": "h → ττ <one>"}
N_BACKGROUND, FIRST_UNSEEN = 30_000, 12_000
POINTS = ("20 kHz", "60 kHz", "FPR 1e-3", "FPR 1e-4")
BUNCHES_HZ = Fraction(112455, 10) * 2340


def configured(name: str, samples: dict[str, Path], firmware: Path, **data: Any) -> RunConfig:
    found = DataConfig(
        background=str(samples["background"]),
        signals={signal: str(samples[signal]) for signal in SIGNALS},
        development={},
    )
    return RunConfig(
        name=name,
        data=found.model_copy(update=data),
        model=ModelConfig(latent=3) if name != "real" else ModelConfig(backend="float", score="kl"),
        firmware=FirmwareConfig(folder=str(firmware)),
        rates=RatesConfig(budgets={"loose": "60 kHz", "tight": "20 kHz"}),
    )


def begun(path: Path, config: RunConfig) -> RunDirectory:
    run = RunDirectory(path, config)
    path.mkdir(parents=True)
    run.save_config()
    return run


def real_scores(events: EventBatch) -> NDArray[np.float64]:
    """Score without a trigger: sum of logarithms, many values tied for empty events."""
    return np.asarray(np.log1p(np.abs(events.inputs_raw[:, ::3]).astype(np.float64)).sum(axis=1))


def write_real_scores(run: RunDirectory, events: dict[str, EventBatch], samples: dict[str, Path]) -> None:
    scores = {
        name: {"mean_squares": np.zeros(len(one)), "kl": real_scores(one)} for name, one in events.items()
    }
    digests = {name: events_digest(path) for name, path in samples.items()}
    write_model_scores(run.evaluation_file, scores, digests=digests, training_digest="7e" * 32)


def expected_scores(
    name: str, events: dict[str, EventBatch], triggers: dict[str, TriggerAlgorithm]
) -> dict[str, NDArray[Any]]:
    """Score from the events, and leave the background that trainings see out."""
    scored: dict[str, NDArray[Any]] = {
        sample: real_scores(one) if name == "real" else emulate(triggers[name], one.inputs_raw).score_raw
        for sample, one in events.items()
    }
    return {**scored, "background": scored["background"][FIRST_UNSEEN:]}


def allowed_at(point: str, n_background: int) -> int:
    if point.startswith("FPR "):
        return math.floor(Fraction(point.removeprefix("FPR ")) * n_background)
    return math.floor(1000 * Fraction(point.removesuffix(" kHz")) / BUNCHES_HZ * n_background)


def passes(scores: dict[str, NDArray[Any]], signal: str, point: str) -> NDArray[np.bool_]:
    """Go down the levels of the background until too many events are at or above one."""
    background = scores["background"]
    for level in np.unique(background)[::-1]:
        if np.count_nonzero(background >= level) > allowed_at(point, len(background)):
            return np.asarray(scores[signal] > level)
    raise AssertionError("no level refuses an event")


def took(events: EventBatch) -> NDArray[np.bool_]:
    assert events.menu is not None
    assert events.menu_bits is not None
    counted = [index for index, prescale in enumerate(events.menu.prescales) if prescale == 1]
    return np.array([any(row[index] for index in counted) for row in events.menu_bits])


def algorithm(comparison: Comparison, name: str) -> ComparedAlgorithm:
    return next(one for one in comparison.algorithms if one.name == name)
