"""Circuits and algorithms, simulated cycle by cycle with Verilator."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.ports import InputPorts, Interface, Port, Slice
from l1ad.core.program import run_program
from l1ad.core.units import Clock
from l1ad.rtl.algorithm import AlgorithmCircuit
from l1ad.rtl.circuit import Circuit, Operand, Wire
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.pipeline import pipelined
from l1ad.rtl.project import write_rtl
from l1ad.rtl.simulation import compile_simulation
from l1ad.rtl.tools import find_verilator
from l1ad.rtl.verilog import Design

Simulated = Callable[[Circuit, list[Wire], dict[str, Operand], NDArray[np.int64]], dict[str, NDArray[np.int64]]]


@pytest.fixture(scope="session")
def needs_verilator() -> None:
    try:
        find_verilator()
    except ToolError as missing:
        pytest.skip(str(missing))
    for tool in ("g++", "make"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


@pytest.fixture(scope="session")
def delay() -> DelayModel:
    """The delay model of the Virtex-7 target at 40 MHz."""
    return DelayModel(period_ns=25.0, net_ns=0.6, lut_ns=0.1, carry_in_ns=0.3, carry_bit_ns=0.0125, margin=0.1)


@pytest.fixture
def simulate_circuit(needs_verilator: None, tmp_path: Path, delay: DelayModel) -> Simulated:  # noqa: ARG001
    """Give outputs of a circuit for values of its inputs, through Verilog and Verilator."""

    def simulated(
        circuit: Circuit, inputs: list[Wire], outputs: dict[str, Operand], values: NDArray[np.int64]
    ) -> dict[str, NDArray[np.int64]]:
        ports = InputPorts(
            interface=Interface.GENERIC,
            ports=tuple(Port(name=one.expression, width=one.width, signed=one.signed) for one in inputs),
            slices=tuple(
                Slice(port=index, low=0, width=one.width, signed=one.signed) for index, one in enumerate(inputs)
            ),
        )
        wires = {name: one for name, one in outputs.items() if isinstance(one, Wire)}
        widths = {name: one.width for name, one in wires.items()}
        design = Design(
            name="tested",
            ports=ports,
            circuit=AlgorithmCircuit(wires=tuple(circuit.wires), outputs=dict(wires), widths=widths),
            pipeline=pipelined(circuit.wires, usable_ns=delay.usable_ns),
        )
        write_rtl(design, clock=Clock(40), delay=delay, folder=tmp_path / "rtl")
        executable = compile_simulation(tmp_path / "rtl")
        words = ports.pack(values)
        output = run_program([str(executable)], tmp_path, seconds=60, words=words)
        columns = np.frombuffer(output, dtype=np.int64).reshape(len(values), -1)
        found = {}
        for column, (name, wire) in enumerate(wires.items()):
            sign = np.int64(1) << (wire.width - 1) if wire.signed else np.int64(0)
            found[name] = (columns[:, column] ^ sign) - sign
        constants = {
            name: np.full(len(values), one, dtype=np.int64)
            for name, one in outputs.items()
            if isinstance(one, int)
        }
        return found | constants

    return simulated
