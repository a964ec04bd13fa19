"""Making a sample: chunks of events in parallel, resumed where an earlier run stopped."""

import hashlib
import json
import os
import platform
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
from numpy.typing import NDArray

import l1ad
from l1ad.config.sample import SampleConfig
from l1ad.core.layout import ugt_57
from l1ad.core.progress import Progress, silent
from l1ad.data.event_writer import write_events
from l1ad.data.events import EventBatch
from l1ad.simulate.generator import BATCH_EVENTS, generated_batches, pythia_version
from l1ad.simulate.trigger_objects import simulated_inputs

__all__ = ["CHUNK_EVENTS", "make_sample", "simulated_chunk"]

CHUNK_EVENTS = 5_000
"""Events of one Pythia run. Part of the definition of a sample: each chunk has a seed of its own."""


def simulated_chunk(config: SampleConfig, chunk: int, *, limit: int = CHUNK_EVENTS) -> NDArray[np.int16]:
    """Simulate one chunk of a sample.

    Args:
        config: The sample.
        chunk: Number of the chunk, from 0.
        limit: Events wanted, whole batches of 250 if fewer than the chunk holds; they are the first
            ones of the same chunk whatever the limit.

    Returns:
        Hardware integers of the layout `ugt_57`, shape (n_events, 57).
    """
    n_events = min(CHUNK_EVENTS, config.events - chunk * CHUNK_EVENTS, limit)
    seed = int(np.random.SeedSequence([config.seed, chunk]).generate_state(1)[0])
    batches = generated_batches(
        config.pythia, beam_energy_gev=config.beam_energy_gev, seed=seed, n_events=n_events
    )
    return np.concatenate(
        [
            simulated_inputs(particles, config.detector, np.random.default_rng([config.seed, chunk, batch]))
            for batch, particles in enumerate(batches)
        ]
    )


def make_sample(
    config: SampleConfig, path: Path, *, command: str, workers: int = 1, progress: Progress = silent
) -> int:
    """Simulate a sample into an event file; the same events for any number of workers.

    Finished chunks wait in a folder beside `path`; a run that is stopped goes on from them.

    Args:
        config: The sample.
        path: The event file to write.
        command: How it is made, for the file's provenance.
        workers: Processes to use.
        progress: Told the number of events done.

    Returns:
        The number of events written.
    """
    n_chunks = -(-config.events // CHUNK_EVENTS)
    folder = path.with_name(f".{path.name}.chunks-{_definition(config)[:12]}")
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{chunk:06d}.npy" for chunk in range(n_chunks)]
    missing = [chunk for chunk, file in enumerate(files) if not file.exists()]

    def tell(done: int) -> None:
        progress(min(config.events, done * CHUNK_EVENTS), config.events, "")

    tell(n_chunks - len(missing))
    _run_chunks(config, missing, files, workers, lambda left: tell(n_chunks - left))
    inputs = np.concatenate([np.load(file, allow_pickle=False) for file in files])
    events = EventBatch(
        layout=ugt_57(),
        inputs_raw=inputs,
        event_number=np.arange(len(inputs)),
        sample=config.name,
    )
    write_events(path, events, _provenance(config, command))
    rmtree(folder)
    return len(events)


def _run_chunks(
    config: SampleConfig, missing: list[int], files: list[Path], workers: int, tell: Callable[[int], None]
) -> None:
    if workers == 1:
        for done, chunk in enumerate(missing, start=1):
            _write_chunk(config, chunk, files[chunk])
            tell(len(missing) - done)
        return
    # Spawned processes start clean: Pythia holds state that does not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(_write_chunk, config, chunk, files[chunk]) for chunk in missing]
        try:
            for done, future in enumerate(as_completed(running), start=1):
                future.result()
                tell(len(missing) - done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _write_chunk(config: SampleConfig, chunk: int, file: Path) -> None:
    temporary = file.with_suffix(f".{os.getpid()}.partial")
    with temporary.open("wb") as stream:
        np.save(stream, simulated_chunk(config, chunk))
    temporary.replace(file)


def _definition(config: SampleConfig) -> str:
    """Digest what decides the events, so that chunks of another configuration are never taken over."""
    versions = [l1ad.__version__, pythia_version()]
    definition = [config.model_dump(mode="json"), CHUNK_EVENTS, BATCH_EVENTS, versions]
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()


def _provenance(config: SampleConfig, command: str) -> dict[str, Any]:
    return {
        "command": command,
        "configuration": config.model_dump(mode="json"),
        "events_per_chunk": CHUNK_EVENTS,
        "events_per_batch": BATCH_EVENTS,
        "versions": {
            "l1ad": l1ad.__version__,
            "pythia": pythia_version(),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
