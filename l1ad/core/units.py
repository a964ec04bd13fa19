"""LHC constants with their source, and clocks that fit a bunch crossing."""

import math
from dataclasses import dataclass

from l1ad.core.errors import ConfigError

__all__ = [
    "BUNCH_SLOTS",
    "CROSSING_RATE_HZ",
    "LUMI_SECTION_ORBITS",
    "LUMI_SECTION_SECONDS",
    "NOMINAL_CROSSING_MHZ",
    "REVOLUTION_FREQUENCY_HZ",
    "SECONDS_PER_DAY",
    "Clock",
]

REVOLUTION_FREQUENCY_HZ = 11245.5
"""Turns of a proton per second: c / 26 659 m; LHC Design Report, CERN-2004-003-V-1, table 2.1 (11.245 kHz)."""

BUNCH_SLOTS = 3564
"""25 ns slots in one orbit, filled or not; LHC Design Report, CERN-2004-003-V-1, section 2.1."""

CROSSING_RATE_HZ = REVOLUTION_FREQUENCY_HZ * BUNCH_SLOTS
"""40.0790 MHz. No rate may be computed with it: empty crossings do not collide."""

NOMINAL_CROSSING_MHZ = 40.0
"""The round figure in which clocks are quoted: 240 MHz means six cycles of a crossing."""

LUMI_SECTION_ORBITS = 2**18
"""Orbits in one CMS lumi section."""

LUMI_SECTION_SECONDS = LUMI_SECTION_ORBITS / REVOLUTION_FREQUENCY_HZ
"""23.31 s."""

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Clock:
    """A firmware clock that fits a whole number of times into a bunch crossing.

    Args:
        mhz: Nominal frequency, e.g. 40, 240 or 360.

    Raises:
        ConfigError: If a bunch crossing would not hold a whole number of cycles.
    """

    mhz: float

    def __post_init__(self) -> None:
        cycles = self.mhz / NOMINAL_CROSSING_MHZ
        if not math.isfinite(cycles):
            raise ConfigError(f"a clock of {self.mhz} MHz is none; use a multiple of 40 such as 240 or 320")
        if cycles < 1 or abs(cycles - round(cycles)) > 1e-9:
            below = max(1, int(cycles)) * NOMINAL_CROSSING_MHZ
            raise ConfigError(
                f"a {self.mhz:g} MHz clock does not fit a whole number of times into a bunch crossing "
                f"(40 MHz); use a multiple of 40 such as {below:g} or {below + 80:g}"
            )

    @property
    def cycles_per_crossing(self) -> int:
        """Clock cycles between two bunch crossings."""
        return round(self.mhz / NOMINAL_CROSSING_MHZ)

    @property
    def period_ns(self) -> float:
        """Nominal length of a cycle, e.g. 25 for 40 MHz."""
        return 1000.0 / self.mhz
