"""The implementations of one algorithm, each as something that gives traces of events."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.integer import requantize
from l1ad.core.ports import InputPorts
from l1ad.core.progress import Progress
from l1ad.core.trace import SCALED_INPUTS, SCORE, Trace, accept_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import Agreement, compared
from l1ad.emulate.engine import emulate, reference_scores, trace
from l1ad.exchange.qonnx.run import onnxruntime_trace, qonnx_trace
from l1ad.flow.freeze import TrainedModel
from l1ad.hls.csim import simulated_traces
from l1ad.hls.emulator_run import emulator_traces
from l1ad.hls.original import original_network
from l1ad.rtl.simulation import Timing, simulated_crossings
from l1ad.training.freeze import keras_trace

__all__ = [
    "CMSSW_EMULATOR",
    "C_SIMULATION",
    "FAST_ENGINE",
    "KERAS",
    "ONNX_RUNTIME",
    "ORIGINAL",
    "QONNX",
    "RTL",
    "Implementation",
    "c_simulation",
    "cmssw_emulator",
    "compared_on",
    "fast_emulator",
    "onnx_runtime",
    "original_cpp",
    "qonnx_executor",
    "quantised_keras",
    "rtl_simulation",
]

KERAS = "quantised Keras"
FAST_ENGINE = "fast emulator"
C_SIMULATION = "HLS C simulation"
CMSSW_EMULATOR = "CMSSW emulator library"
RTL = "RTL in Verilator"
ONNX_RUNTIME = "QONNX in ONNX Runtime"
QONNX = "QONNX in its executor"
ORIGINAL = "original hls4ml C++"

BLOCK_EVENTS = 8_192
_PACKED_EVENTS = 16 * BLOCK_EVENTS
"""Port words are made for so many events at a time: they take several times the room of the inputs."""

Events = NDArray[np.integer]
Found = Iterator[tuple[slice, Trace]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Implementation:
    """One implementation of an algorithm.

    Attributes:
        name: What it is called in tables and messages.
        traces: Gives the tensors that it has, block by block, in order.
        expected: Gives the emulator's tensors of a block; all of them unless it needs fewer.
    """

    name: str
    traces: Callable[[Events], Found]
    expected: Callable[[Events], Trace]


def compared_on(
    one: Implementation, inputs_raw: Events, progress: Progress, *, before: int, total: int
) -> Agreement:
    """Compare an implementation with the emulator, tensor by tensor, integer for integer.

    Args:
        one: The implementation.
        inputs_raw: Events, shape (n_events, n_inputs).
        progress: Told the events done.
        before: Events done before, by other implementations.
        total: Events to do by all of them.
    """
    agreement: Agreement | None = None
    for block, found in one.traces(inputs_raw):
        progress(before + block.start, total, one.name)
        part = compared(one.name, one.expected(inputs_raw[block]), found)
        agreement = part if agreement is None else agreement.then(part)
    if agreement is None:
        raise ToolError(f"{one.name} gave nothing to compare")
    return agreement


def fast_emulator(trigger: TriggerAlgorithm) -> Implementation:
    """Take what `l1ad emulate` gives, to hold it against plain integer arithmetic."""

    def traces(inputs_raw: Events) -> Found:
        yield slice(0, len(inputs_raw)), {SCORE: emulate(trigger, inputs_raw).score_raw[:, None]}

    return Implementation(
        name=FAST_ENGINE,
        traces=traces,
        expected=lambda inputs_raw: {SCORE: reference_scores(trigger, inputs_raw)[:, None]},
    )


def c_simulation(trigger: TriggerAlgorithm, ports: InputPorts, executable: Path) -> Implementation:
    """Take the compiled test bench of the HLS project."""

    def traces(inputs_raw: Events) -> Found:
        for start, words in _packed(ports, inputs_raw):
            for block, found in simulated_traces(trigger, executable, words, block_events=BLOCK_EVENTS):
                yield _moved(block, start), found

    return Implementation(
        name=C_SIMULATION, traces=traces, expected=lambda inputs_raw: trace(trigger, inputs_raw)
    )


def rtl_simulation(
    trigger: TriggerAlgorithm, ports: InputPorts, executable: Path, measured: list[Timing]
) -> Implementation:
    """Take the Verilog, cycle by cycle; what is measured of each block is added to `measured`."""

    def traces(inputs_raw: Events) -> Found:
        for start, words in _packed(ports, inputs_raw):
            simulated = simulated_crossings(trigger, executable, words, block_events=BLOCK_EVENTS)
            for block, found, timing in simulated:
                measured.append(timing)
                yield _moved(block, start), found

    return Implementation(name=RTL, traces=traces, expected=_decisions(trigger))


def cmssw_emulator(trigger: TriggerAlgorithm, loader: Path, library: Path) -> Implementation:
    """Take the emulator library as CMSSW loads it."""

    def traces(inputs_raw: Events) -> Found:
        return emulator_traces(trigger, loader, library, inputs_raw, block_events=BLOCK_EVENTS)

    return Implementation(name=CMSSW_EMULATOR, traces=traces, expected=_decisions(trigger))


def _decisions(trigger: TriggerAlgorithm) -> Callable[[Events], Trace]:
    """Give the emulator's score and accept bits, for implementations that show no more."""

    def expected(inputs_raw: Events) -> Trace:
        score = emulate(trigger, inputs_raw).score_raw[:, None]
        accepts = {
            accept_name(name): (score >= threshold).astype(np.int64)
            for name, threshold in trigger.thresholds.items()
        }
        return {SCORE: score, **accepts}

    return expected


