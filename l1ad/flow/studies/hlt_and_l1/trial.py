"""One training of the study: on one view of one stream, scored on both views of everything."""

import functools
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.loading import parse_config
from l1ad.config.studies.families import FamilyConfig, FitConfig
from l1ad.config.studies.hlt_and_l1 import ACCEPTED, ZERO_BIAS, BothSplitConfig
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputLayout
from l1ad.core.plain import plain
from l1ad.core.scaling import Scaling
from l1ad.core.trigger_file import save_trigger
from l1ad.data.events import EventBatch
from l1ad.flow.studies.deploy import frozen_member
from l1ad.flow.studies.hlt_and_l1.data import BothFiles
from l1ad.flow.studies.hlt_and_l1.events import VIEWS, Parts, drawn_by_weight, parts_of, read_both
from l1ad.flow.studies.hlt_and_l1.measures import measured_views
from l1ad.flow.studies.trials import definition_digest
from l1ad.metrics.reconstruction import Reconstruction
from l1ad.simulate.chunks import save_arrays
from l1ad.training.environment import framework_versions, prepared_framework
from l1ad.training.families.fit import Trainer
from l1ad.training.families.registry import family_of
from l1ad.training.inputs import InputMap, hardware_inputs
from l1ad.training.scaling import chosen_scaling

__all__ = ["both_trial", "frozen_file", "read_scores", "scores_file"]

_SEEDS_OF_A_STUDY = 1_000
_BLOCK = 16_384

Scores = Mapping[str, Mapping[str, NDArray[np.float64]]]
"""By view, then by sample."""


def scores_file(folder: Path, definition: Mapping[str, Any]) -> Path:
    """Name the file with the scores of a training."""
    return folder / "scores" / f"{definition_digest(definition)[:16]}.npz"


def frozen_file(folder: Path, definition: Mapping[str, Any]) -> Path:
    """Name the file of the algorithm that a training was frozen into."""
    return folder / "frozen" / f"{definition_digest(definition)[:16]}.json"


