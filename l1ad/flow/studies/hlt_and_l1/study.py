"""The study of HLT and L1 objects: the same networks on both, each asked about the other's events."""

import functools
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import l1ad
from l1ad.config.run import DataConfig
from l1ad.config.studies.hlt_and_l1 import ACCEPTED, ZERO_BIAS, HltAndL1Config
from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, noted, silent
from l1ad.data.opening import events_digest
from l1ad.flow.studies.deploy import deployed_run
from l1ad.flow.studies.hlt_and_l1.data import BothFiles, prepared_views
from l1ad.flow.studies.hlt_and_l1.events import VIEWS, parts_of, read_both
from l1ad.flow.studies.hlt_and_l1.met import met_curve, sample_views
from l1ad.flow.studies.hlt_and_l1.summary import Group, cell, entries, same_repetition, volatility
from l1ad.flow.studies.hlt_and_l1.trial import both_trial, frozen_file, scores_file
from l1ad.flow.studies.settings import told_settings
from l1ad.flow.studies.trials import run_trials
from l1ad.metrics.weighted_curves import effective_events
from l1ad.report.studies.hlt_and_l1.results import BothResults, Deployed, Trained
from l1ad.training.environment import framework_versions

__all__ = ["ALGORITHMS", "hlt_and_l1_study"]

ALGORITHMS = "algorithms"
"""Folder of run directories in the study's."""

Definition = dict[str, Any]
_TRIALS = "trials"
_FEWEST = 2
"""Usable trainings that a spread needs."""


def hlt_and_l1_study(
    config: HltAndL1Config, folder: Path, *, workers: int = 1, progress: Progress = silent
) -> BothResults:
    """Make the events, train every network, deploy one, and compare.

    Args:
        config: The study.
        folder: Where events, trainings, scores and the deployed algorithm are kept.
        workers: Processes.
        progress: Told the chunks of events, then the trainings.

    Raises:
        DataError: If events cannot be used, or fewer than two trainings of a network are usable.
        ToolError: If Pythia, FastJet or the training framework is not installed, or a process was killed.
    """
    files = prepared_views(
        config.data, folder / "data", workers=workers, progress=noted(progress, "events seen twice")
    )
    told = {name: [events_digest(one.l1), events_digest(one.hlt)] for name, one in files.items()}
    definitions = _definitions(config, told)
    _forget_without_scores(folder, definitions)
    work = functools.partial(both_trial, files=files, folder=folder)
    found = run_trials(
        work, definitions, folder / _TRIALS, workers=workers, progress=noted(progress, "trainings")
    )
    groups = _groups(folder, definitions, found)
    return _results(config, folder, files, told, groups)


def _definitions(config: HltAndL1Config, data: Mapping[str, list[str]]) -> list[Definition]:
    """Lay out what decides each training; those of one family follow one another."""
    document = config.model_dump(mode="json")
    common = {
        "study": config.kind, "seed": config.seed, "fit": document["fit"], "split": document["split"],
        "input_type": config.input_type, "rates": document["false_positive_rates"],
        "shares": document["stream_shares"], "data": dict(data),
    }  # fmt: skip
    compared = [
        {**common, "family": family, "view": view, "stream": stream, "repetition": number}
        for family in document["families"]
        # L1 sees every crossing, so that what it accepts is a stream of the HLT alone.
        for view, stream in (("l1", ZERO_BIAS), ("hlt", ZERO_BIAS), ("hlt", ACCEPTED))
        for number in range(config.trainings)
    ]
    if document["deployed"] is None:
        return compared
    deployed = {**common, "family": document["deployed"], "view": "l1", "stream": ZERO_BIAS}
    return compared + [{**deployed, "repetition": number} for number in range(config.trainings)]


def _forget_without_scores(folder: Path, definitions: Sequence[Definition]) -> None:
    """Remove the record of a training whose scores or algorithm somebody removed, so that it is done again."""
    for one in definitions:
        scores, frozen = scores_file(folder, one), frozen_file(folder, one)
        record = folder / _TRIALS / f"{scores.stem}.json"
        if not record.exists():
            continue
        usable = '"usable": true' in record.read_text(encoding="utf-8")
        quantised = one["family"]["backend"] != "float"
        if usable and not (scores.exists() and (frozen.exists() or not quantised)):
            record.unlink()


