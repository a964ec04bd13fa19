import math
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.report.numbers import plain_number, rate_text, value_text


def test_a_number_has_its_unit_and_then_its_interval() -> None:
    assert value_text(1.018, 0.93, 1.124, unit="kHz") == "1.02 kHz (0.93 to 1.12)"
    assert value_text(97.25, unit="%", decimals=1) == "97.3 %"
    assert value_text(3.0, 2.0, 5.0, decimals=0) == "3 (2 to 5)"


@pytest.mark.parametrize("ends", [(math.nan, 1.0), (None, None), (0.5, math.inf)])
def test_an_interval_of_which_an_end_is_not_known_is_left_out(ends: tuple[float | None, float | None]) -> None:
    assert value_text(0.75, *ends) == "0.75"


def test_what_is_not_known_is_a_dash() -> None:
    assert value_text(math.nan, 0.0, 1.0, unit="kHz") == "–"
    assert plain_number(math.inf) == "–"


def test_zero_has_no_sign() -> None:
    assert value_text(-0.0, decimals=1) == "0.0"


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_the_digits_are_the_nearest_to_the_number(value: float, decimals: int) -> None:
    text = value_text(value, decimals=decimals)
    assert abs(float(text) - value) <= 0.5 * 10.0**-decimals * (1 + 1e-9) + 1e-15 * abs(value)
    assert len(text.partition(".")[2]) == decimals


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_a_page_that_moves_shows_the_same_digits() -> None:
    values = [0.5, 1.5, 2.5, -2.5, 0.125, 1.005, 8.345, 1e-9, 123456.789, 99.995]
    code = f"console.log(JSON.stringify({values}.flatMap((x) => [0, 1, 2, 3].map((n) => x.toFixed(n)))))"
    run = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)  # noqa: S607
    assert run.stdout.strip() == str([value_text(x, decimals=n) for x in values for n in range(4)]).replace(
        "'", '"'
    ).replace(", ", ",")


@pytest.mark.parametrize(
    ("value", "text"),
    [(30.5, "30.5"), (1234567.0, "1234567"), (0.1 + 0.2, "0.3"), (-4.0, "-4"), (1e20, "1e+20")],
)
def test_a_setting_is_written_in_full(value: float, text: str) -> None:
    assert plain_number(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.986793, "0.987"), (1234.5, "1230"), (263.4, "263"), (7.0, "7")])
def test_fewer_digits_are_shown_where_they_tell_enough(value: float, text: str) -> None:
    assert plain_number(value, 3) == text


@pytest.mark.parametrize(
    ("low", "rate", "high", "text"),
    [
        (900.0, 1000.0, 1120.0, "1.00 +0.12 −0.10 kHz"),
        (1.0, 2.0, 3.5, "2.0 +1.5 −1.0 Hz"),
        (0.0, 0.0, 50.0, "0 +50 −0 Hz"),
        (0.0005, 0.001, 0.002, "86 +86 −43 events/day"),
    ],
)
def test_a_rate_has_the_unit_that_fits_its_size(low: float, rate: float, high: float, text: str) -> None:
    assert rate_text({"low_hz": low, "rate_hz": rate, "high_hz": high}) == text
