"""Account of one recorded quantity: what differs, what of it is kept, and which suspect explains it."""

from collections.abc import Iterator
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.events import EventBatch
from l1ad.emulate.engine import emulate
from l1ad.emulate.suspects import SUSPECTS, Concern, Seen, Suspect, other_threshold
from l1ad.rates.disagreements import (
    Cause,
    Disagreement,
    RecordedComparison,
    ThresholdWindow,
    fitted_thresholds,
    ranked,
)
from l1ad.rates.histogram import ScoreHistogram
from l1ad.rates.intervals import clopper_pearson

__all__ = ["Account", "Scored", "scored_blocks"]

Bools = NDArray[np.bool_]
Scores = NDArray[np.int64]
Scored = tuple[EventBatch, Scores, Scores, Scores]
"""Events, and the scores of each, of the event before it and of the event after it."""

AGREEING_KEPT = 1_000
"""Agreeing events that suspects are tried on, half of them accepted where there are so many."""


def scored_blocks(trigger: TriggerAlgorithm, blocks: Iterator[EventBatch]) -> Iterator[Scored]:
    """Emulate blocks, and give each event the scores of its neighbours in the file, across blocks."""
    scored = ((block, emulate(trigger, block.inputs_raw).score_raw) for block in blocks)
    before: Scores | None = None
    for current, following in pairwise(chain(scored, (None,))):
        if current is None:
            return
        block, score_raw = current
        first = score_raw[:1] if before is None else before
        last = score_raw[-1:] if following is None else following[1][:1]
        row = np.concatenate([first, score_raw, last])
        yield block, score_raw, row[:-2], row[2:]
        before = score_raw[-1:]


