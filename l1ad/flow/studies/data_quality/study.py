"""The data-quality study: families of autoencoders told good sections, and asked for the bad ones."""

import functools
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import l1ad
from l1ad.config.studies.data_quality import DataQualityConfig
from l1ad.config.studies.families import FamilyConfig
from l1ad.core.progress import Progress, noted, silent
from l1ad.flow.studies.data_quality.sections import prepared_table
from l1ad.flow.studies.data_quality.split import split_sections, studied_table
from l1ad.flow.studies.data_quality.summary import QualityTrial, family_results, reference_results
from l1ad.flow.studies.data_quality.trial import quality_trial
from l1ad.flow.studies.settings import told_settings
from l1ad.flow.studies.trials import run_trials
from l1ad.metrics.repetitions import Paired, concordance, paired
from l1ad.report.studies.data_quality.results import DataQualityResults, FamilyResults, TableCounts
from l1ad.simulate.failure_modes import FAILURE_MODES
from l1ad.training.environment import framework_versions

__all__ = ["data_quality_study"]

Definition = dict[str, Any]


def data_quality_study(
    config: DataQualityConfig, folder: Path, *, workers: int = 1, progress: Progress = silent
) -> DataQualityResults:
    """Train every family in every repetition on every part of the sections, and compare them.

    Args:
        config: The study.
        folder: Where the table that is made, and a file for each trial, are kept.
        workers: Processes.
        progress: Told the runs of the table, then the trials.

    Raises:
        DataError: If the table cannot be used, or a record was changed.
        ToolError: If the training framework is not installed, or a process was killed.
    """
    studied_table.cache_clear()  # a study before this one, in one process, may have found another table there
    table = prepared_table(config.data, folder / "data", workers=workers, progress=noted(progress, "sections"))
    definitions = _definitions(config, _identity(config, table))
    work = functools.partial(quality_trial, table=table, features=config.features, label=config.data.label)
    found = run_trials(
        work, definitions, folder / "trials", workers=workers, progress=noted(progress, "trainings")
    )
    trials = [QualityTrial(definition=one, result=result)
              for one, result in zip(definitions, found, strict=True)]  # fmt: skip
    return _results(config, table, trials)


def _identity(config: DataQualityConfig, table: Path) -> str:
    return studied_table(table, config.features, config.data.label).digest


def _definitions(config: DataQualityConfig, table: str) -> list[Definition]:
    """Lay out what decides each trial; those of one family follow one another."""
    document = config.model_dump(mode="json")
    common = {
        "study": config.kind, "seed": config.seed, "split": document["split"], "features": document["features"],
        "label": config.data.label, "table": table,
    }  # fmt: skip
    components = max(one.latent for one in config.families)
    references = [{**common, "repetition": number, "components": components}
                  for number in range(config.repetitions)]  # fmt: skip
    trained = [
        {**common, "family": family, "fit": document["fit"], "fraction": fraction, "repetition": number}
        for family in document["families"]
        for number in range(config.repetitions)
        for fraction in config.fed_fractions
    ]
    return [*references, *trained]


def _results(config: DataQualityConfig, table: Path, trials: Sequence[QualityTrial]) -> DataQualityResults:
    every = {one.name: family_results(one, [trial for trial in trials if trial.is_of(one)], config.seed)
             for one in config.families}  # fmt: skip
    families = {name: one for name, one in every.items() if one is not None}
    sections = studied_table(table, config.features, config.data.label)
    return DataQualityResults(
        families=tuple(families.values()),
        references=reference_results([one for one in trials if "family" not in one.definition], config.seed),
        unusable=tuple(name for name in every if name not in families),
        pairs=_pairs(config, families, trials),
        concordance=_concordance(config, families, trials),
        repetitions=config.repetitions,
        harmless=tuple(sorted({str(name) for name in np.unique(sections.rows.failure_mode[sections.rows.good])}
                              - {"none"})),
        what={name: mode.what for name, mode in FAILURE_MODES.items()} if config.data.table is None else {},
        counts=_counts(config, table),
        made=config.data.table is None,
        digest=sections.digest,
        versions={"l1ad": l1ad.__version__, "numpy": np.__version__, **framework_versions()},
        settings=_settings(config),
    )  # fmt: skip


def _areas(family: FamilyConfig, trials: Sequence[QualityTrial], repetitions: int) -> list[float] | None:
    """List the areas of a family with all sections, by repetition; None where one is missing."""
    found = {one.repetition: one.auc for one in trials if one.is_of(family) and one.fraction == 1}
    areas = [found.get(number) for number in range(repetitions)]
    return [area for area in areas if area is not None] if None not in areas else None


def _pairs(
    config: DataQualityConfig, families: Mapping[str, FamilyResults], trials: Sequence[QualityTrial]
) -> dict[tuple[str, str], Paired]:
    """Compare each two families of which no repetition failed."""
    areas = {one.name: _areas(one, trials, config.repetitions) for one in config.families}
    rng = np.random.default_rng(config.seed)
    return {
        (first, second): paired(ours, theirs, rng)
        for first, second in itertools.combinations(families, 2)
        if (ours := areas[first]) is not None and (theirs := areas[second]) is not None
    }


def _concordance(
    config: DataQualityConfig, families: Mapping[str, FamilyResults], trials: Sequence[QualityTrial]
) -> float | None:
    areas = {one.name: _areas(one, trials, config.repetitions) for one in config.families}
    whole = {name: found for name in families if (found := areas[name]) is not None}
    return concordance(whole) if len(whole) > 1 else None


def _counts(config: DataQualityConfig, table: Path) -> TableCounts:
    sections = studied_table(table, config.features, config.data.label)
    split = split_sections(sections.rows.good, config.split, seed=config.seed, repetition=0)
    modes, counts = np.unique(sections.rows.failure_mode, return_counts=True)
    return TableCounts(
        features=len(sections.names),
        training=len(split.training),
        validation=len(split.validation),
        test_good=len(split.good),
        test_bad=len(split.bad),
        modes={str(mode): int(count) for mode, count in zip(modes, counts, strict=True)},
    )


def _settings(config: DataQualityConfig) -> dict[str, str]:
    """List the keys of the configuration with their values as JSON, families by their names."""
    return told_settings(config.model_dump(mode="json", exclude={"data": {"table"}}))
