import math

import pytest

from l1ad.core.errors import ConfigError
from l1ad.core.units import (
    BUNCH_SLOTS,
    CROSSING_RATE_HZ,
    LUMI_SECTION_SECONDS,
    REVOLUTION_FREQUENCY_HZ,
    SECONDS_PER_DAY,
    Clock,
)

SPEED_OF_LIGHT = 299_792_458.0
LHC_CIRCUMFERENCE_M = 26_658.883


def test_the_revolution_frequency_is_that_of_light_around_the_lhc() -> None:
    assert pytest.approx(SPEED_OF_LIGHT / LHC_CIRCUMFERENCE_M, abs=0.1) == REVOLUTION_FREQUENCY_HZ


def test_crossings_come_at_40_0790_mhz() -> None:
    assert f"{CROSSING_RATE_HZ / 1e6:.4f}" == "40.0790"
    assert round(1e9 / CROSSING_RATE_HZ, 2) == 24.95
    assert BUNCH_SLOTS == 3564


def test_a_lumi_section_lasts_23_31_seconds() -> None:
    assert f"{LUMI_SECTION_SECONDS:.2f}" == "23.31"


def test_a_day_has_24_hours_of_3600_seconds() -> None:
    assert SECONDS_PER_DAY == 24 * 3600


@pytest.mark.parametrize(
    ("mhz", "cycles", "period_ns"),
    [(40, 1, 25.0), (80, 2, 12.5), (160, 4, 6.25), (200.0, 5, 5.0), (320, 8, 3.125)],
)
def test_a_clock_counts_whole_cycles_in_a_crossing(mhz: float, cycles: int, period_ns: float) -> None:
    clock = Clock(mhz)
    assert clock.cycles_per_crossing == cycles
    assert clock.period_ns == period_ns


def test_nine_cycles_of_360_mhz_fill_a_crossing() -> None:
    assert Clock(360).cycles_per_crossing == 9
    assert math.isclose(9 * Clock(360).period_ns, 25.0)


def test_a_250_mhz_clock_is_refused_with_its_neighbours() -> None:
    words = (
        r"^a 250 MHz clock does not fit a whole number of times into a bunch crossing \(40 MHz\); "
        r"use a multiple of 40 such as 240 or 320$"
    )
    with pytest.raises(ConfigError, match=words):
        Clock(250)


@pytest.mark.parametrize("mhz", [0.0, -40.0, 20.0, 39.9, 40.001])
def test_a_clock_slower_than_crossings_or_just_off_is_refused(mhz: float) -> None:
    with pytest.raises(ConfigError, match=r"use a multiple of 40 such as 40 or 120"):
        Clock(mhz)
