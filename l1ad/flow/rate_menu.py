"""An algorithm beside the trigger menu: rates of each seed, overlap, gain in signals, and what is new in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from l1ad.core.errors import ConfigError, DataError
from l1ad.core.menu import Menu
from l1ad.core.plain import plain
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.opening import open_events
from l1ad.flow.event_parts import EventParts, Part, Workers, counted_in_order, event_parts
from l1ad.rates.composition import Composition, CompositionAccount
from l1ad.rates.menu_account import MenuAccount
from l1ad.rates.menu_gain import MenuGain
from l1ad.rates.menu_rates import MenuComparison
from l1ad.rates.stream import Stream

__all__ = ["BesideMenu", "beside_menu", "check_thresholds"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BesideMenu:
    """What an algorithm costs and gains beside a menu.

    Attributes:
        stream: The stream that rates are counted in, in words.
        comparison: Rates of seeds and thresholds, and their overlap.
        composition: Objects of the events that pass, and of those that no seed accepts.
        gains: What the thresholds gain of each signal.
    """

    stream: str
    comparison: MenuComparison
    composition: Composition
    gains: Mapping[str, MenuGain]

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        document: dict[str, Any] = plain(self)
        return document


def beside_menu(
    parts: EventParts,
    stream: Stream,
    *,
    signals: Mapping[str, str],
    workers: Workers,
    progress: Progress = silent,
) -> BesideMenu:
    """Hold the thresholds of an algorithm against the menu whose decisions the events carry.

    Args:
        parts: Unselected events, and the algorithm with its thresholds.
        stream: What they are a sample of.
        signals: Signals, by name, of which the gain is counted.
        workers: Who counts.
        progress: Told the events counted.

    Raises:
        ConfigError: If the algorithm has no thresholds.
        DataError: If the events come without a menu.
    """
    check_thresholds(parts.trigger)
    menu, composition = _summed(parts, workers, progress)
    gains: dict[str, MenuGain] = {}
    for name, source in signals.items():
        # No training sees a signal, so nothing of it is left out.
        part = replace(event_parts(parts.trigger, [source]), menu=parts.menu)
        account, _ = _summed(part, Workers(), silent)
        gains[name] = account.gain()
    return BesideMenu(
        stream=str(stream), comparison=menu.result(stream), composition=composition.result(), gains=gains
    )


def check_thresholds(trigger: TriggerAlgorithm) -> None:
    """Refuse an algorithm without thresholds.

    Raises:
        ConfigError: If it has none.
    """
    if not trigger.thresholds:
        raise ConfigError(f"{trigger.name!r} has no thresholds; `l1ad rates thresholds` sets them")


def _summed(parts: EventParts, workers: Workers, progress: Progress) -> tuple[MenuAccount, CompositionAccount]:
    summed: tuple[MenuAccount, CompositionAccount] | None = None
    done = 0
    for part, found in counted_in_order(_counted, parts, workers):
        summed = found if summed is None else (summed[0] + found[0], summed[1] + found[1])
        done += len(part)
        progress(done, parts.n_events, part.source)
    if summed is None:
        raise DataError("no events to count")
    return summed


def _counted(events: EventParts, part: Part) -> tuple[MenuAccount, CompositionAccount]:
    """Count one part, here or wherever this is called."""
    thresholds = dict(events.trigger.thresholds)
    menu = events.menu.menu if events.menu is not None else _menu_of(part.source)
    beside = MenuAccount(menu, thresholds, where=part.source)
    composition = CompositionAccount(events.trigger.layout, menu, thresholds, where=part.source)
    for block, score_raw in events.scored(part):
        beside.add(block, score_raw)
        composition.add(block, score_raw)
    return beside, composition


def _menu_of(source: str) -> Menu:
    block = next(iter(open_events(source).blocks(1)), None)
    if block is None or block.menu is None:
        raise DataError(
            f"{source}: its events carry no decisions of a trigger menu; pure rates, overlap and gain need them"
        )
    return block.menu
