"""Events that come twice, found while they stream by."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from l1ad.data.events import EventBatch

__all__ = ["Repeat", "SeenEvents", "event_keys", "input_keys"]

Keys = NDArray[np.uint64]

_SIMULATED_RUN = 1
"""CMS simulation gives every event of every sample this run."""
_OBJECTS = 4
"""Objects from which on equal integers mean one event; plainer ones of minimum bias are equal by chance."""
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """An event that came before.

    Attributes:
        row: Its position among all events.
        first_row: Position of the one it repeats.
        event: Run, lumi section and number, as far as known.
    """

    row: int
    first_row: int
    event: str


@dataclass(slots=True)
class SeenEvents:
    """Keys of all events so far, in sorted runs of growing length.

    16 bytes an event, a hash and a position, and as much again while the longest runs are merged. Two of n
    events share a hash of 64 bits by chance with probability n²/2^65: 3e-6 for ten million.

    Attributes:
        n_events: Events so far.
        n_repeats: How many of them came before.
        first: The first of those.
    """

    n_events: int = 0
    n_repeats: int = 0
    first: Repeat | None = None
    _runs: list[tuple[Keys, NDArray[np.int64]]] = field(default_factory=list)

    def add(self, events: EventBatch, keys: Keys) -> NDArray[np.bool_]:
        """Tell which of the next events came before, in this batch or an earlier one.

        Args:
            events: The next events.
            keys: What tells them apart, shape (n_events,); see `event_keys` and `input_keys`.

        Returns:
            Whether each is a repetition, shape (n_events,).
        """
        rows = np.arange(self.n_events, self.n_events + len(keys))
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        again = np.zeros(len(keys), dtype=np.bool_)
        earlier = np.zeros_like(rows)
        twice = np.zeros(len(keys), dtype=np.bool_)
        twice[1:] = ordered[1:] == ordered[:-1]
        begins = np.maximum.accumulate(np.where(twice, 0, np.arange(len(keys))))
        before = rows[order[begins]]
        for known, known_rows in self._runs:
            place = np.minimum(np.searchsorted(known, ordered), len(known) - 1)
            found = known[place] == ordered
            before[found] = known_rows[place[found]]
            twice |= found
        again[order], earlier[order] = twice, before
        if again.any() and self.first is None:
            event = int(again.argmax())
            self.first = Repeat(
                row=int(rows[event]), first_row=int(earlier[event]), event=_named(events, event)
            )
        self.n_events += len(keys)
        self.n_repeats += int(again.sum())
        self._keep(keys[~again], rows[~again])
        return again

    def _keep(self, keys: Keys, rows: NDArray[np.int64]) -> None:
        order = np.argsort(keys)
        run = (keys[order], rows[order])
        while self._runs and len(self._runs[-1][0]) < 2 * len(run[0]):
            other = self._runs.pop()
            keys, rows = (np.concatenate(both) for both in zip(other, run, strict=True))
            order = np.argsort(keys, kind="stable")
            run = (keys[order], rows[order])
        if len(run[0]):
            self._runs.append(run)


def event_keys(events: EventBatch) -> Keys:
    """Hash run, lumi section and event number.

    Where no run is known, or it is the 1 of CMS simulation, the name of the sample counts as well: there every
    sample numbers its events anew.
    """
    keys = _mixed(events.event_number.astype(np.uint64))
    if events.lumi_section is not None:
        keys = _mixed(keys ^ events.lumi_section.astype(np.uint64))
    sample = np.uint64(int.from_bytes(events.sample.encode()[-64:]) % (2**64 - 59))
    if events.run is None:
        return _mixed(keys ^ sample)
    keys = _mixed(keys ^ events.run.astype(np.uint64))
    return np.where(events.run > _SIMULATED_RUN, keys, _mixed(keys ^ sample))


def input_keys(events: EventBatch) -> Keys:
    """Hash the inputs alone; an event of fewer than four objects is too plain to repeat another."""
    keys = np.zeros(len(events), dtype=np.uint64)
    for column in range(events.layout.n_inputs):
        keys = _mixed(keys ^ events.inputs_raw[:, column].astype(np.uint64))
    objects = events.layout.present(events.inputs_raw)[:, np.unique(events.layout.pt_of_input)].sum(axis=1)
    plain = objects < min(_OBJECTS, events.layout.n_inputs)
    # Each plain event has a key of its own: where it comes from, and where it stands.
    keys[plain] = _mixed(event_keys(events)[plain] ^ np.flatnonzero(plain).astype(np.uint64))
    return keys


def _mixed(keys: Keys) -> Keys:
    """Spread every bit over all 64: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014; from memory)."""
    mixed = keys + _ODD
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _named(events: EventBatch, event: int) -> str:
    known = (("run", events.run), ("lumi section", events.lumi_section), ("event", events.event_number))
    return ", ".join(f"{name} {values[event]}" for name, values in known if values is not None)
