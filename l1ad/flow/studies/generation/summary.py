"""Trials of the generation study brought together: by family, over repetitions, and in their order."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from l1ad.metrics.repetitions import Repeated, repeated
from l1ad.report.studies.generation.results import Distances

__all__ = ["alike_ones", "distances_of", "ranks_of", "repeated_areas", "spread_over"]

Record = Mapping[str, Any]
Reals = NDArray[np.float64]

_BY_VARIABLE = ("ks", "wasserstein", "chi2_per_bin")


def distances_of(records: Sequence[Record], seed: int) -> Distances:
    """Average the distances of repetitions; every record must be usable."""
    rng = np.random.default_rng(seed)
    found = {name: np.array([one["distances"][name] for one in records], np.float64) for name in _BY_VARIABLE}
    areas = [one["classifier"]["auc"] for one in records]
    return Distances(
        **{name: repeated(values.mean(axis=1).tolist(), rng) for name, values in found.items()},
        correlation=repeated([one["distances"]["correlation"] for one in records], rng),
        classifier_auc=repeated([one["value"] for one in areas], rng),
        classifier_accuracy=repeated([one["classifier"]["accuracy"]["value"] for one in records], rng),
        auc_errors=_half_width(areas),
        by_variable={name: values.mean(axis=0) for name, values in found.items()},
        relations={
            name: repeated([one["relations"][name] for one in records], rng) for name in records[0]["relations"]
        },
    )


def ranks_of(records: Mapping[str, Sequence[Record]], seed: int) -> dict[str, dict[str, Repeated]]:
    """Order families within each repetition, 1 the best, ties at their mean.

    A repetition counts in which no family failed; without one, each family's usable ones are averaged first.

    Args:
        records: Usable records of each family, each with its `repetition`.
        seed: Of the bootstrap.

    Returns:
        By family: `distribution` (mean KS distance), `correlation`, `classifier` (area), and `overall`, the
        mean of these three in each repetition.
    """
    rng = np.random.default_rng(seed)
    by_family = {name: {one["repetition"]: _marks(one) for one in found} for name, found in records.items()}
    common = sorted(set.intersection(*(set(one) for one in by_family.values())))
    if common:
        tables = [np.array([by_family[name][number] for name in by_family]) for number in common]
    else:
        tables = [np.array([np.mean(list(one.values()), axis=0) for one in by_family.values()])]
    ranks = np.stack([rankdata(table, axis=0) for table in tables])
    ranks = np.concatenate([ranks, ranks.mean(axis=2, keepdims=True)], axis=2)
    return {
        name: {
            criterion: repeated(ranks[:, place, column].tolist(), rng)
            for column, criterion in enumerate(("distribution", "correlation", "classifier", "overall"))
        }
        for place, name in enumerate(by_family)
    }


def alike_ones(values: Mapping[str, Repeated]) -> tuple[str, tuple[str, ...]]:
    """Name the family of the lowest mean, and those whose values overlap its own over the repetitions.

    Overlap is of the ranges from the lowest to the highest repetition: with few of them nothing finer holds.
    """
    best = min(values, key=lambda name: values[name].spread.mean)
    others = tuple(
        name for name, one in values.items() if name != best and one.spread.low <= values[best].spread.high
    )
    return best, others


def repeated_areas(records: Sequence[Record], seed: int) -> tuple[dict[str, Repeated], dict[str, float]]:
    """Average the areas of each score that every repetition has, and the half widths of their intervals."""
    rng = np.random.default_rng(seed)
    names = [name for name in records[0]["scores"] if all(name in one["scores"] for one in records)]
    areas = {name: [one["scores"][name]["auc"] for one in records] for name in names}
    return (
        {name: repeated([one["value"] for one in found], rng) for name, found in areas.items()},
        {name: _half_width(found) for name, found in areas.items()},
    )


def spread_over(arrays: Sequence[Sequence[float]]) -> tuple[Reals, Reals]:
    """Give mean and standard deviation over repetitions; the latter 0 of one repetition."""
    values = np.array(arrays, dtype=np.float64)
    width = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(values.shape[1:])
    return values.mean(axis=0), width


def _marks(record: Record) -> tuple[float, float, float]:
    distances = record["distances"]
    # Trees that tell generated events from true ones the wrong way round see nothing.
    area = max(record["classifier"]["auc"]["value"], 0.5)
    return float(np.mean(distances["ks"])), float(distances["correlation"]), area


def _half_width(areas: Sequence[Mapping[str, float]]) -> float:
    return float(np.mean([(one["high"] - one["low"]) / 2 for one in areas]))
