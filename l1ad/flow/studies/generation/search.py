"""The search of the generation study: a few settings of each family, by the distance of what they generate."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from l1ad.config.studies.generation import GenerationConfig
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
        known = [one for one in self.tried if one.distance is not None]
        if not known:
            return self.family.settings
        best = min(known, key=lambda one: one.distance if one.distance is not None else float("inf"))
        return self.completed(best.settings)

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
    done = 0
    while len(chosen[0].tried) < search.trials:
        first = min(search.first_trials, search.trials) if not done else 1
        plans = [_planned(config, place, one, first) for place, one in enumerate(chosen)]
        definitions = [
            _definition(config, common, one, settings)
            for one, plan in zip(chosen, plans, strict=True)
            for settings in plan
        ]
        results = iter(run(definitions, done))
        done += len(definitions)
        for one, plan in zip(chosen, plans, strict=True):
            one.tried += [TriedSettings(settings=each, distance=next(results)["distance"]) for each in plan]
    return chosen


def _planned(config: GenerationConfig, place: int, chosen: Chosen, count: int) -> list[dict[str, Any]]:
    """Choose the next settings of a family; while they are drawn at random, several at once."""
    if config.search is None:
        return []
    keys = used_settings(chosen.family.kind)
    space = config.search.space.of(keys)
    history = [Tried(settings=one.settings, value=one.distance) for one in chosen.tried]
    plan: list[dict[str, Any]] = []
    for _ in range(count):
        if not history:
            given = chosen.family.settings.model_dump(mode="json")
            settings = {key: given[key] for key in keys}
        else:
            settings = proposed_settings(
                space, history, seed=config.seed * _SEEDS_OF_A_STUDY + place,
                first_trials=config.search.first_trials,
            )  # fmt: skip
        plan.append(settings)
        history.append(Tried(settings=settings, value=None))
    return plan


def _definition(
    config: GenerationConfig, common: Mapping[str, Any], chosen: Chosen, settings: Mapping[str, Any]
) -> dict[str, Any]:
    fit = config.fit.model_dump(mode="json")
    epochs = config.search.epochs if config.search is not None else config.fit.epochs
    return {
        **common, "stage": "search", "family": chosen.family.kind,
        "settings": chosen.completed(settings).model_dump(mode="json"), "fit": {**fit, "epochs": epochs},
    }  # fmt: skip
