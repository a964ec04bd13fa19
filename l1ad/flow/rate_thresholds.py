"""Thresholds of any trigger algorithm from events of any number of files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from l1ad.core.errors import ConfigError, DataError
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import load_trigger
from l1ad.data.menu_file import ChosenMenu, read_menu
from l1ad.data.opening import events_digest, open_events
from l1ad.flow.event_parts import EventParts, Workers, event_parts
from l1ad.flow.rate_pass import CountedEvents, counted_events
from l1ad.flow.rate_table import RateTable, rate_table, save_thresholds
from l1ad.flow.seen_events import SeenEvents, load_seen_events
from l1ad.rates.reweighting import mixture
from l1ad.rates.sliced import SlicedCounts
from l1ad.rates.stream import Budget, PreselectedStream, Stream, ZeroBiasStream
from l1ad.rates.thresholds import LADDER
from l1ad.rates.weighted import WeightedCount

__all__ = [
    "GivenEvents",
    "chosen_menu",
    "given_parts",
    "given_stream",
    "ladder_budgets",
    "refuse_mixed",
    "thresholds_of_files",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenEvents:
    """Events that somebody names, and how they are counted.

    Attributes:
        sources: Events as `open_events` takes them.
        menu: Menu file, CSV or JSON, whose seeds and prescales count instead of the events'.
        mixed: Whether files of different pile-up may be counted together.
        workers: Who counts.
    """

    sources: Sequence[str]
    menu: Path | None = None
    mixed: bool = False
    workers: Workers = field(default_factory=Workers)


def given_stream(*, colliding_bunches: int | None, stream_events_per_day: float | None) -> Stream:
    """Give the stream that somebody names.

    Raises:
        ConfigError: If none is named, or two are.
    """
    if (colliding_bunches is None) == (stream_events_per_day is None):
        raise ConfigError(
            "a rate needs its stream: give either --bunches (zero bias), e.g. 2340, or --events-per-day (a "
            "preselected stream)"
        )
    if colliding_bunches is not None:
        return ZeroBiasStream(colliding_bunches)
    return PreselectedStream(stream_events_per_day or 0.0)


def ladder_budgets(prefix: str = "") -> dict[str, Budget]:
    """Give the usual budgets, by the usual names."""
    return {f"{prefix}{name}": Budget.parse(text) for name, text in LADDER.items()}


def given_parts(trigger_file: Path, trigger: TriggerAlgorithm, given: GivenEvents) -> EventParts:
    """Prepare events for counting.

    What the training has seen is known of a `trigger.json` in its run directory; elsewhere its provenance tells
    the digest of the file alone, and that file is read from the first unseen event on.

    Raises:
        DataError: If there are no events, or they are not the algorithm's.
    """
    seen = load_seen_events(trigger_file.parent) or _seen_by_provenance(trigger, given.sources)
    menu = None if given.menu is None or not given.sources else chosen_menu(given.menu, given.sources[0])
    return event_parts(trigger, given.sources, seen=seen, menu=menu)


def thresholds_of_files(
    trigger_file: Path,
    given: GivenEvents,
    stream: Stream,
    *,
    total: Mapping[str, Budget],
    pure: Mapping[str, Budget],
    write: bool = True,
    extrapolate: np.random.Generator | None = None,
    progress: Progress = silent,
) -> RateTable:
    """Set thresholds from events of any number, and write them into the algorithm's file.

    A pass that was killed goes on where it was: what is counted is kept beside the file until all is done.

    Args:
        trigger_file: The algorithm.
        given: The events.
        stream: What they are a sample of.
        total: Budgets of total rates, by the name of the threshold.
        pure: Budgets of pure rates.
        write: Whether to write the thresholds.
        extrapolate: Source of randomness; unresolved budgets get a threshold from the tail of the scores.
        progress: Told the events counted.

    Raises:
        UnresolvedRateError: If the events do not resolve a budget; the file is left as it is.
        DataError: If the events cannot be used, e.g. because the training has seen them.
    """
    twice = next((name for name in total if name in pure), None)
    if twice is not None:
        raise ConfigError(f"threshold {twice!r} has a total and a pure budget; give them two names")
    trigger = load_trigger(trigger_file)
    checkpoint = trigger_file.with_name(f".{trigger_file.stem}.counted.npz")
    parts = given_parts(trigger_file, trigger, given)
    counted = counted_events(parts, checkpoint=checkpoint, workers=given.workers, progress=progress)
    if not given.mixed:
        refuse_mixed(counted)
    table = rate_table(
        counted, stream, total=total, pure=pure, score_type=trigger.score.result, extrapolate=extrapolate
    )
    if write:
        save_thresholds(trigger, table, trigger_file)
    checkpoint.unlink(missing_ok=True)
    return table


def refuse_mixed(counted: CountedEvents) -> None:
    """Refuse files of different pile-up, whose mixture is no profile of any fill.

    Raises:
        DataError: Naming the two that differ most.
    """
    if len(counted.profiles) < 2 or not all(counted.profiles.values()):
        return
    found = mixture({name: _sliced(profile) for name, profile in counted.profiles.items()})
    if found.mixed:
        raise DataError(
            f"{found.file}: {found.distance:.1%} of its events lie at another pile-up than those of the other "
            "files, and a mixture is the profile of no fill; count them apart, re-weight them to one profile "
            "with `l1ad rates stability --pileup`, or say --mixed"
        )


def _sliced(profile: Mapping[int, int]) -> SlicedCounts:
    n_events = np.array(list(profile.values()), dtype=np.int64)[:, None]
    ones = n_events.astype(np.float64)
    return SlicedCounts(
        keys=np.array(list(profile), dtype=np.int64)[:, None],
        counted=WeightedCount(n_events=n_events, weight=ones, squared=ones),
    )


def chosen_menu(menu: Path, source: str) -> ChosenMenu:
    """Read a menu file for events.

    Raises:
        DataError: If the events carry no seeds, or lack one that the file names.
    """
    block = next(iter(open_events(source).blocks(1)), None)
    if block is None or block.menu is None:
        raise DataError(f"{source}: its events have no seeds that {menu} could be about")
    return read_menu(menu, block.menu)


def _seen_by_provenance(trigger: TriggerAlgorithm, sources: Sequence[str]) -> SeenEvents | None:
    told = [trigger.provenance.get(f"background_{name}") for name in ("digest", "events", "seen")]
    digest, n_events, n_seen = told
    if not isinstance(digest, str) or not isinstance(n_events, int) or not isinstance(n_seen, int):
        return None
    # A digest reads the whole file, so only one of the same length is asked for it.
    for source in sources:
        if open_events(source).n_events == n_events and events_digest(source) == digest:
            return SeenEvents(
                n_seen=n_seen, n_events=n_events, digest=digest, fingerprints=np.zeros(0, np.uint64)
            )
    return None
