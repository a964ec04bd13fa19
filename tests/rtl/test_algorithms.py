"""Whole algorithms in Verilog, cycle by cycle: equal to the emulator, latency and interval measured."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.config.target import TargetConfig, load_target
from l1ad.core.errors import ToolError
from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.layouts import numbered_inputs
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Dense,
    FrozenNetwork,
    Layer,
    Pooling2D,
    PoolingFunction,
    Reshape,
    exact_accumulator,
)
from l1ad.core.ports import Interface, input_ports
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.engine import trace
from l1ad.rtl.circuit import Circuit, Term
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.design import pipelined_design
from l1ad.rtl.layers import layer_logic
from l1ad.rtl.project import write_rtl
from l1ad.rtl.simulation import Timing, compile_simulation, record_waveform, simulated_crossings
from l1ad.rtl.verilog import Design

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]


def designed(trigger: TriggerAlgorithm, target: TargetConfig, interface: Interface, folder: Path) -> Design:
    delay = DelayModel(period_ns=target.clock.period_ns, **target.delay.model_dump())
    design = pipelined_design(trigger, input_ports(trigger.layout, interface), delay)
    write_rtl(design, clock=target.clock, delay=delay, folder=folder)
    return design


def differences(
    trigger: TriggerAlgorithm, executable: Path, design: Design, inputs_raw: NDArray[np.int64]
) -> tuple[int, Timing]:
    """Count the integers that differ from the emulator's."""
    expected, wrong, timing = trace(trigger, inputs_raw), 0, None
    words = design.ports.pack(inputs_raw)
    for block, found, measured in simulated_crossings(trigger, executable, words, block_events=1500):
        wrong += sum(int((expected[name][block] != values).sum()) for name, values in found.items())
        timing = measured if timing is None else timing.then(measured)
    assert timing is not None
    return wrong, timing


FORMATS: dict[str, dict[str, object]] = {
    "usual formats": {"thresholds": {"loose": 800, "very tight": 3000, "none": 0}},
    "wrap and truncate everywhere": {
        "name": "input_t", "input_type": "ap_fixed<7,3>", "hidden_type": "ap_ufixed<6,2>",
        "mean_type": "ap_fixed<6,2>", "score_type": "ap_ufixed<6,4>", "thresholds": {"any": 1},
    },
    "a working type that loses bits in the shift, wide means": {
        "name": 'quote" and ; space', "working_type": "ap_fixed<17,14>", "seed": 3,
        "mean_type": "ap_fixed<11,6,AP_RND,AP_SAT>", "thresholds": {"some": 2000},
    },
    "symmetric and zeroing overflow, other roundings": {
        "input_type": "ap_fixed<6,3,AP_RND_INF,AP_SAT_SYM>",
        "hidden_type": "ap_ufixed<5,2,AP_RND_MIN_INF,AP_SAT_ZERO>",
        "mean_type": "ap_fixed<6,3,AP_TRN_ZERO,AP_SAT_SYM>",
        "score_type": "ap_ufixed<10,8,AP_RND_ZERO,AP_SAT_ZERO>", "seed": 4, "thresholds": {"one": 40},
    },
    "the output itself as score": {
        "widths": (4, 1), "mean_type": "ap_ufixed<8,4,AP_RND,AP_SAT>", "score_function": ScoreFunction.OUTPUT,
        "thresholds": {"one": 20},
    },
}  # fmt: skip


@pytest.mark.usefixtures("needs_verilator")
@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("target", ["ugt-vx690t", "vu13p-360"])
def test_scores_and_accept_bits_equal_the_emulator_in_every_cycle(
    formats: str, target: str, build_trigger: Builder, events_for: Events, tmp_path: Path
) -> None:
    trigger, chosen = build_trigger(**FORMATS[formats]), load_target(target)
    design = designed(trigger, chosen, chosen.interface, tmp_path / "rtl")
    inputs_raw = events_for(trigger, 6000)
    wrong, timing = differences(trigger, compile_simulation(tmp_path / "rtl"), design, inputs_raw)
    assert wrong == 0
    assert timing.crossings == len(inputs_raw)
    assert timing.latency_min == timing.latency_max == design.pipeline.n_stages
    assert timing.interval_min == 1
    assert timing.resets > 0
    assert timing.idle_cycles > 100
    assert len(np.unique(trace(trigger, inputs_raw)["score"])) > 10


