"""What one network finds in both views: areas, efficiencies on zero bias and on what L1 accepts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.hlt_and_l1 import ACCEPTED, ZERO_BIAS
from l1ad.flow.studies.hlt_and_l1.events import Parts
from l1ad.metrics.efficiency import Efficiency
from l1ad.metrics.rank_correlation import spearman
from l1ad.metrics.ranks import ranked
from l1ad.metrics.stream_points import stream_efficiency
from l1ad.metrics.working_points import WorkingPoint, measured

__all__ = ["MET", "measured_views", "share_name"]

MET = 0
"""Column of MET in the layout."""

Reals = NDArray[np.float64]


def share_name(share: float) -> str:
    """Write a share as people do, e.g. `0.1 %`."""
    return f"{100 * share:g} %"


def measured_views(
    scores: Mapping[str, Mapping[str, Reals]],
    parts: Parts,
    rates: Sequence[float],
    shares: Sequence[float],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Measure the scores in each view.

    Args:
        scores: Scores of the test events by view and sample.
        parts: The events.
        rates: Shares of zero bias that may pass.
        shares: Shares of what L1 accepts that may pass.
        rng: Source of the resampling.
    """
    return {view: _view(of, view, parts, rates, shares, rng) for view, of in scores.items()}


def _view(
    scores: Mapping[str, Reals],
    view: str,
    parts: Parts,
    rates: Sequence[float],
    shares: Sequence[float],
    rng: np.random.Generator,
) -> dict[str, Any]:
    ordered = np.sort(scores[ZERO_BIAS])
    points = {share_name(rate): WorkingPoint.at_false_positive_rate(rate) for rate in rates}
    met = parts.test[ZERO_BIAS].views[view].inputs_raw[:, MET].astype(np.float64)
    return {
        "thresholds": {
            name: float(ordered[len(ordered) - 1 - point.allowed(len(ordered))])
            for name, point in points.items()
        },
        "met_correlation": spearman(scores[ZERO_BIAS], met),
        "signals": {name: _signal(scores, name, parts, points, rng) for name in parts.signals},
        "stream": {name: _stream(scores, name, parts, shares, rng) for name in parts.signals},
    }


def _signal(
    scores: Mapping[str, Reals],
    name: str,
    parts: Parts,
    points: Mapping[str, WorkingPoint],
    rng: np.random.Generator,
) -> dict[str, Any]:
    background, signal = ranked(scores[ZERO_BIAS], scores[name])
    found = measured(background, signal, tuple(points.values()), rng, parts.test[name].accepted)
    return {
        "auc": found.auc,
        "efficiency": {label: _bounds(found.at[point.name].efficiency) for label, point in points.items()},
        "pure": {label: _bounds(found.at[point.name].pure) for label, point in points.items()},
    }


def _stream(
    scores: Mapping[str, Reals], name: str, parts: Parts, shares: Sequence[float], rng: np.random.Generator
) -> dict[str, Any]:
    stream, signal = parts.test[ACCEPTED], parts.test[name]
    return {
        share_name(share): stream_efficiency(
            scores[ACCEPTED], stream.weights, scores[name], signal.accepted, share, rng
        ).efficiency
        for share in shares
    }


def _bounds(one: Efficiency | None) -> dict[str, float]:
    if one is None:
        raise ValueError("the menu's decisions on the signal are not known")
    return {"value": one.value, "low": one.low, "high": one.high}
