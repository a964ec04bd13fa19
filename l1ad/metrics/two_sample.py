"""How far generated events are from true ones: variable by variable, and in their correlations."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp, spearmanr, wasserstein_distance

from l1ad.core.errors import DataError

__all__ = [
    "TwoSample",
    "bin_edges",
    "correlation_distance",
    "histogram_pulls",
    "rank_correlations",
    "relative_distance",
    "two_sample",
]

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoSample:
    """Distances of two samples.

    Attributes:
        ks: Kolmogorov-Smirnov distance of each variable, the largest difference of distribution functions,
            shape (n_variables,).
        wasserstein: Wasserstein-1 distance of each, in standard deviations of the true sample.
        chi2_per_bin: χ² of each over its degrees of freedom, in bins of about equal numbers of true events.
        correlation: Frobenius norm of the difference of their matrices of rank correlations.
    """

    ks: Reals
    wasserstein: Reals
    chi2_per_bin: Reals
    correlation: float


def two_sample(true: Reals, generated: Reals, *, edges: Sequence[Reals]) -> TwoSample:
    """Measure how far one sample is from another.

    Args:
        true: True events, shape (n_true, n_variables).
        generated: Generated ones, shape (n_generated, n_variables).
        edges: Edges of the bins of each variable, as `bin_edges` gives them; what lies outside counts in the
            outermost bins.

    Raises:
        DataError: If a variable is not finite, or never varies in the true sample.
    """
    for sample, values in (("true", true), ("generated", generated)):
        if not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise DataError(
                f"{sample} event {row}: variable {column} is {values[row, column]}, no finite number"
            )
    widths = true.std(axis=0)
    if (widths == 0).any():
        raise DataError(f"variable {int(np.argmin(widths))} is the same in all {len(true)} true events")
    pulls = [
        histogram_pulls(one, other, ends) for one, other, ends in zip(true.T, generated.T, edges, strict=True)
    ]
    return TwoSample(
        ks=np.array([ks_2samp(one, other, method="asymp").statistic
                     for one, other in zip(true.T, generated.T, strict=True)], np.float64),
        wasserstein=np.array([wasserstein_distance(one, other)
                              for one, other in zip(true.T, generated.T, strict=True)], np.float64) / widths,
        chi2_per_bin=np.array([np.sum(np.square(one)) / max(1, len(one) - 1) for one in pulls], np.float64),
        correlation=correlation_distance(rank_correlations(true), rank_correlations(generated)),
    )  # fmt: skip


def relative_distance(found: TwoSample, n_true: int, n_generated: int) -> float:
    """Add the mean KS distance and the correlations', each in units of what alike samples give; then about 2.

    Two samples of one distribution have a KS distance of √(π/2) ln 2 · √(1/n + 1/m) on average (the mean of
    Kolmogorov's distribution), and rank correlations of independent variables differ by √(1/n + 1/m) each.
    Correlated variables differ by less, so the second unit is somewhat too large: it is a scale, not a test.
    """
    scale = np.sqrt(1 / n_true + 1 / n_generated)
    n_variables = len(found.ks)
    ks_unit = np.sqrt(np.pi / 2) * np.log(2) * scale
    correlation_unit = scale * np.sqrt(n_variables * (n_variables - 1))
    return float(np.mean(found.ks) / ks_unit + found.correlation / correlation_unit)


def bin_edges(values: Reals, n_bins: int) -> Reals:
    """Choose edges so that bins have about equal numbers of events; of few distinct values one bin each.

    Args:
        values: Values of a variable, shape (n_events,).
        n_bins: Bins at most.
    """
    distinct = np.unique(values)
    if len(distinct) <= n_bins:
        inner = (distinct[:-1] + distinct[1:]) / 2
        # Values that hardly any event has share a bin with their neighbours.
        kept: list[float] = []
        for edge in inner:
            start = kept[-1] if kept else -np.inf
            enough = len(values) / (5 * n_bins)
            if (
                np.count_nonzero((values > start) & (values <= edge)) >= enough
                and np.sum(values > edge) >= enough
            ):
                kept.append(float(edge))
        return np.array([distinct[0] - 0.5, *kept, distinct[-1] + 0.5], dtype=np.float64)
    return np.unique(np.quantile(values, np.linspace(0, 1, n_bins + 1)))


def histogram_pulls(true: Reals, generated: Reals, edges: Reals) -> Reals:
    """Compare two histograms bin by bin: their squares sum up to the χ² of homogeneity.

    Pull = (√(N/M) m − √(M/N) n) / √(n + m) for n of N true and m of M generated events; 0 in an empty bin
    (Numerical Recipes, section 14.3.3, for unequal numbers; from memory). About N(0, 1) if both are of
    one distribution. What lies outside of the edges counts in the outermost bins.

    Returns:
        Shape (n_bins,); positive where too many are generated.
    """
    n, m = (np.histogram(np.clip(one, edges[0], edges[-1]), edges)[0].astype(np.float64)
            for one in (true, generated))  # fmt: skip
    ratio = math.sqrt(len(true) / len(generated))
    return np.divide(ratio * m - n / ratio, np.sqrt(n + m), out=np.zeros_like(n), where=n + m > 0)


def rank_correlations(values: Reals) -> Reals:
    """Give Spearman's rank correlations, shape (n_variables, n_variables); 0 with what never varies."""
    varies = np.ptp(values, axis=0) > 0
    found = np.eye(values.shape[1])
    if np.count_nonzero(varies) > 1:
        matrix = np.atleast_2d(spearmanr(values[:, varies]).statistic)
        if matrix.shape == (1, 1):  # SciPy gives one number for two variables
            matrix = np.array([[1.0, matrix[0, 0]], [matrix[0, 0], 1.0]])
        found[np.ix_(varies, varies)] = matrix
    return found


def correlation_distance(first: Reals, second: Reals) -> float:
    """Frobenius norm of the difference of two matrices."""
    return float(np.linalg.norm(first - second))
