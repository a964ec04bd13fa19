"""Weights of the loss over time: by their formulas, and the controller in a loop with a simple plant."""

import math
from itertools import pairwise

import pytest

from l1ad.config.training import CompressionConfig, LossConfig
from l1ad.training.schedules import compression_weight, kl_weight, steered_weight


def loss(**given: object) -> LossConfig:
    return LossConfig.model_validate({"beta": 0.5, "kl_epochs": 4, **given})


def test_a_constant_schedule_is_beta_throughout() -> None:
    assert [kl_weight(p, loss(kl_schedule="constant")) for p in (0.0, 0.5, 40.0)] == [0.5, 0.5, 0.5]


def test_a_warm_up_rises_linearly_and_then_stays() -> None:
    weights = [kl_weight(p, loss(kl_schedule="warm_up")) for p in (0.0, 1.0, 2.0, 4.0, 9.5)]
    assert weights == [0.0, 0.125, 0.25, 0.5, 0.5]


def test_each_cycle_rises_in_its_first_half_and_stays_in_its_second() -> None:
    config = loss(kl_schedule="cyclical")
    first = [kl_weight(p / 8, config) for p in range(32)]
    assert first[:17] == [0.5 * p / 16 for p in range(17)]
    assert first[16:] == [0.5] * 16
    assert [kl_weight(4 * 7 + p / 8, config) for p in range(32)] == first


def test_the_cost_of_a_bit_grows_by_the_same_factor_every_epoch() -> None:
    config = CompressionConfig(beta=1e-7, beta_final=1e-4)
    weights = [compression_weight(epoch, 7, config) for epoch in range(7)]
    assert [weights[0], weights[-1]] == pytest.approx([1e-7, 1e-4])
    ratios = [after / before for before, after in pairwise(weights)]
    assert ratios == pytest.approx([math.sqrt(10)] * 6)
    assert compression_weight(0, 1, config) == pytest.approx(1e-7)


@pytest.mark.parametrize("power", [0.3, 0.5, 1.0])
@pytest.mark.parametrize("lag_epochs", [1, 2, 3])
@pytest.mark.parametrize("start", [10.0, 0.2])
def test_steering_settles_within_five_percent_of_the_budget_in_thirty_epochs(
    power: float, lag_epochs: int, start: float
) -> None:
    budget, weight = 3000.0, 1e-6
    ebops = start * budget
    history = []
    for _ in range(60):
        weight = steered_weight(weight, ebops, budget)
        resting = start * budget * (weight / 1e-6) ** -power
        ebops *= (resting / ebops) ** (1 / lag_epochs)
        history.append(ebops / budget)
    assert all(0.95 < share < 1.05 for share in history[30:])


def test_one_step_of_steering_has_a_limit_either_way() -> None:
    assert steered_weight(2.0, 1e9, 1.0) == 3.0
    assert steered_weight(3.0, 0.0, 1.0) == 2.0
    assert steered_weight(2.0, 1.0, 1.0) == 2.0
