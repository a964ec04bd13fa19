import pytest

from l1ad.core.errors import ConfigError
from l1ad.rates.stream import Budget, PreselectedStream, ZeroBiasStream


def test_2340_colliding_bunches_collide_at_26_314_mhz() -> None:
    assert ZeroBiasStream(2340).rate_hz == pytest.approx(26.314e6, abs=0.0005e6)


def test_every_colliding_bunch_adds_the_revolution_frequency() -> None:
    assert ZeroBiasStream(1).rate_hz == 11_245.5
    assert ZeroBiasStream(2760).rate_hz == 2760 * 11_245.5


@pytest.mark.parametrize("bunches", [0, -1, 3565, 40_000_000])
def test_bunches_that_do_not_fit_an_orbit_are_refused(bunches: int) -> None:
    words = f"{bunches} colliding bunches do not fit an orbit of 3564 slots; typical fills have 2340 to 2748"
    with pytest.raises(ConfigError, match=words):
        ZeroBiasStream(bunches)


def test_a_preselected_stream_is_counted_by_the_day() -> None:
    assert PreselectedStream(86_400.0).rate_hz == 1.0
    assert PreselectedStream(6e6).rate_hz == pytest.approx(69.444, abs=0.001)


@pytest.mark.parametrize(("per_day", "words"), [(0.0, "0"), (-5.0, "-5"), (float("nan"), "nan")])
def test_a_stream_without_events_is_refused(per_day: float, words: str) -> None:
    with pytest.raises(ConfigError, match=f"a stream of {words} events per day has no rate"):
        PreselectedStream(per_day)


def test_streams_say_what_they_are() -> None:
    assert str(ZeroBiasStream(2340)) == "zero bias with 2340 colliding bunches"
    assert str(PreselectedStream(6e6)) == "a preselected stream of 6e+06 events/day"


@pytest.mark.parametrize(
    ("text", "rate_hz"),
    [
        ("1 kHz", 1000.0),
        ("0.5kHz", 500.0),
        ("500 Hz", 500.0),
        ("1e3 hz", 1000.0),
        ("1.5e-1 KHZ", 150.0),
        ("86400 events/day", 1.0),
        ("  50 events / day ", 50 / 86_400),
    ],
)
def test_a_budget_is_read_in_the_units_people_use(text: str, rate_hz: float) -> None:
    budget = Budget.parse(text)
    assert budget.rate_hz == pytest.approx(rate_hz, rel=1e-15)
    assert budget.text == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fast",
        "kHz",
        "5",
        "0 Hz",
        "-1 kHz",
        "1 MHz",
        "1,5 kHz",
        "1.2.3 kHz",
        "nan Hz",
        "50 events",
        "1 kHz x",
        "1e999 kHz",
        "1e-320 events/day",
    ],
)
def test_what_is_no_budget_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Budget.parse(text)
    assert str(caught.value) == f"{text!r} is not a rate budget, e.g. '1 kHz', '500 Hz' or '50 events/day'"


def test_an_endless_stream_is_refused() -> None:
    with pytest.raises(ConfigError, match="a stream of inf events per day has no rate"):
        PreselectedStream(float("inf"))
