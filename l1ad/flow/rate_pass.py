"""The pass that thresholds are set from: events of any number by score, kept part by part."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l1ad.core.errors import DataError
from l1ad.core.menu import Menu
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger_file import algorithm_digest
from l1ad.data.arrays_file import read_arrays, write_arrays
from l1ad.data.samples import locate_events
from l1ad.flow.event_parts import EventParts, Part, Workers, counted_in_order
from l1ad.rates.menu_rates import chance_free
from l1ad.rates.rate_account import EventColumns, RateAccount

__all__ = ["CountedEvents", "counted_events"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountedEvents:
    """What a pass found.

    Attributes:
        account: Events by score.
        profiles: Events of each whole-number pile-up, by source; empty where it is not known.
        excluded: Events that were left out because the training has seen them, by source.
        checked: Whether all others are known to be unseen; else nobody knows what the training has seen.
    """

    account: RateAccount
    profiles: dict[str, dict[int, int]]
    excluded: dict[str, int]
    checked: bool


def counted_events(
    events: EventParts,
    *,
    checkpoint: Path | None = None,
    workers: Workers | None = None,
    progress: Progress = silent,
) -> CountedEvents:
    """Score and count events in constant memory. The result does not depend on who counted, nor on kills.

    Parts are added in the order of the events, so sums of weights are the same to the last bit too.

    Args:
        events: The events.
        checkpoint: File that keeps what is counted after every part; a pass that was killed goes on with it.
        workers: Who counts; this process unless told.
        progress: Told the events counted.

    Raises:
        DataError: If events are of different menus, were seen in training, or cannot be read.
        ToolError: If a scheduler cannot be reached or is lost; what is counted is kept.
    """
    identity, total = _identity(events), events.n_events
    state = _State() if checkpoint is None else _State.load(checkpoint, identity)
    progress(state.n_events, total, "")
    for part, account in counted_in_order(_counted, events, workers or Workers(), first=state.n_parts):
        state.add(part, account)
        if checkpoint is not None:
            state.save(checkpoint, identity)
        progress(state.n_events, total, "")
    if state.account is None:
        raise DataError("no events to count")
    return CountedEvents(
        account=state.account,
        profiles=state.profiles,
        excluded=events.excluded,
        checked=events.seen is not None,
    )


class _State:
    """What is counted so far."""

    def __init__(self) -> None:
        self.n_parts, self.n_events = 0, 0
        self.account: RateAccount | None = None
        self.profiles: dict[str, dict[int, int]] = {}

    def add(self, part: Part, account: RateAccount) -> None:
        """Add a part that was counted, the next in order."""
        self.n_parts += 1
        self.n_events += len(part)
        profile = self.profiles.setdefault(part.source, {})
        for pileup, histogram in account.pileup.items():
            profile[pileup] = profile.get(pileup, 0) + histogram.n_events
        self.account = account if self.account is None else self.account + account

    def save(self, path: Path, identity: str) -> None:
        """Keep it in a file."""
        if self.account is None:
            return
        told = {
            "identity": identity,
            "n_parts": self.n_parts,
            "n_events": self.n_events,
            "menu": None if self.account.menu is None else self.account.menu.rows(),
            "profiles": [[source, sorted(one.items())] for source, one in self.profiles.items()],
        }
        write_arrays(path, told, **self.account.arrays())

    @classmethod
    def load(cls, path: Path, identity: str) -> "_State":
        """Go on with what an earlier pass over these events kept; begin anew where it was another one."""
        state = cls()
        if not path.is_file():
            return state
        found = read_arrays(path, what="not a count of events ({fault}); remove it to count anew")
        if found.told.get("identity") != identity:
            return state
        menu = found.told["menu"]
        state.n_parts, state.n_events = int(found.told["n_parts"]), int(found.told["n_events"])
        state.account = RateAccount.from_arrays(found.lists, None if menu is None else Menu.from_rows(menu))
        state.profiles = {
            source: {int(key): int(n) for key, n in one} for source, one in found.told["profiles"]
        }
        return state


def _identity(events: EventParts) -> str:
    """Digest what is counted: algorithm, parts, menu, and what tells a file from another of its name."""
    files = {}
    for source in {part.source for part in events.parts}:
        path = locate_events(source)
        files[source] = [path.stat().st_size, path.stat().st_mtime_ns] if path.is_file() else []
    told = [
        algorithm_digest(events.trigger),
        [[part.source, part.start, part.stop, *files[part.source]] for part in events.parts],
        None if events.menu is None else events.menu.menu.rows(),
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _counted(events: EventParts, part: Part) -> RateAccount:
    """Count one part, here or wherever this is called."""
    menu: Menu | None = None
    scores, weights, pileups, chances = [], [], [], []
    for block, score_raw in events.scored(part):
        scores.append(score_raw)
        if block.weight is not None:
            weights.append(block.weight)
        if block.pileup is not None:
            pileups.append(np.floor(block.pileup).astype(np.int64))
        if block.menu is not None and block.menu_bits is not None:
            menu = block.menu
            chances.append(chance_free(block.menu_bits, menu))
    # All of a part at once: sums over a million events cost little more than over one block.
    columns = EventColumns(
        score_raw=np.concatenate(scores),
        weight=np.concatenate(weights) if weights else None,
        pileup=np.concatenate(pileups) if pileups else None,
        chance=np.concatenate(chances) if chances else None,
    )
    return RateAccount.of_columns(columns, menu)