def quantised_keras(
    trigger: TriggerAlgorithm, whole: TriggerAlgorithm, trained: TrainedModel
) -> Implementation:
    """Take the quantised Keras encoder itself.

    Its layers are held against those of the algorithm as it was trained, `whole`, and its score against the
    algorithm that is deployed, which has no dead parts.
    """

    def traced(inputs_raw: Events) -> Trace:
        found = keras_trace(trained.model, whole.network, trained.data.inputs.shown(inputs_raw))
        fraction = whole.network.output_type.fraction
        mean = found[whole.network.layers[-1].name] * 2.0**-fraction
        squared = np.rint(np.sum(mean**2, axis=1) * 4.0**fraction).astype(np.int64)
        found[SCORE] = requantize(squared, fraction=2 * fraction, to=whole.score.result)[:, None]
        return found

    def traces(inputs_raw: Events) -> Found:
        for block in _blocks(inputs_raw):
            yield block, traced(inputs_raw[block])

    def expected(inputs_raw: Events) -> Trace:
        return {**trace(whole, inputs_raw), SCORE: emulate(trigger, inputs_raw).score_raw[:, None]}

    return Implementation(name=KERAS, traces=traces, expected=expected)


def onnx_runtime(trigger: TriggerAlgorithm, file: Path) -> Implementation:
    """Take the exported QONNX file, run by ONNX Runtime."""
    return _blockwise(ONNX_RUNTIME, trigger, lambda inputs_raw: onnxruntime_trace(file, inputs_raw))


def qonnx_executor(trigger: TriggerAlgorithm, file: Path) -> Implementation:
    """Take the exported QONNX file, run node by node by qonnx itself."""
    return _blockwise(QONNX, trigger, lambda inputs_raw: qonnx_trace(file, inputs_raw))


def original_cpp(trigger: TriggerAlgorithm, folder: Path) -> Implementation:
    """Take the C++ of the hls4ml project that the network was imported from: its outputs."""
    network = trigger.network
    last = network.layers[-1].name

    def traces(inputs_raw: Events) -> Found:
        types = {"input_type": network.input_type, "output_type": network.output_type}
        with original_network(folder, **types) as run:
            for block in _blocks(inputs_raw):
                scaled = trigger.scaling.apply(inputs_raw[block])
                yield block, {SCALED_INPUTS: scaled, last: run(scaled)}

    return Implementation(name=ORIGINAL, traces=traces, expected=lambda inputs_raw: trace(trigger, inputs_raw))


def _packed(ports: InputPorts, inputs_raw: Events) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    for start in range(0, len(inputs_raw), _PACKED_EVENTS):
        yield start, ports.pack(inputs_raw[start : start + _PACKED_EVENTS])


def _moved(block: slice, start: int) -> slice:
    return slice(block.start + start, block.stop + start)


def _blocks(inputs_raw: Events) -> Iterator[slice]:
    for start in range(0, len(inputs_raw), BLOCK_EVENTS):
        yield slice(start, min(start + BLOCK_EVENTS, len(inputs_raw)))


def _blockwise(name: str, trigger: TriggerAlgorithm, traced: Callable[[Events], Trace]) -> Implementation:
    def traces(inputs_raw: Events) -> Found:
        return ((block, traced(inputs_raw[block])) for block in _blocks(inputs_raw))

    return Implementation(name=name, traces=traces, expected=lambda inputs_raw: trace(trigger, inputs_raw))
