"""Sums, shifts, maxima and squares: bounds that hold, Verilog that computes them."""

from collections.abc import Callable

import numpy as np
import pytest

from l1ad.core.errors import ToolError
from l1ad.rtl.adders import SEARCHES, WrongGraphError, _check_programs, weighted_sums
from l1ad.rtl.algorithm import _square
from l1ad.rtl.circuit import Circuit, Term, Wire, constant
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.pipeline import pipelined

Simulate = Callable[..., dict[str, np.ndarray]]
RANGES = [(-8, 7), (0, 15), (-1, 0), (3, 3), (-128, 127), (0, 1)]


def inputs_of(circuit: Circuit, ranges: list[tuple[int, int]]) -> tuple[list[Wire], np.ndarray]:
    """Make input wires, and values that meet both ends of each range."""
    wires = [
        circuit.wire(f"x{index}_raw", one, f"x{index}", (), delay_ns=0.0) for index, one in enumerate(ranges)
    ]
    rng = np.random.default_rng(3)
    low, high = np.array(ranges).T
    drawn = rng.integers(low, high + 1, (400, len(ranges)))
    return wires, np.concatenate([low[None], high[None], drawn])


def test_products_with_a_constant_matrix_are_exact_in_every_search(
    delay: DelayModel, simulate_circuit: Simulate
) -> None:
    circuit = Circuit(delay=delay, taken={f"x{index}" for index in range(len(RANGES))})
    wires, values = inputs_of(circuit, RANGES)
    rng = np.random.default_rng(11)
    kernel = rng.integers(-32, 32, (len(RANGES), 7)) * (rng.random((len(RANGES), 7)) < 0.7)
    kernel[:, 5] = 0
    shifts = [0, 2, 0, 1, 0, 3]
    bias = [0, 5, -3, 1 << 12, -77, 9, 0]
    terms = [Term(wire, shift) for wire, shift in zip(wires, shifts, strict=True)]
    sums = {}
    for number, search in enumerate(SEARCHES):
        circuit.search = search
        for column, one in enumerate(weighted_sums(circuit, f"sum{number}", terms, kernel, bias)):
            sums[f"y{number}_{column}"] = one
    expected = (values << np.array(shifts)) @ kernel + np.array(bias)
    found = simulate_circuit(circuit, wires, {name: one.wire for name, one in sums.items()}, values)
    for name, one in sums.items():
        wanted = expected[:, int(name.partition("_")[2])]
        np.testing.assert_array_equal(found[name] << one.shift, wanted)
        low, high = (end << one.shift for end in one.bounds)
        assert low <= wanted.min()
        assert wanted.max() <= high


