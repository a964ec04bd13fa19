import math

import numpy as np
import pytest

from l1ad.core.errors import DataError
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.layouts import ugt_57


def field(*, slot: int = 0, quantity: str = "pt", raw_min: int = 0, raw_max: int = 511) -> InputField:
    return InputField(
        object_type="eg", slot=slot, quantity=quantity, lsb=0.5, unit="GeV", raw_min=raw_min, raw_max=raw_max
    )


def test_ugt_57_orders_met_electrons_muons_and_jets_with_three_quantities_each() -> None:
    layout = ugt_57()
    assert layout.n_inputs == 57
    assert layout.names[:6] == ("met_pt", "met_eta", "met_phi", "eg_1_pt", "eg_1_eta", "eg_1_phi")
    assert (layout.names[15], layout.names[27], layout.names[-1]) == ("mu_1_pt", "jet_1_pt", "jet_10_phi")


@pytest.mark.parametrize(
    ("name", "width", "signed", "ends", "lsb", "unit"),
    [
        ("met_pt", 12, False, (0, 4095), 0.5, "GeV"),
        ("met_phi", 8, False, (0, 143), 2 * math.pi / 144, "rad"),
        ("eg_4_pt", 9, False, (0, 511), 0.5, "GeV"),
        ("eg_1_eta", 8, True, (-127, 127), 0.0435, "1"),
        ("mu_1_pt", 9, False, (0, 511), 0.5, "GeV"),
        ("mu_2_eta", 9, True, (-225, 225), 0.010875, "1"),
        ("mu_4_phi", 10, False, (0, 575), 2 * math.pi / 576, "rad"),
        ("jet_10_pt", 11, False, (0, 2047), 0.5, "GeV"),
        ("jet_3_phi", 8, False, (0, 143), 2 * math.pi / 144, "rad"),
    ],
)
def test_ugt_57_has_the_bits_and_steps_of_the_ugt_words(
    name: str, width: int, signed: bool, ends: tuple[int, int], lsb: float, unit: str
) -> None:
    layout = ugt_57()
    one = layout.fields[layout.names.index(name)]
    assert (one.width, one.signed, (one.raw_min, one.raw_max)) == (width, signed, ends)
    assert (one.lsb, one.unit) == (lsb, unit)


def test_met_has_no_eta() -> None:
    met_eta = ugt_57().fields[1]
    assert (met_eta.name, met_eta.raw_min, met_eta.raw_max) == ("met_eta", 0, 0)


@pytest.mark.parametrize(
    ("raw_min", "raw_max", "width"),
    [(0, 1, 1), (0, 7, 3), (0, 8, 4), (-1, 0, 1), (-4, 3, 3), (-4, 4, 4), (-5, 3, 4), (-128, 0, 8)],
)
def test_the_width_is_the_fewest_bits_that_hold_the_range(raw_min: int, raw_max: int, width: int) -> None:
    assert field(raw_min=raw_min, raw_max=raw_max).width == width


def test_the_ranges_of_a_layout_follow_its_fields() -> None:
    layout = ugt_57()
    assert layout.raw_min[[0, 4, 16]].tolist() == [0, -127, -225]
    assert layout.raw_max[[0, 4, 16]].tolist() == [4095, 127, 225]


@pytest.mark.parametrize(("raw_min", "raw_max"), [(1, 511), (-9, -1), (5, 3)])
def test_a_range_without_the_zero_of_an_absent_object_is_refused(raw_min: int, raw_max: int) -> None:
    with pytest.raises(ValueError, match=rf"'eg_1_pt': 0 \(absent\) lies outside {raw_min} to {raw_max}"):
        field(raw_min=raw_min, raw_max=raw_max)


def test_a_quantity_that_could_not_stand_in_cpp_is_refused() -> None:
    with pytest.raises(ValueError, match=r"quantity 'p T' is not a C\+\+ identifier such as 'dense_1'"):
        field(quantity="p T")


def test_a_layout_that_names_an_input_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="layout 'twins' names an input twice"):
        InputLayout(name="twins", fields=(field(), field()))


def test_an_object_is_present_when_its_pt_is_not_zero() -> None:
    layout = InputLayout(
        name="swapped",
        fields=(
            field(quantity="eta", raw_min=-127, raw_max=127),
            field(),
            field(slot=1),
            field(slot=1, quantity="phi"),
        ),
    )
    present = layout.present(np.array([[0, 5, 0, 9], [3, 0, 1, 0]]))
    assert present.tolist() == [[True, True, False, False], [False, False, True, True]]


@pytest.mark.parametrize("dtype", [np.int64, np.int16, np.uint16])
def test_both_ends_of_every_range_pass_the_check(dtype: type[np.integer]) -> None:
    layout = ugt_57()
    ends = np.stack([np.maximum(layout.raw_min, np.iinfo(dtype).min), layout.raw_max]).astype(dtype)
    layout.check(ends, where="ends")


def test_one_step_beyond_either_end_is_refused_with_event_input_and_range() -> None:
    layout = ugt_57()
    inputs_raw = np.zeros((3, 57), dtype=np.int64)
    inputs_raw[2, 3] = 512
    with pytest.raises(DataError, match=r"a\.h5: event 2, input 'eg_1_pt' is 512, outside 0 to 511; are these"):
        layout.check(inputs_raw, where="a.h5")
    inputs_raw[1, 4] = -128
    with pytest.raises(DataError, match=r"event 1, input 'eg_1_eta' is -128, outside -127 to 127"):
        layout.check(inputs_raw, where="a.h5")


@pytest.mark.parametrize("shape", [(57,), (2, 56), (2, 19, 3)])
def test_events_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"x: shape .* is not \(events, 57\), the inputs of layout 'ugt_57'"):
        ugt_57().check(np.zeros(shape, dtype=np.int64), where="x")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_inputs_that_are_not_finite_are_refused_by_event_and_name(value: float) -> None:
    inputs = np.zeros((2, 57))
    inputs[1, 5] = value
    with pytest.raises(DataError, match=rf"event 1, input 'eg_1_phi' is {value}; every input must be a finite"):
        ugt_57().check(inputs, where="x")  # type: ignore[arg-type]


def test_real_numbers_are_refused_as_they_may_be_gev() -> None:
    with pytest.raises(
        DataError, match=r"inputs are float64, not hardware integers; divide by the step of each"
    ):
        ugt_57().check(np.zeros((2, 57)), where="x")  # type: ignore[arg-type]
