"""Several trainings that differ in nothing but their seed: how far results move, and which one to keep."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from l1ad.core.progress import Progress, silent
from l1ad.data.model_scores import read_model_scores
from l1ad.flow.evaluate import DEPLOYED, Evaluation, evaluate
from l1ad.flow.events import BACKGROUND, unseen_scores
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import Training, train
from l1ad.metrics.ensemble import Spread, picked, score_correlations

__all__ = ["Ensemble", "train_ensemble"]

BACKGROUND_CRITERIA = {"latent_entropy": True, "stability_cosine": True, "log_density": True, "m1": True}
"""Figures of merit that need no signal, and whether more is better; one vote each."""

DEVELOPMENT = "development"
ENSEMBLE = "ensemble.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """Trainings of one configuration with different seeds.

    Attributes:
        seeds: The seeds.
        points: Names of the working points.
        efficiencies: By signal and working point, the spread over the trainings.
        auc: By signal.
        correlation: Spearman correlation of the scores of unseen background between trainings, the lowest of
            all pairs and the mean.
        criteria: Figure of merit of each training, by name; `development` is the geometric mean of the
            efficiencies on development signals, on validation events.
        by_background: Seed that the criteria without signal would pick.
        by_development: Seed that the development signals would pick; None without any.
        picked: Seed that was kept.
    """

    seeds: tuple[int, ...]
    points: tuple[str, ...]
    efficiencies: dict[str, dict[str, Spread]]
    auc: dict[str, Spread]
    correlation: dict[str, float]
    criteria: dict[str, list[float]]
    by_background: int
    by_development: int | None
    picked: int

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return asdict(self)


def train_ensemble(run: RunDirectory, n_seeds: int, *, progress: Progress = silent) -> Ensemble:
    """Train a configuration with several seeds, each in a run directory of its own under `seeds/`.

    The seeds follow that of the configuration. The one that the development signals pick, or without any the
    criteria that need no signal, becomes the training of `run` itself, which `freeze` goes on with. Signals of
    the verdict are measured and pick nothing. What is trained already is not trained again.

    Args:
        run: The run.
        n_seeds: How many, at least two.
        progress: Told the trainings done.
    """
    first = run.config.training.seed
    members = [_member(run, seed) for seed in range(first, first + n_seeds)]
    trainings: list[Training] = []
    evaluations: list[Evaluation] = []
    for done, member in enumerate(members):

        def told(epoch: int, epochs: int, note: str = "", done: int = done) -> None:
            progress(done * epochs + epoch, n_seeds * epochs, f"training {done + 1} of {n_seeds}: {note}")

        trainings.append(train(member, progress=told))
        if trainings[-1].interrupted:
            raise KeyboardInterrupt
        evaluations.append(evaluate(member))
    result = _summary(members, trainings, evaluations)
    _keep(run, next(one for one in members if one.config.training.seed == result.picked))
    run.write_json(ENSEMBLE, result.document())
    return result


def _member(run: RunDirectory, seed: int) -> RunDirectory:
    training = run.config.training.model_copy(update={"seed": seed})
    config = run.config.model_copy(update={"training": training})
    return RunDirectory(run.path / "seeds" / str(seed), config)


def _summary(
    members: Sequence[RunDirectory], trainings: Sequence[Training], evaluations: Sequence[Evaluation]
) -> Ensemble:
    seeds = tuple(member.config.training.seed for member in members)
    measured = [one.measured[DEPLOYED] for one in evaluations]
    points = tuple(evaluations[0].points)
    criteria = {name: [one.criteria[name] for one in evaluations] for name in BACKGROUND_CRITERIA}
    by_background = seeds[picked(criteria, BACKGROUND_CRITERIA)]
    development = [one.history[one.best_epoch - 1].get("efficiency") for one in trainings]
    by_development = None
    if all(value is not None for value in development):
        criteria[DEVELOPMENT] = [value for value in development if value is not None]
        by_development = seeds[picked({DEVELOPMENT: criteria[DEVELOPMENT]}, {DEVELOPMENT: True})]
    return Ensemble(
        seeds=seeds,
        points=points,
        efficiencies={
            signal: {point: Spread.of([one[signal].at[point].efficiency.value for one in measured])
                     for point in points}
            for signal in measured[0]
        },
        auc={signal: Spread.of([one[signal].auc.value for one in measured]) for signal in measured[0]},
        correlation=_correlation(members),
        criteria=criteria,
        by_background=by_background,
        by_development=by_development,
        picked=by_background if by_development is None else by_development,
    )  # fmt: skip


def _correlation(members: Sequence[RunDirectory]) -> dict[str, float]:
    scores = []
    for member in members:
        found = read_model_scores(member.evaluation_file)
        scores.append(unseen_scores(member.config.data, found.scores[BACKGROUND][DEPLOYED]))
    pairs = score_correlations(scores)[np.triu_indices(len(scores), 1)]
    return {"lowest": float(pairs.min()), "mean": float(pairs.mean())}


def _keep(run: RunDirectory, member: RunDirectory) -> None:
    """Make a member's training that of the run itself."""
    run.path.mkdir(parents=True, exist_ok=True)
    temporary = run.path / ".training.partial"
    shutil.rmtree(temporary, ignore_errors=True)
    # What a kill left half written begins with a dot.
    shutil.copytree(member.path / "training", temporary, ignore=shutil.ignore_patterns(".*"))
    shutil.rmtree(run.path / "training", ignore_errors=True)
    temporary.rename(run.path / "training")
    for file in (member.evaluation_file, member.path / "evaluation.json"):
        shutil.copyfile(file, run.path / file.name)
    RunDirectory(run.path, member.config).save_config()
