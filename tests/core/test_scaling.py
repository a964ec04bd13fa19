import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import numbered_inputs, ugt_57
from l1ad.core.scaling import Scaling, lossless_working_type
from l1ad.core.tensor import TensorType

ExactCast = Callable[[Fraction, FixedType], int]

WORKING = FixedType.from_cpp("ap_fixed<18,13>")
NETWORK_INPUT = TensorType.from_spelling("ap_fixed<8,6,AP_RND_CONV,AP_SAT>")


def one_input(
    *, offset: float = 0.0, shift: int = 0, working: FixedType = WORKING, result: TensorType, raw_max: int = 511
) -> Scaling:
    pt = InputField(object_type="jet", slot=2, quantity="pt", lsb=0.5, unit="GeV", raw_min=0, raw_max=raw_max)
    layout = InputLayout(name="one", fields=(pt,))
    return Scaling(layout=layout, offsets=(offset,), shifts=(shift,), working=working, result=result)


def for_ugt_57(
    *, seed: int, result: TensorType, working: FixedType = WORKING, shifts_from: int = -2
) -> Scaling:
    rng = np.random.default_rng(seed)
    layout = ugt_57()
    # Times 4 the widest inputs, MET and jet pT, would leave the 13 integer bits.
    lowest = np.where(layout.raw_max > 600, 0, shifts_from)
    return Scaling(
        layout=layout,
        offsets=tuple((rng.integers(0, 128, size=57) / 4).tolist()),
        shifts=tuple(rng.integers(lowest, 12).tolist()),
        working=working,
        result=result,
    )


def random_events(seed: int) -> NDArray[np.int64]:
    """Draw 200 events of ugt_57 after the two in which every input is at an end of its range."""
    layout = ugt_57()
    drawn = np.random.default_rng(seed).integers(layout.raw_min, layout.raw_max + 1, size=(200, 57))
    return np.vstack([layout.raw_min, layout.raw_max, drawn])


def test_bits_fall_off_in_the_working_type_before_the_cast() -> None:
    scaling = one_input(shift=6, result=TensorType.uniform(WORKING))
    assert (scaling.apply(np.array([[35]])) * float(WORKING.lsb)).tolist() == [[0.53125]]
    assert 35 / 2**6 == 0.546875


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_apply_agrees_with_exact_arithmetic_on_ugt_57(seed: int, exactly_cast: ExactCast) -> None:
    scaling = for_ugt_57(seed=seed, result=NETWORK_INPUT)
    inputs_raw = random_events(seed)
    to = NETWORK_INPUT.types[0]
    expected = [
        [
            exactly_cast(
                math.floor((x - Fraction(offset)) * 2**5 / Fraction(2) ** shift) * Fraction(1, 2**5), to
            )
            for x, offset, shift in zip(event, scaling.offsets, scaling.shifts, strict=True)
        ]
        for event in inputs_raw.tolist()
    ]
    np.testing.assert_array_equal(scaling.apply(inputs_raw), expected)


def test_apply_casts_each_input_to_its_own_type(exactly_cast: ExactCast) -> None:
    each = [FixedType.from_cpp(f"ap_fixed<{5 + i % 4},{2 + i % 5},AP_RND,AP_SAT>") for i in range(57)]
    scaling = for_ugt_57(seed=5, result=TensorType(tuple(each)))
    scaled = scaling.apply(random_events(5))
    finest = Fraction(1, 2**scaling.result.fraction)
    for column, (one, offset, shift) in enumerate(zip(each, scaling.offsets, scaling.shifts, strict=True)):
        for x, got in zip(random_events(5)[:20, column].tolist(), scaled[:20, column].tolist(), strict=True):
            floored = math.floor((x - Fraction(offset)) * 2**5 / Fraction(2) ** shift) * Fraction(1, 2**5)
            assert got * finest == exactly_cast(floored, one) * one.lsb


def test_real_scaling_lies_within_one_step_of_the_working_type_above_the_firmware() -> None:
    scaling = for_ugt_57(seed=9, result=TensorType.uniform(WORKING))
    events = random_events(9)
    lost = scaling.as_real(events) - scaling.apply(events) * float(WORKING.lsb)
    assert lost.min() >= 0
    assert 0 < lost.max() < float(WORKING.lsb)


def test_permuting_events_permutes_scaled_inputs() -> None:
    scaling = for_ugt_57(seed=6, result=NETWORK_INPUT)
    events = random_events(6)
    order = np.random.default_rng(7).permutation(len(events))
    np.testing.assert_array_equal(scaling.apply(events[order]), scaling.apply(events)[order])


def test_narrow_integers_scale_as_wide_ones_and_stay_as_they_were() -> None:
    scaling = for_ugt_57(seed=8, result=NETWORK_INPUT)
    events = random_events(8)
    narrow = events.astype(np.int16)
    np.testing.assert_array_equal(scaling.apply(narrow), scaling.apply(events))
    np.testing.assert_array_equal(narrow, events)


def test_offsets_raw_count_in_steps_of_the_working_type() -> None:
    assert one_input(offset=17.5, result=NETWORK_INPUT).offsets_raw.tolist() == [560]