def _groups(
    folder: Path, definitions: Sequence[Definition], results: Sequence[Mapping[str, Any]]
) -> dict[Trained, Group]:
    pairs: dict[Trained, list[tuple[Definition, Mapping[str, Any]]]] = {}
    for definition, result in zip(definitions, results, strict=True):
        name, view, stream = definition["family"]["name"], definition["view"], definition["stream"]
        pairs.setdefault(Trained(family=name, view=view, stream=stream), []).append((definition, result))
    found = {}
    for trained, members in pairs.items():
        usable = [(definition, result) for definition, result in members if result["usable"]]
        if len(usable) < _FEWEST:
            raise DataError(
                f"{len(usable)} of {len(members)} trainings of {trained.family!r} on {trained.view} objects of "
                f"{trained.stream} are usable; lower fit.learning_rate"
            )
        found[trained] = Group(
            trained=trained,
            definitions=tuple(definition for definition, _ in usable),
            results=tuple(result for _, result in usable),
            folder=folder,
            failed=len(members) - len(usable),
        )
    return found


def _results(
    config: HltAndL1Config,
    folder: Path,
    files: Mapping[str, BothFiles],
    digests: Mapping[str, list[str]],
    groups: Mapping[Trained, Group],
) -> BothResults:
    events = read_both(files)
    parts = parts_of(events, config.split)
    own = [one for trained, one in groups.items() if trained.stream == ZERO_BIAS]
    weights = parts.training[ACCEPTED].weights
    rate = config.false_positive_rates[0]
    return BothResults(
        signals=parts.signals,
        cells=tuple(cell(one, view, config.seed) for one, view in itertools.product(groups.values(), VIEWS)),
        volatility=tuple(volatility(one, config.false_positive_rates) for one in groups.values()),
        pairs={one.name: _pair(one.name, groups, config.seed) for one in config.families},
        curves=tuple(met_curve(one, parts, rate) for one in own),
        entries={
            family.name: {one.trained.view: entries(one) for one in own if one.trained.family == family.name}
            for family in config.families
        },
        views=sample_views(events),
        counts={
            f"{what}, {name}": len(one)
            for what, of in (
                ("training", parts.training),
                ("validation", parts.validation),
                ("test", parts.test),
            )
            for name, one in of.items()
        },
        effective=effective_events(weights),
        accepted_signals={name: float(parts.test[name].accepted.mean()) for name in parts.signals},
        failed={_called(trained): one.failed for trained, one in groups.items()},
        seconds={
            _called(trained): float(np.mean([result["seconds"] for result in one.results]))
            for trained, one in groups.items()
        },
        deployed=_deployed(config, folder, files, groups),
        trainings=config.trainings,
        made=not config.data.own,
        digests={
            f"{name}, {view}": one
            for name, two in digests.items()
            for view, one in zip(VIEWS, two, strict=True)
        },
        versions={"l1ad": l1ad.__version__, "numpy": np.__version__, **framework_versions()},
        settings=_settings(config),
    )


def _called(trained: Trained) -> str:
    return f"{trained.family}, {trained.view}, {trained.stream}"


def _pair(family: str, groups: Mapping[Trained, Group], seed: int) -> dict[str, Any]:
    l1, hlt = (groups[Trained(family=family, view=view, stream=ZERO_BIAS)] for view in VIEWS)
    return same_repetition(l1, hlt, seed)


def _deployed(
    config: HltAndL1Config, folder: Path, files: Mapping[str, BothFiles], groups: Mapping[Trained, Group]
) -> Deployed | None:
    """Deploy the training with the lowest validation loss; no signal has a say in it."""
    if config.deployed is None:
        return None
    group = groups[Trained(family=config.deployed.name, view="l1", stream=ZERO_BIAS)]
    losses = [float(one["validation_loss"]) for one in group.results]
    best = int(np.argmin(losses))
    data = DataConfig(
        background=str(files[ZERO_BIAS].l1.absolute()),
        signals={
            name: str(one.l1.absolute()) for name, one in files.items() if name not in (ZERO_BIAS, ACCEPTED)
        },
        development={},
        training_fraction=config.split.training,
        validation_fraction=config.split.validation,
    )
    run = deployed_run(
        folder / ALGORITHMS, frozen_file(folder, group.definitions[best]), config.deployed, data,
        input_type=config.input_type,
    )  # fmt: skip
    return Deployed(
        name=config.deployed.name,
        run=str(run.relative_to(folder)),
        training=int(group.definitions[best]["repetition"]) + 1,
        trainings=config.trainings,
        loss=losses[best],
    )


def _settings(config: HltAndL1Config) -> dict[str, str]:
    """List the keys of the configuration with their values as JSON; paths are left out."""
    return told_settings(
        config.model_dump(mode="json", exclude={"data": {"own": True, "made": {"zero_bias", "signals"}}})
    )
