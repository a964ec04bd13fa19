"""The emulator library compiled, loaded as CMSSW loads it, and run on events."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.program import outputs_of_blocks, run_program
from l1ad.core.trace import SCORE, Trace, accept_name
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.hls.csim import COMPILE_SECONDS, check_compiler
from l1ad.hls.emulator import library_name

__all__ = ["compile_emulator", "emulator_traces"]

_LOADER = "loader"


def compile_emulator(folder: Path) -> tuple[Path, Path]:
    """Compile the emulator library and its loader anew.

    Args:
        folder: The folder `firmware/<name>/emulator`, with the HLS project beside it.

    Returns:
        The loader and the library.

    Raises:
        ToolError: If make or g++ is missing, or the C++ does not compile.
    """
    if not (folder / "emulator.cpp").is_file():
        raise ToolError(f"{folder}: no emulator package here; `l1ad build` writes one")
    check_compiler()
    run_program(["make", "-B", "all", _LOADER], folder, seconds=COMPILE_SECONDS)
    told = run_program(["make", "-s", "--no-print-directory", "library-name"], folder, seconds=COMPILE_SECONDS)
    return folder / _LOADER, folder / told.decode().strip()


def emulator_traces(
    trigger: TriggerAlgorithm,
    loader: Path,
    library: Path,
    inputs_raw: NDArray[np.integer],
    *,
    block_events: int,
) -> Iterator[tuple[slice, Trace]]:
    """Run events through the library, a block at a time on every core, and yield each block's trace in order.

    Each block has a process of its own, which loads the library once.

    Args:
        trigger: The algorithm that the library was built from.
        loader: The compiled loader.
        library: The compiled library.
        inputs_raw: Hardware integers, shape (n_events, n_inputs).
        block_events: Events of one block.

    Yields:
        The events of a block, and their score and accept bits; the library gives no other tensor.

    Raises:
        ToolError: If the library is of another algorithm, does not load, or refuses an event.
        DataError: If the inputs are not hardware integers of the layout.
    """
    wanted = library_name(trigger)
    if library.name != wanted:
        raise ToolError(
            f"{library} was built from another algorithm; that of this one is {wanted}: build again"
        )
    trigger.layout.check(inputs_raw, where="emulator library")
    names = [SCORE, *(accept_name(name) for name in trigger.thresholds)]
    command = [str(loader.resolve()), str(library.resolve())]
    for block, values in outputs_of_blocks(command, inputs_raw, dtype=np.int32, block_events=block_events):
        n_events = len(inputs_raw[block])
        if len(values) != n_events * len(names):
            raise ToolError(
                f"{library.name} gave {len(values)} integers for {n_events} events, not {n_events * len(names)}"
            )
        yield block, dict(zip(names, np.split(values.reshape(n_events, -1), len(names), axis=1), strict=True))
