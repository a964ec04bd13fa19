"""What a trained autoencoder says of events: means, widths, reconstructions, and the scores made of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.training import TrainingConfig
from l1ad.training.inputs import Float, InputMap
from l1ad.training.losses import kl_divergence
from l1ad.training.model import Autoencoder
from l1ad.training.objective import Objective

__all__ = ["Latents", "latents", "model_scores"]

_BATCH_EVENTS = 8_192


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Latents:
    """The latent space of events.

    Attributes:
        mean: µ, shape (n_events, n_latent).
        log_variance: ln σ², same shape; of a plain autoencoder −∞, for it has no width.
    """

    mean: Float
    log_variance: Float


def latents(model: Autoencoder, shown: Float) -> Latents:
    """Encode events of shape (n_events, n_inputs)."""
    mean, hidden = model.taps.predict(shown, batch_size=_BATCH_EVENTS, verbose=0)
    if model.variance is None:
        return Latents(mean=mean, log_variance=np.full_like(mean, -np.inf))
    return Latents(mean=mean, log_variance=model.variance.predict(hidden, batch_size=_BATCH_EVENTS, verbose=0))


def model_scores(
    model: Autoencoder,
    config: TrainingConfig,
    inputs: InputMap,
    rarity: NDArray[np.float32],
    shown: Float,
    present: NDArray[np.bool_],
) -> dict[str, NDArray[np.float64]]:
    """Score events in every way that an autoencoder allows; only the first can be deployed.

    `mean_squares` Σµ²; `kl` the KL divergence; `normalised_mean_squares` Σµ²/σ²; `reconstruction` the
    reconstruction term at z = µ; `total` reconstruction + β·KL. A plain autoencoder has the first and fourth.

    Returns:
        Scores by kind, shape (n_events,) each.
    """
    objective = Objective(model=model, config=config, inputs=inputs, rarity=rarity, random=None)
    error = objective.reconstruction()
    parts: list[dict[str, NDArray[np.float64]]] = []
    for start in range(0, len(shown), _BATCH_EVENTS):
        block = slice(start, start + _BATCH_EVENTS)
        parts.append(_scores_of_block(model, config, objective, error, shown[block], present[block]))
    return {kind: np.concatenate([part[kind] for part in parts]) for kind in parts[0]}


def _scores_of_block(
    model: Autoencoder,
    config: TrainingConfig,
    objective: Objective,
    error: Any,
    shown: Float,
    present: NDArray[np.bool_],
) -> dict[str, NDArray[np.float64]]:
    mean, hidden = model.taps(shown, training=False)
    weights = objective.weights(shown, present.astype(np.float32))
    reconstruction = _numbers(error(shown, model.decoder(mean, training=False), weights))
    # TensorFlow's power misses exact squares by a last bit, and the score word would be one less.
    found = {"mean_squares": np.square(_numbers(mean)).sum(axis=1)}
    if model.variance is None:
        return found | {"reconstruction": reconstruction}
    log_variance = model.variance(hidden, training=False)
    divergence = _numbers(kl_divergence(mean, log_variance))
    return found | {
        "kl": divergence,
        "normalised_mean_squares": (_numbers(mean) ** 2 * np.exp(-_numbers(log_variance))).sum(axis=1),
        "reconstruction": reconstruction,
        "total": reconstruction + config.loss.beta * divergence,
    }


def _numbers(tensor: Any) -> NDArray[np.float64]:
    return np.asarray(tensor, dtype=np.float64)
