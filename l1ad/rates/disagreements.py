"""What the trigger recorded beside what the emulator gives: counts, the events that differ, likely causes."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.rates.histogram import ScoreHistogram

__all__ = [
    "UNKNOWN",
    "Cause",
    "Disagreement",
    "FieldComparison",
    "RecordedComparison",
    "ThresholdWindow",
    "fitted_thresholds",
    "ranked",
]

FIELD_FORMAT = "l1ad comparison with the field, version 1"
UNKNOWN = "unknown"
"""Name of the cause where none explains more than half of the disagreements."""
_MOST = 0.5
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One event of which something else was recorded than the emulator gives.

    Attributes:
        event_number: Number of the event in its sample.
        run: Run, as all of an event None where the file does not know it.
        lumi_section: Lumi section within the run.
        bunch_crossing: Bunch crossing within the orbit.
        recorded: What the trigger recorded: an accept bit as 0 or 1, or a score word.
        emulated: The same of the emulator.
        score_raw: The emulator's score word.
        inputs: Hardware integers that are not zero, by the name of the input.
    """

    event_number: int
    run: int | None
    lumi_section: int | None
    bunch_crossing: int | None
    recorded: int
    emulated: int
    score_raw: int
    inputs: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """How well one suspect explains what was recorded.

    Attributes:
        name: A few words.
        text: What it means, as a sentence.
        explained: Disagreements that it turns into agreement, of those tried.
        disagreeing: Disagreements that it was tried on.
        consistent: Agreeing events that it leaves in agreement, of those tried.
        agreeing: Agreeing events that it was tried on.
        agreement: Fraction of agreeing events that it leaves so; with accept bits the mean of that of accepted
            and that of rejected events. Its lower end, of what only tells touched events from others.
        certain: Whether an event explained is evidence by itself, as a score word met to its last bit is.
    """

    name: str
    text: str
    explained: int
    disagreeing: int
    consistent: int
    agreeing: int
    agreement: float
    certain: bool

    def __post_init__(self) -> None:
        counts = ((self.explained, self.disagreeing), (self.consistent, self.agreeing))
        if not all(0 <= part <= whole for part, whole in counts) or not self.disagreeing:
            raise DataError(f"cause {self.name!r}: {counts} are no parts of disagreeing and agreeing events")

    @property
    def share(self) -> float:
        """Fraction of the disagreements that it explains."""
        return self.explained / self.disagreeing

    @property
    def strength(self) -> float:
        """What causes are ranked by: the share, times the agreement where events are explained by chance."""
        return self.share if self.certain else self.share * self.agreement


