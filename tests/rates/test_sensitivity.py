"""Cross sections that a trigger would see, against counting the events that they give."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.rates.sensitivity import section_for_events, section_for_purity

SHARE = st.floats(1e-6, 1.0)


@given(SHARE, SHARE, st.floats(0.1, 100))
def test_the_cross_section_gives_as_many_events_as_were_asked_for(
    acceptance: float, efficiency: float, luminosity_fb: float
) -> None:
    section_pb = section_for_events(
        100, luminosity_fb=luminosity_fb, acceptance=acceptance, efficiency=efficiency
    )
    assert section_pb * 1000 * luminosity_fb * acceptance * efficiency == pytest.approx(100)


@given(SHARE, SHARE, SHARE)
def test_the_cross_section_gives_the_ratio_that_was_asked_for(
    acceptance: float, efficiency: float, share: float
) -> None:
    section_pb = section_for_purity(
        1 / 3, share=share, stream_pb=2.4e4, acceptance=acceptance, efficiency=efficiency
    )
    assert section_pb * acceptance * efficiency / (share * 2.4e4) == pytest.approx(1 / 3)


def test_what_nothing_is_seen_of_needs_an_infinite_cross_section() -> None:
    assert math.isinf(section_for_events(100, luminosity_fb=5, acceptance=0.2, efficiency=0.0))
    assert math.isinf(section_for_purity(0.3, share=1e-5, stream_pb=1, acceptance=0.0, efficiency=1.0))


def test_hundred_events_of_five_inverse_femtobarn_at_one_per_cent_are_two_picobarn() -> None:
    assert section_for_events(100, luminosity_fb=5, acceptance=1.0, efficiency=0.01) == pytest.approx(2.0)
