"""What an algorithm gains of a signal beside a trigger menu."""

from dataclasses import dataclass

__all__ = ["Efficiency", "MenuGain", "ThresholdGain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """Part of a sample that is accepted, with its interval.

    Attributes:
        n_pass: Events that are, with some chance.
        efficiency: Weighted part, on average over the prescales.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    n_pass: int
    efficiency: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdGain:
    """What a threshold gains of a signal, beside the menu without the other thresholds.

    Attributes:
        name: Name of the threshold.
        threshold_raw: Threshold in hardware units.
        total: Part of the signal that it accepts.
        gained: Part that it accepts and the menu does not.
        menu_with: Part that menu or threshold accept.
    """

    name: str
    threshold_raw: int
    total: Efficiency
    gained: Efficiency
    menu_with: Efficiency


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuGain:
    """A signal in the menu and beside it.

    Attributes:
        location: Where the events came from.
        n_events: Events.
        effective_events: As many events of equal weight as carry the same information, (Σw)²/Σw².
        coverage: Coverage of the intervals.
        menu: Part that the menu accepts.
        thresholds: Each threshold, in the order given.
    """

    location: str
    n_events: int
    effective_events: float
    coverage: float
    menu: Efficiency
    thresholds: tuple[ThresholdGain, ...]
