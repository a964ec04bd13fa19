"""C simulation: the project compiled with g++ and the ap_types headers it carries, run on events."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.machine import usable_cores
from l1ad.core.program import outputs_of_blocks, run_program
from l1ad.core.trace import SCALED_INPUTS, SCORE, Trace, accept_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.hls.layers import computed_layers

__all__ = ["check_compiler", "compile_test_bench", "simulated_traces"]

COMPILE_SECONDS = 600


def check_compiler() -> None:
    """Refuse a machine that cannot run C simulation.

    Raises:
        ToolError: If make or g++ is missing.
    """
    for tool in ("g++", "make"):
        if shutil.which(tool) is None:
            raise ToolError(
                f"{tool} was not found on PATH; C simulation needs it: install a C++17 compiler and make "
                "(Debian: apt install g++ make)"
            )


def compile_test_bench(project: Path) -> Path:
    """Compile the test bench of an HLS project anew.

    Args:
        project: The folder `firmware/<name>/hls`.

    Returns:
        The executable.

    Raises:
        ToolError: If make or g++ is missing, or the C++ does not compile.
    """
    if not (project / "test_bench.cpp").is_file():
        raise ToolError(f"{project}: no HLS project here; `l1ad build` writes one")
    check_compiler()
    run_program(["make", "-B", f"-j{usable_cores()}", "test_bench"], project, seconds=COMPILE_SECONDS)
    return project / "test_bench"


def simulated_traces(
    trigger: TriggerAlgorithm, executable: Path, words: NDArray[np.uint64], *, block_events: int
) -> Iterator[tuple[slice, Trace]]:
    """Simulate events, a block at a time on every core, and yield each block's trace in order.

    Args:
        trigger: The algorithm that the executable was built from, for names and shapes.
        executable: The compiled test bench.
        words: One word for each port of the top level, shape (n_events, n_ports); `InputPorts.pack` makes them.
        block_events: Events of one block.

    Raises:
        ToolError: If the simulation fails or says too little.
    """
    command = [str(executable.resolve()), "--stream"]
    for block, values in outputs_of_blocks(command, words, dtype=np.uint64, block_events=block_events):
        yield block, _split(trigger, values, len(words[block]))


def _split(trigger: TriggerAlgorithm, values: NDArray[np.int64], n_events: int) -> Trace:
    """Cut the test bench's columns into tensors."""
    widths = {SCALED_INPUTS: trigger.layout.n_inputs}
    widths |= {layer.name: layer.n_out for layer in computed_layers(trigger.network)}
    widths |= {SCORE: 1} | {accept_name(name): 1 for name in trigger.thresholds}
    if len(values) != n_events * sum(widths.values()):
        raise ToolError(
            f"C simulation gave {len(values)} integers for {n_events} events, "
            f"not {n_events * sum(widths.values())}; was it built from another algorithm?"
        )
    columns = values.reshape(n_events, -1)
    edges = np.cumsum(list(widths.values()))[:-1]
    return dict(zip(widths, np.split(columns, edges, axis=1), strict=True))
