"""Events of any number, cut into parts that any workers score and count."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.events import EventBatch
from l1ad.data.menu_file import ChosenMenu
from l1ad.data.opening import events_digest, open_events
from l1ad.data.reader import BLOCK_EVENTS
from l1ad.emulate.engine import emulate
from l1ad.flow.seen_events import SeenEvents
from l1ad.search.cluster import Cluster, local_cluster, remote_cluster

__all__ = ["PART_EVENTS", "Account", "EventParts", "Part", "Workers", "counted_in_order", "event_parts"]

PART_EVENTS = 8 * BLOCK_EVENTS
"""Events that a worker counts in one go, and the most that a kill loses."""

_AHEAD = 2
"""Parts in hand for each worker, so that none waits for the next."""

Counted = TypeVar("Counted")


class Account(Protocol):
    """Sums over events that grow block by block."""

    def add(self, events: EventBatch, score_raw: NDArray[Any]) -> None:
        """Count events with their scores."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Who counts.

    Attributes:
        processes: Processes on this machine; 1 counts in this very process.
        scheduler: Instead: the address of a Dask scheduler, e.g. `tcp://10.0.0.1:8786`, whose workers see the
            events under the same path.
    """

    processes: int = 1
    scheduler: str | None = None

    def cluster(self) -> AbstractContextManager[Cluster | None]:
        """Get hold of them."""
        if self.scheduler is not None:
            return remote_cluster(self.scheduler)
        return local_cluster(self.processes) if self.processes > 1 else nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Events of one source that are counted in one go, from `start` up to but not including `stop`."""

    source: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class EventParts:
    """Events that are counted, and how.

    Attributes:
        trigger: The algorithm that scores them.
        parts: The events, in order.
        excluded: First events of a source that are left out because the training has seen them, by source.
        seen: What the training has seen, which no other event may be one of; None where nobody knows.
        menu: Seeds that count, where they are not those of the events.
    """

    trigger: TriggerAlgorithm
    parts: tuple[Part, ...]
    excluded: dict[str, int]
    seen: SeenEvents | None
    menu: ChosenMenu | None

    @property
    def n_events(self) -> int:
        """Events of all parts."""
        return sum(map(len, self.parts))

    def scored(self, part: Part) -> Iterator[tuple[EventBatch, NDArray[Any]]]:
        """Read a part block by block, each with the scores of its events.

        Raises:
            DataError: If an event was seen in training, or the source ends early.
        """
        left = len(part)
        for block in open_events(part.source).blocks(min(BLOCK_EVENTS, left), start=part.start):
            events = block if len(block) <= left else block.select(0, left)
            left -= len(events)
            if self.seen is not None:
                self.seen.refuse(events)
            if self.menu is not None and events.menu_bits is not None:
                bits = events.menu_bits[:, list(self.menu.columns)]
                events = replace(events, menu=self.menu.menu, menu_bits=bits)
            yield events, emulate(self.trigger, events.inputs_raw).score_raw
            if not left:
                return
        raise DataError(f"{part.source}: ends before event {part.stop}; was it changed meanwhile?")


def event_parts(
    trigger: TriggerAlgorithm,
    sources: Sequence[str],
    *,
    seen: SeenEvents | None = None,
    menu: ChosenMenu | None = None,
    first: int = 0,
    part_events: int = PART_EVENTS,
) -> EventParts:
    """Cut events into parts, without those that the training has seen where they are the file it was given.

    Args:
        trigger: The algorithm.
        sources: Events as `open_events` takes them.
        seen: What the training has seen.
        menu: Seeds that count; those of the events unless told.
        first: Event of each source to begin with.
        part_events: Events of a part.

    Raises:
        DataError: If there are no events, they are of another layout, or a source is named twice.
    """
    parts: list[Part] = []
    excluded: dict[str, int] = {}
    for index, source in enumerate(sources):
        if source in sources[:index]:
            raise DataError(f"{source}: named twice; each event is counted once")
        reader = open_events(source)
        if reader.layout != trigger.layout:
            raise DataError(f"{source}: events of {reader.layout.told_apart(trigger.layout)}")
        start = first
        # A digest reads the whole file, so only one of the same length is asked for it.
        if seen is not None and reader.n_events == seen.n_events and events_digest(source) == seen.digest:
            start = excluded[source] = max(first, seen.n_seen)
        starts = range(start, reader.n_events, part_events)
        parts += [
            Part(source=source, start=one, stop=min(one + part_events, reader.n_events)) for one in starts
        ]
    if not parts:
        raise DataError(f"{', '.join(sources) or 'no file named'}: no events to count")
    return EventParts(trigger=trigger, parts=tuple(parts), excluded=excluded, seen=seen, menu=menu)


def counted_in_order(
    count: Callable[[EventParts, Part], Counted], events: EventParts, workers: Workers, *, first: int = 0
) -> Iterator[tuple[Part, Counted]]:
    """Have parts counted, and give what was found in the order of the events, whoever is done first.

    Args:
        count: Counts one part; a function of a module, so that workers elsewhere find it.
        events: The parts.
        workers: Who counts.
        first: Part to begin with.
    """
    alone = EventParts(
        trigger=events.trigger, parts=(), excluded={}, seen=events.seen, menu=events.menu
    )  # what travels with each part
    parts = events.parts[first:]
    with workers.cluster() as cluster:
        if cluster is None:
            for part in parts:
                yield part, count(alone, part)
            return
        running: dict[Any, int] = {}
        done: dict[int, Counted] = {}
        asked = given = 0
        try:
            while given < len(parts):
                while asked < len(parts) and asked - given < _AHEAD * cluster.workers():
                    running[cluster.submit(count, alone, parts[asked])] = asked
                    asked += 1
                for future, result in cluster.results(list(running)):
                    if isinstance(result, BaseException):
                        raise result
                    done[running.pop(future)] = result
                while given in done:
                    yield parts[given], done.pop(given)
                    given += 1
        finally:
            cluster.cancel(list(running))
