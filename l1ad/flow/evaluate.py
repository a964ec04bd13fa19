"""Step `evaluate`: every score an autoencoder allows, what the simplest one costs, and what comes back."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.plain import plain
from l1ad.core.progress import Progress, silent
from l1ad.data.model_scores import write_model_scores
from l1ad.data.opening import events_digest, load_events
from l1ad.flow.events import BACKGROUND, seen_events, sources, unseen_scores
from l1ad.flow.freeze import TrainedModel, trained_model
from l1ad.flow.points import working_points
from l1ad.flow.run_directory import RunDirectory
from l1ad.flow.train import RECORD
from l1ad.metrics.latent import compression_metrics, latent_density, latent_entropy, latent_stability
from l1ad.metrics.ranks import ranked
from l1ad.metrics.reconstruction import Moments, Reconstruction
from l1ad.metrics.working_points import Measured, measured
from l1ad.training.inputs import InputMap
from l1ad.training.latents import latents, model_scores
from l1ad.training.loop import TrainingEvents
from l1ad.training.reconstruction import reconstructor, what_is_reconstructed

__all__ = ["Evaluation", "background_criteria", "evaluate", "reconstruction_document"]

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
        reconstruction: How inputs come back from the latent space, as `reconstruction_document` lays it out.
    """

    points: list[str]
    measured: dict[str, dict[str, Measured]]
    criteria: dict[str, float]
    reconstruction: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        kinds = {
            kind: {signal: {"auc": asdict(one.auc), "at": _points(one)} for signal, one in of_signal.items()}
            for kind, of_signal in self.measured.items()
        }
        return {
            "points": self.points, "scores": kinds, "criteria": self.criteria, "cost": self.cost(),
            "reconstruction": self.reconstruction,
        }  # fmt: skip

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

    On those events the inputs are reconstructed too, and compared with the true ones.

    Writes `evaluation.h5` with the scores and `evaluation.json` with the results. Float models, which cannot
    be frozen, are compared with deployed ones by these scores.

    Raises:
        DataError: If the run is not trained, or its configuration or data changed since.
        UnresolvedRateError: If the events kept for the rates do not resolve a budget.
    """
    trained = trained_model(run)
    named = sources(run.config.data)
    scores: dict[str, Scores] = {}
    come_back: dict[str, Reconstruction] = {}
    reconstructed = reconstructor(trained.model, run.config.training, trained.data.inputs)
    for done, (name, source) in enumerate(named.items()):
        progress(done, len(named), name)
        shown = trained.data.shown(load_events(source))
        first = seen_events(run.config.data, len(shown.inputs)) if name == BACKGROUND else 0
        scores[name] = _scores(run, trained, shown)
        unseen, present = shown.inputs[first:], shown.present[first:]
        come_back[name] = Reconstruction.joined(
            Reconstruction.of(unseen[block], back, present[block]) for block, back in reconstructed(unseen)
        )
    digests = {name: events_digest(source) for name, source in named.items()}
    training_digest = run.read_json(RECORD, step="train")["digest"]
    write_model_scores(run.evaluation_file, scores, digests=digests, training_digest=training_digest)
    told = what_is_reconstructed(run.config.training)
    result = _evaluated(run, trained, scores, reconstruction_document(trained.data.inputs, come_back, told))
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


def reconstruction_document(
    inputs: InputMap, found: dict[str, Reconstruction], compared: str
) -> dict[str, Any]:
    """Lay out for JSON how inputs come back, by sample, as the network is shown them and in their own units.

    The units of the layout are reached by (x / scale + offset) · lsb: where the firmware scales,
    (x · 2^shift + offset) · lsb. True values are those the network is shown, cast and saturation included.
    Widths are standard deviations; null where no event has the object.
    """
    layout = inputs.layout
    lsb = np.array([field.lsb for field in layout.fields])
    rows = [
        {"name": field.name, "object": field.object_type, "quantity": field.quantity, "unit": field.unit,
         "offset": offset, "scale": scale, "lsb": field.lsb}
        for field, offset, scale in zip(layout.fields, inputs.offset, inputs.scale, strict=True)
    ]  # fmt: skip
    samples = {
        name: {
            "events": one.true.n,
            "network": _moments(one),
            "physical": _moments(one.mapped(lsb / inputs.scale, inputs.offset * lsb)),
        }
        for name, one in found.items()
    }
    document: dict[str, Any] = plain({"compared": compared, "inputs": rows, "samples": samples})
    return document


def _moments(one: Reconstruction) -> dict[str, Any]:
    def told(of: Moments) -> dict[str, Any]:
        return {"mean": of.means, "width": of.widths}

    return {
        "true": told(one.true), "reconstructed": told(one.reconstructed), "difference": told(one.difference)
    }  # fmt: skip


def _scores(run: RunDirectory, trained: TrainedModel, shown: TrainingEvents) -> Scores:
    data = trained.data
    return model_scores(
        trained.model, run.config.training, data.inputs, data.rarity, shown.inputs, shown.present
    )


def _evaluated(
    run: RunDirectory, trained: TrainedModel, scores: dict[str, Scores], come_back: dict[str, Any]
) -> Evaluation:
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
        reconstruction=come_back,
    )


def _points(one: Measured) -> dict[str, Any]:
    return {name: asdict(at) for name, at in one.at.items()}
