"""The next trial of a scan, chosen by Optuna's samplers from those before and from nothing else."""

import json
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from l1ad.config.scan import DIRECTIONS, Choice, Direction, Objective, Range, ScanConfig
from l1ad.core.errors import ToolError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

__all__ = ["directions_of", "distribution_of", "prepared_optuna", "proposed", "read_parameters"]


def prepared_optuna() -> None:
    """Import Optuna and keep it quiet.

    Raises:
        ToolError: If the extra `search` is not installed.
    """
    if find_spec("optuna") is None:
        raise ToolError("Optuna is not installed; it comes with the extra 'search': pip install 'l1ad[search]'")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)


def directions_of(objectives: Sequence[Objective]) -> list[Direction]:
    """Tell Optuna which way each objective is better."""
    return [DIRECTIONS[name] for name in objectives]


def proposed(config: ScanConfig, history: Sequence["FrozenTrial"]) -> "FrozenTrial":
    """Choose the parameters of the next trial.

    The sampler is made anew for each trial, from the scan's seed and the trial's number, and sees a copy of the
    history. So a scan that was stopped goes on as it would have: equal histories have equal next trials.

    Args:
        config: The scan.
        history: All trials so far, in the order of their numbers.

    Returns:
        A running trial with its parameters and what the sampler wants to be told about it later.
    """
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(
            sampler=_sampler(config, len(history)), directions=directions_of(config.objectives)
        )
        study.add_trials([_without_records(trial) for trial in history])
        study.ask({key: distribution_of(values) for key, values in config.space.items()})
    asked: FrozenTrial = study.get_trials()[-1]
    return asked


def read_parameters(config: ScanConfig, params: Mapping[str, Any]) -> dict[str, Any]:
    """Turn parameters as Optuna keeps them into the values of the space."""
    return {
        key: json.loads(params[key]) if isinstance(values, Choice) else params[key]
        for key, values in config.space.items()
    }


def distribution_of(values: Choice | Range) -> "BaseDistribution":
    """Tell Optuna what values there are; choices go to it as JSON texts."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(values, Choice):  # a list or a section is no value for Optuna; its text is
        return CategoricalDistribution([json.dumps(value, sort_keys=True) for value in values.choices])
    if values.whole:
        return IntDistribution(int(values.low), int(values.high), log=values.log, step=int(values.step or 1))
    return FloatDistribution(values.low, values.high, log=values.log, step=values.step)


def _sampler(config: ScanConfig, number: int) -> "BaseSampler":
    from optuna.samplers import NSGAIISampler, RandomSampler, TPESampler

    seed = int(np.random.SeedSequence([config.seed, number]).generate_state(1)[0])
    if config.sampler == "random":
        return RandomSampler(seed=seed)
    if config.sampler == "nsga2":
        return NSGAIISampler(population_size=config.first_trials, seed=seed)
    return TPESampler(n_startup_trials=config.first_trials, constant_liar=True, seed=seed)


def _without_records(trial: "FrozenTrial") -> "FrozenTrial":
    """Copy what samplers look at; the records of many trials would take longer to copy than to sample.

    A trial that runs counts as a bad one to a constant liar, so that the next is not drawn beside it. So must
    one that failed: tpe leaves them out, and goes where it has seen nothing, to the same fault over and over.
    """
    from optuna.trial import TrialState, create_trial

    state = TrialState.COMPLETE if trial.state == TrialState.COMPLETE else TrialState.RUNNING
    return create_trial(
        state=state, values=trial.values, params=trial.params, distributions=trial.distributions,
        system_attrs=trial.system_attrs,
    )  # fmt: skip
