"""Making a sample: its pool first, then chunks of events in parallel, resumed where an earlier run stopped."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from shutil import rmtree
from typing import Any

from l1ad.config.loading import load_config
from l1ad.config.sample import PoolConfig, SampleConfig
from l1ad.core.progress import Progress, silent
from l1ad.data.event_file import read_events
from l1ad.data.event_writer import write_events, writing_events
from l1ad.simulate.chunks import definition_digest, run_chunks, versions
from l1ad.simulate.events import CHUNK_EVENTS, simulated_chunk
from l1ad.simulate.pool import Pool, read_pool

__all__ = ["Making", "make_sample", "pool_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Where and how a sample is made.

    Attributes:
        pool: The pool that its pile-up is drawn from.
        pool_folder: Where it was made.
        command: How the sample is made, for its provenance.
        workers: Processes to use; the events do not depend on it.
    """

    pool: PoolConfig
    pool_folder: Path
    command: str
    workers: int = 1


def pool_file(config: SampleConfig, sample_file: Path) -> PoolConfig:
    """Read the pool file that a sample names, from beside the sample's own file."""
    return load_config(sample_file.parent / config.pool, PoolConfig)


def make_sample(
    config: SampleConfig,
    path: Path,
    making: Making,
    *,
    progress: Progress = silent,
) -> int:
    """Simulate a sample into an event file; the same events for any number of workers.

    Finished chunks wait in a folder beside `path`; a run that is stopped goes on from them. Features go to a
    file beside it, `NAME_features.h5`.

    Args:
        config: The sample.
        path: The event file to write.
        making: Pool and processes.
        progress: Told the number of events done.

    Returns:
        The number of events written.
    """
    pool_json = making.pool.model_dump_json()
    pool = _pool_here(pool_json, making.pool_folder)
    definition = definition_digest(config.model_dump(mode="json"), pool.digest, CHUNK_EVENTS)
    folder = path.with_name(f".{path.name}.chunks-{definition[:12]}")
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{chunk:06d}.h5" for chunk in range(-(-config.events // CHUNK_EVENTS))]

    def tell(done: int, _: int, note: str) -> None:
        progress(min(config.events, done * CHUNK_EVENTS), config.events, note)

    work = partial(_write_chunk, config, pool_json, making.pool_folder)
    run_chunks(work, files, workers=making.workers, progress=tell)
    provenance = _provenance(config, pool, making.command)
    if config.features:
        _gather(path.with_name(f"{path.stem}_features{path.suffix}"), map(_features_of, files), provenance)
    n_events = _gather(path, files, provenance)
    rmtree(folder)
    return n_events


def _write_chunk(config: SampleConfig, pool_json: str, pool_folder: Path, chunk: int, file: Path) -> None:
    made = simulated_chunk(config, _pool_here(pool_json, pool_folder), chunk)
    if made.features is not None:
        write_events(_features_of(file), made.features, {})
    # The last to appear: a chunk counts as finished by it.
    write_events(file, made.objects, {})


@cache
def _pool_here(pool_json: str, folder: Path) -> Pool:
    """Read the pool once in each process."""
    return read_pool(PoolConfig.model_validate_json(pool_json), folder)


def _features_of(file: Path) -> Path:
    return file.with_name(f"{file.stem}_features{file.suffix}")


def _gather(path: Path, files: Iterable[Path], provenance: dict[str, Any]) -> int:
    """Write the events of all chunks into one file, one chunk in memory at a time."""
    with writing_events(path, provenance, level=9) as writer:
        for file in files:
            writer.append(read_events(file))
    return writer.n_events


def _provenance(config: SampleConfig, pool: Pool, command: str) -> dict[str, Any]:
    chunks = pool.record["chunks"]
    of_pool = {name: value for name, value in pool.record.items() if name != "chunks"}
    # One digest for all chunks, and that of the first, which is quickly made again.
    of_pool["digest"] = hashlib.sha256(json.dumps(chunks, sort_keys=True).encode()).hexdigest()
    of_pool["first_chunk"] = next(iter(chunks.values()))
    return {
        "command": command,
        "configuration": config.model_dump(mode="json"),
        "events_per_chunk": CHUNK_EVENTS,
        "pool": of_pool,
        "versions": versions(),
    }
