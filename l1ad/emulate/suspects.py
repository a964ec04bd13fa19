"""Suspects for a disagreement in the field: what would have been recorded, had this one thing been wrong."""

import operator
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import Overflow, Rounding
from l1ad.core.integer import requantize
from l1ad.core.layout import InputLayout
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.engine import emulate
from l1ad.emulate.mistaken_inputs import INPUT_MISTAKES, has_full_list, has_object

__all__ = ["SUSPECTS", "Concern", "Seen", "Suspect", "other_algorithm", "other_threshold"]

Inputs = NDArray[np.integer]
Scores = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """Events as they were recorded, beside what the emulator gives. All arrays have one length.

    Attributes:
        inputs_raw: Hardware integers, shape (n_events, n_inputs).
        score_raw: The emulator's score word of each event, shape (n_events,).
        before_raw: That of the event before it in its file; of the first event its own.
        after_raw: That of the event after it in its file; of the last event its own.
        recorded: What the trigger recorded: score words, or accept bits as 0 and 1.
    """

    inputs_raw: Inputs
    score_raw: Scores
    before_raw: Scores
    after_raw: Scores
    recorded: Scores

    def __len__(self) -> int:
        return len(self.score_raw)

    def take(self, which: Bools | NDArray[np.intp]) -> "Seen":
        """Return the events that a mask or an index array picks."""
        return Seen(**{one.name: getattr(self, one.name)[which] for one in fields(self)})

    def then(self, later: "Seen") -> "Seen":
        """Put the events of another in a row behind these."""
        names = [one.name for one in fields(self)]
        return Seen(**{name: np.concatenate([getattr(self, name), getattr(later, name)]) for name in names})


def as_emulated(trigger: TriggerAlgorithm, seen: Seen) -> Scores:
    """Give the emulator's own scores, for suspects that lie behind the score."""
    del trigger
    return seen.score_raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One mistake that says what would have been recorded, event by event.

    Attributes:
        name: A few words.
        text: What it means, as a sentence for people.
        scores: The score words that it leads to.
        accepts: The accept bits that it leads to, of scores and threshold.
    """

    name: str
    text: str
    scores: Callable[[TriggerAlgorithm, Seen], Scores] = as_emulated
    accepts: Callable[[Scores, int], Bools] = operator.ge

    def explains(self, trigger: TriggerAlgorithm, seen: Seen, threshold_raw: int | None) -> Bools:
        """Tell for each event whether this mistake leads to what was recorded, shape (n_events,).

        Args:
            trigger: The algorithm that should have run.
            seen: The events.
            threshold_raw: Threshold of the recorded bits; None where score words were recorded.
        """
        score_raw = self.scores(trigger, seen)
        given = score_raw if threshold_raw is None else self.accepts(score_raw, threshold_raw)
        return np.asarray(given == seen.recorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One mistake that only says which events are touched by it, not what is recorded of them.

    Attributes:
        name: A few words.
        text: What it means, as a sentence for people.
        events: Which events it touches.
    """

    name: str
    text: str
    events: Callable[[InputLayout, Inputs], Bools]

    def explains(self, trigger: TriggerAlgorithm, seen: Seen, threshold_raw: int | None) -> Bools:
        """Tell for each event whether it differs and is touched, or does neither, shape (n_events,)."""
        emulated = seen.score_raw if threshold_raw is None else seen.score_raw >= threshold_raw
        return np.asarray(self.events(trigger.layout, seen.inputs_raw) == (emulated != seen.recorded))


def other_threshold(threshold_raw: int, *, name: str, text: str) -> Suspect:
    """Suspect that another threshold was loaded."""
    return Suspect(name=name, text=text, accepts=partial(_reaches, other_raw=threshold_raw))


def other_algorithm(other: TriggerAlgorithm) -> Suspect:
    """Suspect that another algorithm of the same inputs ran; its thresholds do not count."""
    return Suspect(
        name=f"other algorithm: {other.name}",
        text=f"the algorithm {other.name!r} ran",
        scores=lambda _, seen: emulate(other, seen.inputs_raw).score_raw,
    )


