"""Small trials: not whether something is there, but whether it works."""

import shutil
import tempfile
from pathlib import Path

import numpy as np

from l1ad.core.errors import L1adError, ToolError
from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.network import Activation, ActivationFunction, Dense, FrozenNetwork, exact_accumulator
from l1ad.core.program import run_program
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.events import EventBatch
from l1ad.data.opening import load_events
from l1ad.emulate.engine import emulate
from l1ad.flow.doctor_findings import Finding, Health
from l1ad.rtl.tools import find_verilator

__all__ = ["compiler_trial", "emulator_trial", "verilator_trial"]

SECONDS = 8

_PROGRAM = """#include <cstdint>
#include <cstdio>
int main() { std::int64_t sum = 0; for (int i = 1; i < 11; ++i) sum += i; std::printf("%d", int(sum)); }
"""
_MODULE = "module trial(input wire [3:0] a, output wire [4:0] y); assign y = {1'b0, a} + 5'd1; endmodule\n"
_SAMPLE = "sample:a_to_4l"
_WEIGHTS = (3, -2, 1)
"""Of the three nodes of the trial's network, for every input alike."""


def compiler_trial() -> Finding:
    """Compile a program of three lines with g++, and run it."""
    name, purpose = "g++ compiles and runs", "C simulation"
    if shutil.which("g++") is None:
        return _trial(name, purpose, Health.MISSING, "g++ was not found on PATH")
    try:
        with tempfile.TemporaryDirectory(prefix="l1ad.") as nowhere:
            folder = Path(nowhere)
            (folder / "trial.cpp").write_text(_PROGRAM, encoding="utf-8")
            run_program(["g++", "-std=c++17", "-o", "trial", "trial.cpp"], folder, seconds=SECONDS)
            said = run_program([str(folder / "trial")], folder, seconds=SECONDS)
    except (L1adError, OSError) as fault:
        return _trial(name, purpose, Health.ODD, str(fault))
    good = said == b"55"
    return _trial(
        name, purpose, Health.GOOD if good else Health.ODD, "" if good else f"1 + ... + 10 is {said!r}"
    )


def verilator_trial() -> Finding:
    """Let Verilator read a module of one line."""
    name, purpose = "Verilator reads a module", "cycle-true simulation"
    try:
        tool = find_verilator()
    except ToolError:
        return _trial(name, purpose, Health.MISSING, "Verilator was not found")
    try:
        with tempfile.TemporaryDirectory(prefix="l1ad.") as nowhere:
            folder = Path(nowhere)
            (folder / "trial.v").write_text(_MODULE, encoding="utf-8")
            root = [] if tool.root is None else [f"VERILATOR_ROOT={tool.root}"]
            run_program(["env", *root, tool.program, "--lint-only", "trial.v"], folder, seconds=SECONDS)
    except (L1adError, OSError) as fault:
        return _trial(name, purpose, Health.ODD, str(fault))
    return _trial(name, purpose, Health.GOOD, "")


def emulator_trial() -> Finding:
    """Score an event that ships with a network of three nodes, and again with Python's own integers."""
    name, purpose = "emulator equals plain integers", "everything"
    try:
        event = load_events(_SAMPLE, stop=1)
        got = int(emulate(_network(event), event.inputs_raw).score_raw[0])
    except (L1adError, OSError) as fault:
        return _trial(name, purpose, Health.ODD, str(fault), needed=True)
    total = sum(int(raw) for raw in event.inputs_raw[0])
    expected = sum((weight * total) ** 2 for weight in _WEIGHTS)
    told = "" if got == expected else f"score {got} of the first event of {_SAMPLE}, not {expected}"
    return _trial(name, purpose, Health.ODD if told else Health.GOOD, told, needed=True)


def _network(event: EventBatch) -> TriggerAlgorithm:
    """Make an algorithm whose every format is wide enough to cast nothing away."""
    layout = event.layout
    whole = FixedType(14, 14)
    given = TensorType.uniform(whole)
    weights = np.tile(np.array(_WEIGHTS), (layout.n_inputs, 1))
    zeros, weight_type = np.zeros(len(_WEIGHTS), dtype=np.int64), FixedType(4, 4)
    dense = Dense(
        name="dense_mean", weights_raw=weights, weight_type=weight_type, bias_raw=zeros, bias_type=weight_type,
        accumulator=exact_accumulator(
            given=given, weights_raw=weights, weight_type=weight_type, bias_raw=zeros, bias_type=weight_type
        ),
    )  # fmt: skip
    mean = Activation(
        name="mean", function=ActivationFunction.LINEAR, n=len(_WEIGHTS),
        result=TensorType.uniform(FixedType(24, 24)),
    )  # fmt: skip
    scaling = Scaling(
        layout=layout,
        offsets=(0.0,) * layout.n_inputs,
        shifts=(0,) * layout.n_inputs,
        working=whole,
        result=given,
    )
    return TriggerAlgorithm(
        name="trial",
        scaling=scaling,
        network=FrozenNetwork(n_inputs=layout.n_inputs, input_type=given, layers=(dense, mean)),
        score=Score(FixedType(50, 50, signed=False, overflow=Overflow.SAT)),
        thresholds={},
        provenance={},
    )


def _trial(name: str, purpose: str, health: Health, note: str, *, needed: bool = False) -> Finding:
    found = "works" if health is Health.GOOD else "" if health is Health.MISSING else "fails"
    return Finding(
        group="trial", name=name, found=found, health=health, purpose=purpose, note=note, needed=needed
    )
