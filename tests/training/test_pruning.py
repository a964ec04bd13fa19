"""Magnitude pruning by the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.training.pruning import magnitude_mask, scheduled_sparsity


@given(st.integers(0, 1000), st.floats(0, 0.99))
def test_the_smallest_weights_go_and_no_more_than_asked(seed: int, sparsity: float) -> None:
    weights = np.random.default_rng(seed).standard_normal((7, 5))
    mask = magnitude_mask(weights, sparsity)
    assert np.count_nonzero(mask == 0) == int(np.ceil(sparsity * weights.size))
    kept, dropped = np.abs(weights)[mask == 1], np.abs(weights)[mask == 0]
    assert dropped.max(initial=0) <= kept.min(initial=np.inf)


def test_weights_once_pruned_stay_pruned_when_the_sparsity_grows() -> None:
    weights = np.random.default_rng(1).standard_normal((9, 9))
    first = magnitude_mask(weights, 0.3)
    second = magnitude_mask(weights * first, 0.5)
    assert np.all(second <= first)


def test_the_schedule_starts_at_zero_and_ends_at_the_final_sparsity() -> None:
    wanted = [scheduled_sparsity(e, final=0.5, start_epoch=2, end_epoch=6) for e in range(8)]
    assert wanted[:2] == [0.0, 0.0]
    assert wanted[5:] == [0.5, 0.5, 0.5]
    assert wanted == sorted(wanted)
    # Equation 1 of arXiv:1710.01878 after one of four steps.
    assert wanted[2] == pytest.approx(0.5 * (1 - 0.75**3), rel=1e-12)
