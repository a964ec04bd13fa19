"""Cycle-true simulation of the Verilog: compiled with Verilator and g++, run on events, latency measured."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.machine import usable_cores
from l1ad.core.names import accept_ports
from l1ad.core.program import outputs_of_blocks, run_program
from l1ad.core.trace import SCORE, Trace, accept_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.rtl.tools import find_verilator

__all__ = ["Timing", "compile_simulation", "record_waveform", "simulated_crossings"]

COMPILE_SECONDS = 900
_MEASURES = 3
_IDLE_PERCENT = 20
_RESET_EVERY = 997
"""A prime, so that resets meet the pipeline in every state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What the waveform of the valid bits said of some crossings.

    Attributes:
        crossings: How many.
        latency_min: Clock cycles from `ap_start` to `ap_done`, the shortest.
        latency_max: The longest.
        interval_min: Clock cycles between two crossings that were taken in, the fewest.
        idle_cycles: Cycles without a crossing in between.
        resets: Resets in between.
    """

    crossings: int
    latency_min: int
    latency_max: int
    interval_min: int
    idle_cycles: int
    resets: int

    def then(self, later: "Timing") -> "Timing":
        """Put two runs together."""
        return Timing(
            crossings=self.crossings + later.crossings,
            latency_min=min(self.latency_min, later.latency_min),
            latency_max=max(self.latency_max, later.latency_max),
            interval_min=min(self.interval_min, later.interval_min),
            idle_cycles=self.idle_cycles + later.idle_cycles,
            resets=self.resets + later.resets,
        )


def compile_simulation(project: Path, *, wave: bool = False) -> Path:
    """Compile the simulation of a Verilog project anew.

    Args:
        project: The folder `firmware/<name>/rtl`.
        wave: Whether it can record waveforms, which makes it slower.

    Returns:
        The executable.

    Raises:
        ToolError: If there is no project, Verilator or compiler, or the Verilog is not accepted.
    """
    if not (project / "simulation.cpp").is_file():
        raise ToolError(f"{project}: no Verilog project here; `l1ad build` writes one")
    verilator = find_verilator()
    made = project / ("obj_wave" if wave else "obj")
    shutil.rmtree(made, ignore_errors=True)
    command = ["make", "-s", f"-j{usable_cores()}", "simulation", *verilator.make_variables]
    run_program([*command, *(["WAVE=vcd"] if wave else [])], project, seconds=COMPILE_SECONDS)
    return made / "simulation"


def simulated_crossings(
    trigger: TriggerAlgorithm, executable: Path, words: NDArray[np.uint64], *, block_events: int
) -> Iterator[tuple[slice, Trace, Timing]]:
    """Simulate crossings, a block at a time on every core, in order.

    Every other block is fed back to back; in the others idle cycles and resets come in between, and
    crossings that a reset caught in the pipeline are fed again.

    Args:
        trigger: The algorithm, for the names of its thresholds.
        executable: The compiled simulation.
        words: One word for each port, shape (n_events, n_ports).
        block_events: Events of one block.

    Yields:
        The block, score and accept bits, and what was measured.

    Raises:
        ToolError: If the simulation fails, says too little, or a crossing never comes out.
    """

    def pattern(block: int) -> list[str]:
        if block % 2 == 0:
            return []
        return ["--seed", str(block), "--idle", str(_IDLE_PERCENT), "--reset-every", str(_RESET_EVERY)]

    n_outputs = 1 + len(accept_ports(trigger.thresholds))
    blocks = outputs_of_blocks(
        [str(executable.resolve())], words, dtype=np.uint64, block_events=block_events, arguments=pattern
    )
    for block, values in blocks:
        n_events = len(words[block])
        if len(values) != n_events * (n_outputs + _MEASURES):
            raise ToolError(
                f"the simulation gave {len(values)} integers for {n_events} crossings, not "
                f"{n_events * (n_outputs + _MEASURES)}; was it built from another algorithm?"
            )
        columns = values.reshape(n_events, -1)
        yield block, _trace(trigger, columns), _timing(columns[:, n_outputs:])


def record_waveform(executable: Path, words: NDArray[np.uint64], target: Path) -> None:
    """Write a VCD of every signal from reset until the last of some crossings came out.

    Args:
        executable: The simulation, compiled with `wave`.
        words: The crossings, shape (n_events, n_ports).
        target: The file to write; it appears whole or not at all.

    Raises:
        ToolError: If the simulation fails.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        command = [str(executable.resolve()), "--wave", str(partial.resolve())]
        run_program(command, executable.parent, seconds=COMPILE_SECONDS, words=words)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _trace(trigger: TriggerAlgorithm, columns: NDArray[np.int64]) -> Trace:
    names = [SCORE, *(accept_name(name) for name in trigger.thresholds)]
    return {name: columns[:, index : index + 1] for index, name in enumerate(names)}


def _timing(measured: NDArray[np.int64]) -> Timing:
    """Read latency and interval off the periods in which crossings went in and came out."""
    started, done, resets = measured.T
    apart = np.diff(started)
    return Timing(
        crossings=len(measured),
        latency_min=int((done - started).min()),
        latency_max=int((done - started).max()),
        interval_min=int(apart.min(initial=_NEVER)),
        idle_cycles=int((apart - 1).sum()),
        resets=int(resets.sum()),
    )


_NEVER = np.iinfo(np.int64).max
