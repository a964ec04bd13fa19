"""Compiled programs that take events as integers on stdin and give integers on stdout."""

import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from l1ad.core.errors import ToolError
from l1ad.core.machine import usable_cores

__all__ = ["outputs_of_blocks", "run_program"]

BLOCK_SECONDS = 600


def outputs_of_blocks(
    command: list[str],
    words: NDArray[np.integer],
    *,
    dtype: DTypeLike,
    block_events: int,
    errors_are_faults: bool = False,
    arguments: Callable[[int], list[str]] | None = None,
) -> Iterator[tuple[slice, NDArray[np.int64]]]:
    """Run a program on events, a block at a time on every core, and yield its integers in order.

    Args:
        command: The program, with its whole path, and its arguments.
        words: Events, shape (n_events, n_inputs).
        dtype: The integers that the program reads; it writes 64 bits.
        block_events: Events of one block.
        errors_are_faults: As for `run_program`.
        arguments: Gives more arguments for a block by its number.

    Raises:
        ToolError: If the program fails.
    """
    blocks = (slice(start, start + block_events) for start in range(0, len(words), block_events))

    def run(block: slice) -> NDArray[np.int64]:
        given = np.ascontiguousarray(words[block], dtype=dtype)
        more = [] if arguments is None else arguments(block.start // block_events)
        output = run_program(
            [*command, *more], Path(command[0]).parent, seconds=BLOCK_SECONDS, words=given,
            errors_are_faults=errors_are_faults,
        )  # fmt: skip
        return np.frombuffer(output, dtype=np.int64)

    waiting: deque[tuple[slice, Future[NDArray[np.int64]]]] = deque()
    with ThreadPoolExecutor(usable_cores()) as pool:  # threads only wait: the work is in the processes
        for block in blocks:
            waiting.append((block, pool.submit(run, block)))
            if len(waiting) > 2 * usable_cores():  # no more ahead, so that results do not pile up in memory
                done, result = waiting.popleft()
                yield done, result.result()
        for done, result in waiting:
            yield done, result.result()


def run_program(
    command: list[str],
    folder: Path,
    *,
    seconds: int,
    words: NDArray[Any] | None = None,
    errors_are_faults: bool = False,
) -> bytes:
    """Run a program to its end and give what it wrote.

    Raises:
        ToolError: If it fails, takes too long, or, with `errors_are_faults`, speaks of an error and goes on.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            check=False,
            capture_output=True,
            timeout=seconds,
            input=b"" if words is None else words.tobytes(),
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"{name} in {folder} did not end within {seconds} s") from None
    said = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in said if "error" in line.lower()]
    if done.returncode != 0 or (errors and errors_are_faults):
        telling = (errors or said[-1:] or ["no message"])[0]
        raise ToolError(f"{name} in {folder} failed with code {done.returncode}: {telling}")
    return done.stdout
