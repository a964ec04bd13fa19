"""The generation study: events prepared, settings searched, winners trained again, and all of it compared."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import l1ad
from l1ad.config.studies.generation import GenerationConfig
from l1ad.config.studies.generation_families import used_settings
from l1ad.core.progress import Progress, noted, silent
from l1ad.data.z_gamma import VARIABLES, VariableKind
from l1ad.flow.studies.generation.data import GenerationSplit, prepared_events, split_events, studied_events
from l1ad.flow.studies.generation.measures import regular_edges, roc_shares
from l1ad.flow.studies.generation.search import Chosen, searched_settings
from l1ad.flow.studies.generation.summary import (
    Record,
    alike_ones,
    distances_of,
    ranks_of,
    repeated_areas,
    spread_over,
)
from l1ad.flow.studies.generation.trial import generation_trial
from l1ad.flow.studies.settings import told_settings
from l1ad.flow.studies.trials import run_trials
from l1ad.metrics.repetitions import Repeated
from l1ad.metrics.two_sample import rank_correlations
from l1ad.report.studies.generation.results import (
    GenerationCounts,
    GenerationResults,
    GeneratorResults,
    ShownVariable,
)
from l1ad.training.environment import framework_versions

__all__ = ["generation_study"]

Definition = dict[str, Any]

_FLOOR_REPETITIONS = 10

_METHOD = 1
"""Counts up when trials give other numbers for the same definition."""


def generation_study(
    config: GenerationConfig, folder: Path, *, workers: int = 1, progress: Progress = silent
) -> GenerationResults:
    """Search, train and compare.

    Args:
        config: The study.
        folder: Where events and a file for each trial are kept.
        workers: Processes.
        progress: Told the chunks of the simulation, then the trials of the search, then the trainings.

    Raises:
        DataError: If the events cannot be used, or a record was changed.
        ToolError: If Pythia, FastJet, the training framework or Optuna is not installed, or a process was
            killed.
    """
    events = prepared_events(
        config.data, folder / "data", workers=workers, progress=noted(progress, "simulation")
    )
    table = studied_events(events, config.data.label)
    split = split_events(table, config.split, config.seed)
    work = functools.partial(generation_trial, events=events, label=config.data.label)
    common = {
        "study": config.kind, "method": _METHOD, "seed": config.seed,
        "split": config.split.model_dump(mode="json"), "table": table.digest,
    }  # fmt: skip
    total = len(config.families) * (config.search.trials if config.search is not None else 0)

    def searched(definitions: Sequence[Definition], before: int) -> list[dict[str, Any]]:
        def told(done: int, _: int, __: str = "") -> None:
            progress(before + done, total, "search")

        return run_trials(work, definitions, folder / "search", workers=workers, progress=told)

    chosen = searched_settings(config, common, searched)
    definitions = _definitions(config, common, chosen)
    found = run_trials(
        work, definitions, folder / "trials", workers=workers, progress=noted(progress, "trainings")
    )
    records = [{**one, "repetition": definition["repetition"]}
               for one, definition in zip(found, definitions, strict=True)]  # fmt: skip
    return _results(config, split, table.digest, chosen, records)


def _definitions(
    config: GenerationConfig, common: Mapping[str, Any], chosen: Sequence[Chosen]
) -> list[Definition]:
    """Lay out the last trials: true events against true ones, then the repetitions of each family."""
    more = {**common, "folds": config.folds}
    floor = [{**more, "stage": "floor", "repetition": number} for number in range(_FLOOR_REPETITIONS)]
    fit = config.fit.model_dump(mode="json")
    final = [
        {**more, "stage": "final", "family": one.family.kind, "fit": fit, "repetition": number,
         "settings": one.settings.model_dump(mode="json")}
        for one in chosen
        for number in range(config.repetitions)
    ]  # fmt: skip
    return [*floor, *final]


def _results(
    config: GenerationConfig,
    split: GenerationSplit,
    digest: str,
    chosen: Sequence[Chosen],
    records: Sequence[Record],
) -> GenerationResults:
    floor, trained = records[:_FLOOR_REPETITIONS], records[_FLOOR_REPETITIONS:]
    n = config.repetitions
    by_name = {one.family.name: trained[place * n : (place + 1) * n] for place, one in enumerate(chosen)}
    usable = {name: [one for one in found if one["usable"]] for name, found in by_name.items()}
    measured = {name: found for name, found in usable.items() if found}
    ranks = ranks_of(measured, config.seed) if measured else {}
    families = tuple(
        _family(config, one, by_name[one.family.name], measured[one.family.name], ranks[one.family.name])
        for one in chosen
        if one.family.name in measured
    )
    winners = {criterion: alike_ones(values) for criterion, values in _compared(families).items()}
    return GenerationResults(
        families=families,
        unusable=tuple(name for name in usable if name not in measured),
        floor=distances_of(floor, config.seed),
        floor_repetitions=_FLOOR_REPETITIONS,
        best={criterion: best for criterion, (best, _) in winners.items()},
        alike={criterion: others for criterion, (_, others) in winners.items()},
        variables=_variables(split),
        correlations=rank_correlations(split.test),
        background_shares=roc_shares(len(split.test)),
        repetitions=n,
        counts=GenerationCounts(
            training=len(split.training), validation=len(split.validation), test=len(split.test),
            signal=len(split.signal), compared=len(split.test) // 2,
        ),
        mass_gev=config.data.made.mass_gev if config.data.table is None else None,
        digest=digest,
        versions={"l1ad": l1ad.__version__, "numpy": np.__version__, **framework_versions()},
        settings=_settings(config),
    )  # fmt: skip


def _compared(families: Sequence[GeneratorResults]) -> dict[str, dict[str, Repeated]]:
    """Give the values by which families are compared, less the better."""
    if not families:
        return {}
    return {
        "distribution": {one.name: one.distances.ks for one in families},
        "correlation": {one.name: one.distances.correlation for one in families},
        "classifier": {one.name: one.distances.classifier_auc for one in families},
        "overall": {one.name: one.ranks["overall"] for one in families},
    }


def _family(
    config: GenerationConfig,
    chosen: Chosen,
    every: Sequence[Record],
    usable: Sequence[Record],
    ranks: Mapping[str, Repeated],
) -> GeneratorResults:
    settings = chosen.settings.model_dump(mode="json")
    scores, errors = repeated_areas(usable, config.seed)
    counts = [spread_over([one["counts"][place] for one in usable]) for place in range(len(VARIABLES))]
    return GeneratorResults(
        name=chosen.family.name,
        kind=chosen.family.kind,
        settings={key: settings[key] for key in used_settings(chosen.family.kind)},
        distances=distances_of(usable, config.seed),
        ranks=ranks,
        scores=scores,
        score_errors=errors,
        efficiency={
            name: spread_over([one["scores"][name]["efficiency"] for one in usable])[0] for name in scores
        },
        counts=tuple(mean for mean, _ in counts),
        count_spread=tuple(width for _, width in counts),
        pulls=tuple(np.array(one, np.float64) for one in usable[0]["pulls"]),
        correlations=np.mean([one["correlations"] for one in usable], axis=0),
        tried=tuple(chosen.tried),
        epochs=float(np.mean([one["epochs"] for one in usable])),
        seconds=float(np.mean([one["seconds"] for one in usable])),
        failed=len(every) - len(usable),
    )


def _variables(split: GenerationSplit) -> tuple[ShownVariable, ...]:
    found = []
    for variable, values in zip(VARIABLES, split.test.T, strict=True):
        edges = regular_edges(values)
        counts = np.histogram(values, edges)[0].astype(np.float64)
        found.append(
            ShownVariable(
                name=variable.name, label=variable.label, edges=edges, counts=counts,
                is_count=variable.kind is VariableKind.COUNT,
            )
        )  # fmt: skip
    return tuple(found)


def _settings(config: GenerationConfig) -> dict[str, str]:
    """List the keys of the configuration with their values as JSON, families by their names."""
    return told_settings(config.model_dump(mode="json", exclude={"data": {"table"}}))