@pytest.mark.usefixtures("needs_verilator")
@pytest.mark.parametrize("which", ["elements", "images"])
def test_types_of_each_element_convolutions_and_pooling_are_exact(
    which: str, request: pytest.FixtureRequest, events_for: Events, tmp_path: Path
) -> None:
    trigger: TriggerAlgorithm = request.getfixturevalue(f"{which}_trigger")
    design = designed(trigger, load_target("vu9p-200"), Interface.GENERIC, tmp_path / "rtl")
    inputs_raw = events_for(trigger, 3000)
    wrong, timing = differences(trigger, compile_simulation(tmp_path / "rtl"), design, inputs_raw)
    assert wrong == 0
    assert timing.latency_max == design.pipeline.n_stages > 5
    assert len(np.unique(trace(trigger, inputs_raw)["score"])) > 50


@pytest.mark.usefixtures("needs_verilator")
def test_one_weight_changed_in_the_verilog_is_found(
    build_trigger: Builder, events_for: Events, tmp_path: Path
) -> None:
    trigger = build_trigger(thresholds={"some": 1000})
    design = designed(trigger, load_target("ugt-vx690t"), Interface.UGT, tmp_path / "rtl")
    module = tmp_path / "rtl" / "small_dense_1_stage1.v"
    text = module.read_text()
    assert " - " in text
    module.write_text(text.replace(" - ", " + ", 1))
    wrong, _ = differences(trigger, compile_simulation(tmp_path / "rtl"), design, events_for(trigger, 500))
    assert wrong > 0


@pytest.mark.usefixtures("needs_verilator")
def test_a_waveform_of_named_crossings_shows_start_and_done(
    build_trigger: Builder, events_for: Events, tmp_path: Path
) -> None:
    trigger = build_trigger()
    design = designed(trigger, load_target("ugt-vx690t"), Interface.UGT, tmp_path / "rtl")
    executable = compile_simulation(tmp_path / "rtl", wave=True)
    record_waveform(executable, design.ports.pack(events_for(trigger, 1)[-3:]), tmp_path / "three.vcd")
    text = (tmp_path / "three.vcd").read_text()
    assert "$timescale 1ps $end" in text
    for signal in ("ap_start", "ap_done", "score", "muon_0", "dense_1_a"):
        assert signal in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rtl", "three.vcd"]


def test_verilog_that_is_none_and_a_missing_project_are_told_in_one_sentence(
    build_trigger: Builder,
    tmp_path: Path,
    needs_verilator: None,  # noqa: ARG001
) -> None:
    with pytest.raises(ToolError, match="no Verilog project here; `l1ad build` writes one"):
        compile_simulation(tmp_path)
    designed(build_trigger(), load_target("ugt-vx690t"), Interface.UGT, tmp_path / "rtl")
    (tmp_path / "rtl" / "small_top.v").write_text("this is no Verilog\n")
    with pytest.raises(ToolError, match=r"make in .* failed with code 2: .*syntax error"):
        compile_simulation(tmp_path / "rtl")


def test_designing_twice_gives_the_same_verilog(build_trigger: Builder, tmp_path: Path) -> None:
    for name in ("one", "two"):
        designed(build_trigger(), load_target("ugt-vx690t"), Interface.UGT, tmp_path / name)
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")
    )
    assert one == two


def test_a_clock_that_a_single_adder_does_not_fit_is_refused(build_trigger: Builder) -> None:
    trigger = build_trigger()
    delay = DelayModel(period_ns=1.0, net_ns=0.6, lut_ns=0.1, carry_in_ns=0.3, carry_bit_ns=0.0125, margin=0.1)
    with pytest.raises(ToolError, match=r"alone takes .* ns by the delay model, more than the 0.90 ns"):
        pipelined_design(trigger, input_ports(trigger.layout, Interface.UGT), delay)


