"""The exact emulator: hardware integers in, score words and accept bits out.

Two engines give the same integers: the reference, plain `int64` and obviously right, and the fast one of
`fast.py`, which is taken wherever its proof of exactness holds. Every comparison with another
implementation is made with the reference; `l1ad verify` compares the fast engine with it as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.progress import Progress, silent
from l1ad.core.trace import SCALED_INPUTS, SCORE, Trace, accept_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.fast import fast_engine

__all__ = ["Decisions", "emulate", "reference_scores", "trace"]

BLOCK_EVENTS = 16_384  # a block's largest tensor (57 int64 an event) stays near the size of a cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decisions:
    """What the trigger says about events.

    Attributes:
        score_raw: Score word of each event, shape (n_events,).
        accepted: Accept bit of each event by threshold name, each of shape (n_events,).
    """

    score_raw: NDArray[np.int64]
    accepted: Mapping[str, NDArray[np.bool_]]


def emulate(
    trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer], *, progress: Progress = silent
) -> Decisions:
    """Run the algorithm on events, with the fast engine where it is proven exact.

    Args:
        trigger: The algorithm.
        inputs_raw: Hardware integers of the algorithm's layout, shape (n_events, n_inputs).
        progress: Told the number of events done.

    Raises:
        DataError: If the inputs are not hardware integers of the layout.
    """
    trigger.layout.check(inputs_raw, where="emulator input")
    engine = fast_engine(trigger)
    if engine is None:
        score_raw = reference_scores(trigger, inputs_raw, progress=progress)
    else:
        score_raw = engine.scores(inputs_raw, progress=progress)
    accepted = {name: score_raw >= threshold for name, threshold in trigger.thresholds.items()}
    return Decisions(score_raw=score_raw, accepted=accepted)


def reference_scores(
    trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer], *, progress: Progress = silent
) -> NDArray[np.int64]:
    """Score events in `int64`, block by block; `inputs_raw` must lie within the layout."""
    n_events = len(inputs_raw)
    score_raw = np.empty(n_events, dtype=np.int64)
    for start in range(0, n_events, BLOCK_EVENTS):
        block = slice(start, start + BLOCK_EVENTS)
        traced = trigger.network.trace(trigger.scaling.apply(inputs_raw[block]))
        mean_raw = traced[trigger.network.layers[-1].name]
        score_raw[block] = trigger.score.apply(mean_raw, trigger.network.output_type)
        progress(min(n_events, start + BLOCK_EVENTS), n_events, "")
    return score_raw


def trace(trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer]) -> Trace:
    """Run the algorithm and keep every tensor on the way: scaled inputs, each layer, score, accept bits."""
    trigger.layout.check(inputs_raw, where="emulator input")
    scaled = trigger.scaling.apply(inputs_raw)
    layers = trigger.network.trace(scaled)
    mean_raw = layers[trigger.network.layers[-1].name]
    score_raw = trigger.score.apply(mean_raw, trigger.network.output_type)[:, None]
    bits = {
        accept_name(name): (score_raw >= threshold).astype(np.int64)
        for name, threshold in trigger.thresholds.items()
    }
    return {SCALED_INPUTS: scaled, **layers, SCORE: score_raw, **bits}
