"""The working points of a run: its budgets, and the false-positive rates that papers quote."""

from l1ad.config.run import RatesConfig
from l1ad.flow.rate_table import configured_budgets, configured_stream
from l1ad.metrics.working_points import WorkingPoint
from l1ad.rates.stream import ZeroBiasStream

__all__ = ["FALSE_POSITIVE_RATES", "budget_points", "working_points"]

FALSE_POSITIVE_RATES = (1e-3, 1e-4, 1e-5)
"""Accepted fractions of the background that arXiv:2108.03986 and its followers quote."""


def budget_points(config: RatesConfig) -> list[WorkingPoint]:
    """Give the budgets of a configuration as fractions of its stream, tightest first."""
    stream = configured_stream(config)
    where = f"of {stream}"
    if isinstance(stream, ZeroBiasStream):
        where = f"at {stream.colliding_bunches} colliding bunches"
    points = {
        budget.text: WorkingPoint(budget.text, budget.share_of(stream), where)
        for budget in configured_budgets(config).values()
    }
    return sorted(points.values(), key=lambda point: point.fraction)


def working_points(config: RatesConfig, n_background: int) -> list[WorkingPoint]:
    """Give the budgets, and those of the usual false-positive rates that so many events resolve.

    Raises:
        UnresolvedRateError: If the events do not resolve a budget.
    """
    budgets = budget_points(config)
    for point in budgets:
        point.check(n_background)
    usual = [WorkingPoint.at_false_positive_rate(rate) for rate in FALSE_POSITIVE_RATES]
    return [*budgets, *(point for point in usual if point.resolved_by(n_background))]
