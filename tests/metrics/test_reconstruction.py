"""Sums over blocks are those of all events at once, and what is absent does not count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.metrics.reconstruction import Moments, Reconstruction

N_EVENTS, N_INPUTS = 97, 4
RNG = np.random.default_rng(8)
TRUE = RNG.normal(3.0, 2.0, (N_EVENTS, N_INPUTS))
BACK = TRUE * 0.7 + RNG.normal(0.0, 0.3, TRUE.shape)
PRESENT = RNG.random(TRUE.shape) < [1.0, 0.5, 0.05, 0.0]


def at_once(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and width of each column where it is present, the last one never is."""
    columns = [values[PRESENT[:, i], i] for i in range(N_INPUTS - 1)]
    nothing = [np.nan]
    return np.array([c.mean() for c in columns] + nothing), np.array([c.std() for c in columns] + nothing)


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(1, N_EVENTS - 1), max_size=12, unique=True))
def test_blocks_of_any_size_add_up_to_all_events_at_once(cuts: list[int]) -> None:
    blocks = [slice(*ends) for ends in zip([0, *sorted(cuts)], [*sorted(cuts), N_EVENTS], strict=True)]
    found = Reconstruction.joined(Reconstruction.of(TRUE[b], BACK[b], PRESENT[b]) for b in blocks)
    for moments, values in ((found.true, TRUE), (found.reconstructed, BACK), (found.difference, BACK - TRUE)):
        mean, width = at_once(values)
        np.testing.assert_array_equal(moments.n, PRESENT.sum(axis=0))
        np.testing.assert_allclose(moments.means, mean, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(moments.widths, width, rtol=1e-10)


def test_what_is_absent_changes_nothing_whatever_stands_there() -> None:
    spoilt = np.where(PRESENT, BACK, np.nan)
    clean, odd = Reconstruction.of(TRUE, BACK, PRESENT), Reconstruction.of(TRUE, spoilt, PRESENT)
    np.testing.assert_array_equal(clean.difference.means, odd.difference.means)
    np.testing.assert_array_equal(clean.difference.widths, odd.difference.widths)


def test_what_is_never_there_has_no_mean_and_no_width() -> None:
    found = Reconstruction.of(TRUE, BACK, PRESENT).true
    assert np.isnan([found.means[3], found.widths[3]]).all()
    assert np.isfinite(found.means[:3]).all()


def test_a_width_survives_a_large_mean_cut_into_many_blocks() -> None:
    values = 1e9 + np.arange(1000.0)[:, None] % 7
    counted = np.ones(values.shape, dtype=bool)
    parts = [Moments.of(values[i : i + 3], counted[i : i + 3]) for i in range(0, 1000, 3)]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.merged(part)
    assert joined.widths[0] == pytest.approx((values - 1e9).std(), rel=1e-6)


def test_other_units_are_those_of_mapped_values_and_differences_are_not_shifted() -> None:
    factor, shift = np.array([0.5, -2.0, 3.0, 1.0]), np.array([10.0, 0.0, -1.0, 5.0])
    mapped = Reconstruction.of(TRUE, BACK, PRESENT).mapped(factor, shift)
    again = Reconstruction.of(TRUE * factor + shift, BACK * factor + shift, PRESENT)
    for name in ("true", "reconstructed", "difference"):
        one, other = getattr(mapped, name), getattr(again, name)
        np.testing.assert_allclose(one.means, other.means, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(one.widths, other.widths, rtol=1e-10)
