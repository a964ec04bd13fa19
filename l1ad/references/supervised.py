"""A classifier that is told the signal: what nothing trained on background alone should pass."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from l1ad.core.errors import DataError
from l1ad.data.events import EventBatch
from l1ad.references.density import Reals, Reference
from l1ad.references.features import Float, fitted_features

__all__ = ["fitted_classifier", "halves"]

_HIDDEN = (64, 32)
_EPOCHS = 12
_BATCH_EVENTS = 512
_LEAST_EVENTS = 20
_PENALTY = 1e-2
_CLOSEST_TO_ONE = 1.0 - 2.0**-53
"""Probabilities beyond it have no odds in double precision."""


def halves(signal: EventBatch) -> tuple[EventBatch, EventBatch]:
    """Split a signal into the events to train on, every other one, and those to measure on."""
    return signal.take(slice(0, None, 2)), signal.take(slice(1, None, 2))


def fitted_classifier(background: EventBatch, signal: EventBatch, seed: int) -> Reference:
    """Train a small network on background and one half of a signal.

    The score is the log odds of signal. Trees were tried and left: their scores tie at the top, where the
    thresholds of a trigger lie. Signal events weigh more, so that they count as the geometric mean of the two
    numbers of events. What it reaches on held-out events is a bound in practice for so many events, and no
    theorem.

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
    shown = np.concatenate([features.of(background), features.of(signal)]).astype(np.float64)
    labels = np.r_[np.zeros(len(background)), np.ones(len(signal))]
    weights = np.where(labels == 1, np.sqrt(max(1.0, len(background) / len(signal))), 1.0)
    with threadpool_limits(1):  # sums in one order, whatever the machine
        network = MLPClassifier(
            _HIDDEN, alpha=_PENALTY, batch_size=min(_BATCH_EVENTS, len(shown)), learning_rate_init=2e-3,
            max_iter=_EPOCHS, n_iter_no_change=_EPOCHS, random_state=seed,
        )  # fmt: skip
        with warnings.catch_warnings():  # epochs are few on purpose: the loss need not have settled
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(shown, labels, sample_weight=weights)

    def odds(values: Float) -> Reals:
        found = network.predict_proba(values.astype(np.float64))[:, 1]
        probability = np.clip(found, np.finfo(float).tiny, _CLOSEST_TO_ONE)
        return np.asarray(np.log(probability) - np.log1p(-probability), dtype=np.float64)

    return Reference(features=features, of_features=odds)
