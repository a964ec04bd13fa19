"""Learned bit widths: counted, taken away, kept to a budget, and carried into C++ and Verilog."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("hgq", reason="the extra 'hgq' is not installed")

from l1ad.config.target import load_target
from l1ad.config.training import CompressionConfig, PruningConfig
from l1ad.core.errors import DataError
from l1ad.core.fixed import FixedType
from l1ad.core.layouts import numbered_inputs
from l1ad.core.ports import Interface, input_ports
from l1ad.core.scaling import Scaling, lossless_working_type
from l1ad.core.score import Score
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.vectors import write_vectors
from l1ad.emulate.compare import compared
from l1ad.emulate.engine import trace
from l1ad.hls.csim import check_compiler, compile_test_bench, simulated_traces
from l1ad.hls.project import write_hls
from l1ad.hls.target import HlsTarget
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.design import pipelined_design
from l1ad.rtl.project import write_rtl
from l1ad.rtl.simulation import compile_simulation, simulated_crossings
from l1ad.rtl.tools import find_verilator
from l1ad.training.freeze import frozen_encoder
from l1ad.training.loop import Outcome
from l1ad.training.model import Autoencoder

from .conftest import N_INPUTS, SCALING, TRAINING, SmallTraining

Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]
LARGE = CompressionConfig(beta=1e-4, beta_final=1e-3)
UNPRUNED = PruningConfig(sparsity=0.0)


def reaching_far() -> Scaling:
    """Scale inputs that reach sixteen times as far as those that were trained on."""
    layout = numbered_inputs(N_INPUTS, width=12, signed=True)
    working = lossless_working_type(layout, SCALING.offsets, SCALING.shifts)
    return replace(SCALING, layout=layout, working=working)


@pytest.fixture(scope="module")
def compressed(small: SmallTraining, tmp_path_factory: pytest.TempPathFactory) -> tuple[Autoencoder, Outcome]:
    model = small.fresh()
    checkpoint = tmp_path_factory.mktemp("compressed") / "checkpoint.npz"
    config = TRAINING.model_copy(
        update={"epochs": 30, "learning_rate": 0.03, "compression": LARGE, "pruning": UNPRUNED}
    )
    return model, small.run(model, checkpoint, config=config)


@pytest.fixture(scope="module")
def trigger(compressed: tuple[Autoencoder, Outcome]) -> TriggerAlgorithm:
    scaling, network = frozen_encoder(compressed[0], reaching_far())
    score = Score(FixedType.from_cpp("ap_ufixed<18,14,AP_TRN,AP_SAT>"))
    return TriggerAlgorithm(
        name="learned", scaling=scaling, network=network, score=score, thresholds={"some": 100}
    )


def test_a_large_price_of_a_bit_takes_bits_away(compressed: tuple[Autoencoder, Outcome]) -> None:
    ebops = [record["ebops"] for record in compressed[1].history]
    assert ebops[-1] > 0
    assert ebops[-1] < 0.7 * ebops[0]
    assert compressed[1].history[0]["bit_weight"] == pytest.approx(LARGE.beta)
    assert compressed[1].history[-1]["bit_weight"] == pytest.approx(LARGE.beta_final)


def test_a_budget_of_ebops_is_met_within_a_tenth(small: SmallTraining, tmp_path: Path) -> None:
    compression = CompressionConfig(beta=2e-5, budget_ebops=1000)
    outcome = small.run(
        small.fresh(), tmp_path / "checkpoint.npz", epochs=40, batch_events=20, learning_rate=0.02,
        compression=compression, pruning=UNPRUNED,
    )  # fmt: skip
    ebops = [record["ebops"] for record in outcome.history]
    assert ebops[0] > 1.4 * 1000
    assert ebops[-1] == pytest.approx(1000, rel=0.1)
    assert outcome.history[outcome.best_epoch - 1]["ebops"] == pytest.approx(1000, rel=0.1)


def test_an_event_far_outside_the_training_saturates_and_never_wraps(trigger: TriggerAlgorithm) -> None:
    highest = trigger.layout.raw_max
    events = np.stack([highest // 128, highest // 2, highest])
    found = trace(trigger, events)
    ends = trigger.network.input_type.raw_bounds(N_INPUTS)[1]
    np.testing.assert_array_equal(found["scaled_inputs"][1:], [ends, ends])
    calm, half, most = found["score"][:, 0]
    assert most >= half > calm


def test_a_network_all_of_whose_bits_died_is_refused(small: SmallTraining) -> None:
    model = small.fresh()
    for variable in model.encoder.variables:
        if variable.name in ("f", "b"):
            variable.assign(np.full(variable.shape, -12.0))
    words = "no bit is left of the scaled inputs: the encoder says nothing any more; lower training.compression"
    with pytest.raises(DataError, match=words):
        frozen_encoder(model, SCALING)


def test_a_mean_all_of_whose_bits_died_is_refused(small: SmallTraining) -> None:
    model = small.fresh()
    mean = model.encoder.layers[-1].quantizer
    mean._f.assign(np.full(mean._f.shape, -12.0))
    with pytest.raises(DataError, match="no bit is left of the mean: the encoder says nothing any more"):
        frozen_encoder(model, SCALING)


def test_c_simulation_equals_the_emulator_on_every_tensor(
    trigger: TriggerAlgorithm, events_for: Events, tmp_path: Path
) -> None:
    check_compiler()
    target = HlsTarget(part="xc7vx690t-ffg1927-2", clock=load_target("ugt-vx690t").clock)
    ports = input_ports(trigger.layout, target.interface)
    vectors = events_for(trigger, 10)
    write_vectors(trigger, ports, vectors, trace(trigger, vectors), tmp_path / "vectors")
    write_hls(trigger, target=target, folder=tmp_path / "hls")
    executable = compile_test_bench(tmp_path / "hls")
    inputs_raw = events_for(trigger, 3000)
    expected = trace(trigger, inputs_raw)
    ((_, found),) = simulated_traces(trigger, executable, ports.pack(inputs_raw), block_events=10_000)
    agreement = compared("C", expected, found)
    assert agreement.first is None, str(agreement)
    assert agreement.events == len(inputs_raw) >= 2000
    assert len(np.unique(expected["score"])) > 50


def test_verilog_equals_the_emulator_in_every_cycle(
    trigger: TriggerAlgorithm, events_for: Events, tmp_path: Path
) -> None:
    find_verilator()
    target = load_target("ugt-vx690t")
    delay = DelayModel(period_ns=target.clock.period_ns, **target.delay.model_dump())
    design = pipelined_design(trigger, input_ports(trigger.layout, Interface.GENERIC), delay)
    write_rtl(design, clock=target.clock, delay=delay, folder=tmp_path / "rtl")
    executable = compile_simulation(tmp_path / "rtl")
    inputs_raw = events_for(trigger, 3000)
    expected = trace(trigger, inputs_raw)
    crossings = 0
    words = design.ports.pack(inputs_raw)
    for block, found, timing in simulated_crossings(trigger, executable, words, block_events=1500):
        assert list(found) == ["score", "accept:some"]
        for name, values in found.items():
            np.testing.assert_array_equal(values, expected[name][block], err_msg=name)
        crossings += timing.crossings
    assert crossings == len(inputs_raw) >= 2000
    assert 0 < expected["accept:some"].sum() < len(inputs_raw)
