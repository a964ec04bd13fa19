"""Intervals of counted fractions, exact in the frequentist sense."""

from scipy import stats

__all__ = ["ONE_SIGMA", "clopper_pearson"]

ONE_SIGMA = 0.6827
"""Two-sided coverage of a Gaussian's ±1σ."""


def clopper_pearson(n_pass: int, n_total: int, *, coverage: float = ONE_SIGMA) -> tuple[float, float]:
    """Bound a binomial fraction from both sides.

    Clopper & Pearson, Biometrika 26 (1934) 404; PDG review Statistics, section 40.4.2.4. It covers at
    least as often as stated. For rare events it becomes the Garwood interval of a Poisson mean.

    Args:
        n_pass: Events that passed.
        n_total: Events counted.
        coverage: Probability that the interval holds the true fraction, shared between both sides.

    Returns:
        Lower and upper bound, in 0 to 1.
    """
    if not 0 <= n_pass <= n_total or n_total < 1:
        raise ValueError(f"{n_pass} of {n_total} events cannot pass")
    tail = (1.0 - coverage) / 2.0
    low = 0.0 if n_pass == 0 else float(stats.beta.ppf(tail, n_pass, n_total - n_pass + 1))
    high = 1.0 if n_pass == n_total else float(stats.beta.isf(tail, n_pass + 1, n_total - n_pass))
    return low, high