def ranked(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Sort causes, strongest first and those that explain nothing left out; equals keep their order."""
    found = [one for one in causes if one.explained]
    return tuple(sorted(found, key=lambda one: (-one.strength, -one.agreement)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdWindow:
    """The thresholds that contradict the fewest recorded bits, all the same ones.

    Attributes:
        low: Lowest of them, in hardware units.
        high: Highest of them.
        contradicted: Recorded bits that they contradict; with 0, one threshold explains all.
    """

    low: int
    high: int
    contradicted: int


def fitted_thresholds(
    accepted: ScoreHistogram, rejected: ScoreHistogram, *, highest_raw: int
) -> ThresholdWindow:
    """Find the thresholds that go best with recorded accept bits, `score_raw >= threshold` as in the firmware.

    Args:
        accepted: Emulated scores of the events that were recorded as accepted.
        rejected: Those of the events that were recorded as rejected; none where a recorded 0 says nothing.
        highest_raw: Highest word that a score can be.

    Raises:
        DataError: If there are no events.
    """
    scores = (accepted + rejected).score_raw
    if not len(scores):
        raise DataError("no recorded bit: there is no threshold to look for")
    below = [np.concatenate([[0], np.cumsum(_counted(one, scores))]) for one in (accepted, rejected)]
    # A threshold at the k-th score rejects the k scores before it, and one behind the last rejects all.
    wrong = below[0] + below[1][-1] - below[1]
    best = int(np.argmin(wrong))
    ends = [-1, *scores.tolist(), highest_raw + 1]
    return ThresholdWindow(low=ends[best] + 1, high=ends[best + 1], contradicted=int(wrong[best]))


def _counted(histogram: ScoreHistogram, scores: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.zeros(len(scores), np.int64)
    counts[np.searchsorted(scores, histogram.score_raw)] = histogram.counted.n_events
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedComparison:
    """One recorded quantity beside the emulator's.

    Attributes:
        recorded: Seed or column that was recorded, e.g. `L1_AXO_Nominal`.
        emulated: Name of the threshold it is compared with; `score` for a score word.
        threshold_raw: That threshold; None for a score word.
        note: What the recorded values are, as a sentence.
        n_events: Events compared.
        n_not_judged: Events left out because their recorded 0 says nothing, after a prescale.
        n_without_record: Events left out because nothing was recorded of them.
        n_disagreements: Events of which something else was recorded.
        disagreements: The first of them.
        causes: What may explain them, strongest first.
        window: Thresholds that go best with the recorded bits; None for a score word.
    """

    recorded: str
    emulated: str
    threshold_raw: int | None
    note: str
    n_events: int
    n_not_judged: int
    n_without_record: int
    n_disagreements: int
    disagreements: tuple[Disagreement, ...]
    causes: tuple[Cause, ...]
    window: ThresholdWindow | None

    @property
    def n_agreements(self) -> int:
        """Events of which the same was recorded."""
        return self.n_events - self.n_disagreements

    @property
    def likely_cause(self) -> str | None:
        """Name of the cause that explains more than half; `unknown` if none does, None without disagreement."""
        if not self.n_disagreements:
            return None
        return self.causes[0].name if self.causes and self.causes[0].strength > _MOST else UNKNOWN

    @property
    def verdict(self) -> str:
        """What came out, in one sentence."""
        differ = f"{self.recorded}: {self.n_disagreements} of {self.n_events} events differ"
        if not self.n_disagreements:
            return differ
        if self.likely_cause != UNKNOWN:
            first = self.causes[0]
            equals = [one.name for one in self.causes[1:] if _rank(one) == _rank(first)]
            also = f"; as well explained by {', '.join(equals)}" if equals else ""
            counts = f"explains {first.explained} of {first.disagreeing}, leaves {first.consistent} of "
            return f"{differ}; likely cause: {first.text} ({counts}{first.agreeing} that agree){also}"
        hint = ""
        if self.n_disagreements >= _NEARLY_ALL * self.n_events:
            hint = "; is this the algorithm that ran?"
        elif self.threshold_raw is not None and not any(one.recorded for one in self.disagreements):
            hint = "; every recorded bit that differs is 0: was the seed prescaled or masked?"
        return f"{differ}; the cause is unknown: no suspect explains more than half of them{hint}"

    def document(self) -> dict[str, Any]:
        """Lay everything out for JSON."""
        causes = [asdict(one) | {"strength": one.strength} for one in self.causes]
        told = {"n_agreements": self.n_agreements, "likely_cause": self.likely_cause, "verdict": self.verdict}
        return asdict(self) | told | {"causes": causes}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldComparison:
    """Everything that was recorded of a file of events, beside the emulator's.

    Attributes:
        trigger: Name of the algorithm.
        sample: Name of the sample.
        n_events: Events of the file.
        parts: One comparison for each seed or score.
    """

    trigger: str
    sample: str
    n_events: int
    parts: tuple[RecordedComparison, ...]

    @property
    def n_disagreements(self) -> int:
        """Disagreements of all parts; 0 is the clean result."""
        return sum(one.n_disagreements for one in self.parts)

    def document(self) -> dict[str, Any]:
        """Lay everything out for JSON."""
        return {
            "format": FIELD_FORMAT,
            "trigger": self.trigger,
            "sample": self.sample,
            "n_events": self.n_events,
            "n_disagreements": self.n_disagreements,
            "parts": [one.document() for one in self.parts],
        }


def _rank(cause: Cause) -> tuple[float, float]:
    return cause.strength, cause.agreement
