from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import requantize, shift_raw

ExactCast = Callable[[Fraction, FixedType], int]

# With 5 fraction bits given: cuts of 1 to 9 bits, none, and shifts to the left; integer bits below
# zero and above the width; a single bit; a type that holds every value.
SMALL_TYPES = [
    (4, 3), (3, 1), (6, 1), (8, 3), (10, 3), (3, -3), (4, -4), (3, 6), (2, 6), (1, 1), (1, 2), (1, 4), (12, 6),
]  # fmt: skip

any_wide_type = st.builds(
    FixedType,
    st.integers(1, 128),
    st.integers(-80, 140),
    st.booleans(),
    st.sampled_from(Rounding),
    st.sampled_from(Overflow),
)


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("overflow", list(Overflow))
@pytest.mark.parametrize("signed", [True, False])
def test_requantize_agrees_with_exact_arithmetic_for_every_8_bit_value(
    rounding: Rounding, overflow: Overflow, signed: bool, exactly_cast: ExactCast
) -> None:
    raw = np.arange(-128, 128)
    for width, integer in SMALL_TYPES:
        to = FixedType(width, integer, signed, rounding, overflow)
        expected = [exactly_cast(Fraction(int(value), 2**5), to) for value in raw]
        np.testing.assert_array_equal(requantize(raw, fraction=5, to=to), expected, err_msg=str(to))


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("overflow", list(Overflow))
def test_requantize_reads_a_negative_fraction_as_missing_low_bits(
    rounding: Rounding, overflow: Overflow, exactly_cast: ExactCast
) -> None:
    raw = np.arange(-128, 128)
    for to in (FixedType(5, 9, True, rounding, overflow), FixedType(9, 9, False, rounding, overflow)):
        expected = [exactly_cast(Fraction(int(value) * 2**2), to) for value in raw]
        np.testing.assert_array_equal(requantize(raw, fraction=-2, to=to), expected, err_msg=str(to))


@settings(deadline=None, derandomize=True, max_examples=600)
@given(
    to=any_wide_type,
    fraction=st.integers(-70, 70),
    values=st.lists(st.integers(-(2**127), 2**127), min_size=1, max_size=6),
)
def test_requantize_of_wide_integers_agrees_with_exact_arithmetic(
    to: FixedType, fraction: int, values: list[int], exactly_cast: ExactCast
) -> None:
    result = requantize(np.array(values, dtype=object), fraction=fraction, to=to)
    assert result.tolist() == [exactly_cast(value * Fraction(2) ** -fraction, to) for value in values]


@settings(deadline=None, derandomize=True, max_examples=600)
@given(
    to=any_wide_type,
    fraction=st.integers(-70, 70),
    values=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6),
)
def test_requantize_gives_the_same_integers_from_int64_and_from_python_integers(
    to: FixedType, fraction: int, values: list[int]
) -> None:
    from_int64 = requantize(np.array(values, dtype=np.int64), fraction=fraction, to=to)
    from_objects = requantize(np.array(values, dtype=object), fraction=fraction, to=to)
    assert from_int64.tolist() == from_objects.tolist()
    assert from_int64.dtype == from_objects.dtype


