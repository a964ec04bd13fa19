"""The study of metrics without signal: many versions, good and bad, and which metric tells them apart."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy

import l1ad
from l1ad.config.studies.without_signal import FAULTS, WithoutSignalConfig
from l1ad.core.plain import plain
from l1ad.core.progress import Progress, silent
from l1ad.data.opening import events_digest
from l1ad.flow.studies.settings import told_settings
from l1ad.flow.studies.trials import run_trials
from l1ad.flow.studies.without_signal.inputs import forget_events, studied_signals
from l1ad.flow.studies.without_signal.plan import Version, planned_versions
from l1ad.flow.studies.without_signal.summary import score_results, version_results
from l1ad.flow.studies.without_signal.trial import SCORES, signal_free_trial, studied_parts
from l1ad.metrics.without_signal import METRICS
from l1ad.metrics.working_points import WorkingPoint
from l1ad.report.studies.without_signal.results import WithoutSignalResults
from l1ad.training.environment import framework_versions

__all__ = ["without_signal_study"]


def without_signal_study(
    config: WithoutSignalConfig, folder: Path, *, workers: int = 1, progress: Progress = silent
) -> WithoutSignalResults:
    """Train every version of the plan, measure it without signal, and hold that against what signals say.

    Args:
        config: The study.
        folder: Where a file for each version is kept.
        workers: Processes.
        progress: Told the versions done.

    Raises:
        DataError: If events cannot be used, or a record was changed.
        UnresolvedRateError: If zero bias is too small for a false-positive rate.
        ToolError: If the training framework is not installed, or a process was killed.
    """
    forget_events()
    _check_events(config)
    versions = planned_versions(config)
    digests = {"background": events_digest(config.data.background)}
    digests |= {name: events_digest(where) for name, where in config.data.signals.items()}
    found = run_trials(
        functools.partial(signal_free_trial, config=config),
        [{**_common(config, digests), "version": plain(one)} for one in versions],
        folder / "trials",
        workers=workers,
        progress=lambda done, total, _: progress(done, total, "versions"),
    )
    return _results(config, digests, versions, found)


def _check_events(config: WithoutSignalConfig) -> None:
    """Refuse events that do not suit before anything is trained on them."""
    parts = studied_parts(config)
    studied_signals(config.data, parts.layout)
    for rate in config.false_positive_rates:
        WorkingPoint.at_false_positive_rate(rate).check(len(parts.thresholds))


def _common(config: WithoutSignalConfig, digests: Mapping[str, str]) -> dict[str, Any]:
    """List what decides every trial beside its version."""
    document = config.model_dump(mode="json", exclude={"versions": True, "data": {"background", "signals"}})
    summarised = ("candidates", "within_factor", "kind")
    return {
        "study": config.kind,
        "digests": dict(digests),
        **{key: value for key, value in document.items() if key not in summarised},
    }


def _results(
    config: WithoutSignalConfig,
    digests: Mapping[str, str],
    versions: list[Version],
    found: list[dict[str, Any]],
) -> WithoutSignalResults:
    usable = [(one, result) for one, result in zip(versions, found, strict=True) if result["usable"]]
    results = [result for _, result in usable]
    told = [version_results(one, result) for one, result in usable]
    scores = {score: score_results(score, told, results, config) for score in SCORES}
    data = config.data
    return WithoutSignalResults(
        versions=tuple(told),
        unusable={
            one.name: one.fault for one, result in zip(versions, found, strict=True) if not result["usable"]
        },
        scores={score: one for score, one in scores.items() if one is not None},
        directions={name: one.larger_is_better for name, one in METRICS.items()},
        texts={name: one.text for name, one in METRICS.items()},
        faults={name: FAULTS[name] for name in config.versions.faults},
        signals=tuple(data.signals),
        events={
            "training": data.training_events,
            "validation": data.validation_events,
            "metrics": data.metric_events,
            "thresholds": len(studied_parts(config).thresholds),
        },
        candidates=config.candidates,
        within_factor=config.within_factor,
        digests=dict(digests),
        versions_of={
            "l1ad": l1ad.__version__, "numpy": np.__version__, "scipy": scipy.__version__,
            **framework_versions(),
        },
        settings=_settings(config),
    )  # fmt: skip


def _settings(config: WithoutSignalConfig) -> dict[str, str]:
    """List the keys of the configuration with their values as JSON; where events are is told by digests."""
    return told_settings(config.model_dump(mode="json", exclude={"data": {"background", "signals"}}))
