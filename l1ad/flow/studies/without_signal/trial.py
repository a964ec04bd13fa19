"""One version of a study of metrics without signal: trained, measured without signal, and then with it."""

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.families import FamilyConfig, FitConfig
from l1ad.config.studies.without_signal import WithoutSignalConfig
from l1ad.core.plain import plain
from l1ad.flow.studies.without_signal.inputs import (
    Parts,
    ShownEvents,
    background_parts,
    shown_events,
    studied_signals,
)
from l1ad.flow.studies.without_signal.plan import Version
from l1ad.metrics.ranks import ranked
from l1ad.metrics.without_signal import latent_metrics, score_metrics
from l1ad.metrics.working_points import WorkingPoint
from l1ad.training.environment import framework_versions, prepared_framework
from l1ad.training.families.fit import Trainer
from l1ad.training.families.steered import Applied, Steered

__all__ = ["SCORES", "signal_free_trial", "studied_parts"]

SCORES = ("mean_squares", "reconstruction")
"""Scores that efficiencies are measured by: Σµ², which firmware computes, and the squared error."""

_BLOCK = 65_536

Scores = dict[str, NDArray[np.float64]]


def signal_free_trial(definition: Mapping[str, Any], *, config: WithoutSignalConfig) -> dict[str, Any]:
    """Do a trial: train the version that it names, and measure it.

    Args:
        definition: What decides the result: `version`, and what of the study and of its events does.
        config: The study, for where the events are.
    """
    begin = time.perf_counter()
    version = Version.of(definition["version"])
    prepared_framework("float", version.seed)
    parts = studied_parts(config)
    shown = shown_events(version, parts, config.input_type)
    compiled, told = _trained(version, shown, config)
    metrics, scores = _without_signal(version, compiled, shown.in_use(parts.metrics), config)
    found: dict[str, Any] = {"metrics": plain(metrics), **told, "efficiency": {}, "halves": {}}
    if all(np.isfinite(one).all() for one in scores.values()):
        found |= _with_signal(lambda raw: _scores(compiled.applied, shown, raw), parts, config)
    return {
        **found,
        "usable": bool(found["efficiency"]) and (told["best_epoch"] > 0 or version.fault is not None),
        "seconds": time.perf_counter() - begin,
        "versions": framework_versions(),
    }


def studied_parts(config: WithoutSignalConfig) -> Parts:
    """Read the zero bias of a study, in its parts."""
    data = config.data
    return background_parts(data.background, data.training_events, data.validation_events, data.metric_events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A family of one shape: what trains its networks, and what applies the last one."""

    family: Steered
    trainer: Trainer
    applied: Applied


def _trained(
    version: Version, shown: ShownEvents, config: WithoutSignalConfig
) -> tuple[Compiled, dict[str, Any]]:
    """Train a version as far as its fault lets it; gives its network and how the training went."""
    compiled = _compiled(
        version.kind, version.hidden, version.latent, version.activation, shown.training.shape[1], config.batch
    )
    family, trainer = compiled.family, compiled.trainer
    family.weight.assign(version.weight)
    if version.fault == "untrained":
        start = family.built(shown.training.shape[1], version.seed)
        for variable, other in zip(trainer.network.variables, start.variables, strict=True):
            variable.assign(other)
        return compiled, {"ending": "UNTRAINED", "epochs": 0, "best_epoch": 0}
    one_step = version.fault == "one_step"
    trainer.config = config.fit(version.learning_rate, 1 if one_step else version.epochs)
    training = shown.training[: config.batch] if one_step else shown.training
    fitted = trainer.fit(training, shown.validation, seed=version.seed)
    told = {
        "ending": fitted.ending.name,
        "epochs": len(fitted.history["loss"]),
        "best_epoch": fitted.best_epoch,
    }
    return compiled, told


@functools.lru_cache(maxsize=1)  # versions of one family and shape follow one another, and compile once
def _compiled(
    kind: str, hidden: tuple[int, ...], latent: int, activation: str, n_inputs: int, batch: int
) -> Compiled:
    family = Steered(
        FamilyConfig.model_validate(
            {"name": kind, "kind": kind, "hidden": hidden, "latent": latent, "activation": activation}
        )
    )
    trainer = Trainer(family, n_inputs, FitConfig(batch=batch))
    return Compiled(family=family, trainer=trainer, applied=family.applied(trainer.network))


def _without_signal(
    version: Version, compiled: Compiled, shown: NDArray[np.float32], config: WithoutSignalConfig
) -> tuple[dict[str, dict[str, float]], Scores]:
    """Measure every metric on unseen zero bias, as the version sees it in use; `shared` is of no score."""
    scores = compiled.applied.scores(shown)
    kept = {name: scores[name] for name in SCORES if name in scores}
    terms = np.asarray(compiled.family.losses(compiled.trainer.network, shown, None)[1], dtype=np.float64)
    shared = latent_metrics(
        compiled.applied.means(shown), np.random.default_rng([config.seed, 2]), n_subsets=config.subsets,
        density_events=config.density_events,
    )  # fmt: skip
    shared |= {"loss": float(terms[0]), "reconstruction": float(terms[1])}
    of_score = {name: score_metrics(one, shown.shape[1], version.latent) for name, one in kept.items()}
    return {"shared": shared, **of_score}, kept


def _scores(applied: Applied, shown: ShownEvents, raw: NDArray[np.integer]) -> Scores:
    blocks = [applied.scores(shown.in_use(raw[start : start + _BLOCK])) for start in range(0, len(raw), _BLOCK)]
    return {name: np.concatenate([one[name] for one in blocks]) for name in SCORES if name in blocks[0]}


def _with_signal(
    scores_of: Callable[[NDArray[np.integer]], Scores], parts: Parts, config: WithoutSignalConfig
) -> dict[str, Any]:
    """Count the events of each signal above thresholds set on zero bias that nothing has seen.

    With half of zero bias and half of each signal the same is done twice over, which tells how far the order
    of versions is firm. Nothing is counted if a score is no number.
    """
    background = scores_of(parts.thresholds)
    signals = {
        name: scores_of(one.inputs_raw) for name, one in studied_signals(config.data, parts.layout).items()
    }
    every = [background, *signals.values()]
    if not all(np.isfinite(values).all() for one in every for values in one.values()):
        return {"efficiency": {}, "halves": {}}
    points = [WorkingPoint.at_false_positive_rate(one) for one in config.false_positive_rates]
    efficiency, halves = {}, {}
    for score in background:
        zero_bias, *others = ranked(background[score], *(one[score] for one in signals.values()))
        named = dict(zip(signals, others, strict=True))
        efficiency[score] = {point.name: _passed(zero_bias, named, point) for point in points}
        halves[score] = {
            point.name: [
                _passed(zero_bias[half::2], {name: one[half::2] for name, one in named.items()}, point)
                for half in range(2)
            ]
            for point in points
            if point.resolved_by(len(zero_bias) // 2)
        }
    return {"efficiency": efficiency, "halves": halves}


def _passed(
    zero_bias: NDArray[np.int64], signals: Mapping[str, NDArray[np.int64]], point: WorkingPoint
) -> dict[str, Any]:
    """Count what passes: whole events of zero bias, as many as fit, ties out."""
    point.check(len(zero_bias))
    refused = point.best_refused(np.sort(zero_bias))
    return {
        "zero_bias": int(np.count_nonzero(zero_bias > refused)),
        "allowed": point.allowed(len(zero_bias)),
        "passed": {name: int(np.count_nonzero(one > refused)) for name, one in signals.items()},
        "totals": {name: len(one) for name, one in signals.items()},
    }
