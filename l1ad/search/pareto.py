"""The Pareto front of a scan: the trials that no other one beats."""

from collections.abc import Mapping, Sequence

from l1ad.config.scan import DIRECTIONS, Objective
from l1ad.search.trials import Finished

__all__ = ["pareto_front"]


def pareto_front(trials: Sequence[Finished], objectives: Sequence[Objective]) -> tuple[Finished, ...]:
    """Find the trials that no other one beats: as good in every objective and better in one.

    Of trials with one configuration the first stands for all.

    Args:
        trials: Finished trials.
        objectives: What counts.

    Returns:
        The front by rising LUT, or by its first objective where the trials know no LUT.
    """
    costs = [_costs(trial.values, objectives) for trial in trials]
    front = []
    for place, (trial, cost) in enumerate(zip(trials, costs, strict=True)):
        repeated = any(one.document == trial.document for one in trials[:place])
        if not repeated and not any(_beats(other, cost) for other in costs):
            front.append(trial)
    return tuple(sorted(front, key=lambda trial: (_place(trial, objectives), trial.number)))


def _costs(values: Mapping[str, float], objectives: Sequence[Objective]) -> tuple[float, ...]:
    """Give each objective so that less is better."""
    return tuple(-values[name] if DIRECTIONS[name] == "maximize" else values[name] for name in objectives)


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    return one != other and all(mine <= its for mine, its in zip(one, other, strict=True))


def _place(trial: Finished, objectives: Sequence[Objective]) -> float:
    return trial.values.get("lut", trial.values[objectives[0]])
