from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType, Overflow, Rounding

any_type = st.builds(
    FixedType,
    st.integers(1, 128),
    st.integers(-64, 160),
    st.booleans(),
    st.sampled_from(Rounding),
    st.sampled_from(Overflow),
)


def test_cpp_spelling_without_modes_truncates_and_wraps_as_in_cpp() -> None:
    assert FixedType.from_cpp("ap_fixed<16,6>") == FixedType(16, 6, True, Rounding.TRN, Overflow.WRAP)


def test_cpp_spelling_with_one_mode_keeps_the_default_of_the_other() -> None:
    expected = FixedType(8, 3, False, Rounding.RND_CONV, Overflow.WRAP)
    assert FixedType.from_cpp("ap_ufixed<8,3,AP_RND_CONV>") == expected


@pytest.mark.parametrize(
    "text", ["ap_fixed< 8 , -2 , AP_RND , AP_SAT_SYM >", " ap_fixed <8,-2,AP_RND,AP_SAT_SYM,0>\n"]
)
def test_cpp_spelling_may_hold_spaces_and_a_zero_fifth_parameter(text: str) -> None:
    assert FixedType.from_cpp(text) == FixedType(8, -2, True, Rounding.RND, Overflow.SAT_SYM)


def test_ap_int_and_ap_uint_are_fixed_types_without_fraction() -> None:
    assert FixedType.from_cpp("ap_int<12>") == FixedType(12, 12)
    assert FixedType.from_cpp("ap_uint<9>") == FixedType(9, 9, False)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(any_type)
def test_a_type_reads_back_from_its_own_spelling(one: FixedType) -> None:
    assert FixedType.from_cpp(str(one)) == one


def test_modes_are_left_out_of_the_spelling_only_when_both_are_the_default_of_cpp() -> None:
    assert str(FixedType(18, 13)) == "ap_fixed<18,13>"
    assert str(FixedType(18, 14, False, Rounding.TRN, Overflow.SAT)) == "ap_ufixed<18,14,AP_TRN,AP_SAT>"
    assert str(FixedType(8, 3, True, Rounding.RND)) == "ap_fixed<8,3,AP_RND,AP_WRAP>"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ap_fixd<8,3>", r"'ap_fixd<8,3>' is not an ap_fixed or ap_ufixed type, e\.g\. 'ap_fixed<16,6,AP_RND"),
        ("ap_fixed<8>", "is not an ap_fixed or ap_ufixed type"),
        ("ap_fixed<-8,3>", "is not an ap_fixed or ap_ufixed type"),
        ("ap_fixed<8,3>; int x", "is not an ap_fixed or ap_ufixed type"),
        ("float", "is not an ap_fixed or ap_ufixed type"),
        ("", "is not an ap_fixed or ap_ufixed type"),
        ("ap_fixed<8,3,AP_ROUND>", "'AP_ROUND' is not a valid Rounding; known modes are AP_TRN, AP_TRN_ZERO"),
        ("ap_fixed<8,3,AP_RND,AP_WRAP_SM>", "'AP_WRAP_SM' is not a valid Overflow; known modes are"),
        ("ap_fixed<8,3,AP_SAT>", "'AP_SAT' is not a valid Rounding"),
        ("ap_fixed<8,3,AP_TRN,AP_WRAP,2>", "asks for saturated bits in wrap mode; only 0 is known here"),
        ("ap_fixed<0,3>", "a number format needs at least one bit, not 0"),
    ],
)
def test_a_spelling_that_is_no_type_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FixedType.from_cpp(text)


def test_a_width_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="a number format needs at least one bit, not -3"):
        FixedType(-3, 2)


def test_qkeras_bits_leave_out_the_sign_that_cpp_counts() -> None:
    assert str(FixedType.from_qkeras_bits(8, 2)) == "ap_fixed<8,3,AP_RND_CONV,AP_SAT>"
    positive = FixedType.from_qkeras_bits(8, 2, keep_negative=False)
    assert str(positive) == "ap_ufixed<8,2,AP_RND_CONV,AP_SAT>"


def test_qkeras_bits_have_the_steps_and_ends_that_qkeras_clips_to() -> None:
    one = FixedType.from_qkeras_bits(6, 1)
    assert one.lsb == Fraction(1, 2 ** (6 - 1 - 1))
    assert (one.raw_min, one.raw_max) == (-(2**5), 2**5 - 1)


def test_qkeras_relu_counts_integer_bits_as_cpp_does() -> None:
    one = FixedType.from_qkeras_relu(6, 3)
    assert str(one) == "ap_ufixed<6,3,AP_RND_CONV,AP_SAT>"
    assert (one.raw_min, one.raw_max, one.lsb) == (0, 63, Fraction(1, 8))


def test_hgq_k_i_f_add_up_to_width_and_integer() -> None:
    assert FixedType.from_kif(1, 3, 4) == FixedType(8, 4, True, Rounding.RND, Overflow.WRAP)
    assert FixedType.from_kif(0, 3, 4) == FixedType(7, 3, False, Rounding.RND, Overflow.WRAP)
    saturating = FixedType.from_kif(1, -1, 6, rounding=Rounding.TRN, overflow=Overflow.SAT)
    assert saturating == FixedType(6, 0, True, Rounding.TRN, Overflow.SAT)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(any_type)
