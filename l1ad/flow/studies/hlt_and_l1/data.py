"""Crossings for a study, each seen by L1 and by the HLT: the user's files, or ones that are made and kept."""

import functools
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad.config.loading import load_config
from l1ad.config.sample import PoolConfig, SampleConfig
from l1ad.config.studies.hlt_and_l1 import ACCEPTED, ZERO_BIAS, BothDataConfig, HltConfig, MadeBothConfig
from l1ad.core.errors import ConfigError
from l1ad.core.progress import Progress
from l1ad.data.event_file import read_events
from l1ad.data.event_writer import write_events, writing_events
from l1ad.flow.studies.trials import definition_digest
from l1ad.simulate.chunks import chunk_seed, run_chunks, versions
from l1ad.simulate.hlt_cleaning import activity
from l1ad.simulate.hlt_views import Looking, seen_twice
from l1ad.simulate.pool import Pool, default_folder, make_pool, read_pool
from l1ad.simulate.production import pool_file

__all__ = ["BothFiles", "prepared_views"]

_GENERATOR = 1
"""Counts up when the HLT's view gives other numbers for the same settings."""
_CHUNK = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BothFiles:
    """The event files of a sample.

    Attributes:
        l1: L1 objects.
        hlt: HLT objects of the same events.
    """

    l1: Path
    hlt: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A sample to make: its configuration, the crossings, and the least weight of those that L1 accepts."""

    name: str
    config: SampleConfig
    pool: PoolConfig
    hlt: HltConfig
    lowest_weight: float | None

    @property
    def definition(self) -> dict[str, Any]:
        """What decides the events."""
        return {
            "config": self.config.model_dump(mode="json"), "pool": self.pool.model_dump(mode="json"),
            "hlt": self.hlt.model_dump(mode="json"), "lowest_weight": self.lowest_weight, "chunk": _CHUNK,
            "generator": _GENERATOR, "versions": versions(),
        }  # fmt: skip


def prepared_views(
    config: BothDataConfig, folder: Path, *, workers: int, progress: Progress
) -> dict[str, BothFiles]:
    """Give the files of every sample, which are made where they are not there yet.

    Chunks are made apart, each whole or not at all: any number of workers makes the same events, and what was
    stopped goes on. The pool of collisions is that of `l1ad simulate`, in the user's cache.

    Args:
        config: Which events.
        folder: Has the files that are made.
        workers: Processes.
        progress: Told the chunks done.

    Returns:
        By sample: zero bias, what L1 accepts, then the signals.

    Raises:
        ConfigError: If a sample file cannot be used here.
    """
    if config.own:
        names = [ZERO_BIAS, ACCEPTED, *(name for name in config.own if name not in (ZERO_BIAS, ACCEPTED))]
        return {name: BothFiles(l1=Path(config.own[name].l1), hlt=Path(config.own[name].hlt)) for name in names}
    samples = _samples(config.made)
    files = {one.name: _files(one, folder) for one in samples}
    missing = [one for one in samples if not (files[one.name].l1.exists() and files[one.name].hlt.exists())]
    if missing:
        for pool in {one.pool.name: one.pool for one in missing}.values():
            make_pool(pool, default_folder(pool), workers=workers, progress=progress)
        folder.mkdir(parents=True, exist_ok=True)
        jobs = [(one, first) for one in missing for first in range(0, one.config.events, _CHUNK)]
        chunks = [_chunks(one, folder) / f"{first:09}.h5" for one, first in jobs]
        for one in missing:
            _chunks(one, folder).mkdir(exist_ok=True)
        run_chunks(functools.partial(_make_chunk, tuple(jobs)), chunks, workers=workers, progress=progress)
        for one in missing:
            _gather(one, folder, files[one.name])
    return files


def _samples(made: MadeBothConfig) -> list[_Wanted]:
    """List the samples, each with a seed of its own."""
    rows = [
        (ZERO_BIAS, made.zero_bias, made.events, {"enrichment": 0.0}, None),
        (ACCEPTED, made.zero_bias, made.accepted_crossings, {"enrichment": made.accepted_enrichment},
         made.accepted_lowest_weight),
        *((name, path, made.signal_events, {}, None) for name, path in made.signals.items()),
    ]  # fmt: skip
    found = []
    for number, (name, path, events, more, lowest) in enumerate(rows):
        sample = load_config(Path(path), SampleConfig)
        if bool(sample.processes) != (number > 1) or len(sample.processes) > 1 or sample.lepton_filter_gev:
            wanted = "zero bias, without processes" if number <= 1 else "one process without a filter"
            raise ConfigError(f"{path}: {name} must be {wanted}")
        seed = chunk_seed(made.seed, number)
        config = sample.model_copy(update={"name": name, "events": events, "seed": seed, **more})
        found.append(
            _Wanted(
                name=name, config=config, pool=pool_file(sample, Path(path)), hlt=made.hlt, lowest_weight=lowest
            )
        )
    return found


def _files(one: _Wanted, folder: Path) -> BothFiles:
    stem = f"{one.name}_{definition_digest(one.definition)[:12]}"
    return BothFiles(l1=folder / f"{stem}_l1.h5", hlt=folder / f"{stem}_hlt.h5")


def _chunks(one: _Wanted, folder: Path) -> Path:
    return folder / f".{_files(one, folder).l1.stem}"


def _make_chunk(jobs: tuple[tuple[_Wanted, int], ...], number: int, file: Path) -> None:
    one, first = jobs[number]
    looking = _looking(one.pool.model_dump_json(), one.hlt.model_dump_json())
    found = seen_twice(
        Looking(
            config=one.config,
            pool=looking[0],
            activity=looking[1],
            hlt=one.hlt,
            lowest_weight=one.lowest_weight,
        ),
        first,
        min(_CHUNK, one.config.events - first),
    )
    if found is None:  # an empty file: L1 accepts none of these
        file.touch()
        return
    write_events(_of_hlt(file), found.hlt, {})
    # The last to appear: a chunk counts as finished by it.
    write_events(file, found.l1, {})


@functools.cache
def _looking(pool_json: str, hlt_json: str) -> tuple[Pool, Any]:
    """Read the pool, and how active its collisions are, once in each process."""
    config = PoolConfig.model_validate_json(pool_json)
    pool = read_pool(config, default_folder(config))
    return pool, activity(pool.collisions, HltConfig.model_validate_json(hlt_json))


def _gather(one: _Wanted, folder: Path, files: BothFiles) -> None:
    chunks = [path for path in sorted(_chunks(one, folder).glob("[0-9]*[0-9].h5")) if path.stat().st_size]
    if not chunks:
        raise ConfigError(
            f"L1 accepts none of {one.config.events} crossings of {one.name!r}; raise accepted_crossings"
        )
    provenance = {
        "command": "l1ad study, by the steps of l1ad simulate",
        "configuration": one.config.model_dump(mode="json"), "hlt": one.hlt.model_dump(mode="json"),
        "lowest_weight": one.lowest_weight, "versions": versions(),
    }  # fmt: skip
    for target, part in ((files.hlt, _of_hlt), (files.l1, Path)):
        with writing_events(target, provenance) as writer:
            for chunk in chunks:
                writer.append(read_events(part(chunk)))
    shutil.rmtree(_chunks(one, folder))


def _of_hlt(file: Path) -> Path:
    return file.with_name(f"{file.stem}_hlt{file.suffix}")
