"""The jets study: networks told the dijets of a sideband, and resonances hunted in the mass of the others."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import l1ad
from l1ad.config.studies.jets import JetsConfig
from l1ad.core.progress import Progress, noted, silent
from l1ad.data.event_file import file_digest
from l1ad.data.jet_file import jet_provenance
from l1ad.data.jet_inputs import QUANTITIES
from l1ad.flow.studies.jets.data import BACKGROUND, prepared_events
from l1ad.flow.studies.jets.hunt import hunt_trial
from l1ad.flow.studies.jets.regions import refuse_thin, split_regions, studied_events
from l1ad.flow.studies.jets.separation import areas_trial
from l1ad.flow.studies.jets.training import read_training, run_trainings
from l1ad.flow.studies.settings import told_settings
from l1ad.flow.studies.trials import run_trials
from l1ad.metrics.limits import limits_available
from l1ad.report.studies.jets.results import JetFamilyResults, JetsCounts, JetsResults, SignalMade
from l1ad.training.environment import framework_versions
from l1ad.training.families.convolutional_variational import jet_particles

__all__ = ["jets_study"]

Definition = dict[str, Any]

_HUNT = 2
"""Counts up when a hunt of the same scores finds other numbers."""


def jets_study(
    config: JetsConfig, folder: Path, *, workers: int = 1, progress: Progress = silent
) -> JetsResults:
    """Make events, train every family in the sideband, and hunt with each one's score.

    The first training of a family hunts; the others tell how its areas spread.

    Args:
        config: The study.
        folder: Where events, a file for each training and a record for each hunt are kept.
        workers: Processes.
        progress: Told the chunks of events, then the trainings, the hunts and the areas.

    Raises:
        ConfigError: If a network cannot read jets of so many particles.
        DataError: If events cannot be used, or a file was changed.
        ToolError: If Pythia, FastJet or the training framework is not installed, or a process was killed.
    """
    _refuse_odd_jets(config)
    samples = prepared_events(config, folder / "data", workers=workers, progress=noted(progress, "events"))
    refuse_thin(config, samples)
    digests = {name: file_digest(path) for name, path in samples.items()}
    trainings = folder / "trainings"
    definitions = _definitions(config, digests)
    files = run_trainings(
        definitions, samples, trainings, workers=workers, progress=noted(progress, "trainings")
    )
    first = [one for one in definitions if one["repetition"] == 0]
    others = [one for one in definitions if one["repetition"] > 0]
    hunts = run_trials(
        functools.partial(hunt_trial, samples=samples, trainings=trainings),
        [_hunt(config, one) for one in first], folder / "trials", workers=workers,
        progress=noted(progress, "hunts"),
    )  # fmt: skip
    areas = run_trials(
        functools.partial(areas_trial, samples=samples, trainings=trainings),
        [_areas(config, one) for one in others], folder / "trials", workers=workers,
        progress=noted(progress, "areas"),
    )  # fmt: skip
    n = config.trainings
    families = tuple(
        JetFamilyResults(
            name=one.name, kind=one.kind, inputs=one.inputs, training=_told(files[n * number]),
            found=hunts[number],
            further=tuple(found.get("areas") for found in areas[(n - 1) * number : (n - 1) * (number + 1)]),
        )
        for number, one in enumerate(config.families)
    )  # fmt: skip
    return _results(config, samples, digests, families)


def _refuse_odd_jets(config: JetsConfig) -> None:
    """Refuse jets that a network cannot read before any is made."""
    if any(one.kind == "convolutional_variational" for one in config.families):
        jet_particles(len(QUANTITIES["momenta"]) * config.data.constituents)


def _definitions(config: JetsConfig, digests: Mapping[str, str]) -> list[Definition]:
    document = config.model_dump(mode="json")
    common = {
        "study": config.kind, "seed": config.seed, "fit": document["fit"], "most_jets": config.most_jets,
        "training_share": config.training_share, "delta_eta": config.data.delta_eta,
        "mass_gev": config.data.mass_gev, "constituents": config.data.constituents, "samples": dict(digests),
    }  # fmt: skip
    return [
        {**common, "family": family, "repetition": repetition}
        for family in document["families"]
        for repetition in range(config.trainings)
    ]


def _hunt(config: JetsConfig, training: Definition) -> Definition:
    return {
        "version": _HUNT, "training": training, "hunt": config.hunt.model_dump(mode="json"),
        "masses": {one.name: one.mass_gev for one in config.signals}, "limits": limits_available(),
    }  # fmt: skip


def _areas(config: JetsConfig, training: Definition) -> Definition:
    hunt = config.hunt
    return {
        "version": _HUNT, "training": training, "score": hunt.score, "of_event": hunt.of_event,
        "window": hunt.window, "masses": {one.name: one.mass_gev for one in config.signals},
    }  # fmt: skip


def _told(file: Path) -> dict[str, Any]:
    told = dict(read_training(file).told)
    told.pop("definition")
    return told


def _results(
    config: JetsConfig, samples: Mapping[str, Path], digests: Mapping[str, str],
    families: tuple[JetFamilyResults, ...],
) -> JetsResults:  # fmt: skip
    hunt = config.hunt
    return JetsResults(
        families=families,
        signals=_signals(config, samples),
        counts=_counts(config, samples[BACKGROUND]),
        edges_gev=hunt.mass_edges_gev,
        kept=tuple(f"{one:g}" for one in hunt.kept),
        of_event=hunt.of_event,
        fitted_in=hunt.fitted_in,
        prediction=hunt.prediction,
        window=hunt.window,
        delta_eta=config.data.delta_eta,
        limits=limits_available(),
        made=config.background.file is None,
        settings=_settings(config),
        digests=digests,
        versions={"l1ad": l1ad.__version__, "numpy": np.__version__, **framework_versions()},
    )


def _signals(config: JetsConfig, samples: Mapping[str, Path]) -> dict[str, SignalMade]:
    found = {}
    for one in config.signals:
        events = studied_events(samples[one.name], config.data.mass_gev, config.data.constituents)
        inside = int((events.delta_eta < config.data.delta_eta).sum())
        found[one.name] = SignalMade(
            title=one.title, mass_gev=one.mass_gev, selected=len(events), inside=inside
        )
    return found


def _counts(config: JetsConfig, path: Path) -> JetsCounts:
    events = studied_events(path, config.data.mass_gev, config.data.constituents)
    regions = split_regions(
        events, delta_eta=config.data.delta_eta, training_share=config.training_share, seed=config.seed
    )
    made = jet_provenance(path) if config.background.file is None else {}
    return JetsCounts(
        training=len(regions.training),
        held=len(regions.held),
        inside=len(regions.signal),
        luminosity_fb=made["events"] / made["cross_section_fb"] if made else None,
        mass=tuple(np.histogram(events.mass_gev[regions.signal], config.hunt.mass_edges_gev)[0].tolist()),
    )


def _settings(config: JetsConfig) -> dict[str, str]:
    """List the keys of the configuration with their values as JSON; paths of the user's files are left out."""
    document = config.model_dump(
        mode="json", exclude={"background": {"file"}, "signals": {"__all__": {"file"}}}
    )
    return told_settings(document)
