"""Algorithms of the lepton + X study: each an ordinary run directory, and its scores for the study."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.model import ModelConfig
from l1ad.config.run import DataConfig, FirmwareConfig, RatesConfig, RunConfig
from l1ad.config.studies.lepton_plus_x import StreamAlgorithmConfig, StreamFitConfig
from l1ad.config.training import LossConfig, PruningConfig, TrainingConfig
from l1ad.core.trigger_file import write_text_safely
from l1ad.data.event_file import read_events
from l1ad.data.events import EventBatch
from l1ad.emulate.engine import emulate
from l1ad.flow.freeze import TrainedModel, freeze, trained_model
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import RECORD, train
from l1ad.report.studies.lepton_plus_x.results import TrainingResult
from l1ad.simulate.chunks import save_arrays
from l1ad.training.environment import framework_versions
from l1ad.training.latents import model_scores
from l1ad.training.likelihood_samples import drawn_from_codes, drawn_from_prior

__all__ = [
    "FROM_CODES",
    "FROM_PRIOR",
    "UNSEEN",
    "StreamTraining",
    "do_training",
    "run_directory",
    "training_result",
]

UNSEEN = "unseen"
FROM_PRIOR, FROM_CODES = "from_prior", "from_codes"
_SECONDS = "seconds"
_MARK = "study.json"

_GIVEN_SCORES = ("kl", "reconstruction", "total", "mean_squares")
_DEPLOYED = "score_word"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTraining:
    """What a training of the study works on.

    Attributes:
        algorithm: The autoencoder.
        fit: How it is trained.
        seed: Of weights, orders and noise.
        stream: Event file of the run.
        fractions: Parts of it for training and validation.
        unseen: Events to score, by file.
        signals: Signals to score, by name.
        events_per_day: Rate of the stream.
        budgets: Budgets of the run, that its unseen events resolve, by name of the threshold.
        generated: Events to draw from the decoder.
        data_digest: Digest of all events.
    """

    algorithm: StreamAlgorithmConfig
    fit: StreamFitConfig
    seed: int
    stream: Path
    fractions: tuple[float, float]
    unseen: Path
    signals: dict[str, Path]
    events_per_day: float
    budgets: dict[str, str]
    generated: int
    data_digest: str

    @property
    def digest(self) -> str:
        """Digest of what is asked for.

        Not of the framework, which the record names: QKeras and HGQ2 need an environment each, and a study
        compares what was trained in both.
        """
        return _digest_of(
            self.algorithm.model_dump(mode="json"), self.fit.model_dump(mode="json"), self.seed, self.fractions,
            self.generated, self.data_digest,
        )  # fmt: skip

    def scores_file(self, folder: Path) -> Path:
        """Give the file of its scores, which is there when all is done."""
        return folder / self.algorithm.name / f"study_scores_{self.digest[:12]}.npz"


def do_training(trainings: tuple[StreamTraining, ...], folder: Path, number: int, file: Path) -> None:
    """Train an algorithm in its run directory, freeze it if it can be, and score every sample.

    A run directory that holds another training is moved aside, not overwritten.

    Args:
        trainings: All of the study.
        folder: Holds the run directories.
        number: Which.
        file: Where the scores go: `SAMPLE/KIND` for each, and what was drawn.
    """
    one = trainings[number]
    begin = time.perf_counter()
    run = run_directory(one, folder)
    # Of a training that was interrupted, another framework makes no part.
    _make_room(run.path, _digest_of(one.digest, framework_versions()))
    told = train(run)
    if told.interrupted:
        raise KeyboardInterrupt
    trained = trained_model(run)
    trigger = freeze(run).trigger if one.algorithm.backend != "float" else None
    arrays: dict[str, NDArray[Any]] = {}
    for name, path in {UNSEEN: one.unseen, **one.signals}.items():
        events = read_events(path)
        scores = _scores(run.config, trained, events)
        arrays |= {f"{name}/{kind}": scores[kind] for kind in _GIVEN_SCORES if kind in scores}
        if trigger is not None:
            arrays[f"{name}/{_DEPLOYED}"] = emulate(trigger, events.inputs_raw).score_raw
    if one.algorithm.reconstruction == "likelihood":
        arrays |= _drawn(one, trained)
    save_arrays(file, {**arrays, _SECONDS: np.array(time.perf_counter() - begin)})


def run_directory(one: StreamTraining, folder: Path) -> RunDirectory:
    """Give the run directory of a training, as every other command of l1ad knows it."""
    return RunDirectory.begin(folder / one.algorithm.name, _run_config(one, folder.with_name("firmware")))


def _scores(config: RunConfig, trained: TrainedModel, events: EventBatch) -> dict[str, NDArray[np.float64]]:
    data, shown = trained.data, trained.data.shown(events)
    return model_scores(trained.model, config.training, data.inputs, data.rarity, shown.inputs, shown.present)


def _drawn(one: StreamTraining, trained: TrainedModel) -> dict[str, NDArray[Any]]:
    """Draw events from the prior, and from the posteriors of unseen events drawn by their weights."""
    rng = np.random.default_rng([one.seed, 1])
    unseen = read_events(one.unseen)
    chosen = rng.choice(len(unseen), one.generated, p=unseen.weights / unseen.weights.sum())
    shown = trained.data.shown(unseen.take(chosen)).inputs
    return {
        FROM_PRIOR: drawn_from_prior(trained.model, trained.data.inputs, one.generated, rng),
        FROM_CODES: drawn_from_codes(trained.model, trained.data.inputs, shown, rng),
    }


def _run_config(one: StreamTraining, firmware: Path) -> RunConfig:
    """Say in the words of a run what the study wants."""
    algorithm, fit = one.algorithm, one.fit
    pruning = PruningConfig(
        sparsity=algorithm.sparsity, start_epoch=fit.epochs // 5, end_epoch=max(1, 3 * fit.epochs // 5)
    )
    return RunConfig(
        name=algorithm.name,
        data=DataConfig(
            background=str(one.stream), signals={name: str(path) for name, path in one.signals.items()},
            development={}, training_fraction=one.fractions[0], validation_fraction=one.fractions[1],
        ),
        model=ModelConfig(backend=algorithm.backend, hidden=algorithm.hidden, latent=algorithm.latent),
        training=TrainingConfig(
            seed=one.seed, epochs=fit.epochs, batch_events=fit.batch_events, learning_rate=fit.learning_rate,
            pruning=pruning,
            loss=LossConfig(
                reconstruction=algorithm.reconstruction, mask="none", rarity_cap=1.0, beta=algorithm.beta
            ),
        ),
        firmware=FirmwareConfig(target="vu9p-200", folder=str(firmware)),
        rates=RatesConfig(
            colliding_bunches=None, stream_events_per_day=one.events_per_day, budgets=dict(one.budgets)
        ),
    )  # fmt: skip


def _digest_of(*decisive: Any) -> str:
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def _make_room(path: Path, digest: str) -> None:
    """Move the run directory of another training aside; one of this training is gone on with."""
    mark = path / _MARK
    if path.exists():
        there = json.loads(mark.read_text(encoding="utf-8"))["digest"] if mark.exists() else "unknown"
        if there == digest:
            return
        aside = path.with_name(f"{path.name}.before_{digest[:8]}")
        number = 0
        while aside.exists():
            number += 1
            aside = path.with_name(f"{path.name}.before_{digest[:8]}_{number}")
        path.replace(aside)
    write_text_safely(mark, json.dumps({"digest": digest}) + "\n")


def training_result(one: StreamTraining, folder: Path, found: Mapping[str, NDArray[Any]]) -> TrainingResult:
    """Tell how a training went, from the record that it left and its scores."""
    record = json.loads((folder / one.algorithm.name / RECORD).read_text(encoding="utf-8"))
    best = record["history"][record["best_epoch"] - 1]
    return TrainingResult(
        name=one.algorithm.name, backend=one.algorithm.backend, epochs=len(record["history"]),
        best_epoch=record["best_epoch"], reconstruction=best["validation_reconstruction"],
        kl=best["validation_kl"], collapsed=len(record["collapsed_latents"]), latents=one.algorithm.latent,
        seconds=float(found[_SECONDS]), versions=record["versions"], warnings=tuple(record["warnings"]),
    )  # fmt: skip
