"""Score against MET, and what the samples look like in both views."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.hlt_and_l1 import ZERO_BIAS
from l1ad.core.layouts import ugt_57
from l1ad.data.events import EventBatch
from l1ad.data.physical import physical_values
from l1ad.flow.studies.hlt_and_l1.events import VIEWS, BothEvents, Parts
from l1ad.flow.studies.hlt_and_l1.measures import MET, share_name
from l1ad.flow.studies.hlt_and_l1.summary import Group
from l1ad.metrics.rank_correlation import spearman
from l1ad.rates.intervals import clopper_pearson
from l1ad.report.studies.hlt_and_l1.results import MetCurve, SampleView

__all__ = ["met_curve", "sample_views"]

Reals = NDArray[np.float64]

_EDGES = np.array([0, 5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 80, 100, 130, 170, 250], dtype=np.float64)
_FEWEST = 10
"""Events that a bin needs for quantiles and for a part that passes."""
_QUANTILES = (0.16, 0.5, 0.84)
_TYPES = ("eg", "mu", "jet")


def met_curve(group: Group, parts: Parts, rate: float) -> MetCurve:
    """Profile the score of a group's first training against MET of its own view.

    Args:
        group: The trainings.
        parts: The events.
        rate: Share of zero bias that passes the threshold.
    """
    view = group.trained.view
    scores = group.scores(0)[view]
    threshold = float(group.results[0]["views"][view]["thresholds"][share_name(rate)])
    size = threshold if threshold > 0 else 1.0
    passed = {
        name: _passed(_met(parts.test[name].views[view]), values > threshold)
        for name, values in scores.items()
        if name == ZERO_BIAS or name in parts.signals
    }
    met = _met(parts.test[ZERO_BIAS].views[view])
    return MetCurve(
        trained=group.trained,
        edges=_EDGES,
        quantiles=_profile(met, scores[ZERO_BIAS] / size),
        passed=passed,
    )


def sample_views(events: Mapping[str, BothEvents]) -> tuple[SampleView, ...]:
    """Describe every sample in both views; weighted events count by their weights."""
    found = []
    for name, one in events.items():
        met = {view: _met(one.views[view]) for view in VIEWS}
        correlation = spearman(met["l1"], met["hlt"])
        weights = one.weights
        for view in VIEWS:
            low, middle, high = _weighted_quantiles(met[view], weights)
            found.append(
                SampleView(
                    sample=name,
                    view=view,
                    events=len(one),
                    accepted=float(np.average(one.accepted, weights=weights)),
                    met=(low, middle, high),
                    objects={kind: _mean_number(one.views[view], kind) for kind in _TYPES},
                    leading={kind: _leading(one.views[view], kind) for kind in _TYPES},
                    correlation=correlation,
                )
            )
    return tuple(found)


def _met(events: EventBatch) -> Reals:
    return physical_values(events.layout.fields[MET], events.inputs_raw[:, MET])


def _profile(met: Reals, score: Reals) -> Reals:
    bins = np.digitize(met, _EDGES) - 1
    quantiles = np.full((len(_QUANTILES), len(_EDGES) - 1), np.nan)
    for number in range(len(_EDGES) - 1):
        here = score[bins == number]
        if len(here) >= _FEWEST:
            quantiles[:, number] = np.quantile(here, _QUANTILES)
    return quantiles


def _passed(met: Reals, passed: NDArray[np.bool_]) -> Reals:
    """Give the part that passes and its interval, shape (3, n_bins): low, value, high."""
    bins = np.digitize(met, _EDGES) - 1
    found = np.full((3, len(_EDGES) - 1), np.nan)
    for number in range(len(_EDGES) - 1):
        here = passed[bins == number]
        if len(here) >= _FEWEST:
            n_pass = int(here.sum())
            low, high = clopper_pearson(n_pass, len(here))
            found[:, number] = low, n_pass / len(here), high
    return found


def _weighted_quantiles(values: Reals, weights: Reals) -> tuple[float, float, float]:
    order = np.argsort(values)
    below = np.cumsum(weights[order]) / weights.sum()
    low, middle, high = (
        float(values[order][min(len(values) - 1, int(np.searchsorted(below, one)))]) for one in _QUANTILES
    )
    return low, middle, high


def _columns(kind: str) -> list[int]:
    return [i for i, f in enumerate(ugt_57().fields) if f.object_type == kind and f.quantity == "pt"]


def _mean_number(events: EventBatch, kind: str) -> float:
    return float(np.average((events.inputs_raw[:, _columns(kind)] > 0).sum(axis=1), weights=events.weights))


def _leading(events: EventBatch, kind: str) -> float:
    column = _columns(kind)[0]
    here = events.inputs_raw[:, column] > 0
    if not here.any():
        return float("nan")
    pt = physical_values(events.layout.fields[column], events.inputs_raw[here, column])
    return _weighted_quantiles(pt, events.weights[here])[1]
