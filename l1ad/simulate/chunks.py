"""Work in chunks: in parallel, each written whole or not at all, resumed where an earlier run stopped."""

import contextlib
import hashlib
import json
import os
import platform
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

import l1ad
from l1ad.core.errors import ToolError
from l1ad.core.interrupts import interrupts_held_back
from l1ad.core.progress import Progress
from l1ad.simulate.generator import pythia_version

__all__ = ["chunk_seed", "definition_digest", "run_chunks", "save_arrays", "versions"]


def run_chunks(
    work: Callable[[int, Path], None], files: Sequence[Path], *, workers: int, progress: Progress
) -> None:
    """Make the files that are not there yet.

    Args:
        work: Makes one file, given its number and its path; must be importable, as other processes call it.
        files: One file a chunk; one that exists is finished.
        workers: Processes to use.
        progress: Told the number of chunks that are done.

    Raises:
        ToolError: If a process was killed.
    """
    missing = [chunk for chunk, file in enumerate(files) if not file.exists()]
    progress(len(files) - len(missing), len(files), "")
    if workers == 1 or len(missing) < 2:
        for done, chunk in enumerate(missing, start=1):
            work(chunk, files[chunk])
            progress(len(files) - len(missing) + done, len(files), "")
        return
    # Spawned processes start clean: Pythia holds state that does not survive a fork.
    context = get_context("spawn")
    alive, ours = context.Pipe(duplex=False)
    with alive, ours, ProcessPoolExecutor(
        min(workers, len(missing)), mp_context=context, initializer=_end_with_parent, initargs=(alive,)
    ) as pool:  # fmt: skip
        try:
            with _born_deaf():
                running = [pool.submit(work, chunk, files[chunk]) for chunk in missing]
            for done, future in enumerate(as_completed(running), start=1):
                future.result()
                progress(len(files) - len(missing) + done, len(files), "")
        except BrokenProcessPool:
            raise ToolError(
                "a process that made a chunk was killed, perhaps for want of memory; run again with fewer "
                "workers: finished chunks are kept"
            ) from None
        except BaseException as fault:
            if not isinstance(fault, Exception):  # Ctrl-C does not wait for chunks under way, each of minutes
                ours.close()
            # Waited for here: the end of `with` would take back that chunks are cancelled.
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextlib.contextmanager
def _born_deaf() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach before they can ignore it; it is heard here afterwards.

    One that dies while it starts would write a traceback, and break the pool that is about to be shut down.
    """
    # They inherit what this thread blocks; other threads, as numpy has, still hear the signal for it.
    with interrupts_held_back():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent(alive: Connection) -> None:
    """End this process when the one that started it closes its end of a pipe, or is killed.

    It would wait for work for ever. A pipe needs no answer: an event of `multiprocessing` waits for one, also
    from a process that has been killed.
    """
    # A terminal's Ctrl-C reaches this process too; taken as the end of one chunk, the next would begin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end() -> None:
        with contextlib.suppress(EOFError, OSError):
            alive.recv_bytes()
        os._exit(1)

    Thread(target=end, daemon=True).start()


def save_arrays(file: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays under their names, whole or not at all."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def chunk_seed(*numbers: int) -> int:
    """Give Pythia's seed of a chunk: far from those of its neighbours."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def versions() -> dict[str, str]:
    """List what decides the events beside the configuration."""
    return {
        "l1ad": l1ad.__version__,
        "pythia": pythia_version(),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def definition_digest(*parts: Any) -> str:
    """Digest what decides the events, so that chunks of another configuration are never taken over."""
    decisive = [l1ad.__version__, pythia_version(), *parts]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
