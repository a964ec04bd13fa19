"""Distributions of the lepton + X study: p-values of a score, and generated events against true ones."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from l1ad.core.layout import InputField
from l1ad.data.events import EventBatch
from l1ad.metrics.weighted_curves import (
    kolmogorov_probability,
    p_values,
    scaled_distance,
    weighted_kolmogorov,
)
from l1ad.report.studies.lepton_plus_x.results import FeatureDistances, FeatureOverlay, PValues

__all__ = ["overlays", "stream_p_values"]

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

_BINS = 20
_DECADES = 4
_BINS_A_DECADE = 4
_FEATURE_BINS = 40
_BEYOND = 0.005
"""Part of the true events that may lie beyond the last bin of a feature."""


def stream_p_values(
    name: str,
    unseen: EventBatch,
    scores: NDArray[np.number],
    signals: Mapping[str, NDArray[np.number]],
    titles: Mapping[str, str],
    rng: np.random.Generator,
) -> PValues:
    """Give one half of the unseen stream, and every signal, its p-values in the other half.

    Args:
        name: Name of the score.
        unseen: Unseen events with weights and labels.
        scores: Their scores, shape (n_unseen,).
        signals: Scores of signals, by name.
        titles: Title of each process and signal.
        rng: Source of the halves.
    """
    order = rng.permutation(len(unseen))
    half, other = order[: len(order) // 2], order[len(order) // 2 :]
    weights = unseen.weights

    def values(of: NDArray[np.number]) -> Reals:
        return p_values(of, scores[half], weights[half])

    edges = np.linspace(0, 1, _BINS + 1)
    tail_edges = np.linspace(-_DECADES, 0, _DECADES * _BINS_A_DECADE + 1)
    mine = values(scores[other])
    total = weights[other].sum()
    # Bins are those of the first half, whose own statistics shift their edges.
    squared = sum(
        np.histogram(values(scores[part]), edges, weights=weights[part] ** 2)[0] / weights[part].sum() ** 2
        for part in (half, other)
    )
    even = (np.arange(2000) + 0.5) / 2000
    distance = weighted_kolmogorov(mine, weights[other], even, np.ones(len(even)))
    counted = {}
    if unseen.label is not None:
        for number, label in enumerate(unseen.label_names):
            of = unseen.label[other] == number
            if of.any():  # a file may name processes that it has no events of
                counted[titles.get(label, label)] = _tail(mine[of], weights[other][of], tail_edges)
    return PValues(
        score=name,
        edges=edges,
        stream=np.histogram(mine, edges, weights=weights[other])[0] / total,
        stream_error=np.sqrt(squared),
        tail_edges=tail_edges,
        processes=counted,
        signals={
            titles.get(one, one): _tail(values(found), np.ones(len(found)), tail_edges)
            for one, found in signals.items()
        },
        floor=float(weights[half].min() / weights[half].sum()),
        kolmogorov=distance,
        probability=kolmogorov_probability(distance, weights[half], weights[other]),
    )


def _tail(values: Reals, weights: Reals, edges: Reals) -> Reals:
    """Count logarithms of p-values; what lies below the first edge is in the first bin."""
    logarithm = np.log10(np.clip(values, 10.0 ** edges[0] * 1.0001, 1.0))
    return np.asarray(np.histogram(logarithm, edges, weights=weights)[0] / weights.sum())


def overlays(
    unseen: EventBatch, prior: Integers, codes: Integers, rng: np.random.Generator
) -> tuple[FeatureOverlay, ...]:
    """Compare every feature of the unseen stream with generated events.

    The floor is the distance of two halves of the unseen events, each with half of their statistics, so that
    perfect events may lie somewhat below it.

    Args:
        unseen: Unseen events with weights.
        prior: Events drawn from the prior, shape (n_events, n_inputs).
        codes: Events drawn from posteriors, same shape.
        rng: Source of the halves.
    """
    order = rng.permutation(len(unseen))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    return tuple(
        _overlay(
            field, unseen.inputs_raw[:, column], unseen.weights, prior[:, column], codes[:, column], halves
        )
        for column, field in enumerate(unseen.layout.fields)
    )


def _overlay(
    field: InputField,
    true: NDArray[np.integer],
    weights: Reals,
    prior: Integers,
    codes: Integers,
    halves: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> FeatureOverlay:
    ones = np.ones(len(prior))
    edges = _edges(true, weights)

    def shares(values: NDArray[np.integer], of: Reals) -> Reals:
        inside = np.clip(values, edges[0] + 1e-6, edges[-1] - 1e-6)
        return np.asarray(np.histogram(inside, edges, weights=of)[0] / of.sum())

    def apart(
        values: NDArray[np.integer], of: Reals, others: NDArray[np.integer], theirs: Reals
    ) -> FeatureDistances:
        return FeatureDistances(
            kolmogorov=weighted_kolmogorov(values, of, others, theirs),
            wasserstein=scaled_distance(values, of, others, theirs),
        )

    first, second = halves
    return FeatureOverlay(
        name=field.name, unit=field.unit, edges=edges * field.lsb, true=shares(true, weights),
        prior=shares(prior, ones), codes=shares(codes, ones), of_prior=apart(prior, ones, true, weights),
        of_codes=apart(codes, ones, true, weights),
        floor=apart(true[first], weights[first], true[second], weights[second]),
    )  # fmt: skip


def _edges(values: NDArray[np.integer], weights: Reals) -> Reals:
    """Lay bins of whole steps, shifted by half a step, over all but the outermost true events."""
    order = np.argsort(values, kind="stable")
    summed = np.cumsum(weights[order]) / weights.sum()
    last = int(values[order][min(len(order) - 1, int(np.searchsorted(summed, 1 - _BEYOND)))])
    first = (
        int(values.min()) if values.min() >= 0 else int(values[order][int(np.searchsorted(summed, _BEYOND))])
    )
    width = max(1, -(-(last - first + 1) // _FEATURE_BINS))
    n_bins = -(-(last - first + 1) // width)
    return np.asarray(first - 0.5 + width * np.arange(n_bins + 1), dtype=np.float64)