class Account:
    """Counts and kept events of one recorded quantity; grows block by block, in constant memory.

    Attributes:
        recorded: Seed or column that was recorded.
        threshold_raw: Threshold of recorded accept bits; None for score words.
    """

    def __init__(
        self, trigger: TriggerAlgorithm, recorded: str, threshold: str | None, *, zeros_count: bool, note: str,
        keep: int,
    ) -> None:  # fmt: skip
        """Begin with no events.

        Args:
            trigger: The algorithm.
            recorded: Seed or column that was recorded.
            threshold: Name of the threshold of recorded bits; None for score words.
            zeros_count: Whether a recorded 0 where the emulator accepts is a disagreement.
            note: What the recorded values are, as a sentence.
            keep: Disagreements to keep.
        """
        self.recorded = recorded
        self.threshold_raw = None if threshold is None else trigger.thresholds[threshold]
        self._trigger, self._threshold, self._note = trigger, threshold, note
        self._zeros_count, self._keep = zeros_count, keep
        self._n_events = self._n_not_judged = self._n_without = self._n_differ = 0
        self._first: list[tuple[EventBatch, Seen]] = []
        self._agreeing = (_Drawn(AGREEING_KEPT // 2, seed=1), _Drawn(AGREEING_KEPT // 2, seed=2))
        self._bits = {True: ScoreHistogram.none(), False: ScoreHistogram.none()}

    def add(self, scored: Scored, recorded: NDArray[np.integer] | Bools, known: Bools) -> None:
        """Compare the next events.

        Args:
            scored: The events and their scores.
            recorded: What was recorded of each, shape (n_events,).
            known: Whether anything was recorded of it, shape (n_events,).
        """
        batch, score_raw, before_raw, after_raw = scored
        seen = Seen(
            inputs_raw=batch.inputs_raw, score_raw=score_raw, before_raw=before_raw, after_raw=after_raw,
            recorded=recorded.astype(np.int64),
        )  # fmt: skip
        emulated = self._emulated(seen)
        differ = known & (emulated != seen.recorded)
        silent = np.zeros_like(known) if self._zeros_count else differ & (seen.recorded == 0)
        differ &= ~silent
        self._n_events += int((known & ~silent).sum())
        self._n_not_judged += int(silent.sum())
        self._n_without += int((~known).sum())
        self._keep_first(batch, seen, np.flatnonzero(differ))
        self._n_differ += int(differ.sum())
        agree = known & ~differ & ~silent
        accepted = emulated > 0 if self._threshold is not None else np.ones_like(agree)
        for drawn, which in zip(self._agreeing, (agree & accepted, agree & ~accepted), strict=True):
            drawn.add(seen, np.flatnonzero(which))
        if self._threshold is not None:
            for bit in (True, False) if self._zeros_count else (True,):
                which = known & (seen.recorded == int(bit))
                self._bits[bit] = self._bits[bit] + ScoreHistogram.of(score_raw[which])

    def result(self, others: tuple[Suspect, ...] = ()) -> RecordedComparison:
        """Give counts, kept events and causes.

        Args:
            others: Suspects to try beside those that are always tried.
        """
        window = self._window()
        return RecordedComparison(
            recorded=self.recorded,
            emulated=self._threshold or "score",
            threshold_raw=self.threshold_raw,
            note=self._note,
            n_events=self._n_events,
            n_not_judged=self._n_not_judged,
            n_without_record=self._n_without,
            n_disagreements=self._n_differ,
            disagreements=tuple(self._disagreements()),
            causes=self._causes((*SUSPECTS, *others, *self._thresholds(window))) if self._n_differ else (),
            window=window,
        )

    def _emulated(self, seen: Seen) -> Scores:
        if self.threshold_raw is None:
            return seen.score_raw
        return (seen.score_raw >= self.threshold_raw).astype(np.int64)

    def _keep_first(self, batch: EventBatch, seen: Seen, which: NDArray[np.intp]) -> None:
        which = which[: max(0, self._keep - self._n_differ)]
        if len(which):
            self._first.append((batch.take(which), seen.take(which)))

    def _window(self) -> ThresholdWindow | None:
        if not any(one.n_events for one in self._bits.values()):
            return None
        highest = self._trigger.score.result.raw_max
        return fitted_thresholds(self._bits[True], self._bits[False], highest_raw=highest)

    def _thresholds(self, window: ThresholdWindow | None) -> Iterator[Suspect]:
        """Suspect a lost fraction, the other thresholds of the algorithm, and last the one that fits best."""
        if self.threshold_raw is None or window is None:
            return
        lost = self.threshold_raw >> max(0, self._trigger.score.result.fraction)
        text = f"{self._threshold!r} was loaded as {lost}, without the fraction bits of the score"
        yield other_threshold(lost, name="threshold without fraction", text=text)
        for name, value in self._trigger.thresholds.items():
            if name != self._threshold:
                text = f"the threshold {name!r} ({value}) was loaded for {self._threshold!r}"
                yield other_threshold(value, name=f"threshold of {name}", text=text)
        nearest = min(max(self.threshold_raw, window.low), window.high)
        if nearest != self.threshold_raw and self._separates(nearest):
            text = (
                f"another threshold was loaded: {window.low} to {window.high} contradict {window.contradicted} "
                f"recorded bits, {self._threshold!r} is {self.threshold_raw}"
            )
            yield other_threshold(nearest, name="other threshold", text=text)

    def _separates(self, threshold_raw: int) -> bool:
        """Tell whether a threshold meets at least half of the recorded ones, and of the recorded zeros."""
        accepted, rejected = self._bits[True], self._bits[False]
        found, taken = (int(one.passing(threshold_raw).n_events) for one in (accepted, rejected))
        return 2 * found >= accepted.n_events and 2 * taken <= rejected.n_events

    def _causes(self, suspects: tuple[Suspect | Concern, ...]) -> tuple[Cause, ...]:
        differing = _joined([seen for _, seen in self._first])
        agreeing = [drawn.seen for drawn in self._agreeing if drawn.seen is not None]
        return ranked(self._cause(one, differing, agreeing) for one in suspects) if differing else ()

    def _cause(self, suspect: Suspect | Concern, differing: Seen, agreeing: list[Seen]) -> Cause:
        explained = suspect.explains(self._trigger, differing, self.threshold_raw)
        left = [suspect.explains(self._trigger, seen, self.threshold_raw) for seen in agreeing]
        return Cause(
            name=suspect.name,
            text=suspect.text,
            explained=int(explained.sum()),
            disagreeing=len(explained),
            consistent=sum(int(one.sum()) for one in left),
            agreeing=sum(map(len, left)),
            agreement=_agreement(left, predicted=isinstance(suspect, Suspect)),
            certain=isinstance(suspect, Suspect) and self.threshold_raw is None,
        )

    def _disagreements(self) -> Iterator[Disagreement]:
        for batch, seen in self._first:
            emulated, names = self._emulated(seen), batch.layout.names
            for event, raw in enumerate(batch.inputs_raw):
                yield Disagreement(
                    event_number=int(batch.event_number[event]),
                    run=_of(batch.run, event),
                    lumi_section=_of(batch.lumi_section, event),
                    bunch_crossing=_of(batch.bunch_crossing, event),
                    recorded=int(seen.recorded[event]),
                    emulated=int(emulated[event]),
                    score_raw=int(seen.score_raw[event]),
                    inputs={names[column]: int(raw[column]) for column in np.flatnonzero(raw)},
                )


class _Drawn:
    """A fair draw of so many events of a stream of any length: those with the lowest random keys."""

    def __init__(self, size: int, *, seed: int) -> None:
        self.seen: Seen | None = None
        self._size, self._rng = size, np.random.default_rng(seed)
        self._keys = np.zeros(0)

    def add(self, seen: Seen, which: NDArray[np.intp]) -> None:
        keys = self._rng.random(len(which))
        if len(self._keys) == self._size:
            better = keys < self._keys.max()
            keys, which = keys[better], which[better]
        if not len(which):
            return
        order = np.argsort(keys)[: self._size]
        new, keys = seen.take(which[order]), keys[order]
        both = new if self.seen is None else self.seen.then(new)
        keys = np.concatenate([self._keys, keys])
        kept = np.argsort(keys)[: self._size]
        self.seen, self._keys = both.take(kept), keys[kept]


def _agreement(left: list[Bools], *, predicted: bool) -> float:
    """Give the mean fraction of events left in agreement, of accepted and of rejected ones.

    What only tells touched events from others needs untouched ones to be seen agreeing: the lower end of its
    interval counts, as 1 of 1 shows nothing.
    """
    if not left:
        return 1.0 if predicted else 0.0
    counts = [(int(one.sum()), len(one)) for one in left]
    return float(np.mean([n / total if predicted else clopper_pearson(n, total)[0] for n, total in counts]))


def _joined(parts: list[Seen]) -> Seen | None:
    joined: Seen | None = None
    for part in parts:
        joined = part if joined is None else joined.then(part)
    return joined


def _of(column: NDArray[np.int64] | None, event: int) -> int | None:
    return None if column is None else int(column[event])