@pytest.mark.parametrize(
    ("offset", "shift", "lossless"),
    [(0.0, 5, True), (0.0, 6, False), (17.5, 4, True), (17.5, 5, False), (0.25, -1, True)],
)
def test_scaling_is_lossless_while_the_shift_leaves_every_bit_in_the_working_type(
    offset: float, shift: int, lossless: bool
) -> None:
    scaling = one_input(offset=offset, shift=shift, result=TensorType.uniform(FixedType(30, 15)))
    assert scaling.lossless_before_cast is lossless
    inputs_raw = np.arange(512)[:, np.newaxis]
    in_one_step = [(Fraction(x) - Fraction(offset)) / Fraction(2) ** shift * 2**15 for x in range(512)]
    assert (scaling.apply(inputs_raw)[:, 0].tolist() == in_one_step) is lossless


def test_an_offset_between_two_steps_is_refused_and_not_cut() -> None:
    words = (
        r"offset 17\.5 of 'jet_3_pt' is not exact in ap_fixed<10,10>: it would become 17; "
        r"give the type a fraction bit or round the constant"
    )
    with pytest.raises(NotExactError, match=words):
        one_input(offset=17.5, working=FixedType(10, 10), result=NETWORK_INPUT)


def test_an_input_range_beyond_the_working_type_is_refused() -> None:
    with pytest.raises(
        NotExactError, match=r"'jet_3_pt' at its end 512 is outside ap_fixed<10,10>, which holds"
    ):
        one_input(working=FixedType(10, 10), result=NETWORK_INPUT, raw_max=512)


def test_a_difference_beyond_the_working_type_is_refused() -> None:
    with pytest.raises(NotExactError, match=r"'jet_3_pt' less its offset is outside ap_fixed<10,10>"):
        one_input(offset=-10.0, working=FixedType(10, 10), result=NETWORK_INPUT)


def test_an_unsigned_working_type_is_refused_where_a_difference_is_negative() -> None:
    with pytest.raises(NotExactError, match=r"less its offset is outside ap_ufixed<10,10>"):
        one_input(offset=1.0, working=FixedType(10, 10, signed=False), result=NETWORK_INPUT)


def test_a_multiplication_beyond_the_working_type_is_refused() -> None:
    one_input(shift=-3, result=NETWORK_INPUT)
    with pytest.raises(NotExactError, match=r"'jet_3_pt' times 16 is outside ap_fixed<18,13>"):
        one_input(shift=-4, result=NETWORK_INPUT)


def test_constants_for_another_number_of_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="56 offsets and 57 shifts for 57 inputs"):
        Scaling(layout=ugt_57(), offsets=(0.0,) * 56, shifts=(0,) * 57, working=WORKING, result=NETWORK_INPUT)


def test_number_formats_for_another_number_of_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="2 number formats were given for 1 elements"):
        one_input(result=TensorType((FixedType(8, 6), FixedType(8, 5))))


def test_real_inputs_are_refused() -> None:
    with pytest.raises(NotExactError, match="inputs are float64, not hardware integers"):
        one_input(result=NETWORK_INPUT).apply(np.array([[35.0]]))


@given(
    offsets=st.lists(st.integers(-400, 400).map(lambda raw: raw / 8), min_size=57, max_size=57),
    shifts=st.lists(st.integers(-3, 9), min_size=57, max_size=57),
)
@settings(max_examples=30, deadline=None)
def test_a_lossless_working_type_loses_nothing_whatever_offsets_and_shifts(
    offsets: list[float], shifts: list[int]
) -> None:
    layout = ugt_57()
    working = lossless_working_type(layout, offsets, shifts)
    scaling = Scaling(
        layout=layout, offsets=tuple(offsets), shifts=tuple(shifts), working=working,
        result=TensorType.uniform(working),
    )  # fmt: skip
    assert scaling.lossless_before_cast
    inputs_raw = np.stack([layout.raw_min, layout.raw_max, (layout.raw_min + layout.raw_max) // 2])
    np.testing.assert_array_equal(
        scaling.apply(inputs_raw) * 2.0**-working.fraction, scaling.as_real(inputs_raw)
    )


def test_an_offset_that_is_none_for_hardware_is_refused() -> None:
    layout = numbered_inputs(2, width=8, signed=False)
    with pytest.raises(NotExactError, match=r"offset 0.1 of 'input_2_value' has 55 fraction bits; round it"):
        lossless_working_type(layout, [1.0, 0.1], [0, 0])


def test_a_working_type_wider_than_is_emulated_is_refused() -> None:
    layout = numbered_inputs(2, width=8, signed=False)
    with pytest.raises(NotExactError, match="wider than the 62 bits that are emulated"):
        Scaling(
            layout=layout, offsets=(0.0, 0.0), shifts=(0, 0), working=FixedType(80, 20),
            result=TensorType.uniform(FixedType(8, 8)),
        )  # fmt: skip


@pytest.mark.parametrize("shift", [2.5, 2.0, -(10**10), 10**30, 63])
def test_shifts_that_are_none_of_hardware_are_refused(shift: int) -> None:
    layout = numbered_inputs(1, width=8, signed=False)
    with pytest.raises(NotExactError, match=r"a shift of 'input_1_value' by .* is none of hardware"):
        Scaling(
            layout=layout, offsets=(0.0,), shifts=(shift,), working=FixedType(20, 12),
            result=TensorType.uniform(FixedType(8, 8)),
        )  # fmt: skip
