"""Step `simulate`: a pool of collisions, or a sample of crossings made from it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l1ad.config.loading import load_config, read_document
from l1ad.config.sample import PoolConfig, SampleConfig
from l1ad.core.errors import ConfigError
from l1ad.core.progress import Progress
from l1ad.simulate.pool import default_folder, make_pool
from l1ad.simulate.production import Making, make_sample, pool_file

__all__ = ["Simulated", "Simulation", "simulated"]

ProgressBar = Callable[[str], AbstractContextManager[Progress]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What to simulate.

    Attributes:
        config: Sample file or pool file.
        out: Event file to write; a pool needs none.
        pool: Folder of the pool; None keeps it in the cache.
        events: Events to make instead of the file's number.
        workers: Processes to use.
        command: How it is made, for the provenance.
    """

    config: Path
    out: Path | None
    pool: Path | None
    events: int | None
    workers: int
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What was simulated.

    Attributes:
        name: Name of the sample or pool.
        title: What it is.
        file: Event file, or folder of the pool.
        events: Events, or collisions.
    """

    name: str
    title: str
    file: Path
    events: int

    def document(self) -> dict[str, Any]:
        """Lay the result out for JSON."""
        return {"file": str(self.file), "sample": self.name, "events": self.events}

    def sentence(self) -> str:
        """Say the result."""
        files = [self.file] if self.file.is_file() else list(self.file.iterdir())
        size = sum(one.stat().st_size for one in files)
        return f"{self.file}: {self.events} events of {self.title}, {size / 1e6:.1f} MB"


def simulated(wanted: Simulation, progress_bar: ProgressBar) -> Simulated:
    """Make a sample and the pool it needs, or a pool alone.

    Raises:
        ConfigError: If the file is neither, or says something unknown.
    """
    if "minimum_bias" in read_document(wanted.config):
        return _pool(wanted, load_config(wanted.config, PoolConfig), progress_bar)
    config = load_config(wanted.config, SampleConfig)
    if wanted.out is None:
        raise ConfigError(f"{wanted.config}: a sample goes into a file; name it with --out")
    if wanted.events is not None:
        config = config.model_copy(update={"events": wanted.events})
    pool = pool_file(config, wanted.config)
    making = Making(
        pool=pool,
        pool_folder=wanted.pool or default_folder(pool),
        command=f"{wanted.command} --out {wanted.out.name}",
        workers=wanted.workers,
    )
    with progress_bar(f"pool {pool.name}") as of_pool:
        make_pool(pool, making.pool_folder, workers=wanted.workers, progress=of_pool)
    with progress_bar(f"simulate {config.name}") as of_sample:
        made = make_sample(config, wanted.out, making, progress=of_sample)
    return Simulated(name=config.name, title=config.title, file=wanted.out, events=made)


def _pool(wanted: Simulation, config: PoolConfig, progress_bar: ProgressBar) -> Simulated:
    if wanted.out is not None or wanted.events is not None:
        raise ConfigError(f"{wanted.config}: is a pool, which is kept whole in a folder; give --pool alone")
    folder = wanted.pool or default_folder(config)
    with progress_bar(f"pool {config.name}") as progress:
        pool = make_pool(config, folder, workers=wanted.workers, progress=progress)
    return Simulated(name=config.name, title="single collisions", file=folder, events=len(pool.collisions))