def read_scores(file: Path) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Read the scores of a training, by view and sample."""
    found: dict[str, dict[str, NDArray[np.float64]]] = {view: {} for view in VIEWS}
    with np.load(file, allow_pickle=False) as stored:
        for key in stored.files:
            view, name = key.split("__", 1)
            found[view][name] = stored[key].astype(np.float64)
    return found


def both_trial(
    definition: Mapping[str, Any], *, files: Mapping[str, BothFiles], folder: Path
) -> dict[str, Any]:
    """Train a network and score every test event in both views; its scores are kept in a file of their own.

    Args:
        definition: What decides the result: `seed`, `repetition`, `family`, `fit`, `view`, `stream` (both of
            the training), `split`, `input_type`, `rates` and `shares` of what may pass, `data` (digests).
        files: Where the events are.
        folder: The study's folder.
    """
    begin = time.perf_counter()
    family = parse_config(definition["family"], FamilyConfig, where="family")
    seed = definition["seed"] * _SEEDS_OF_A_STUDY + definition["repetition"]
    prepared_framework(family.backend, seed)
    parts = parts_of(read_both(files), parse_config(definition["split"], BothSplitConfig, where="split"))
    training, validation = _fed(parts, definition["view"], definition["stream"], seed)
    grid = FixedType.from_cpp(definition["input_type"])
    scaling = chosen_scaling(training, grid)
    inputs = hardware_inputs(scaling, grid)
    trainer = _trainer(json.dumps(definition["family"]), json.dumps(definition["fit"]), scaling.layout.n_inputs)
    fitted = trainer.fit(inputs.shown(training.inputs_raw), inputs.shown(validation.inputs_raw), seed=seed)
    result = {
        "ending": fitted.ending.name, "epochs": len(fitted.history["loss"]), "best_epoch": fitted.best_epoch,
        "validation_loss": fitted.best.get("validation_loss"), "usable": False,
        "versions": framework_versions(),
    }  # fmt: skip
    score = "mean_squares" if family_of(family).deployable else "reconstruction"
    scores = _scored(trainer, inputs, parts, score)
    if fitted.best_epoch and all(np.isfinite(one).all() for of in scores.values() for one in of.values()):
        rng = np.random.default_rng([seed, 7])
        result |= {
            "usable": True,
            "score": score,
            "views": plain(measured_views(scores, parts, definition["rates"], definition["shares"], rng)),
            "entries": _entries(trainer, inputs, parts.test[ZERO_BIAS].views[definition["view"]]),
        }
        _keep(folder, definition, scores)
        if family.backend != "float":
            _freeze(folder, definition, trainer, scaling, family)
    return {**result, "seconds": time.perf_counter() - begin}


@functools.lru_cache(maxsize=1)  # trainings of one family follow one another, and compile once
def _trainer(family: str, fit: str, n_inputs: int) -> Trainer:
    config = parse_config(json.loads(family), FamilyConfig, where="family")
    return Trainer(family_of(config), n_inputs, parse_config(json.loads(fit), FitConfig, where="fit"))


def _fed(parts: Parts, view: str, stream: str, seed: int) -> tuple[EventBatch, EventBatch]:
    """Give what is trained on and what is watched.

    Of what L1 accepts as many are drawn as zero bias has, by their weights: as many steps of the optimiser.
    """
    training, validation = (of[stream].views[view] for of in (parts.training, parts.validation))
    if stream != ACCEPTED:
        return training, validation
    rng = np.random.default_rng([seed, 5])
    return (
        drawn_by_weight(training, len(parts.training[ZERO_BIAS]), rng),
        drawn_by_weight(validation, len(parts.validation[ZERO_BIAS]), rng),
    )


def _scored(
    trainer: Trainer, inputs: InputMap, parts: Parts, score: str
) -> dict[str, dict[str, NDArray[np.float64]]]:
    return {
        view: {
            # Kept in single precision, so measured in it.
            name: trainer.scores(inputs.shown(one.views[view].inputs_raw))[score]
            .astype(np.float32)
            .astype(np.float64)
            for name, one in parts.test.items()
        }
        for view in VIEWS
    }


def _keep(folder: Path, definition: Mapping[str, Any], scores: Scores) -> None:
    file = scores_file(folder, definition)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_arrays(
        file,
        {f"{view}__{name}": one.astype(np.float32) for view, of in scores.items() for name, one in of.items()},
    )


def _freeze(
    folder: Path, definition: Mapping[str, Any], trainer: Trainer, scaling: Scaling, family: FamilyConfig
) -> None:
    file = frozen_file(folder, definition)
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {"trial": definition_digest(definition), "definition": dict(definition)}
    save_trigger(frozen_member(trainer.network, scaling, family, told), file)


def _entries(trainer: Trainer, inputs: InputMap, events: EventBatch) -> dict[str, Any]:
    """Compare what comes back with the hardware integers themselves, in physical units; φ around the circle."""
    layout = inputs.layout
    step = np.array([field.lsb for field in layout.fields])
    blocks = []
    for start in range(0, len(events), _BLOCK):
        raw = events.inputs_raw[start : start + _BLOCK]
        mean, _ = trainer.network.taps(inputs.shown(raw), training=False)
        decoded = np.asarray(trainer.network.decoder(mean, training=False), dtype=np.float64)
        true = raw * step
        difference = _around(decoded / inputs.scale * step + inputs.offset * step - true, layout)
        blocks.append(Reconstruction.of(true, true + difference, layout.present(raw)))
    found = Reconstruction.joined(blocks)
    return {
        "events": plain(found.true.n), "true_width": plain(found.true.widths),
        "mean": plain(found.difference.means), "width": plain(found.difference.widths),
    }  # fmt: skip


def _around(difference: NDArray[np.float64], layout: InputLayout) -> NDArray[np.float64]:
    angles = np.array([field.unit == "rad" for field in layout.fields])
    return np.where(angles, np.mod(difference + np.pi, 2 * np.pi) - np.pi, difference)
