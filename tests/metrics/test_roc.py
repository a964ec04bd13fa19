import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from l1ad.core.errors import DataError
from l1ad.metrics.efficiency import area_under_curve, roc


def scores() -> SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 8), min_size=1, max_size=30)


@given(background=scores(), signal=scores())
def test_the_area_is_the_fraction_of_pairs_in_order_and_ties_count_half(
    background: list[int], signal: list[int]
) -> None:
    pairs = [(s > b) + 0.5 * (s == b) for s in signal for b in background]
    area = area_under_curve(np.array(background), np.array(signal))
    assert area == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)


@given(background=scores(), signal=scores())
def test_exchanging_signal_and_background_mirrors_the_area(background: list[int], signal: list[int]) -> None:
    given_way = area_under_curve(np.array(background), np.array(signal))
    other_way = area_under_curve(np.array(signal), np.array(background))
    assert given_way + other_way == pytest.approx(1.0, abs=1e-12)


def test_scores_that_part_signal_from_background_have_area_one() -> None:
    assert area_under_curve(np.array([1, 2, 3]), np.array([4, 5])) == 1.0


def test_scores_that_say_nothing_have_area_one_half() -> None:
    assert area_under_curve(np.full(7, 3), np.full(5, 3)) == 0.5


@given(background=scores(), signal=scores())
def test_the_curve_runs_from_nothing_to_everything_and_never_back(
    background: list[int], signal: list[int]
) -> None:
    curve = roc(np.array(background), np.array(signal))
    assert (curve.background_fraction[0], curve.signal_efficiency[0]) == (0.0, 0.0)
    assert (curve.background_fraction[-1], curve.signal_efficiency[-1]) == (1.0, 1.0)
    assert (np.diff(curve.background_fraction) >= 0).all()
    assert (np.diff(curve.signal_efficiency) >= 0).all()


@given(background=scores(), signal=scores())
def test_every_point_of_the_curve_is_a_threshold(background: list[int], signal: list[int]) -> None:
    curve = roc(np.array(background), np.array(signal))
    possible = {
        (float(np.mean(np.array(background) >= at)), float(np.mean(np.array(signal) >= at))) for at in range(10)
    }
    points = zip(curve.background_fraction.tolist(), curve.signal_efficiency.tolist(), strict=True)
    assert all(any(point == pytest.approx(one, abs=1e-12) for one in possible) for point in points)


@given(background=scores(), signal=scores())
def test_the_area_under_the_curve_is_the_area(background: list[int], signal: list[int]) -> None:
    curve = roc(np.array(background), np.array(signal))
    area = np.trapezoid(curve.signal_efficiency, curve.background_fraction)
    assert area == pytest.approx(area_under_curve(np.array(background), np.array(signal)), abs=1e-12)


def test_samples_without_events_have_no_figure_of_merit() -> None:
    events, none = np.arange(5), np.arange(0)
    for background, signal in ((events, none), (none, events)):
        with pytest.raises(DataError, match="both need at least one"):
            area_under_curve(background, signal)