def test_k_i_f_of_a_type_give_the_type_back(one: FixedType) -> None:
    assert FixedType.from_kif(*one.kif, rounding=one.rounding, overflow=one.overflow) == one


@pytest.mark.parametrize("kif", [(0, 2, -2), (1, -3, 1), (0, 0, 0)])
def test_k_i_f_that_hold_no_bit_are_the_type_that_is_always_zero(kif: tuple[int, int, int]) -> None:
    nothing = FixedType.from_kif(*kif)
    assert (nothing.width, nothing.raw_min, nothing.raw_max, nothing.signed) == (0, 0, 0, False)
    assert str(nothing).startswith("ap_ufixed<0,0")
    assert FixedType.from_cpp(str(nothing)) == nothing


@pytest.mark.parametrize(("width", "integer", "signed"), [(0, 0, True), (0, 2, False), (-1, 0, False)])
def test_other_formats_without_a_bit_are_refused(width: int, integer: int, signed: bool) -> None:
    with pytest.raises(ValueError, match="at least one bit, not"):
        FixedType(width, integer, signed)


@pytest.mark.parametrize(
    ("one", "fraction", "lsb", "ends"),
    [
        (FixedType(8, 3), 5, Fraction(1, 32), (-128, 127)),
        (FixedType(8, 3, False), 5, Fraction(1, 32), (0, 255)),
        (FixedType(4, -2), 6, Fraction(1, 64), (-8, 7)),
        (FixedType(4, 7), -3, Fraction(8), (-8, 7)),
        (FixedType(1, 1), 0, Fraction(1), (-1, 0)),
        (FixedType(1, 1, False), 0, Fraction(1), (0, 1)),
        (FixedType(128, 64), 64, Fraction(1, 2**64), (-(2**127), 2**127 - 1)),
    ],
)
def test_ranges_and_steps_follow_from_width_integer_and_sign(
    one: FixedType, fraction: int, lsb: Fraction, ends: tuple[int, int]
) -> None:
    assert (one.fraction, one.lsb, one.raw_min, one.raw_max) == (fraction, lsb, *ends)


def test_the_ends_of_the_range_are_held_and_their_neighbours_are_not() -> None:
    one = FixedType(6, 2)
    assert one.holds_raw(-32)
    assert one.holds_raw(31)
    assert not one.holds_raw(-33)
    assert not one.holds_raw(32)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(any_type, st.data())
def test_a_raw_integer_comes_back_from_its_value(one: FixedType, data: st.DataObject) -> None:
    raw = data.draw(st.integers(one.raw_min, one.raw_max))
    assert one.exact_raw(raw * one.lsb) == raw


def test_a_float_constant_is_taken_at_its_exact_value() -> None:
    assert FixedType(18, 13).exact_raw(17.5) == 560
    assert FixedType(4, 7).exact_raw(-64.0) == -8
    with pytest.raises(NotExactError, match="is not exact"):
        FixedType(18, 13).exact_raw(0.1)


def test_a_constant_between_two_steps_is_refused_with_what_it_would_become() -> None:
    with pytest.raises(NotExactError, match=r"offset 17\.5 is not exact in ap_fixed<10,10>.*would become 17;"):
        FixedType(10, 10).exact_raw(17.5, what="offset 17.5")
    with pytest.raises(NotExactError, match=r"the constant -17\.5 .* it would become -18; give the type a"):
        FixedType(10, 10).exact_raw(-17.5)


def test_a_constant_outside_the_range_is_refused_with_the_range() -> None:
    with pytest.raises(NotExactError, match=r"512 is outside ap_fixed<10,10>, which holds -512 to 511; give"):
        FixedType(10, 10).exact_raw(512)
    with pytest.raises(NotExactError, match=r"-1 is outside ap_ufixed<8,4>, which holds 0 to 15\.9375"):
        FixedType(8, 4, False).exact_raw(-1.0)


def test_a_symmetric_type_has_no_lowest_integer_of_its_bits() -> None:
    """C++ turns -32 of `ap_fixed<6,1,...,AP_SAT_SYM>` into -31: a constant there would not be what it says."""
    one = FixedType.from_cpp("ap_fixed<6,1,AP_RND,AP_SAT_SYM>")
    assert (one.raw_min, one.raw_max) == (-31, 31)
    assert not one.holds_raw(-32)
    with pytest.raises(NotExactError, match="outside"):
        one.exact_raw(Fraction(-1))
    assert FixedType.from_cpp("ap_fixed<1,1,AP_RND,AP_SAT_SYM>").raw_min == -1
    assert FixedType.from_cpp("ap_ufixed<6,1,AP_RND,AP_SAT_SYM>").raw_min == 0


@pytest.mark.parametrize(
    "text", ["ap_fixed<8,-99999999999>", "ap_fixed<99999999999,1>", "ap_fixed<8,2000>", "ap_uint<99999999999>"]
)
def test_formats_that_are_none_of_hardware_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"has more bits than hardware|is none of hardware"):
        FixedType.from_cpp(text)
