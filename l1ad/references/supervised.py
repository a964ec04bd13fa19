"""A classifier that is told the signal: what a trigger trained on background alone hardly passes."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch
from l1ad.references.density import Reals, Reference
from l1ad.references.features import Float, fitted_features

__all__ = ["fitted_classifier", "halves"]

_ITERATIONS = 100
_LEAST_EVENTS = 20


def halves(signal: EventBatch) -> tuple[EventBatch, EventBatch]:
    """Split a signal into the events to train on, every other one, and those to measure on."""
    return signal.take(slice(0, None, 2)), signal.take(slice(1, None, 2))


def fitted_classifier(background: EventBatch, signal: EventBatch, seed: int) -> Reference:
    """Train boosted trees on background and one half of a signal.

    The score is the log odds of signal. Every event weighs alike: with balanced classes the highest scores tie,
    which is where the thresholds of a trigger lie. What the trees reach is a bound in practice, for so many
    events, and no theorem.

    Args:
        background: Events to train on.
        signal: Events of the signal to train on; measure on others.
        seed: Of every random choice.

    Raises:
        DataError: If there are fewer than 20 events of either, or the two differ in layout.
    """
    for events in (background, signal):
        if len(events) < _LEAST_EVENTS:
            where = events.where or events.sample
            raise DataError(f"{where}: {len(events)} events train no classifier; at least {_LEAST_EVENTS} do")
    features = fitted_features(background)
    shown = np.concatenate([features.of(background), features.of(signal)])
    labels = np.r_[np.zeros(len(background), bool), np.ones(len(signal), bool)]
    # Threads that wait for each other at every split take four times the time of one on a busy machine.
    with threadpool_limits(1, user_api="openmp"):
        trees = HistGradientBoostingClassifier(
            max_iter=_ITERATIONS, early_stopping=True, random_state=seed
        ).fit(shown, labels)

    def odds(values: Float) -> Reals:
        return np.asarray(trees.decision_function(values), dtype=np.float64)

    return Reference(features=features, of_features=odds)
