"""How far a delivery's integers stray from the float model: each figure with its interval and its limit."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from l1ad.config.acceptance import FloatModelConfig
from l1ad.core.errors import L1adError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest
from l1ad.emulate.engine import emulate
from l1ad.flow.accepted_line import AcceptanceLine, held, unmeasured
from l1ad.flow.events import read_signals
from l1ad.flow.freeze import trained_model
from l1ad.flow.run_directory import RunDirectory
from l1ad.rates.intervals import clopper_pearson
from l1ad.training.environment import framework_found
from l1ad.training.float_model import float_scores

__all__ = ["ScoredTwice", "decision_line", "efficiency_line", "float_lines", "spearman_line"]

_RESAMPLES = 400
_SEED = 57
_DRAWN = 10_000
"""Events that a resample of a rank correlation draws."""

_SOURCE = "float model: same weights, nothing rounded or clipped"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoredTwice:
    """The same events scored by the algorithm and by its float model.

    Attributes:
        frozen_raw: Scores of the algorithm in hardware units, shape (n_events,).
        floating: Scores of the float model, shape (n_events,).
    """

    frozen_raw: NDArray[np.int64]
    floating: NDArray[np.float64]


def float_lines(
    trigger: TriggerAlgorithm,
    run: RunDirectory | None,
    thresholds: tuple[str, ...],
    limits: FloatModelConfig,
    *,
    coverage: float,
) -> Iterator[AcceptanceLine]:
    """Compare on the run's events, as many in memory as its training had.

    The float model is given the threshold at which it accepts as many background events as the algorithm.

    Args:
        trigger: The algorithm that was delivered.
        run: The run that trained it; without it nothing is measured.
        thresholds: Working points.
        limits: What is allowed.
        coverage: Coverage of the intervals.
    """
    try:
        why = _missing(trigger, run)
        background, signals = _scored(trigger, run) if run is not None and not why else (None, {})
    except L1adError as fault:  # the training's own data or configuration changed
        why, background, signals = str(fault), None, {}
    if background is None:
        yield unmeasured("float_model", "rank correlation", why, limit=limits.spearman, at_least=True)
        for name in thresholds:
            title = f"decisions that differ at {name!r}"
            yield unmeasured("float_model", title, why, limit=limits.differing_decisions)
            title = f"efficiency lost at {name!r}"
            yield unmeasured("float_model", title, why, limit=limits.efficiency_lost)
        return
    yield spearman_line(background, limits.spearman, coverage=coverage)
    for name in (one for one in thresholds if one in trigger.thresholds):
        threshold_raw = trigger.thresholds[name]
        yield decision_line(name, threshold_raw, background, limits.differing_decisions, coverage=coverage)
        for signal, scores in signals.items():
            yield efficiency_line(
                name, threshold_raw, background, (signal, scores), limits.efficiency_lost, coverage=coverage
            )


def spearman_line(scores: ScoredTwice, limit: float, *, coverage: float) -> AcceptanceLine:
    """Measure the rank correlation of the two scores.

    The interval is a bootstrap that draws m of the n events and narrows what it finds by √(m/n), because
    ranking all of them 400 times would take minutes: Bickel, Götze & van Zwet, Statistica Sinica 7 (1997) 1
    *(from memory)*.
    """
    rng, n_events = np.random.default_rng(_SEED), len(scores.floating)
    value = _spearman(scores.frozen_raw, scores.floating)
    n_drawn = min(n_events, _DRAWN)
    drawn = np.empty(_RESAMPLES)
    for one in range(_RESAMPLES):
        which = rng.integers(0, n_events, n_drawn)
        drawn[one] = _spearman(scores.frozen_raw[which], scores.floating[which])
    if not np.isfinite([value, *drawn]).all():
        why = f"one of the scores is the same for all {n_events:,} events, or for nearly all"
        return unmeasured("float_model", "rank correlation", why, limit=limit, at_least=True)
    low, high = value + (np.quantile(drawn, _tails(coverage)) - value) * np.sqrt(n_drawn / n_events)
    return held(
        "float_model", "rank correlation", value, limit, interval=(min(low, value), min(1.0, max(high, value))),
        at_least=True, source=f"{n_events:,} background events not trained on; {_SOURCE}",
    )  # fmt: skip


def decision_line(
    name: str, threshold_raw: int, background: ScoredTwice, limit: float | None, *, coverage: float
) -> AcceptanceLine:
    """Count the accepted background events that the float model, accepting as many, does not take.

    Each of them is two decisions that differ: another event took its place. The interval is Clopper-Pearson's.
    """
    accepted, title = background.frozen_raw >= threshold_raw, f"decisions that differ at {name!r}"
    n_accepted = int(np.count_nonzero(accepted))
    if not n_accepted:
        return unmeasured("float_model", title, "no background event is accepted", limit=limit)
    taken = background.floating >= _threshold(background.floating, n_accepted)
    refused = int(np.count_nonzero(accepted & ~taken))
    source = f"{refused:,} of {n_accepted:,} accepted events are not the float model's; {_SOURCE}"
    return held(
        "float_model", title, refused / n_accepted, limit,
        interval=clopper_pearson(refused, n_accepted, coverage=coverage), source=source,
    )  # fmt: skip


def efficiency_line(
    name: str,
    threshold_raw: int,
    background: ScoredTwice,
    signal: tuple[str, ScoredTwice],
    limit: float,
    *,
    coverage: float,
) -> AcceptanceLine:
    """Measure how much more of a signal the float model accepts than the algorithm, at equal rate.

    The interval is a bootstrap: background and signal are drawn anew, events with both their scores, and the
    float model's threshold is set anew on each background drawn.
    """
    title, scores = f"efficiency of {signal[0]} lost at {name!r}", signal[1]
    accepted = background.frozen_raw >= threshold_raw
    if not accepted.any():
        return unmeasured("float_model", title, "no background event is accepted", limit=limit)
    rng, n_signal = np.random.default_rng(_SEED), len(scores.floating)
    passed = scores.frozen_raw >= threshold_raw
    gained, kept = np.sort(scores.floating[~passed]), np.sort(scores.floating[passed])
    drawn = _drawn_thresholds(background.floating, accepted, rng)
    cuts = np.concatenate([[_threshold(background.floating, int(accepted.sum()))], drawn])
    more = (len(gained) - np.searchsorted(gained, cuts, side="left")) / n_signal
    less = np.searchsorted(kept, cuts, side="left") / n_signal
    shares = np.stack([more, less, np.maximum(0.0, 1 - more - less)], axis=1)[1:]
    counts = rng.multinomial(n_signal, shares)
    low, high = np.quantile((counts[:, 0] - counts[:, 1]) / n_signal, _tails(coverage))
    value = float(more[0] - less[0])
    return held(
        "float_model", title, value, limit, interval=(min(float(low), value), max(float(high), value)),
        source=f"{n_signal:,} events, {len(kept):,} accepted; {_SOURCE}",
    )  # fmt: skip


def _missing(trigger: TriggerAlgorithm, run: RunDirectory | None) -> str:
    """Say what a comparison lacks; empty if nothing."""
    if run is None:
        return "no run; give --run"
    backend = run.config.model.backend
    if not framework_found(backend):
        return f"the extra {backend!r} is not installed"
    if not run.weights_file.is_file():
        return f"{run.path} has no trained weights"
    if algorithm_digest(run.trigger()) != algorithm_digest(trigger):
        return f"{run.path} holds another algorithm"
    return ""


def _scored(trigger: TriggerAlgorithm, run: RunDirectory) -> tuple[ScoredTwice, dict[str, ScoredTwice]]:
    trained = trained_model(run)

    def twice(inputs_raw: NDArray[np.integer]) -> ScoredTwice:
        shown = trigger.scaling.as_real(inputs_raw)
        return ScoredTwice(
            frozen_raw=emulate(trigger, inputs_raw).score_raw,
            floating=float_scores(run.config.model, trained.model, shown),
        )

    signals = {name: twice(events.inputs_raw) for name, events in read_signals(run.config.data).items()}
    return twice(trained.data.split.rates.inputs_raw), signals


def _threshold(floating: NDArray[np.float64], n_accepted: int) -> float:
    """Give the lowest of the `n_accepted` highest scores."""
    return float(np.partition(floating, len(floating) - n_accepted)[len(floating) - n_accepted])


def _drawn_thresholds(
    floating: NDArray[np.float64], accepted: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw the background anew, and set the float threshold to accept as many as the algorithm does of it."""
    n_tail = min(len(floating), 10 * int(accepted.sum()) + 100)
    low = _threshold(floating, n_tail)
    tail = np.flatnonzero((floating >= low) | accepted)  # all that can decide; Poisson numbers for the rest
    order = tail[np.argsort(-floating[tail], kind="stable")]
    found = np.empty(_RESAMPLES)
    for one in range(_RESAMPLES):
        times = rng.poisson(1.0, len(order))
        wanted = int(times[accepted[order]].sum())
        place = int(np.searchsorted(np.cumsum(times), max(wanted, 1)))
        found[one] = floating[order[min(place, len(order) - 1)]]
    return found


def _spearman(first: NDArray[np.int64], second: NDArray[np.float64]) -> float:
    if first.min() == first.max() or second.min() == second.max():
        return float("nan")
    return float(stats.spearmanr(first, second).statistic)


def _tails(coverage: float) -> tuple[float, float]:
    return (1 - coverage) / 2, (1 + coverage) / 2
