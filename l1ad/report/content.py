"""What a report shows, as values: made by `flow`, drawn and written here."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.metrics.efficiency import Roc

__all__ = ["RateCurve", "ReportContent"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateCurve:
    """Rate in Hz with its interval against the threshold in hardware units."""

    threshold_raw: NDArray[np.int64]
    rate_hz: NDArray[np.float64]
    low_hz: NDArray[np.float64]
    high_hz: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportContent:
    """Everything a report shows.

    Attributes:
        name: Name of the algorithm.
        summary: The run's summary, as in `summary.json`.
        layers: One row for each layer: name, shape, weight type, result type, sparsity.
        scores: Scores by sample, the background first, hardware units.
        roc: ROC curve by signal.
        rate_curve: Rate against threshold.
        history: Training record of each epoch; empty for an imported model.
        origin: What an imported model was.
        notes: What its import lost or chose, or what is to be said of its training.
        score_costs: One row for each signal and working point: signal, point, efficiency as deployed, the best
            of all scores and which it is; empty where the run was not evaluated.
        titles: What to call each sample.
    """

    name: str
    summary: dict[str, Any]
    layers: list[list[str]]
    scores: dict[str, NDArray[np.int64]]
    roc: dict[str, Roc]
    rate_curve: RateCurve
    history: list[dict[str, float]]
    origin: str
    notes: tuple[str, ...]
    score_costs: list[list[str]]
    titles: dict[str, str]
