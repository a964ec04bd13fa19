"""Casts in Verilog equal `core` on every value of a small type: all roundings, overflows and signs."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import requantize
from l1ad.rtl.casts import cast
from l1ad.rtl.circuit import Circuit, Term
from l1ad.rtl.delay import DelayModel

TARGETS = [(4, 3), (3, 5), (6, 2), (1, 1), (5, -1), (9, 6), (12, 7), (2, 9)]
"""Width and integer bits: fewer and more of both than the source's, and none left of the point."""


@pytest.mark.parametrize("signed", [True, False])
def test_every_cast_of_every_7_bit_value_equals_exact_arithmetic(
    signed: bool, delay: DelayModel, simulate_circuit: Callable[..., dict[str, np.ndarray]]
) -> None:
    circuit = Circuit(delay=delay, taken={"x"})
    low, high = (-64, 63) if signed else (0, 127)
    source = circuit.wire("x_raw", (low, high), "x", (), delay_ns=0.0)
    values = np.arange(low, high + 1)[:, None]
    outputs, expected = {}, {}
    modes = product(TARGETS, (True, False), Rounding, Overflow, (True, False))
    for number, ((width, integer), to_signed, rounding, overflow, rectified) in enumerate(modes):
        given = np.maximum(values[:, 0], 0) if rectified else values[:, 0]
        to = FixedType(width, integer, to_signed, rounding, overflow)
        name = f"y{number}"
        outputs[f"{name}_out"] = cast(circuit, name, Term(source, 0), fraction=3, to=to, rectified=rectified)
        expected[f"{name}_out"] = requantize(given, fraction=3, to=to)
    found = simulate_circuit(circuit, [source], outputs, values)
    wrong = [name for name in expected if not np.array_equal(found[name], expected[name])]
    assert not wrong, f"{len(wrong)} of {len(expected)}: {wrong[:5]}"
    assert len(expected) == len(TARGETS) * 2 * len(Rounding) * len(Overflow) * 2


def test_a_value_with_zeros_at_its_low_end_is_cast_as_the_whole_value(
    delay: DelayModel, simulate_circuit: Callable[..., dict[str, np.ndarray]]
) -> None:
    circuit = Circuit(delay=delay, taken={"x"})
    source = circuit.wire("x_raw", (-64, 63), "x", (), delay_ns=0.0)
    values = np.arange(-64, 64)[:, None]
    outputs, expected = {}, {}
    for number, (shift, rounding) in enumerate(product((1, 3, 6), Rounding)):
        to = FixedType(6, 5, True, rounding, Overflow.SAT)
        name = f"y{number}"
        outputs[f"{name}_out"] = cast(circuit, name, Term(source, shift), fraction=5, to=to)
        expected[f"{name}_out"] = requantize(values[:, 0] << shift, fraction=5, to=to)
    found = simulate_circuit(circuit, [source], outputs, values)
    for name, wanted in expected.items():
        np.testing.assert_array_equal(found[name], wanted)


@pytest.mark.parametrize("overflow", Overflow)
def test_a_source_that_is_always_outside_is_cast_to_what_the_mode_says(
    overflow: Overflow, delay: DelayModel
) -> None:
    circuit = Circuit(delay=delay, taken={"x"})
    source = circuit.wire("x_raw", (40, 50), "x", (), delay_ns=0.0)
    to = FixedType(4, 4, True, Rounding.TRN, overflow)
    made = cast(circuit, "y", Term(source, 0), fraction=0, to=to)
    if overflow is Overflow.WRAP:
        assert not isinstance(made, int)
        assert (made.low, made.high) == (-8, 7)
    else:
        assert made == (0 if overflow is Overflow.SAT_ZERO else 7)


def test_a_constant_is_cast_when_the_circuit_is_built(delay: DelayModel) -> None:
    circuit = Circuit(delay=delay)
    to = FixedType(4, 3, True, Rounding.RND_CONV, Overflow.SAT)
    assert cast(circuit, "y", Term(5, 0), fraction=2, to=to) == 2
    assert cast(circuit, "y", Term(-5, 2), fraction=2, to=to, rectified=True) == 0
    assert circuit.wires == []
