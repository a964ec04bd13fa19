"""The stream that a rate is counted in, and budgets in the units people use."""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from l1ad.core.errors import ConfigError
from l1ad.core.units import BUNCH_SLOTS, REVOLUTION_FREQUENCY_HZ, SECONDS_PER_DAY

__all__ = ["Budget", "PreselectedStream", "Stream", "ZeroBiasStream", "events_needed"]

_UNITS_HZ = {"hz": Fraction(1), "khz": Fraction(1000), "events/day": Fraction(1, SECONDS_PER_DAY)}
_SANE_HZ = (1e-9, 1e9)  # a third of an event a century, and beyond every collider


@dataclass(frozen=True, slots=True)
class ZeroBiasStream:
    """Filled bunch crossings with no selection.

    Attributes:
        colliding_bunches: Colliding bunch pairs of the fill, e.g. 2340. Neither 3564 nor 40 MHz:
            empty crossings do not collide.
    """

    colliding_bunches: int

    def __post_init__(self) -> None:
        if not 1 <= self.colliding_bunches <= BUNCH_SLOTS:
            raise ConfigError(
                f"{self.colliding_bunches} colliding bunches do not fit an orbit of {BUNCH_SLOTS} slots; "
                "typical fills have 2340 to 2748"
            )

    @property
    def rate(self) -> Fraction:
        """Events of the stream per second, exactly: f_rev · n_b."""
        return Fraction(REVOLUTION_FREQUENCY_HZ) * self.colliding_bunches

    @property
    def rate_hz(self) -> float:
        """Events of the stream per second."""
        return float(self.rate)

    def __str__(self) -> str:
        return f"zero bias with {self.colliding_bunches} colliding bunches"


@dataclass(frozen=True, slots=True)
class PreselectedStream:
    """Events that another selection let through, e.g. lepton + X at the HLT.

    Attributes:
        events_per_day: Events of the stream per day of data taking.
    """

    events_per_day: float

    def __post_init__(self) -> None:
        if not 0 < self.events_per_day < math.inf:
            raise ConfigError(f"a stream of {self.events_per_day:g} events per day has no rate")

    @property
    def rate(self) -> Fraction:
        """Events of the stream per second, exactly."""
        return Fraction(self.events_per_day) / SECONDS_PER_DAY

    @property
    def rate_hz(self) -> float:
        """Events of the stream per second."""
        return float(self.rate)

    def __str__(self) -> str:
        return f"a preselected stream of {self.events_per_day:g} events/day"


Stream = ZeroBiasStream | PreselectedStream


@dataclass(frozen=True, slots=True)
class Budget:
    """The largest rate allowed, e.g. 1 kHz.

    Attributes:
        rate_hz: In events per second; exact where it was read from text, so that eight events of six
            million are eight, whatever floating point makes of it.
        text: As people wrote it.
    """

    rate_hz: Fraction | float
    text: str

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """Read `1 kHz`, `500 Hz` or `50 events/day`.

        Raises:
            ConfigError: If the number or the unit is none of these.
        """
        match = re.fullmatch(r"\s*([0-9.]+(?:e[+-]?\d+)?)\s*([A-Za-z]+(?:\s*/\s*[A-Za-z]+)?)\s*", text)
        unit = re.sub(r"\s", "", match[2]).lower() if match else ""
        try:
            rate = Fraction(match[1]) * _UNITS_HZ[unit] if match else Fraction(0)
        except (KeyError, ValueError):
            rate = Fraction(0)
        if not _SANE_HZ[0] < rate < _SANE_HZ[1]:
            raise ConfigError(f"{text!r} is not a rate budget, e.g. '1 kHz', '500 Hz' or '50 events/day'")
        return cls(rate, text.strip())

    def share_of(self, stream: "Stream") -> Fraction:
        """Give the fraction of a stream's events that the budget allows."""
        return Fraction(self.rate_hz) / stream.rate


def events_needed(budget: Budget, stream: Stream) -> int:
    """Count the events in which a budget is one event: with fewer it cannot be resolved."""
    return math.ceil(1 / budget.share_of(stream))
