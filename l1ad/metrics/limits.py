"""Limits on a signal and its significance, with pyhf: counts in bins, and a background with uncertainties."""

import importlib.util
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.core.errors import DataError, ToolError
from l1ad.core.quiet import silenced
from l1ad.metrics.bump_hunt import Prediction

__all__ = ["Searched", "limits_available", "searched"]

Reals = NDArray[np.float64]

_LEVEL = 0.05
_MOST_TRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What counts say about a signal.

    Attributes:
        limit: Upper limit on the signal strength, CLs at 95 %.
        expected: Median of the limits that background alone would give.
        low: The 16 % quantile of those.
        high: The 84 % quantile.
        p_value: Probability that background alone looks at least as much like the signal, q0.
        significance: The same in standard deviations of one side.
        best: Signal strength that fits best, at least 0.
    """

    limit: float
    expected: float
    low: float
    high: float
    p_value: float
    significance: float
    best: float


def limits_available() -> bool:
    """Tell whether pyhf is installed."""
    return importlib.util.find_spec("pyhf") is not None


def searched(observed: NDArray[np.int64], prediction: Prediction, signal: Reals) -> Searched:
    """Fit background and signal to counts.

    The likelihood is Poisson's in each bin. A cause of the prediction's uncertainty that moves several bins is
    held by a Gaussian of unit width, causes of one bin each by the Poisson counts that they came from.
    Asymptotic formulae (Cowan et al., arXiv:1007.1727), CLs (Read, J. Phys. G 28 (2002) 2693): with a few
    events in a bin both are approximate, and the limit too tight.

    Args:
        observed: Events that pass, shape (n_bins,).
        prediction: What is expected of background.
        signal: Signal events that are expected to pass at strength 1, shape (n_bins,).

    Raises:
        DataError: If the signal has no events in any bin where something is expected, or a fit does not settle.
        ToolError: If pyhf is not installed.
    """
    try:
        import pyhf
    except ImportError:
        raise ToolError("pyhf is not installed; limits come with it: pip install pyhf") from None
    used = prediction.expected > 0
    if not (signal[used] > 0).any():
        raise DataError("the signal passes in no bin where background is expected; there is nothing to fit")
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(maxiter=10_000))
    model = pyhf.Model(_specification(prediction, signal, used), poi_name="strength", validate=False)
    data = [*map(float, observed[used]), *model.config.auxdata]
    highest = _scanned_to(observed[used], prediction.expected[used], signal[used])
    model.config.par_map["strength"]["paramset"].suggested_bounds = [(0.0, 10 * highest)]
    try:
        with np.errstate(all="ignore"), silenced(2):
            p_value = float(pyhf.infer.hypotest(0.0, data, model, test_stat="q0"))
            best = float(pyhf.infer.mle.fit(data, model)[model.config.poi_index])
            limit, band = _limits(pyhf, data, model, highest)
    except pyhf.exceptions.FailedMinimization as fault:
        raise DataError(f"the fit of the signal strength does not settle ({fault})") from None
    return Searched(
        limit=limit, low=band[1], expected=band[2], high=band[3], best=best, p_value=p_value,
        significance=max(0.0, float(stats.norm.isf(p_value))),
    )  # fmt: skip


def _specification(prediction: Prediction, signal: Reals, used: NDArray[np.bool_]) -> dict[str, Any]:
    """Write the model as pyhf reads it."""
    expected = prediction.expected[used]
    variations = prediction.variations[:, used]
    if prediction.independent:
        # A Gamma constraint in each bin: what is expected stays positive, however uncertain it is.
        uncertainty = prediction.uncertainty[used].tolist()
        causes: list[dict[str, Any]] = [{"name": "prediction", "type": "shapesys", "data": uncertainty}]
    else:
        causes = [_moved_together(number, expected, shift) for number, shift in enumerate(variations)]
    strength = [{"name": "strength", "type": "normfactor", "data": None}]
    samples = [
        {"name": "signal", "data": signal[used].tolist(), "modifiers": strength},
        {"name": "background", "data": expected.tolist(), "modifiers": causes},
    ]
    return {"channels": [{"name": "mass", "samples": samples}]}


def _moved_together(number: int, expected: Reals, shift: Reals) -> dict[str, Any]:
    return {
        "name": f"prediction_{number}",
        "type": "histosys",
        "data": {"hi_data": (expected + shift).tolist(), "lo_data": np.maximum(expected - shift, 0.0).tolist()},
    }


def _scanned_to(observed: NDArray[np.int64], expected: Reals, signal: Reals) -> float:
    """Guess a strength that is well excluded: eight standard deviations above what the counts have too many."""
    weights = signal / np.maximum(expected, 1.0)
    size = float((weights * signal).sum())
    excess = float((weights * (observed - expected)).sum()) / size
    width = math.sqrt(float((np.square(weights) * np.maximum(expected, 1.0)).sum())) / size
    return max(excess, 0.0) + 8 * width


def _limits(pyhf: Any, data: list[float], model: Any, highest: float) -> tuple[float, list[float]]:
    """Find where CLs is 5 %, of the data and of the five quantiles of background alone."""
    for _ in range(_MOST_TRIES):
        try:
            limit, band = pyhf.infer.intervals.upper_limits.upper_limit(
                data, model, scan=np.linspace(0, highest, 25), level=_LEVEL
            )
        except ValueError:
            band = [math.nan]
        else:
            if limit < 0.95 * highest and band[3] < 0.95 * highest:
                return float(limit), [float(one) for one in band]
        highest *= 2
        model.config.par_map["strength"]["paramset"].suggested_bounds = [(0.0, 10 * highest)]
    raise DataError(f"no strength up to {highest:.3g} is excluded; the fit does not settle")