def _reaches(score_raw: Scores, threshold_raw: int, *, other_raw: int) -> Bools:
    del threshold_raw
    return score_raw >= other_raw


def _never(score_raw: Scores, threshold_raw: int) -> Bools:
    del threshold_raw
    return np.zeros(len(score_raw), dtype=np.bool_)


def _of_changed_inputs(change: Callable[[InputLayout, Inputs], Inputs]) -> Callable[..., Scores]:
    def scores(trigger: TriggerAlgorithm, seen: Seen) -> Scores:
        return emulate(trigger, change(trigger.layout, seen.inputs_raw)).score_raw

    return scores


def _other_overflow(trigger: TriggerAlgorithm, seen: Seen) -> Scores:
    wraps = trigger.score.result.overflow is Overflow.WRAP
    return _score_cast(trigger, seen, overflow=Overflow.SAT if wraps else Overflow.WRAP)


def _other_rounding(trigger: TriggerAlgorithm, seen: Seen) -> Scores:
    cuts = trigger.score.result.rounding is Rounding.TRN
    return _score_cast(trigger, seen, rounding=Rounding.RND if cuts else Rounding.TRN)


def _score_cast(trigger: TriggerAlgorithm, seen: Seen, **modes: Overflow | Rounding) -> Scores:
    """Score events with other modes of the last cast, which no trigger algorithm may be allowed to have."""
    layers = trigger.network.trace(trigger.scaling.apply(seen.inputs_raw))
    mean_raw = layers[trigger.network.layers[-1].name]
    target = replace(trigger.score.result, **modes)  # type: ignore[arg-type]
    fraction = trigger.score.fraction(trigger.network.output_type)
    return np.asarray(requantize(trigger.score.total(mean_raw), fraction=fraction, to=target))


def _fraction(trigger: TriggerAlgorithm) -> int:
    return max(0, trigger.score.result.fraction)


_ON_SCORES = (
    Suspect(name="crossing before", text="the score of the event before was recorded",
            scores=lambda _, seen: seen.before_raw),
    Suspect(name="crossing after", text="the score of the event after was recorded",
            scores=lambda _, seen: seen.after_raw),
    Suspect(name="score overflow", text="the score word wraps and should saturate, or the other way round",
            scores=_other_overflow),
    Suspect(name="score rounding", text="the score word is rounded and should be cut, or the other way round",
            scores=_other_rounding),
    Suspect(name="score without fraction", text="the fraction bits of the score were cut off",
            scores=lambda trigger, seen: seen.score_raw >> _fraction(trigger)),
)  # fmt: skip

_ON_BITS = (
    Suspect(name="> for >=", text="the score was compared with > and not with >=", accepts=operator.gt),
    Suspect(name="score and threshold swapped", text="the comparison was threshold >= score",
            accepts=operator.le),
    Suspect(name="bit inverted", text="the accept bit is inverted", accepts=operator.lt),
    Suspect(name="never accepts", text="the bit is 0 in every event; was the seed masked?", accepts=_never),
)  # fmt: skip

_NAMES = {"eg": "e/γ", "mu": "muons", "jet": "jets"}

_CONCERNS = (
    *(
        Concern(
            name=f"list of {name} not capped",
            text=f"only events with a full list of {name} differ; were the objects beyond it left in?",
            events=partial(has_full_list, object_type=kind),
        )
        for kind, name in _NAMES.items()
        if kind != "jet"  # nothing stands behind the jets
    ),
    *(
        Concern(
            name=f"inputs of {name}",
            text=f"only events with {name} differ; are pT and angles of {name} those of the trigger"
            + (", at the vertex?" if kind == "mu" else "?"),
            events=partial(has_object, object_type=kind),
        )
        for kind, name in _NAMES.items()
    ),
)

SUSPECTS: tuple[Suspect | Concern, ...] = (
    *(Suspect(name=one.name, text=one.text, scores=_of_changed_inputs(one.change)) for one in INPUT_MISTAKES),
    *_ON_BITS,
    *_ON_SCORES,
    *_CONCERNS,
)
"""Everything that is tried, in the order that decides between two that explain as much."""
