"""Step `evaluate`: every score an autoencoder allows, and what deploying the simplest of them costs."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.progress import Progress, silent
from l1ad.data.events import EventBatch
from l1ad.data.model_scores import write_model_scores
from l1ad.data.opening import events_digest, load_events
from l1ad.flow.events import BACKGROUND, sources, unseen_scores
from l1ad.flow.freeze import TrainedModel, trained_model
from l1ad.flow.points import working_points
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import RECORD
from l1ad.metrics.latent import compression_metrics, latent_density, latent_entropy, latent_stability
from l1ad.metrics.ranks import ranked
from l1ad.metrics.working_points import Measured, measured
from l1ad.training.latents import latents, model_scores

__all__ = ["Evaluation", "background_criteria", "evaluate"]

_SUBSETS = 10
DEPLOYED = "mean_squares"

Scores = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """What a trained model can do before its numbers become integers.

    Attributes:
        points: Names of the working points.
        measured: Results by kind of score, then by signal.
        criteria: Figures of merit of the latent space that need no signal, by name.
    """

    points: list[str]
    measured: dict[str, dict[str, Measured]]
    criteria: dict[str, float]

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        kinds = {
            kind: {signal: {"auc": asdict(one.auc), "at": _points(one)} for signal, one in of_signal.items()}
            for kind, of_signal in self.measured.items()
        }
        return {"points": self.points, "scores": kinds, "criteria": self.criteria, "cost": self.cost()}

    def cost(self) -> dict[str, dict[str, dict[str, float]]]:
        """Give, by signal and working point, the efficiency deployed, and the best and which score has it."""
        found: dict[str, dict[str, Any]] = {}
        for signal, deployed in self.measured[DEPLOYED].items():
            found[signal] = {}
            for point in self.points:
                values = {kind: of[signal].at[point].efficiency.value for kind, of in self.measured.items()}
                best = max(values, key=lambda kind: values[kind])
                found[signal][point] = {
                    "deployed": deployed.at[point].efficiency.value, "best": values[best], "score": best,
                }  # fmt: skip
        return found


def evaluate(run: RunDirectory, *, progress: Progress = silent) -> Evaluation:
    """Score the background and every signal in every way, and measure each on events no training has seen.

    Writes `evaluation.h5` with the scores and `evaluation.json` with the results. Float models, which cannot
    be frozen, are compared with deployed ones by these scores.

    Raises:
        DataError: If the run is not trained, or its configuration or data changed since.
        UnresolvedRateError: If the events kept for the rates do not resolve a budget.
    """
    trained = trained_model(run)
    named = sources(run.config.data)
    scores: dict[str, Scores] = {}
    for done, (name, source) in enumerate(named.items()):
        progress(done, len(named), name)
        scores[name] = _scores(run, trained, load_events(source))
    digests = {name: events_digest(source) for name, source in named.items()}
    training_digest = run.read_json(RECORD, step="train")["digest"]
    write_model_scores(run.evaluation_file, scores, digests=digests, training_digest=training_digest)
    result = _evaluated(run, trained, scores)
    run.write_json("evaluation.json", {"training_digest": training_digest, **result.document()})
    progress(len(named), len(named), "")
    return result


def background_criteria(trained: TrainedModel, seed: int) -> dict[str, float]:
    """Measure the latent space of the validation events: figures of merit that need no signal.

    Latent entropy, stability (cosine) and density of the latent space, and m1 to m4: the compression factor
    over the mean score, over one plus it, and both times the score's variance.
    """
    rng = np.random.default_rng(seed)
    shown = trained.data.shown(trained.data.split.validation).inputs
    mean = latents(trained.model, shown).mean.astype(np.float64)
    stability, density = latent_stability(mean, _SUBSETS, rng), latent_density(mean, rng)
    return {
        "latent_entropy": latent_entropy(mean),
        "stability_cosine": stability.cosine_similarity,
        "stability_distance": stability.distance,
        "log_density": density.log_density,
        "neighbour_distance": density.neighbour_distance,
        **compression_metrics(np.sum(mean**2, axis=1), shown.shape[1], mean.shape[1]),
    }


def _scores(run: RunDirectory, trained: TrainedModel, events: EventBatch) -> Scores:
    seen = trained.data.shown(events)
    return model_scores(
        trained.model, run.config.training, trained.data.inputs, trained.data.rarity, seen.inputs, seen.present
    )


def _evaluated(run: RunDirectory, trained: TrainedModel, scores: dict[str, Scores]) -> Evaluation:
    config = run.config
    points = working_points(config.rates, len(trained.data.split.rates))
    rng = np.random.default_rng(config.training.seed)
    signals = list(config.data.signals)
    found: dict[str, dict[str, Measured]] = {}
    for kind, of_background in scores[BACKGROUND].items():
        # The unseen part by position, as everywhere: scores are in the order of the events.
        unseen = unseen_scores(config.data, of_background)
        ranks = ranked(unseen, *(scores[name][kind] for name in signals))
        found[kind] = {
            name: measured(ranks[0], one, points, rng) for name, one in zip(signals, ranks[1:], strict=True)
        }
    return Evaluation(
        points=[point.name for point in points],
        measured=found,
        criteria=background_criteria(trained, config.training.seed),
    )


def _points(one: Measured) -> dict[str, Any]:
    return {name: asdict(at) for name, at in one.at.items()}
