"""Trials of a study of metrics without signal brought together: each metric against the efficiency."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.without_signal import WithoutSignalConfig
from l1ad.core.errors import DataError
from l1ad.flow.studies.without_signal.plan import Version
from l1ad.metrics.rank_correlation import RankCorrelation, corrected, kendall, rank_correlation
from l1ad.metrics.selection import chosen, floored_mean, found_bad, trust
from l1ad.metrics.without_signal import METRICS, goodness
from l1ad.report.studies.without_signal.results import (
    AtPointResults,
    MetricResults,
    ScoreResults,
    VersionResults,
)

__all__ = ["score_results", "version_results"]

Reals = NDArray[np.float64]
Result = Mapping[str, Any]


def version_results(version: Version, result: Result) -> VersionResults:
    """Read what a trial found."""
    shared = result["metrics"]["shared"]
    efficiency = result["efficiency"]
    return VersionResults(
        name=version.name,
        kind=version.kind,
        fault=version.fault,
        settings={
            "weight": f"{version.weight:g}",
            "widths": f"{'-'.join(map(str, version.hidden))}-{version.latent}",
            "inputs": version.inputs,
            "events": f"{version.events:,}",
            "learning rate": f"{version.learning_rate:g}",
        },
        ending=result["ending"],
        epochs=result["epochs"],
        metrics={
            score: {name: _number({**shared, **result["metrics"][score]}[name]) for name in METRICS}
            for score in efficiency
        },
        figure={
            score: {point: _figure(counts) for point, counts in points.items()}
            for score, points in efficiency.items()
        },
        efficiency={
            score: {
                point: {name: n / counts["totals"][name] for name, n in counts["passed"].items()}
                for point, counts in points.items()
            }
            for score, points in efficiency.items()
        },
        seconds=result["seconds"],
    )


def score_results(
    score: str, versions: Sequence[VersionResults], results: Sequence[Result], config: WithoutSignalConfig
) -> ScoreResults | None:
    """Hold every metric against the efficiency by a score, of the versions that have it; None if none has.

    Args:
        score: Name of the score.
        versions: Versions whose scores are numbers.
        results: Their trials, in the same order.
        config: The study.

    Raises:
        DataError: If fewer than three sound versions, or fewer than two bad ones, have the score.
    """
    members = [pair for pair in zip(versions, results, strict=True) if score in pair[0].figure]
    if not members:
        return None
    found = [version for version, _ in members]
    is_sound = np.array([version.fault is None for version in found])
    if np.count_nonzero(is_sound) < 3 or np.count_nonzero(~is_sound) < 2:
        raise DataError(
            f"{np.count_nonzero(is_sound)} sound and {np.count_nonzero(~is_sound)} bad versions have the score "
            f"{score!r}; at least three and two make an order: give more versions of families that have it"
        )
    rng = np.random.default_rng([config.seed, 3])
    points = {
        name: _at_point(found, [result for _, result in members], is_sound, score, name, rng)
        for name in found[0].figure[score]
    }
    return ScoreResults(
        sound=int(np.count_nonzero(is_sound)),
        bad=int(np.count_nonzero(~is_sound)),
        points=points,
        metrics=_metrics(found, is_sound, score, config, rng),
    )


def _metrics(
    versions: Sequence[VersionResults], is_sound: NDArray[np.bool_], score: str, config: WithoutSignalConfig,
    rng: np.random.Generator,
) -> dict[str, MetricResults]:  # fmt: skip
    points = list(versions[0].figure[score])
    figures = {point: np.array([one.figure[score][point] for one in versions]) for point in points}
    good = {name: goodness(name, np.array([one.metrics[score][name] for one in versions])) for name in METRICS}
    every = {
        name: {point: rank_correlation(good[name], figures[point], rng) for point in points} for name in good
    }
    sound = {
        name: {point: rank_correlation(good[name][is_sound], figures[point][is_sound], rng) for point in points}
        for name in good
    }
    probabilities = {
        point: dict(zip(good, corrected([sound[name][point].p_value for name in good]), strict=True))
        for point in points
    }
    found = {}
    for name, values in good.items():
        area = found_bad(values[is_sound], values[~is_sound])
        own = {point: probabilities[point][name] for point in points}
        found[name] = MetricResults(
            every=every[name],
            sound=sound[name],
            probability=own,
            alike=_alike(versions, is_sound, values, figures),
            by_signal=_by_signal(versions, is_sound, values, score, rng),
            area=area,
            area_by_fault=_areas_by_fault(versions, is_sound, values),
            choice=chosen(
                values[is_sound], figures[points[0]][is_sound], rng, candidates=config.candidates,
                factor=config.within_factor,
            ),
            undefined=int(np.count_nonzero(np.isneginf(values))),
            trust=trust(list(sound[name].values()), list(own.values()), area),
        )  # fmt: skip
    return found


def _alike(
    versions: Sequence[VersionResults], is_sound: NDArray[np.bool_], good: Reals, figures: Mapping[str, Reals]
) -> dict[str, float]:
    groups = [(one.kind, one.settings["inputs"]) for one in versions if one.fault is None]
    return {point: kendall(good[is_sound], values[is_sound], groups) for point, values in figures.items()}


def _by_signal(
    versions: Sequence[VersionResults], is_sound: NDArray[np.bool_], good: Reals, score: str,
    rng: np.random.Generator,
) -> dict[str, float]:  # fmt: skip
    main = next(iter(versions[0].figure[score]))
    found = {}
    for signal in versions[0].efficiency[score][main]:
        values = np.array([one.efficiency[score][main][signal] for one in versions])
        found[signal] = rank_correlation(good[is_sound], values[is_sound], rng).spearman.value
    return found


def _areas_by_fault(
    versions: Sequence[VersionResults], is_sound: NDArray[np.bool_], good: Reals
) -> dict[str, float]:
    faults = np.array([one.fault or "" for one in versions])
    counts = {name: int(np.count_nonzero(faults == name)) for name in sorted(set(faults) - {""})}
    return {
        str(name): found_bad(good[is_sound], good[faults == name]).value for name, n in counts.items() if n > 1
    }


def _at_point(
    versions: Sequence[VersionResults], results: Sequence[Result], is_sound: NDArray[np.bool_], score: str,
    point: str, rng: np.random.Generator,
) -> AtPointResults:  # fmt: skip
    figure = np.array([one.figure[score][point] for one in versions])
    counts = [one["efficiency"][score][point] for one in results]
    faults = {one.fault for one in versions if one.fault is not None}
    return AtPointResults(
        allowed=int(counts[0]["allowed"]),
        fewest=min(int(one["zero_bias"]) for one in counts),
        median=float(np.median(figure[is_sound])),
        lowest=float(figure[is_sound].min()),
        highest=float(figure[is_sound].max()),
        by_fault={
            name: float(np.median([one.figure[score][point] for one in versions if one.fault == name]))
            for name in sorted(faults)
        },
        firmness=_firmness(results, is_sound, score, point, rng),
    )


def _firmness(
    results: Sequence[Result], is_sound: NDArray[np.bool_], score: str, point: str, rng: np.random.Generator
) -> RankCorrelation | None:
    halves = [one["halves"][score].get(point) for one in results]
    if None in halves:
        return None
    first, second = (np.array([_figure(one[half]) for one in halves]) for half in range(2))
    return rank_correlation(first[is_sound], second[is_sound], rng)


def _figure(counts: Mapping[str, Any]) -> float:
    return floored_mean(list(counts["passed"].values()), list(counts["totals"].values()))


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
