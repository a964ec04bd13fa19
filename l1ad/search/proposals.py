"""The next settings of a small search that keeps its trials itself, chosen from those before alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from l1ad.config.scan import Choice, Range
from l1ad.search.sampling import distribution_of, prepared_optuna

__all__ = ["Tried", "proposed_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Settings that were tried.

    Attributes:
        settings: Value by key, each of the space.
        value: What they gave, less is better; None if they failed.
    """

    settings: Mapping[str, Any]
    value: float | None


def proposed_settings(
    space: Mapping[str, Choice | Range], history: Sequence[Tried], *, seed: int, first_trials: int
) -> dict[str, Any]:
    """Choose settings by tree-structured Parzen estimators (arXiv:2304.11127).

    The sampler is made anew from the seed and the number of trials: equal histories have equal next settings,
    whoever tried them and however often a search was stopped. Settings that failed count as far worse than the
    worst.

    Args:
        space: Values to try, by key.
        history: What was tried, in order; what lies outside of the space is not told to the sampler.
        seed: Of the search.
        first_trials: Number of trials before which settings are drawn at random.

    Raises:
        ToolError: If the extra `search` is not installed.
    """
    prepared_optuna()
    import optuna

    distributions = {key: distribution_of(values) for key, values in space.items()}
    own = int(np.random.SeedSequence([seed, len(history)]).generate_state(1)[0])
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(n_startup_trials=first_trials, seed=own))
    worst = max((one.value for one in history if one.value is not None), default=0.0)
    for one in history:
        if all(_holds(space[key], one.settings[key]) for key in space):
            study.add_trial(
                optuna.trial.create_trial(
                    params={key: _told(space[key], one.settings[key]) for key in space},
                    distributions=distributions,
                    value=one.value if one.value is not None else 2 * abs(worst) + 1.0,
                )
            )  # fmt: skip
    asked = study.ask(distributions).params
    return {key: json.loads(asked[key]) if isinstance(values, Choice) else asked[key]
            for key, values in space.items()}  # fmt: skip


def _told(values: Choice | Range, setting: Any) -> Any:
    return json.dumps(setting, sort_keys=True) if isinstance(values, Choice) else setting


def _holds(values: Choice | Range, setting: Any) -> bool:
    if isinstance(values, Choice):
        return setting in values.choices
    return bool(values.low <= setting <= values.high)
