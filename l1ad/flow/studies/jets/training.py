"""One training of the jets study: a network trained on jets of the sideband, and the scores that it gives."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.loading import parse_config
from l1ad.config.studies.families import FamilyConfig, FitConfig
from l1ad.config.studies.jets import JetFamilyConfig
from l1ad.core.plain import plain
from l1ad.core.progress import Progress
from l1ad.data.arrays_file import Arrays, read_arrays, write_arrays
from l1ad.data.jet_file import JetEvents
from l1ad.data.jet_inputs import QUANTITIES, JetScale, present, represented
from l1ad.flow.studies.jets.data import BACKGROUND
from l1ad.flow.studies.jets.regions import split_regions, studied_events
from l1ad.flow.studies.trials import definition_digest
from l1ad.metrics.reconstruction import Reconstruction
from l1ad.simulate.chunks import run_chunks
from l1ad.training.environment import framework_versions, prepared_framework
from l1ad.training.families.family import Family
from l1ad.training.families.fit import Trainer
from l1ad.training.families.reconstructed import parameter_count, reconstructed
from l1ad.training.families.registry import family_of

__all__ = ["SCORES", "read_training", "run_trainings", "training_file"]

Definition = Mapping[str, Any]
Float = NDArray[np.float32]

SCORES = ("reconstruction", "kl", "total")
_SEEDS_OF_A_STUDY = 10_000
_RECONSTRUCTED_JETS = 6_000
_LEADING = 10
"""Particles of a jet whose distributions are shown."""
_BINS = 50
_CHANGED = "not the scores of a training ({fault}); delete it to train again"


def training_file(definition: Definition, folder: Path) -> Path:
    """Name the file of a training by what decides it."""
    return folder / f"{definition_digest(definition)[:16]}.npz"


def run_trainings(
    definitions: Sequence[Definition], samples: Mapping[str, Path], folder: Path, *, workers: int,
    progress: Progress,
) -> list[Path]:  # fmt: skip
    """Do the trainings that are not done.

    Args:
        definitions: What decides each: `seed`, `repetition`, `family`, `fit`, `training_share`, `most_jets`,
            `delta_eta`, `mass_gev`, `constituents`, and the digest of each sample.
        samples: File of each sample, the background first.
        folder: Has a file for each training.
        workers: Processes.
        progress: Told the trainings done.

    Returns:
        The file of each: scores of the judged events of each sample, and what is told of the training.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [training_file(one, folder) for one in definitions]
    work = _Training(tuple(definitions), dict(samples))
    run_chunks(work, files, workers=workers, progress=progress)
    return files


def read_training(path: Path) -> Arrays:
    """Read a training: `told`, and for each score a list of arrays (n_events, 2) by sample.

    Raises:
        DataError: If the file was changed.
    """
    return read_arrays(path, what=_CHANGED)


class _Training:
    """Does a training by its number; other processes get it whole."""

    def __init__(self, definitions: tuple[Definition, ...], samples: dict[str, Path]) -> None:
        self._definitions, self._samples = definitions, samples

    def __call__(self, number: int, file: Path) -> None:
        definition = self._definitions[number]
        told, lists = _trained(definition, self._samples)
        write_arrays(file, {"definition": dict(definition), **plain(told)}, **lists)


def _trained(definition: Definition, samples: Mapping[str, Path]) -> tuple[dict[str, Any], dict[str, Any]]:
    begin = time.perf_counter()
    config = parse_config(definition["family"], JetFamilyConfig, where="family")
    fit = parse_config(definition["fit"], FitConfig, where="fit")
    events = {name: studied_events(path, definition["mass_gev"], definition["constituents"])
              for name, path in samples.items()}  # fmt: skip
    background = events[BACKGROUND]
    regions = split_regions(
        background, delta_eta=definition["delta_eta"], training_share=definition["training_share"],
        seed=definition["seed"],
    )  # fmt: skip
    most = definition["most_jets"]
    training = background.take(regions.training[: max(1, most // 2)])
    watched = background.take(regions.held[: max(1, most // 4)])
    particles = represented(training, config.inputs)
    scale = JetScale.of(particles, present(training))
    seed = definition["seed"] * _SEEDS_OF_A_STUDY + definition["repetition"]
    prepared_framework("float", seed)
    trainer = Trainer(_family(config), particles[0].size, fit)
    fitted = trainer.fit(scale.shown(particles), scale.shown(represented(watched, config.inputs)), seed=seed)
    judged = {**events, BACKGROUND: background.take(regions.judged)}
    scores = [_scores(trainer, scale, one, config) for one in judged.values()]
    usable = fitted.best_epoch > 0 and all(np.isfinite(v).all() for one in scores for v in one.values())
    told = {
        "usable": usable,
        "parameters": parameter_count(trainer.network),
        "trained_jets": len(particles),
        "epochs": len(fitted.history["loss"]),
        "best_epoch": fitted.best_epoch,
        "ending": fitted.ending.name,
        "history": fitted.history,
        "unit": scale.unit,
        "reconstruction": _reconstruction(trainer, scale, watched, config) if usable else {},
        "versions": framework_versions(),
        "seconds": time.perf_counter() - begin,
    }
    return told, {name: [one[name] for one in scores] for name in scores[0]}


def _family(config: JetFamilyConfig) -> Family:
    if config.kind == "convolutional_variational":
        return family_of(config)
    return family_of(
        FamilyConfig(
            name=config.name, kind=config.kind, weight=config.weight, hidden=config.hidden,
            latent=config.latent, activation=config.activation,
        )
    )  # fmt: skip


def _scores(trainer: Trainer, scale: JetScale, events: JetEvents, config: JetFamilyConfig) -> dict[str, Any]:
    """Score both jets of each event, shape (n_events, 2) each."""
    found = trainer.scores(scale.shown(represented(events, config.inputs)))
    kept: dict[str, Any] = {
        name: np.maximum(found[name], 0.0) for name in ("reconstruction", "kl") if name in found
    }
    if "kl" in kept:
        kept["total"] = kept["reconstruction"] + config.weight * kept["kl"]
    return {name: values.reshape(-1, 2) for name, values in kept.items()}


def _reconstruction(
    trainer: Trainer, scale: JetScale, events: JetEvents, config: JetFamilyConfig
) -> dict[str, Any]:
    """Hold jets against what came back of them, by the place of a particle and for leading ones together."""
    some = events.take(slice(0, _RECONSTRUCTED_JETS // 2))
    true, there = represented(some, config.inputs), present(some)
    back = scale.restored(reconstructed(trainer.network, scale.shown(true)))
    found: dict[str, Any] = {}
    for column, name in enumerate(QUANTITIES[config.inputs]):
        summed = Reconstruction.of(true[:, :, column], back[:, :, column], there)
        leading = there[:, :_LEADING]
        shown = true[:, :_LEADING, column][leading]
        edges = np.linspace(float(np.quantile(shown, 0.005)), float(np.quantile(shown, 0.995)), _BINS + 1)
        found[name] = {
            "n": summed.true.n, "mean": summed.difference.means, "width": summed.difference.widths,
            "true_width": summed.true.widths, "edges": edges, "true": np.histogram(shown, edges)[0],
            "reconstructed": np.histogram(back[:, :_LEADING, column][leading], edges)[0],
        }  # fmt: skip
    return found
