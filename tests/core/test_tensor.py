from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1ad.core.fixed import FixedType
from l1ad.core.tensor import TensorType, covering_type

EACH = (
    "ap_fixed<6,3,AP_RND_CONV,AP_SAT>",
    "ap_ufixed<4,4,AP_TRN,AP_SAT>",
    "ap_fixed<7,1>",
    "ap_fixed<5,7,AP_RND,AP_SAT>",
)


def test_one_type_serves_any_number_of_elements() -> None:
    uniform = TensorType.uniform(FixedType(8, 3))
    assert uniform.is_uniform
    assert uniform.of_each(3) == (FixedType(8, 3),) * 3


def test_types_of_each_element_are_given_in_order() -> None:
    tensor = TensorType.from_spelling(EACH)
    assert not tensor.is_uniform
    assert [str(one) for one in tensor.of_each(4)] == list(EACH)


def test_types_for_another_number_of_elements_are_refused() -> None:
    with pytest.raises(ValueError, match="4 number formats were given for 5 elements"):
        TensorType.from_spelling(EACH).of_each(5)


def test_a_tensor_without_types_is_refused() -> None:
    with pytest.raises(ValueError, match="a tensor needs at least one number format"):
        TensorType(())


def test_a_type_wider_than_is_emulated_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ap_fixed<63,3> is too wide: raw integers of more than 62 bits"):
        TensorType.uniform(FixedType(63, 3))


def test_types_that_are_only_together_too_wide_are_refused() -> None:
    coarse, fine = FixedType(40, 40), FixedType(40, 10)
    assert TensorType((coarse, FixedType(22, 0))).fraction == 22
    with pytest.raises(ValueError, match=r"ap_fixed<40,40> is too wide"):
        TensorType((coarse, fine))


@pytest.mark.parametrize("spelling", ["ap_fixed<8,3,AP_RND,AP_SAT>", list(EACH)])
def test_a_tensor_reads_back_from_its_spelling(spelling: str | list[str]) -> None:
    assert TensorType.from_spelling(spelling).spelling == spelling


def test_raw_integers_count_in_the_finest_step_of_all_elements() -> None:
    tensor = TensorType.from_spelling(EACH)
    assert tensor.fraction == 6
    low, high = tensor.raw_bounds(4)
    assert low.tolist() == [-32 * 8, 0, -64, -16 * 2**8]
    assert high.tolist() == [31 * 8, 15 * 2**6, 63, 15 * 2**8]


def test_bounds_of_a_uniform_tensor_repeat() -> None:
    low, high = TensorType.uniform(FixedType(4, 2, signed=False)).raw_bounds(3)
    assert low.tolist() == [0, 0, 0]
    assert high.tolist() == [15, 15, 15]


def test_each_element_is_cast_to_its_own_type_and_counted_in_the_finest_step(
    exactly_cast: Callable[[Fraction, FixedType], int],
) -> None:
    tensor = TensorType.from_spelling(EACH)
    raw = np.random.default_rng(3).integers(-4000, 4000, size=(500, 4))
    result = tensor.cast(raw, fraction=5)
    for column, one in enumerate(tensor.of_each(4)):
        values = [exactly_cast(Fraction(int(value), 2**5), one) * one.lsb for value in raw[:, column]]
        assert [Fraction(int(value), 2**6) for value in result[:, column]] == values


def test_a_cast_to_the_same_type_in_every_element_equals_the_uniform_cast() -> None:
    one = FixedType.from_cpp("ap_fixed<6,3,AP_RND_CONV,AP_SAT>")
    raw = np.random.default_rng(4).integers(-4000, 4000, size=(50, 3))
    uniform = TensorType.uniform(one).cast(raw, fraction=7)
    np.testing.assert_array_equal(TensorType((one,) * 3).cast(raw, fraction=7), uniform)


def test_a_cast_of_no_events_gives_no_events() -> None:
    empty = np.empty((0, 4), dtype=np.int64)
    assert TensorType.from_spelling(EACH).cast(empty, fraction=5).shape == (0, 4)


def test_a_cast_of_another_number_of_elements_is_refused() -> None:
    with pytest.raises(ValueError, match="4 number formats were given for 3 elements"):
        TensorType.from_spelling(EACH).cast(np.zeros((2, 3), dtype=np.int64), fraction=0)


@given(types=st.lists(st.builds(FixedType, st.integers(1, 9), st.integers(-4, 9), st.booleans()), min_size=1))
def test_a_covering_type_holds_the_ends_of_every_type_and_no_narrower_one_does(types: list[FixedType]) -> None:
    cover = covering_type(types)
    ends = [raw * one.lsb for one in types for raw in (one.raw_min, one.raw_max)]
    assert all(cover.exact_raw(end) * cover.lsb == end for end in ends)
    assert cover.signed == any(one.signed for one in types)
    assert cover.fraction == max(one.fraction for one in types)
    if cover.width > 1:
        narrower = FixedType(cover.width - 1, cover.integer - 1, cover.signed)
        assert any(not narrower.holds_raw(int(end / narrower.lsb)) for end in ends)
