"""Classifiers that are told the signal: what a trigger trained on background alone hardly passes."""

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch
from l1ad.references.density import Reals, Reference
from l1ad.references.features import Features, Float, fitted_features

__all__ = ["fitted_classifier", "fitted_network", "halves"]

_ITERATIONS = 100
_LEAST_EVENTS = 20
_WIDTHS = (50, 50)
_EPOCHS = 100


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
    features, shown, labels = _labelled(background, signal)
    # Threads that wait for each other at every split take four times the time of one on a busy machine.
    with threadpool_limits(1, user_api="openmp"):
        trees = HistGradientBoostingClassifier(
            max_iter=_ITERATIONS, early_stopping=True, random_state=seed
        ).fit(shown, labels)

    def odds(values: Float) -> Reals:
        return np.asarray(trees.decision_function(values), dtype=np.float64)

    return Reference(features=features, of_features=odds)


def fitted_network(background: EventBatch, signal: EventBatch, seed: int) -> Reference:
    """Train a dense network of two hidden layers of 50 on background and one half of a signal.

    The score is the log odds of signal. Every event weighs alike; a tenth of the events says when to stop.

    Args:
        background: Events to train on.
        signal: Events of the signal to train on; measure on others.
        seed: Of every random choice.

    Raises:
        DataError: If there are fewer than 20 events of either, or the two differ in layout.
    """
    features, shown, labels = _labelled(background, signal)
    with threadpool_limits(1):
        network = MLPClassifier(_WIDTHS, max_iter=_EPOCHS, early_stopping=True, random_state=seed).fit(
            shown.astype(np.float64), labels
        )

    def odds(values: Float) -> Reals:
        # predict_proba rounds to 1 from log odds of 37 on, and the most anomalous events would tie.
        hidden = values.astype(np.float64)
        for kernel, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
            hidden = np.maximum(hidden @ kernel + bias, 0.0)
        return np.asarray((hidden @ network.coefs_[-1] + network.intercepts_[-1])[:, 0], dtype=np.float64)

    return Reference(features=features, of_features=odds)


def _labelled(background: EventBatch, signal: EventBatch) -> tuple[Features, Float, NDArray[np.bool_]]:
    """Give the features of both, with what they are; True is signal."""
    for events in (background, signal):
        if len(events) < _LEAST_EVENTS:
            where = events.where or events.sample
            raise DataError(f"{where}: {len(events)} events train no classifier; at least {_LEAST_EVENTS} do")
    features = fitted_features(background)
    shown = np.concatenate([features.of(background), features.of(signal)])
    return features, shown, np.r_[np.zeros(len(background), bool), np.ones(len(signal), bool)]
