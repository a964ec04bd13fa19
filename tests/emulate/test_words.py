"""Words cut into fields, and a divergence told down to its bits."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import compared
from l1ad.emulate.divergence import divergence_report, format_of, offending_word
from l1ad.emulate.engine import trace
from l1ad.emulate.words import bit_fields, word_difference

Events = Callable[[int], NDArray[np.int16]]
Drawn = Callable[..., TriggerAlgorithm]

formats = st.builds(FixedType, st.integers(1, 20), st.integers(-5, 25), st.booleans())


@given(one=formats, data=st.data())
def test_the_fields_of_a_word_are_all_its_bits_once_and_give_it_back(
    one: FixedType, data: st.DataObject
) -> None:
    raw = data.draw(st.integers(one.raw_min, one.raw_max))
    word = raw & ((1 << one.width) - 1)
    fields = bit_fields(one)
    assert sorted(bit for field in fields for bit in range(field.low, field.high + 1)) == list(range(one.width))
    assert sum(field.of(word) << field.low for field in fields) == word


@given(one=formats, data=st.data())
def test_the_bits_that_differ_are_those_that_turn_one_word_into_the_other(
    one: FixedType, data: st.DataObject
) -> None:
    expected, found = (data.draw(st.integers(one.raw_min, one.raw_max)) for _ in range(2))
    difference = word_difference(expected, found, one)
    assert difference.expected ^ sum(1 << bit for bit in difference.bits) == difference.found
    assert (difference.bits == ()) == (expected == found)
    assert difference.fits


@pytest.mark.parametrize(
    ("spelling", "names"),
    [
        ("ap_fixed<8,3>", ["sign [7:7]", "integer [6:5]", "fraction [4:0]"]),
        ("ap_ufixed<18,14>", ["integer [17:4]", "fraction [3:0]"]),
        ("ap_ufixed<4,-2>", ["fraction [3:0]"]),
        ("ap_fixed<4,9>", ["sign [3:3]", "integer [2:0]"]),
        ("ap_fixed<5,1>", ["sign [4:4]", "fraction [3:0]"]),
        ("ap_uint<1>", ["integer [0:0]"]),
    ],
)
def test_fields_are_named_by_the_place_of_the_point(spelling: str, names: list[str]) -> None:
    fields = bit_fields(FixedType.from_cpp(spelling))
    assert [f"{field.name} [{field.high}:{field.low}]" for field in fields] == names


def test_words_are_laid_out_field_by_field() -> None:
    lines = word_difference(37, 36, FixedType.from_cpp("ap_fixed<8,3,AP_RND_CONV,AP_SAT>")).lines(
        "emulator", "C++"
    )
    assert lines == [
        "  ap_fixed<8,3,AP_RND_CONV,AP_SAT>  emulator    C++",
        "  sign [7:7]                               0      0",
        "  integer [6:5]                           01     01",
        "  fraction [4:0]                       00101  00100  <- differs",
        "  word                                  0x25   0x24",
        "  value                              1.15625  1.125",
    ]


def test_an_integer_outside_its_format_is_said_to_be() -> None:
    difference = word_difference(3, 300, FixedType(8, 3))
    assert not difference.fits
    assert "outside ap_fixed<8,3>; its low bits are shown" in "\n".join(difference.lines("emulator", "C++"))


def differing(trigger: TriggerAlgorithm, inputs_raw: NDArray[np.integer], tensor: str, element: int) -> str:
    """Flip the last bit of one element of event 7 and tell what is found."""
    expected = trace(trigger, inputs_raw)
    found = {name: values.copy() for name, values in expected.items()}
    found[tensor][7, element] ^= 1
    agreement = compared("RTL", expected, found)
    assert agreement.first is not None
    assert offending_word(trigger, agreement.first).bits == (0,)
    return divergence_report(trigger, agreement, inputs_raw[7])


def test_a_report_names_format_bits_sources_and_event(trigger: TriggerAlgorithm, events: Events) -> None:
    inputs_raw = events(20)
    report = differing(trigger, inputs_raw, "mean", 2).splitlines()
    assert report[0].startswith("RTL: event 7, layer 'mean', element 2: emulator ")
    assert "ap_fixed<9,6,AP_RND_CONV,AP_SAT>" in report[1]
    assert "  equal in this event before it: scaled_inputs, dense_1" in report
    value = trace(trigger, inputs_raw)["dense_1"][7, 2]
    assert f"  made from dense_1, 1 elements, those not zero (raw): [2] {value}" in report
    assert "  integers that differ, by tensor: mean 1" in report
    assert report[-1].startswith(f"  event: met_pt={inputs_raw[7, 0]}, ")


def test_a_scaled_input_is_traced_to_its_hardware_word(trigger: TriggerAlgorithm, events: Events) -> None:
    inputs_raw = events(20)
    report = differing(trigger, inputs_raw, "scaled_inputs", 3)
    assert f"made from eg_1_pt: ({inputs_raw[7, 3]} - 0) >> 5 in ap_fixed<18,13>" in report


@pytest.mark.parametrize("seed", range(4))
def test_any_element_of_an_image_network_can_be_told(
    seed: int, random_image_algorithm: Drawn, drawn_images: Callable[[int], NDArray[np.int64]]
) -> None:
    trigger, inputs_raw = random_image_algorithm(seed), drawn_images(seed)[:20]
    for tensor, values in trace(trigger, inputs_raw).items():
        element = values.shape[1] // 2
        assert f"layer '{tensor}', element {element}: emulator" in differing(
            trigger, inputs_raw, tensor, element
        )


def test_an_accept_bit_is_a_word_of_one_bit(trigger: TriggerAlgorithm, events: Events) -> None:
    assert format_of(trigger, "accept:tight", 0) == FixedType(1, 1, signed=False)
    assert "integer [0:0]" in differing(trigger, events(20), "accept:tight", 0)
    with pytest.raises(KeyError):
        format_of(trigger, "accept:none", 0)


def test_where_nothing_differs_there_is_nothing_to_report(trigger: TriggerAlgorithm, events: Events) -> None:
    traced = trace(trigger, events(5))
    agreement = compared("RTL", traced, traced, reference="C++")
    assert replace(agreement, reference="C++") == agreement
    with pytest.raises(ValueError, match="RTL differs nowhere"):
        divergence_report(trigger, agreement, events(5)[0])
