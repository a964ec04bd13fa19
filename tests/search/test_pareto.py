import itertools

import numpy as np
import pytest

from l1ad.config.scan import DIRECTIONS, Objective
from l1ad.search.pareto import pareto_front
from l1ad.search.trials import Finished

OBJECTIVES: tuple[Objective, ...] = ("efficiency", "lut", "latency_cycles")


def finished(number: int, document: int | None = None, **values: float) -> Finished:
    """Make a trial whose configuration is known by a number: its own unless told otherwise."""
    return Finished(
        number=number, parameters={}, document={"run": number if document is None else document}, values=values,
        seconds=1.0, versions={},
    )  # fmt: skip


def drawn(count: int, seed: int) -> list[Finished]:
    """Draw trials on a coarse grid, so that many of them are equal in something."""
    random = np.random.default_rng(seed)
    return [
        finished(number, efficiency=float(e), lut=float(lut), latency_cycles=float(cycles))
        for number, (e, lut, cycles) in enumerate(random.integers(0, 8, (count, 3)))
    ]


def beaten(one: Finished, by: Finished, objectives: tuple[Objective, ...]) -> bool:
    """Compare two trials the long way round."""
    better = worse = 0
    for name in objectives:
        gain = by.values[name] - one.values[name]
        if DIRECTIONS[name] == "minimize":
            gain = -gain
        better += gain > 0
        worse += gain < 0
    return better > 0 and worse == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "objectives", [chosen for n in (1, 2, 3) for chosen in itertools.combinations(OBJECTIVES, n)], ids="-".join
)
def test_the_front_is_what_no_trial_beats_and_everything_else_is_beaten_by_it(
    objectives: tuple[Objective, ...], seed: int
) -> None:
    trials = drawn(60, seed)
    front = pareto_front(trials, objectives)
    expected = {one.number for one in trials if not any(beaten(one, by, objectives) for by in trials)}
    assert {one.number for one in front} == expected
    others = [one for one in trials if one.number not in expected]
    assert others
    assert all(any(beaten(one, by, objectives) for by in front) for one in others)


def test_the_front_rises_in_lut_and_does_not_depend_on_the_order_of_the_trials() -> None:
    trials = drawn(60, 7)
    front = pareto_front(trials, OBJECTIVES)
    assert [one.values["lut"] for one in front] == sorted(one.values["lut"] for one in front)
    assert pareto_front(trials[::-1], OBJECTIVES) == front


def test_of_one_configuration_tried_twice_the_first_stands_for_both() -> None:
    trials = [finished(number, document=5, efficiency=0.5, lut=100.0) for number in (3, 4)]
    assert pareto_front(trials, ("efficiency", "lut")) == (trials[0],)


def test_two_configurations_of_equal_merit_are_both_on_the_front() -> None:
    trials = [finished(number, efficiency=0.5, lut=100.0) for number in (3, 4)]
    assert pareto_front(trials, ("efficiency", "lut")) == tuple(trials)


def test_a_front_without_lut_is_in_the_order_of_its_first_objective() -> None:
    trials = [finished(0, efficiency=0.5, ebops=9.0), finished(1, efficiency=0.3, ebops=4.0)]
    assert [one.number for one in pareto_front(trials, ("efficiency", "ebops"))] == [1, 0]


def test_no_trials_have_an_empty_front() -> None:
    assert pareto_front([], OBJECTIVES) == ()
