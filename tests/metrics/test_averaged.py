"""Means over a few trainings: errors, and a test of differences that keeps its level with three of them."""

import math
from statistics import fmean, stdev

import numpy as np
import pytest

from l1ad.metrics.averaged import Averaged, differ


def averaged(values: list[float], of_events: float = 0.0) -> Averaged:
    spread = stdev(values) if len(values) > 1 else None
    return Averaged(value=fmean(values), of_events=of_events, spread=spread, n=len(values))


def test_errors_of_events_and_trainings_add_in_squares() -> None:
    one = averaged([0.80, 0.83, 0.77], of_events=0.01)
    assert one.error == pytest.approx(math.sqrt(0.01**2 + 0.03**2 / 3))
    assert averaged([0.8], of_events=0.01).error == 0.01


def test_alike_means_of_three_trainings_differ_as_seldom_as_two_standard_deviations_say() -> None:
    rng = np.random.default_rng(1)
    n, wrong = 4_000, 0
    for _ in range(n):
        first, second = rng.normal(size=(2, 3)).tolist()
        wrong += differ(averaged(first), averaged(second))
    # Welch's test of three against three is a little cautious; two standard errors would be wrong in 12 %.
    assert 0.02 < wrong / n < 0.0455


def test_means_far_apart_differ() -> None:
    assert differ(averaged([0.60, 0.61, 0.62]), averaged([0.80, 0.81, 0.82]))


def test_errors_of_events_alone_are_normal() -> None:
    same = [0.5, 0.5, 0.5]
    near, far = [value + 0.5 for value in (0.027, 0.029)]
    assert not differ(averaged(same, 0.01), averaged([near] * 3, 0.01))
    assert differ(averaged(same, 0.01), averaged([far] * 3, 0.01))


def test_single_trainings_are_never_said_to_differ() -> None:
    assert not differ(averaged([0.2]), averaged([0.9, 0.9]))


def test_without_any_error_only_equal_means_are_alike() -> None:
    assert differ(averaged([0.5, 0.5]), averaged([0.6, 0.6]))
    assert not differ(averaged([0.5, 0.5]), averaged([0.5, 0.5]))
