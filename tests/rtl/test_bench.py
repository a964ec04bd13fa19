"""The Verilog test bench that is handed over, run by a simulator on the vectors beside it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.config.target import load_target
from l1ad.core.ports import Interface, input_ports
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.data.vectors import write_vectors
from l1ad.emulate.engine import trace
from l1ad.rtl.delay import DelayModel
from l1ad.rtl.design import pipelined_design
from l1ad.rtl.project import write_rtl
from l1ad.rtl.tools import find_verilator

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]


@pytest.mark.parametrize("interface", Interface)
@pytest.mark.usefixtures("needs_verilator")
def test_the_test_bench_finds_its_vectors_right_and_a_changed_one_wrong(
    interface: Interface, build_trigger: Builder, events_for: Events, tmp_path: Path
) -> None:
    trigger, target = (
        build_trigger(widths=(3, 2), thresholds={"some": 500, "more": 900}),
        load_target("vu9p-200"),
    )
    ports, delay = (
        input_ports(trigger.layout, interface),
        DelayModel(period_ns=5.0, **target.delay.model_dump()),
    )
    design = pipelined_design(trigger, ports, delay)
    write_rtl(design, clock=target.clock, delay=delay, folder=tmp_path / "rtl")
    vectors = events_for(trigger, 300)
    write_vectors(trigger, ports, vectors, trace(trigger, vectors), tmp_path / "vectors")
    program = compiled(tmp_path / "rtl", tmp_path / "bench")
    assert f"0 of {len(vectors)} events differ" in run(program, tmp_path / "rtl")
    expected = tmp_path / "vectors" / "expected.csv"
    lines = expected.read_text().splitlines()
    lines[5] = ",".join(str(1 - int(cell)) if cell in "01" else "7" for cell in lines[5].split(","))
    expected.write_text("\n".join(lines) + "\n")
    assert f"1 of {len(vectors)} events differ" in run(program, tmp_path / "rtl")


def compiled(project: Path, folder: Path) -> Path:
    """Compile the test bench, delays and all, with Verilator."""
    verilator = find_verilator()
    if verilator.root is None:
        pytest.skip("the folder of Verilator's headers is not known")
    include = Path(verilator.root) / "include"
    sources = [path.name for path in sorted(project.glob("*.v"))]
    subprocess.run(
        [verilator.program, "--cc", "--main", "--timing", "-Wno-fatal", "-Wno-lint", "--top-module", "small_tb",
         "--Mdir", str(folder), *sources],
        cwd=project, check=True, capture_output=True, env={"VERILATOR_ROOT": verilator.root},
    )  # fmt: skip
    runtime = [include / f"verilated{name}.cpp" for name in ("", "_threads", "_timing")]
    command = [shutil.which("g++") or "g++", "-O0", "-std=c++20", "-fcoroutines", "-w", f"-I{folder}"]
    command += [f"-I{include}", f"-I{include / 'vltstd'}", *map(str, sorted(folder.glob("*.cpp")))]
    subprocess.run(
        [*command, *map(str, runtime), "-pthread", "-o", str(folder / "bench")], check=True, capture_output=True
    )
    return folder / "bench"


def run(program: Path, folder: Path) -> str:
    return subprocess.run([str(program)], cwd=folder, check=True, capture_output=True, text=True).stdout