def test_an_unsigned_working_type_holds_all_its_integers() -> None:
    """Values of its upper half are not taken for negative ones."""
    layout, types = numbered_inputs(3, width=6, signed=False), TensorType.uniform(FixedType(6, 6, False))
    scaling = Scaling(
        layout=layout, offsets=(0.0,) * 3, shifts=(0, 0, 0), working=FixedType(6, 6, False), result=types
    )
    kept = Activation(name="kept", function=ActivationFunction.LINEAR, n=3, result=types)
    network = FrozenNetwork(n_inputs=3, input_type=types, layers=(kept,))
    trigger = TriggerAlgorithm(
        name="unsigned", scaling=scaling, network=network, score=Score(FixedType(20, 20, False))
    )
    target = load_target("vu9p-200")
    delay = DelayModel(period_ns=target.clock.period_ns, **target.delay.model_dump())
    design = pipelined_design(trigger, input_ports(layout, Interface.GENERIC), delay)
    scaled = [wire for wire in design.circuit.wires if wire.block == "scaling"]
    assert [(wire.low, wire.high) for wire in scaled] == [(0, 63)] * 3


@pytest.mark.usefixtures("needs_verilator")
def test_unsigned_squares_are_not_taken_for_negative_by_the_simulation(
    events_for: Events, tmp_path: Path
) -> None:
    """Verilator 5.48 does so where it makes tables of the logic, which it is told not to."""
    layout, types = numbered_inputs(3, width=6, signed=True), TensorType.uniform(FixedType(8, 8))
    scaling = Scaling(
        layout=layout, offsets=(0.0,) * 3, shifts=(0, 0, 0), working=FixedType(16, 12), result=types
    )
    weights, bias, kind = np.array([[1, -5], [2, 4], [2, -6]]), np.array([0, -3]), FixedType(8, 8)
    accumulator = exact_accumulator(
        given=types, weights_raw=weights, weight_type=kind, bias_raw=bias, bias_type=kind
    )
    dense = Dense(
        name="dense", weights_raw=weights, weight_type=kind, bias_raw=bias, bias_type=kind,
        accumulator=accumulator,
    )  # fmt: skip
    act = Activation(
        name="act", function=ActivationFunction.RELU, n=2,
        result=TensorType.uniform(FixedType(7, 9, False, Rounding.RND, Overflow.SAT)),
    )  # fmt: skip
    trigger = TriggerAlgorithm(
        name="probe", scaling=scaling,
        network=FrozenNetwork(n_inputs=3, input_type=types, layers=(dense, act)),
        score=Score(FixedType(18, 19, False, Rounding.TRN, Overflow.SAT)), thresholds={"a": 50, "b": 200},
    )  # fmt: skip
    design = designed(trigger, load_target("ugt-vx690t"), Interface.GENERIC, tmp_path / "rtl")
    inputs_raw = events_for(trigger, 3000)
    wrong, _ = differences(trigger, compile_simulation(tmp_path / "rtl"), design, inputs_raw)
    assert wrong == 0


def logic_of(layers: tuple[Layer, ...], types: TensorType, delay: DelayModel) -> tuple[Circuit, list[Term]]:
    """Give the logic of layers on three inputs x0, x1, x2 of six bits with a sign."""
    circuit = Circuit(delay=delay, search="shallow", taken={"x0", "x1", "x2"})
    values = []
    for index, one in enumerate(types.of_each(3)):
        bounds = (one.raw_min, one.raw_max)
        wire = circuit.wire(f"x{index}_raw", bounds, f"x{index}", (), delay_ns=0.0) if one.width else 0
        values.append(Term(wire, types.fraction - one.fraction if one.width else 0))
    network = FrozenNetwork(n_inputs=3, input_type=types, layers=layers)
    for layer, given in network.given():
        values = layer_logic(circuit, layer, values, given)
    return circuit, values


