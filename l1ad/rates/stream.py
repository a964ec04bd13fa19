"""The stream that a rate is counted in, and budgets in the units people use."""

import re
from dataclasses import dataclass

from l1ad.core.errors import ConfigError
from l1ad.core.units import BUNCH_SLOTS, REVOLUTION_FREQUENCY_HZ, SECONDS_PER_DAY

__all__ = ["Budget", "PreselectedStream", "Stream", "ZeroBiasStream"]

_UNITS_HZ = {"hz": 1.0, "khz": 1000.0, "events/day": 1.0 / SECONDS_PER_DAY}


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
    def rate_hz(self) -> float:
        """Events of the stream per second: f_rev · n_b."""
        return REVOLUTION_FREQUENCY_HZ * self.colliding_bunches

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
        if not self.events_per_day > 0:
            raise ConfigError(f"a stream of {self.events_per_day:g} events per day has no rate")

    @property
    def rate_hz(self) -> float:
        """Events of the stream per second."""
        return self.events_per_day / SECONDS_PER_DAY

    def __str__(self) -> str:
        return f"a preselected stream of {self.events_per_day:g} events/day"


Stream = ZeroBiasStream | PreselectedStream


@dataclass(frozen=True, slots=True)
class Budget:
    """The largest rate allowed, e.g. 1 kHz.

    Attributes:
        rate_hz: In events per second.
        text: As people wrote it.
    """

    rate_hz: float
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
            value = float(match[1]) if match else 0.0
        except ValueError:
            value = 0.0
        if unit not in _UNITS_HZ or not value > 0:
            raise ConfigError(f"{text!r} is not a rate budget, e.g. '1 kHz', '500 Hz' or '50 events/day'")
        return cls(value * _UNITS_HZ[unit], text.strip())