def test_equal_columns_with_opposite_biases_keep_them(delay: DelayModel) -> None:
    """alkaid 0.8.2 loses them where they are told to it as constants; every graph is proven once found."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        kernel = rng.integers(-8, 9, (5, 4))
        bias = [int(one) for one in rng.integers(-64, 65, 4)]
        kernel[:, 1], bias[1] = kernel[:, 0], -bias[0]
        for search in SEARCHES:
            circuit = Circuit(delay=delay, search=search)
            wires, _ = inputs_of(circuit, [(-8, 7)] * 5)
            sums = weighted_sums(circuit, "sum", [Term(wire, 0) for wire in wires], kernel, bias)
            for column, one in enumerate(sums):
                weights = kernel[:, column]
                low = int(np.minimum(-8 * weights, 7 * weights).sum()) + bias[column]
                high = int(np.maximum(-8 * weights, 7 * weights).sum()) + bias[column]
                # Not equal: intervals of shared terms are taken as independent.
                assert one.bounds[0] << one.shift <= low
                assert high <= one.bounds[1] << one.shift


def test_a_graph_that_is_not_the_product_is_refused() -> None:
    from alkaid.cmvm import cmvm_solve

    kernel = np.array([[3, 5], [-1, 7]])
    intervals = [(-8.0, 7.0, 1.0)] * 2
    programs = cmvm_solve(kernel.astype(np.float32), qintervals=intervals, latencies=[0.0, 0.0])
    _check_programs(programs, kernel, "dense")
    with pytest.raises(WrongGraphError, match="graph of adders for 'dense' is not the product it was"):
        _check_programs(programs, np.array([[3, 5], [-1, 8]]), "dense")


def test_maxima_totals_and_floors_are_exact(delay: DelayModel, simulate_circuit: Simulate) -> None:
    ranges = [(-8, 7), (0, 15), (-100, 27), (0, 3)]
    circuit = Circuit(delay=delay, taken={f"x{index}" for index in range(len(ranges))})
    wires, values = inputs_of(circuit, ranges)
    terms = [Term(wire, shift) for wire, shift in zip(wires, (0, 1, 0, 3), strict=True)]
    whole = values << np.array([0, 1, 0, 3])
    larger, total = circuit.larger("larger", terms[0], terms[1]), circuit.total("total", terms)
    floor = circuit.floor("floor", terms[2], 3)
    outputs = {"larger_out": larger.wire, "total_out": total.wire, "floor_out": floor.wire}
    found = simulate_circuit(circuit, wires, outputs, values)
    np.testing.assert_array_equal(found["larger_out"] << larger.shift, whole[:, :2].max(axis=1))
    np.testing.assert_array_equal(found["total_out"] << total.shift, whole.sum(axis=1))
    np.testing.assert_array_equal(found["floor_out"], whole[:, 2] >> 3)


def test_squares_of_every_value_are_exact(delay: DelayModel, simulate_circuit: Simulate) -> None:
    ranges = [(-128, 127), (0, 255), (-2048, 2047), (0, 1000), (-300, 20), (-1, 0)]
    circuit = Circuit(delay=delay, taken={f"x{index}" for index in range(len(ranges))})
    wires, _ = inputs_of(circuit, ranges)
    values = np.stack([np.resize(np.arange(low, high + 1), 4096) for low, high in ranges], axis=1)
    squares = [_square(circuit, f"square_{index}", Term(wire, 1)) for index, wire in enumerate(wires)]
    outputs = {f"y{index}": square.wire for index, square in enumerate(squares)}
    found = simulate_circuit(circuit, wires, outputs, values)
    for index, square in enumerate(squares):
        np.testing.assert_array_equal(found[f"y{index}"] << square.shift, (2 * values[:, index]) ** 2)


def test_a_weight_beyond_what_the_solver_holds_is_refused(delay: DelayModel) -> None:
    circuit = Circuit(delay=delay, search="shallow")
    wire = circuit.wire("x_raw", (0, 3), "x", (), delay_ns=0.0)
    with pytest.raises(ToolError, match="more than the 24 bits that alkaid's solver holds"):
        weighted_sums(circuit, "sum", [Term(wire, 0)], np.array([[(1 << 24) + 1]]), [0])


def test_names_that_are_taken_get_an_ending(delay: DelayModel) -> None:
    circuit = Circuit(delay=delay, taken={"score"})
    assert circuit.wire("score", (0, 1), "x", (), delay_ns=0.0).name == "score_"


@pytest.mark.parametrize(("value", "text"), [(0, "2'sd0"), (5, "4'sd5"), (-4, "(-4'sd4)"), (-1, "(-2'sd1)")])
def test_constants_are_signed_and_wide_enough(value: int, text: str) -> None:
    assert constant(value) == text


def test_a_chain_is_cut_into_the_fewest_stages_and_those_evenly(delay: DelayModel) -> None:
    circuit = Circuit(delay=delay)
    wire = circuit.wire("x_raw", (0, 1), "x", (), delay_ns=0.0)
    for number in range(10):
        wire = circuit.wire(f"w{number}", (0, 1), wire.name, (wire,), delay_ns=1.0)
    planned = pipelined(circuit.wires, usable_ns=4.5)
    assert planned.n_stages == 3
    assert planned.stage_ns == (4.0, 4.0, 2.0)
    assert pipelined(circuit.wires, usable_ns=10.0).n_stages == 1
    with pytest.raises(ToolError, match=r"w0 alone takes 1.00 ns by the delay model, more than the 0.50 ns"):
        pipelined(circuit.wires, usable_ns=0.5)
