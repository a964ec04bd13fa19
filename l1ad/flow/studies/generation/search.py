"""The search of the generation study: a few settings of each family, by the distance of what they generate."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from l1ad.config.studies.generation import GenerationConfig, SearchConfig
from l1ad.config.studies.generation_families import GenerativeFamilyConfig, GenerativeSettings, used_settings
from l1ad.report.studies.generation.results import TriedSettings
from l1ad.search.proposals import Tried, proposed_settings

__all__ = ["Chosen", "searched_settings"]

Run = Callable[[Sequence[dict[str, Any]], int], list[dict[str, Any]]]
"""Does trials and gives their results, told their definitions and how many were done before."""

_SEEDS_OF_A_STUDY = 100


class Chosen:
    """What a search of one family tried, and what it takes.

    Attributes:
        family: The family.
        tried: Settings of which it has a use, with their distances, in order.
    """

    def __init__(self, family: GenerativeFamilyConfig) -> None:
        self.family = family
        self.tried: list[TriedSettings] = []

    @property
    def settings(self) -> GenerativeSettings:
        """Settings of the least distance; the given ones where none was measured."""
        known = [(one.distance, one.settings) for one in self.tried if one.distance is not None]
        if not known:
            return self.family.settings
        return self.completed(min(known, key=lambda one: one[0])[1])

    def completed(self, settings: Mapping[str, Any]) -> GenerativeSettings:
        """Fill settings up with the given ones of which the family has no use."""
        return GenerativeSettings.model_validate({**self.family.settings.model_dump(), **settings})


def searched_settings(config: GenerationConfig, common: Mapping[str, Any], run: Run) -> list[Chosen]:
    """Search for the settings of every family, all of them a trial at a time.

    First the given settings and those that are drawn at random, which depend on nothing; then in each round one
    more of every family, chosen from its own trials before. Rounds do not depend on the number of workers.

    Args:
        config: The study.
        common: What decides every trial.
        run: Does trials.
    """
    chosen = [Chosen(family) for family in config.families]
    search = config.search
    if search is None:
        return chosen
    fit = {**config.fit.model_dump(mode="json"), "epochs": search.epochs}
    done = 0
    while len(chosen[0].tried) < search.trials:
        first = min(search.first_trials, search.trials) if not done else 1
        plans = [
            _planned(search, config.seed * _SEEDS_OF_A_STUDY + place, one, first)
            for place, one in enumerate(chosen)
        ]
        definitions = [
            _definition(common, fit, one, settings)
            for one, plan in zip(chosen, plans, strict=True)
            for settings in plan
        ]
        results = iter(run(definitions, done))
        done += len(definitions)
        for one, plan in zip(chosen, plans, strict=True):
            one.tried += [TriedSettings(settings=each, distance=next(results)["distance"]) for each in plan]
    return chosen


def _planned(search: SearchConfig, seed: int, chosen: Chosen, count: int) -> list[dict[str, Any]]:
    """Choose the next settings of a family; while they are drawn at random, several at once."""
    keys = used_settings(chosen.family.kind)
    space = search.space.of(keys)
    history = [Tried(settings=one.settings, value=one.distance) for one in chosen.tried]
    plan: list[dict[str, Any]] = []
    for _ in range(count):
        if not history:
            given = chosen.family.settings.model_dump(mode="json")
            settings = {key: given[key] for key in keys}
        else:
            settings = proposed_settings(space, history, seed=seed, first_trials=search.first_trials)
        plan.append(settings)
        history.append(Tried(settings=settings, value=None))
    return plan


def _definition(
    common: Mapping[str, Any], fit: Mapping[str, Any], chosen: Chosen, settings: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        **common, "stage": "search", "family": chosen.family.kind,
        "settings": chosen.completed(settings).model_dump(mode="json"), "fit": dict(fit),
    }  # fmt: skip
