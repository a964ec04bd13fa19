"""Repetitions: means and their intervals, paired tests, agreement of orders, robustness."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from l1ad.core.errors import DataError
from l1ad.metrics.ranks import area_with_interval
from l1ad.metrics.repetitions import areas_by_group, concordance, paired, repeated, robustness

VALUES = st.lists(st.floats(-1, 1), min_size=2, max_size=10)


def test_the_mean_has_the_bootstrap_interval_of_repetitions() -> None:
    values = np.random.default_rng(2).normal(0.8, 0.02, 12).tolist()
    found = repeated(values, np.random.default_rng(1))
    assert found.mean.value == pytest.approx(np.mean(values), abs=1e-12)
    assert found.spread.mean == pytest.approx(found.mean.value)
    # Drawn anew, the mean scatters by the standard deviation with n below, over the root of n.
    expected = np.std(values) / np.sqrt(12)
    assert (found.mean.high - found.mean.low) / 2 == pytest.approx(expected, rel=0.05)


def test_one_repetition_has_no_spread_and_no_width() -> None:
    found = repeated([0.7], np.random.default_rng(1))
    assert found.spread.standard_deviation is None
    assert (found.mean.low, found.mean.value, found.mean.high) == (0.7, 0.7, 0.7)


def test_what_is_no_number_or_nothing_is_refused() -> None:
    for values in ([], [0.5, float("nan")]):
        with pytest.raises(DataError, match="values"):
            repeated(values, np.random.default_rng(1))


@given(VALUES, st.integers(0, 100))
def test_the_paired_test_does_not_ask_who_is_first(values: list[float], seed: int) -> None:
    others = np.random.default_rng(seed).permutation(values).tolist()
    there, back = (paired(a, b, np.random.default_rng(1)) for a, b in ((values, others), (others, values)))
    assert there.p_value == back.p_value
    assert there.difference.value == pytest.approx(-back.difference.value)
    assert there.wins + back.wins <= there.n
    assert 2 / 2**there.n <= there.p_value <= 1


def test_the_paired_test_is_scipys_permutation_test() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(0.5, 1, 9), rng.normal(0, 1, 9)
    expected = stats.permutation_test(
        (first - second,), lambda x, axis: x.mean(axis=axis), permutation_type="samples", n_resamples=10_000,
        vectorized=True,
    )  # fmt: skip
    found = paired(first.tolist(), second.tolist(), rng)
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-12)


def test_many_repetitions_are_tested_by_signs_drawn_at_random() -> None:
    rng = np.random.default_rng(4)
    first = rng.normal(0, 1, 40)
    found = paired(first.tolist(), (first + rng.normal(0.5, 1, 40)).tolist(), np.random.default_rng(1))
    assert 1e-4 <= found.p_value < 0.05
    alike = paired(first.tolist(), first.tolist(), np.random.default_rng(1))
    assert (alike.p_value, alike.wins) == (1.0, 0)


def test_pairs_that_are_none_are_refused() -> None:
    with pytest.raises(DataError, match="2 and 3 repetitions make no pairs"):
        paired([1.0, 2.0], [1.0, 2.0, 3.0], np.random.default_rng(1))


def test_concordance_is_1_for_one_order_and_that_of_friedmans_test_else() -> None:
    assert concordance({"a": [1, 2, 3], "b": [2, 3, 4], "c": [0, 1, 2]}) == pytest.approx(1.0)
    rng = np.random.default_rng(5)
    table = {name: rng.integers(0, 5, 12).astype(float).tolist() for name in "abcd"}
    statistic = stats.friedmanchisquare(*table.values()).statistic
    assert concordance(table) == pytest.approx(statistic / (12 * 3))


def test_concordance_wants_two_families_of_as_many_repetitions() -> None:
    tables: list[dict[str, list[float]]] = [{"a": [1.0]}, {"a": [1.0], "b": [1.0, 2.0]}, {"a": [], "b": []}]
    for table in tables:
        with pytest.raises(DataError, match="have no common order"):
            concordance(table)


def test_areas_of_groups_are_those_of_each_group_alone() -> None:
    rng = np.random.default_rng(6)
    background, others = rng.integers(0, 100, 500), rng.integers(20, 120, 61)
    groups = np.array(["a"] * 40 + ["b"] * 20 + ["lonely"])
    found = areas_by_group(background, others, groups)
    assert set(found) == {"a", "b"}
    assert found["b"] == area_with_interval(background, others[40:60])


def test_robustness_counts_what_failed_and_averages_what_did_not() -> None:
    found = robustness([0.1, None, 0.3, float("nan")], [False, True, True, True])
    assert (found.n, found.failed, found.diverged) == (4, 2, 3)
    assert found.loss is not None
    assert found.loss.n == 2
    assert found.loss.mean == pytest.approx(0.2)
    assert robustness([None], [True]).loss is None