@settings(deadline=None, derandomize=True, max_examples=200)
@given(to=any_wide_type, values=st.lists(st.integers(-(2**100), 2**100), min_size=1, max_size=6))
def test_a_second_cast_to_the_same_type_changes_nothing(to: FixedType, values: list[int]) -> None:
    once = requantize(np.array(values, dtype=object), fraction=20, to=to)
    assert requantize(once, fraction=to.fraction, to=to).tolist() == once.tolist()


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (Rounding.TRN, [-3, -2, -2, -1, -1, 0, 0, 1, 1, 2, 2]),
        (Rounding.TRN_ZERO, [-2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2]),
        (Rounding.RND, [-2, -2, -1, -1, 0, 0, 1, 1, 2, 2, 3]),
        (Rounding.RND_ZERO, [-2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2]),
        (Rounding.RND_INF, [-3, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3]),
        (Rounding.RND_MIN_INF, [-3, -2, -2, -1, -1, 0, 0, 1, 1, 2, 2]),
        (Rounding.RND_CONV, [-2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2]),
    ],
)
def test_halves_go_where_each_rounding_mode_sends_them(rounding: Rounding, expected: list[int]) -> None:
    halves = np.arange(-5, 6)
    assert requantize(halves, fraction=1, to=FixedType(8, 8, True, rounding)).tolist() == expected


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (FixedType(3, 3, True, overflow=Overflow.WRAP), [3, -4, -3, 3, -4, -3]),
        (FixedType(3, 3, True, overflow=Overflow.SAT), [-4, -4, -3, 3, 3, 3]),
        (FixedType(3, 3, True, overflow=Overflow.SAT_SYM), [-3, -3, -3, 3, 3, 3]),
        (FixedType(3, 3, True, overflow=Overflow.SAT_ZERO), [0, -4, -3, 3, 0, 0]),
        (FixedType(3, 3, False, overflow=Overflow.WRAP), [3, 4, 5, 3, 4, 5]),
        (FixedType(3, 3, False, overflow=Overflow.SAT_SYM), [0, 0, 0, 3, 4, 5]),
        (FixedType(2, 2, False, overflow=Overflow.SAT_ZERO), [0, 0, 0, 3, 0, 0]),
    ],
)
def test_values_beyond_the_range_go_where_each_overflow_mode_sends_them(
    to: FixedType, expected: list[int]
) -> None:
    assert requantize(np.array([-5, -4, -3, 3, 4, 5]), fraction=0, to=to).tolist() == expected


def test_rounding_up_can_overflow_and_then_the_overflow_mode_decides() -> None:
    raw = np.array([15])
    assert requantize(raw, fraction=1, to=FixedType(4, 4, True, Rounding.RND)).tolist() == [-8]
    assert requantize(raw, fraction=1, to=FixedType(4, 4, True, Rounding.RND, Overflow.SAT)).tolist() == [7]


def test_the_result_is_int64_up_to_62_bits_and_python_integers_above() -> None:
    raw = np.array([-3, 5])
    assert requantize(raw, fraction=0, to=FixedType(62, 62)).dtype == np.int64
    wide = requantize(raw, fraction=0, to=FixedType(63, 63))
    assert wide.dtype == object
    assert wide.tolist() == [-3, 5]


def test_requantize_keeps_the_shape_also_without_events_and_leaves_its_input_alone() -> None:
    raw = np.arange(6).reshape(1, 2, 3)
    assert requantize(raw, fraction=1, to=FixedType(8, 8)).shape == (1, 2, 3)
    assert requantize(np.empty((0, 57), dtype=np.int64), fraction=1, to=FixedType(8, 8)).shape == (0, 57)
    assert requantize(np.empty((0, 3), dtype=object), fraction=1, to=FixedType(80, 8)).shape == (0, 3)
    np.testing.assert_array_equal(raw.ravel(), np.arange(6))


def test_narrow_integer_arrays_do_not_overflow_on_the_way() -> None:
    raw = np.array([-128, 127], dtype=np.int8)
    assert requantize(raw, fraction=0, to=FixedType(20, 12)).tolist() == [-32768, 32512]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(values=st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=6), shift=st.integers(-20, 63))
def test_a_shift_right_floors_and_a_negative_shift_multiplies(values: list[int], shift: int) -> None:
    expected = [(Fraction(value) / Fraction(2) ** shift).__floor__() for value in values]
    assert shift_raw(np.array(values, dtype=np.int64), shift).tolist() == expected
    assert shift_raw(np.array(values, dtype=object), shift).tolist() == expected


def test_a_signed_bit_saturates_symmetrically_as_the_headers_do() -> None:
    one_bit = FixedType(1, 1, overflow=Overflow.SAT_SYM)
    np.testing.assert_array_equal(requantize(np.array([-3, -1, 0, 2]), fraction=0, to=one_bit), [-1, -1, 0, 0])


def test_floats_are_no_raw_integers() -> None:
    with pytest.raises(TypeError, match="raw integers are wanted, not float64"):
        requantize(np.array([1.7]), fraction=0, to=FixedType(8, 8))


def test_a_single_wide_integer_keeps_its_shape() -> None:
    found = requantize(np.array(2**70 + 5, dtype=object), fraction=0, to=FixedType(8, 8))
    assert found.shape == ()
    assert int(found) == 5