def test_pooling_with_a_pruned_element_and_the_finest_in_no_window_is_exact(
    delay: DelayModel, simulate_circuit: Callable[..., dict[str, np.ndarray]]
) -> None:
    zero = FixedType(0, 0, signed=False)
    types = TensorType((zero, FixedType(6, 5), FixedType(8, 4)))
    image = Reshape(name="image", input_shape=(3,), target_shape=(1, 3, 1))
    largest = Pooling2D(
        name="largest", function=PoolingFunction.MAX, input_shape=(1, 3, 1), pool=(1, 2), strides=(1, 2)
    )
    circuit, (pooled,) = logic_of((image, largest), types, delay)
    values = np.zeros((64, 3), dtype=np.int64)
    values[:, 1] = np.arange(-32, 32)
    inputs = [wire for wire in circuit.wires if wire.name.endswith("_raw")]
    found = simulate_circuit(circuit, inputs, {"y": pooled.wire}, values[:, [1, 2]])
    in_steps = values << np.array([0, types.fraction - 1, 0])
    network = FrozenNetwork(n_inputs=3, input_type=types, layers=(image, largest))
    np.testing.assert_array_equal(found["y"] << pooled.shift, network.trace(in_steps)["largest"][:, 0])


def test_weights_of_few_bits_far_above_the_bias_do_not_reach_the_limits_of_the_solver(
    delay: DelayModel, simulate_circuit: Callable[..., dict[str, np.ndarray]]
) -> None:
    """Aligned to the bias the products would be multiples of 2^35, which the solver gets wrong."""
    types = TensorType.uniform(FixedType(3, 14))
    weights, bias = np.array([[1, -2], [-1, 1], [1, 0]]), np.array([(1 << 28) + 3, -5])
    kinds = {"weight_type": FixedType(2, 1), "bias_type": FixedType(30, 5)}
    accumulator = exact_accumulator(given=types, weights_raw=weights, bias_raw=bias, **kinds)
    dense = Dense(name="dense", weights_raw=weights, bias_raw=bias, accumulator=accumulator, **kinds)
    circuit, sums = logic_of((dense,), types, delay)
    values = np.array([[a, b, c] for a in range(-4, 4) for b in range(-4, 4) for c in range(-4, 4)])
    inputs = [wire for wire in circuit.wires if wire.name.endswith("_raw")]
    found = simulate_circuit(circuit, inputs, {f"y{n}": one.wire for n, one in enumerate(sums)}, values)
    network = FrozenNetwork(n_inputs=3, input_type=types, layers=(dense,))
    expected = network.trace(values)["dense"]
    for number, one in enumerate(sums):
        np.testing.assert_array_equal(found[f"y{number}"] << one.shift, expected[:, number])


def test_an_accumulator_of_coarse_steps_is_built(delay: DelayModel) -> None:
    types = TensorType.uniform(FixedType(8, 8))
    weights, bias, kind = np.array([[7, -20], [9, 4], [-11, 30]]), np.array([3, -4]), FixedType(8, 8)
    dense = Dense(
        name="dense", weights_raw=weights, weight_type=kind, bias_raw=bias, bias_type=kind,
        accumulator=FixedType(12, 14, True, Rounding.RND),
    )  # fmt: skip
    _, sums = logic_of((dense,), types, delay)
    assert len(sums) == 2


@pytest.mark.usefixtures("needs_verilator")
def test_ports_and_names_that_look_like_verilogs_or_our_own_are_built_and_right(
    build_trigger: Builder, events_for: Events, tmp_path: Path
) -> None:
    """`accept_on` is a keyword of SystemVerilog, `two_stage_top.v` looks like a module of a stage."""
    trigger = build_trigger(name="two_stage", thresholds={"on": 900, "a7": 500})
    design = designed(trigger, load_target("ugt-vx690t"), Interface.UGT, tmp_path / "rtl")
    inputs_raw = events_for(trigger, 500)
    wrong, _ = differences(trigger, compile_simulation(tmp_path / "rtl"), design, inputs_raw)
    assert wrong == 0
