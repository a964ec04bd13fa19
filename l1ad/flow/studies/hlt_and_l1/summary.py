"""Trainings of the study brought together: what each network finds, and how alike trainings are."""

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.hlt_and_l1 import ZERO_BIAS
from l1ad.core.layouts import ugt_57
from l1ad.flow.studies.hlt_and_l1.measures import share_name
from l1ad.flow.studies.hlt_and_l1.trial import read_scores, scores_file
from l1ad.metrics.curves import common_share
from l1ad.metrics.ensemble import Spread, score_correlations
from l1ad.metrics.rank_correlation import spearman
from l1ad.metrics.ranks import ranked
from l1ad.metrics.repetitions import repeated
from l1ad.metrics.working_points import WorkingPoint
from l1ad.report.studies.hlt_and_l1.results import Cell, Entry, Figure, Found, Trained, Volatility

__all__ = ["Group", "cell", "entries", "same_repetition", "volatility"]

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Trainings that differ in their seed alone.

    Attributes:
        trained: What they were trained as and on.
        definitions: What decided each that is usable.
        results: What each gave.
        folder: The study's folder.
        failed: Trainings that gave no usable network.
    """

    trained: Trained
    definitions: tuple[Mapping[str, Any], ...]
    results: tuple[Mapping[str, Any], ...]
    folder: Path
    failed: int

    def scores(self, number: int) -> dict[str, dict[str, Reals]]:
        """Read the scores of a training, by view and sample."""
        return read_scores(scores_file(self.folder, self.definitions[number]))

    def zero_bias(self, view: str) -> list[Reals]:
        """Read the scores of zero bias in a view, of every training."""
        return [self.scores(number)[view][ZERO_BIAS] for number in range(len(self.results))]


def cell(group: Group, scored: str, seed: int) -> Cell:
    """Bring together what the trainings of a group find in a view.

    Args:
        group: The trainings.
        scored: The view.
        seed: Of the bootstrap over trainings.
    """
    rng = np.random.default_rng(seed)
    measures = [one["views"][scored] for one in group.results]
    own, other = group.zero_bias(group.trained.view), group.zero_bias(scored)
    return Cell(
        trained=group.trained,
        scored=scored,
        signals={name: _found(measures, name, rng) for name in measures[0]["signals"]},
        same_events=repeated([spearman(a, b) for a, b in zip(own, other, strict=True)], rng),
        met=repeated([float(one["met_correlation"]) for one in measures], rng),
    )


def volatility(group: Group, rates: Sequence[float]) -> Volatility:
    """Compare trainings with one another, in their own view, two usable ones at least.

    Args:
        group: The trainings.
        rates: Shares of zero bias that may pass, the first of them for efficiencies and threshold.
    """
    view, first = group.trained.view, share_name(rates[0])
    measures = [one["views"][view] for one in group.results]
    scores = group.zero_bias(view)
    correlations = score_correlations(scores)
    pairs = np.array([correlations[a, b] for a, b in itertools.combinations(range(len(scores)), 2)])
    ranks = [ranked(one)[0] for one in scores]
    return Volatility(
        trained=group.trained,
        auc={name: Spread.of([one["signals"][name]["auc"]["value"] for one in measures])
             for name in measures[0]["signals"]},
        efficiency={
            name: Spread.of([one["signals"][name]["efficiency"][first]["value"] for one in measures])
            for name in measures[0]["signals"]
        },
        threshold=Spread.of([one["thresholds"][first] for one in measures]),
        correlation_mean=float(pairs.mean()),
        correlation_low=float(pairs.min()),
        common={share_name(rate): _common(ranks, rate) for rate in rates},
    )  # fmt: skip


def same_repetition(l1: Group, hlt: Group, seed: int) -> dict[str, Any]:
    """Correlate the scores of L1 networks on L1 objects with those of HLT networks on HLT objects, by sample.

    Trainings are paired as they come; they share nothing but the events.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {}
    for number in range(min(len(l1.results), len(hlt.results))):
        first, second = l1.scores(number)["l1"], hlt.scores(number)["hlt"]
        for name, values in first.items():
            found.setdefault(name, []).append(spearman(values, second[name]))
    return {name: repeated(values, rng) for name, values in found.items()}


def entries(group: Group) -> tuple[Entry, ...]:
    """Average over trainings how the entries of the test's zero bias come back."""
    told = [one["entries"] for one in group.results]

    def mean(name: str, column: int) -> float:
        values = [one[name][column] for one in told if one[name][column] is not None]
        return float(np.mean(values)) if values else float("nan")

    return tuple(
        Entry(
            name=field.name,
            unit="" if field.unit == "1" else field.unit,
            events=int(told[0]["events"][column]),
            true_width=mean("true_width", column),
            mean=mean("mean", column),
            width=mean("width", column),
        )
        for column, field in enumerate(ugt_57().fields)
    )


def _common(ranks: Sequence[NDArray[np.int64]], rate: float) -> float:
    allowed = WorkingPoint.at_false_positive_rate(rate).allowed(len(ranks[0]))
    shares = common_share(ranks, allowed)
    pairs = [shares[a, b] for a, b in itertools.combinations(range(len(ranks)), 2)]
    return float(np.mean(pairs))


def _found(measures: Sequence[Mapping[str, Any]], name: str, rng: np.random.Generator) -> Found:
    signals = [one["signals"][name] for one in measures]
    figure = functools.partial(_figure, rng=rng)

    def by_label(of: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> dict[str, Figure]:
        labels = of(measures[0])
        return {label: figure([of(one)[label] for one in measures]) for label in labels}

    return Found(
        auc=figure([one["auc"] for one in signals]),
        efficiency=by_label(lambda one: one["signals"][name]["efficiency"]),
        pure=by_label(lambda one: one["signals"][name]["pure"]),
        stream=by_label(lambda one: one["stream"][name]),
    )


def _figure(bounds: Sequence[Mapping[str, float]], rng: np.random.Generator) -> Figure:
    return Figure(
        repeated=repeated([one["value"] for one in bounds], rng),
        error=float(np.mean([(one["high"] - one["low"]) / 2 for one in bounds])),
    )
