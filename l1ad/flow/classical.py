"""The classical references of a comparison, fitted on what trainings see and scored on what they do not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from l1ad.data.events import EventBatch
from l1ad.flow.compared_runs import OneScore, SignalScores, taken
from l1ad.flow.events import BackgroundSplit
from l1ad.metrics.ranks import ranked
from l1ad.references.cuts import single_cuts
from l1ad.references.density import fitted_references
from l1ad.references.supervised import fitted_classifier, halves

__all__ = ["SUPERVISED", "ClassicalScores", "classical_scores", "supervised_scores"]

SUPERVISED = "supervised, each signal"

Signals = Mapping[str, EventBatch]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassicalScores:
    """A classical reference.

    Attributes:
        name: What it is called in tables.
        kind: What its scores are.
        in_hardware_units: Whether they are integers that firmware could compare.
        scores: The scores.
    """

    name: str
    kind: str
    in_hardware_units: bool
    scores: OneScore


def classical_scores(
    background: BackgroundSplit, signals: Signals, *, n_components: int, seed: int
) -> Iterator[ClassicalScores]:
    """Score with every single cut, then with every method fitted on the training part of the background.

    Args:
        background: The background; its last part is scored.
        signals: The signals, scored whole.
        n_components: Size that methods with a latent space get.
        seed: Of every random choice.
    """
    unseen = single_cuts(background.rates)
    of_signals = {name: single_cuts(signal) for name, signal in signals.items()}
    for cut, background_raw in unseen.items():
        signals_raw = {name: found[cut] for name, found in of_signals.items()}
        scores = OneScore(background_raw=background_raw, signals_raw=signals_raw)
        yield ClassicalScores(name=cut, kind="single cut", in_hardware_units=True, scores=scores)
    fitted = fitted_references(background.training, n_components=n_components, seed=seed)
    for method, reference in fitted.items():
        scores = OneScore.of_reals(
            reference.score(background.rates),
            {name: reference.score(signal) for name, signal in signals.items()},
            where=method,
        )
        yield ClassicalScores(name=method, kind="fitted to background", in_hardware_units=False, scores=scores)


def supervised_scores(background: BackgroundSplit, signals: Signals, *, seed: int) -> dict[str, SignalScores]:
    """Train a classifier for each signal and score, with it, the unseen background and the held-out signal.

    An algorithm that was told of no signal should find less. That is no theorem: with few events in the tail,
    or where the classifier's scores tie there, it can find more.
    """
    found = {}
    for name, signal in signals.items():
        training, held_out = halves(signal)
        classifier = fitted_classifier(background.training, training, seed)
        unseen, seen = ranked(classifier.score(background.rates), classifier.score(held_out))
        found[name] = SignalScores(background_raw=unseen, signal_raw=seen, taken=taken(held_out))
    return found
