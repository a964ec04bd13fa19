"""The events that a training has seen: kept beside it, so that no rate is counted on them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.arrays_file import read_arrays, write_arrays
from l1ad.data.events import EventBatch
from l1ad.data.fingerprints import ONE_OF, fingerprints
from l1ad.flow.events import BackgroundSplit

__all__ = ["SEEN_EVENTS", "SeenEvents", "load_seen_events", "save_seen_events"]

SEEN_EVENTS = Path("training") / "seen_events.npz"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenEvents:
    """The background events of training and validation.

    Attributes:
        n_seen: How many; they are the first of the background's file.
        n_events: Events of that file.
        digest: Digest of that file.
        fingerprints: Those of one in `ONE_OF` of them, ascending.
    """

    n_seen: int
    n_events: int
    digest: str
    fingerprints: NDArray[np.uint64]

    def refuse(self, events: EventBatch) -> None:
        """Refuse events that the training has seen.

        Raises:
            DataError: Naming one of them.
        """
        found = fingerprints(events)
        seen = np.isin(found, self.fingerprints)
        if not seen.any():
            return
        number = events.event_number[events.event_number % ONE_OF == 0][int(np.argmax(seen))]
        raise DataError(
            f"{events.where or events.sample}: event {number} was used in training, and about "
            f"{np.count_nonzero(seen) * ONE_OF} of these {len(events)} were; a rate counted on them is too "
            "low. Give events that no training has seen"
        )


def save_seen_events(run: Path, split: BackgroundSplit, *, digest: str) -> None:
    """Keep what `load_seen_events` reads."""
    seen = [fingerprints(events) for events in (split.training, split.validation)]
    n_seen = len(split.training) + len(split.validation)
    told = {"n_seen": n_seen, "n_events": n_seen + len(split.rates), "digest": digest}
    write_arrays(run / SEEN_EVENTS, told, fingerprints=[np.sort(np.concatenate(seen))])


def load_seen_events(run: Path) -> SeenEvents | None:
    """Read what the training in a run directory has seen; None where there was none.

    Raises:
        DataError: If the file cannot be read.
    """
    if not (run / SEEN_EVENTS).is_file():
        return None
    what = "not the events of a training ({fault}); train again"
    found = read_arrays(run / SEEN_EVENTS, what=what)
    return SeenEvents(
        n_seen=int(found.told["n_seen"]),
        n_events=int(found.told["n_events"]),
        digest=str(found.told["digest"]),
        fingerprints=found.of("fingerprints")[0],
    )
