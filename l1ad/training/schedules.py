"""How the weights of the loss change while training: of the KL term, and of the cost of bits."""

import math

from l1ad.config.training import CompressionConfig, LossConfig

__all__ = ["compression_weight", "kl_weight", "steered_weight"]

_RISING_PART = 0.5
"""R of arXiv:1903.10145: the part of a cycle in which the weight rises."""

_STEERING_POWER = 0.5
"""Part of the distance to the budget, in logarithms, by which the weight moves in one step.

EBOPs fall with the weight as a power of some 0.3 to 1, and follow it with a lag of epochs. The loop is stable
while the two powers multiply to less than 1; a half leaves a factor of two to the steepest, and overshoots
little with a lag of three epochs.
"""
_STEERING_LIMIT = 1.5
"""Largest factor of one step: more would run ahead of the lag while training begins, far over the budget."""


def kl_weight(progress_epochs: float, config: LossConfig) -> float:
    """Give the weight of the KL term after so many epochs, whole or not.

    - `constant`: β throughout.
    - `warm_up`: from 0 to β over `kl_epochs`, linearly, then β.
    - `cyclical`: in each cycle of `kl_epochs` from 0 to β in the first half, then β to its end
      (Fu et al., arXiv:1903.10145, equations 6 and 7 with R = 0.5 and a linear rise).
    """
    if config.kl_schedule == "constant":
        return config.beta
    cycles = progress_epochs / config.kl_epochs
    if config.kl_schedule == "warm_up":
        return config.beta * min(1.0, cycles)
    return config.beta * min(1.0, (cycles % 1.0) / _RISING_PART)


def compression_weight(epoch: int, epochs: int, config: CompressionConfig) -> float:
    """Give the weight of one EBOP in an epoch: geometric from β in the first to its final value in the last.

    Args:
        epoch: From 0.
        epochs: How many there are; with a single one the weight is β.
        config: The two weights.
    """
    progress = min(1.0, epoch / max(1, epochs - 1))
    return config.beta * math.pow(config.beta_final / config.beta, progress)


def steered_weight(weight: float, ebops: float, budget: float) -> float:
    """Move the weight of one EBOP by one step, so that after some steps the budget is met.

    An integral controller in the logarithm: `weight * (ebops / budget) ** 0.5`, by at most a factor of 1.5
    either way. One step an epoch. In a loop whose EBOPs follow with a lag of up to three epochs it settles
    within 5 % of the budget, from ten times over it, in 30 epochs. Real trainings follow more slowly, and bits
    that are gone come back late or, once the learning rate has decayed, not at all: 8 to 17 % below the budget
    were seen in small ones.

    Args:
        weight: Weight of the step before.
        ebops: EBOPs now.
        budget: EBOPs wanted.
    """
    factor = math.pow(ebops / budget, _STEERING_POWER)
    return weight * min(max(factor, 1.0 / _STEERING_LIMIT), _STEERING_LIMIT)
