"""How fast events of any number are scored and counted, by one process and by several, and in what memory."""

import resource
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.opening import open_events
from l1ad.data.samples import locate_events
from l1ad.flow.event_parts import Workers, event_parts
from l1ad.flow.rate_pass import CountedEvents, counted_events

__all__ = ["CountingSpeed", "counting_speeds"]

_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingSpeed:
    """Speed of one way to count.

    Attributes:
        processes: Processes that counted; with more than one, this one reads nothing but their sums.
        events: Events scored and counted.
        events_per_second: From the first byte read to the last count kept, start of the processes included.
        ratio: To one process.
        resident_mb: Largest resident memory of this process and of the largest of the others, in MB.
        same: Whether every count is that of one process.
    """

    processes: int
    events: int
    events_per_second: float
    ratio: float
    resident_mb: tuple[float, float]
    same: bool

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return asdict(self)


def counting_speeds(
    trigger: TriggerAlgorithm,
    source: str,
    n_events: int,
    processes: tuple[int, ...] = (1, 2),
    *,
    progress: Progress = silent,
) -> list[CountingSpeed]:
    """Count at least so many events with each number of processes, with checkpoints, in one run.

    The file is read under many names, each time from its compressed bytes; the system may keep these in memory.

    Args:
        trigger: The algorithm.
        source: Event file or `sample:NAME`.
        n_events: Events to count.
        processes: Numbers of processes, the first of which the others are compared with.
        progress: Told the events counted, for each number of processes anew.

    Raises:
        DataError: If the file cannot be read under other names.
    """
    path = locate_events(source).absolute()
    copies = -(-n_events // open_events(source).n_events)
    found: list[CountingSpeed] = []
    first: CountedEvents | None = None
    with tempfile.TemporaryDirectory(prefix="l1ad-bench-") as folder:
        names = [Path(folder) / f"{number:05d}{path.suffix}" for number in range(copies)]
        for name in names:
            name.symlink_to(path)
        parts = event_parts(trigger, [str(name) for name in names])
        for number in processes:
            begin = time.perf_counter()
            counted = counted_events(
                parts, checkpoint=Path(folder) / f"{number}.npz", workers=Workers(processes=number),
                progress=progress,
            )  # fmt: skip
            seconds = time.perf_counter() - begin
            first = first or counted
            found.append(
                CountingSpeed(
                    processes=number,
                    events=parts.n_events,
                    events_per_second=parts.n_events / seconds,
                    ratio=1.0 if not found else parts.n_events / seconds / found[0].events_per_second,
                    resident_mb=(_resident(resource.RUSAGE_SELF), _resident(resource.RUSAGE_CHILDREN)),
                    same=_same(first, counted),
                )
            )
    if not found:
        raise DataError("no number of processes to count with; give at least one")
    return found


def _resident(who: int) -> float:
    return resource.getrusage(who).ru_maxrss * _KIB / 1e6


def _same(first: CountedEvents, second: CountedEvents) -> bool:
    ours, theirs = first.account.arrays(), second.account.arrays()
    return first.profiles == second.profiles and all(
        np.array_equal(one, other) for name in ours for one, other in zip(ours[name], theirs[name], strict=True)
    )
