"""Step `wave`: a waveform of every signal of the Verilog while named events pass."""

from pathlib import Path

import numpy as np

from l1ad.config.loading import load_config
from l1ad.config.target import TargetConfig
from l1ad.core.errors import DataError, ToolError
from l1ad.core.ports import input_ports
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger_file import load_trigger
from l1ad.data.opening import load_events
from l1ad.flow.build import TARGET_FILE, TRIGGER_FILE
from l1ad.flow.manifest import check_manifest
from l1ad.flow.targets import check_target
from l1ad.rtl.simulation import compile_simulation, record_waveform

__all__ = ["record_events"]


def record_events(
    folder: Path, source: str, event_numbers: tuple[int, ...], target: Path, *, progress: Progress = silent
) -> int:
    """Record events, back to back after a reset, as a VCD.

    Args:
        folder: The firmware folder.
        source: Event file or `sample:NAME`.
        event_numbers: The events, by the numbers that they have there.
        target: The file to write, e.g. `event.vcd`.
        progress: Told what is done.

    Returns:
        The events recorded.

    Raises:
        DataError: If there is no such event, or the events are of another layout.
        ToolError: If it is no firmware folder, or Verilator is missing.
    """
    if target.suffix != ".vcd":
        raise DataError(f"{target}: waveforms are written as VCD; name a file that ends in .vcd")
    check_target(target)
    if not (folder / TARGET_FILE).is_file():
        raise ToolError(f"{folder}: no firmware here; `l1ad build` writes it")
    check_manifest(folder)
    trigger = load_trigger(folder / TRIGGER_FILE)
    events = load_events(source)
    if events.layout != trigger.layout:
        raise DataError(f"{source}: events of {events.layout.told_apart(trigger.layout)}")
    rows = []
    for number in event_numbers:
        found = np.flatnonzero(events.event_number == number)
        if not len(found):
            raise DataError(
                f"{source}: no event {number}; there are {len(events)}, from {events.event_number.min()} to "
                f"{events.event_number.max()}"
            )
        rows.append(int(found[0]))
    ports = input_ports(trigger.layout, load_config(folder / TARGET_FILE, TargetConfig).interface)
    progress(0, 1, "compiling the Verilog")
    executable = compile_simulation(folder / "rtl", wave=True)
    record_waveform(executable, ports.pack(events.inputs_raw[rows]), target)
    return len(rows)
