"""Benchmark `simulate`: Pythia alone, the pool made of its events, crossings put together from the pool."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from l1ad.config.loading import load_config
from l1ad.config.sample import SampleConfig
from l1ad.simulate.chunks import chunk_seed
from l1ad.simulate.events import simulated_chunk
from l1ad.simulate.generator import Generator
from l1ad.simulate.pool import Pool, default_folder, initialised_file, make_pool, pool_chunk, read_pool
from l1ad.simulate.production import pool_file

__all__ = ["SimulationSpeed", "simulation_speeds"]

_TURNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSpeed:
    """Speed of one part of the simulation.

    Attributes:
        what: The part.
        processes: Processes it ran in.
        events: Collisions or crossings of one turn.
        events_per_second: Median over the turns.
        ratio: To Pythia alone, for what is made with it; None for the rest.
    """

    what: str
    processes: int
    events: int
    events_per_second: float
    ratio: float | None

    def document(self) -> dict[str, Any]:
        """Lay the line out for JSON."""
        return asdict(self)


def simulation_speeds(
    sample: Path,
    *,
    pool_folder: Path | None = None,
    collisions: int = 5000,
    crossings: int = 2000,
    workers: int = 2,
) -> list[SimulationSpeed]:
    """Time Pythia, the pool and crossings in turns, so that what else the machine does meets all alike.

    Args:
        sample: A zero-bias sample file, whose pile-up and pool are used.
        pool_folder: Where its pool is kept; it is made there if it is not finished.
        collisions: Collisions of one turn, in one process.
        crossings: Crossings of one turn and process.
        workers: Processes that make crossings side by side in the last line.
    """
    pool_config = pool_file(load_config(sample, SampleConfig), sample)
    folder = pool_folder or default_folder(pool_config)
    make_pool(pool_config, folder, workers=workers)
    crossing = partial(_crossings, sample, folder)
    crossing(250)
    rates: dict[str, list[float]] = {"alone": [], "pool": [], "one": [], "many": []}
    with get_context("spawn").Pool(workers) as processes:
        processes.map(crossing, [250] * workers, chunksize=1)  # each process reads its pool before it is timed
        for turn in range(_TURNS):
            # The same collisions, and Pythia is started already: what the pool adds is all the rest.
            alone = Generator(
                pool_config.minimum_bias,
                beam_energy_gev=pool_config.beam_energy_gev,
                seed=chunk_seed(pool_config.seed, 0, turn),
                initialised=initialised_file(pool_config, folder),
            )
            rates["alone"].append(_rate(collisions, partial(alone.skip, collisions)))
            chunk = partial(pool_chunk, pool_config, "minimum_bias", turn, collisions, folder)
            rates["pool"].append(_rate(collisions, chunk))
            rates["one"].append(_rate(crossings, partial(crossing, crossings)))
            many = partial(processes.map, crossing, [crossings] * workers, chunksize=1)
            rates["many"].append(_rate(workers * crossings, many))
    ratio = median(pool / one for pool, one in zip(rates["pool"], rates["alone"], strict=True))
    lines = (
        ("Pythia alone", "alone", 1, collisions, 1.0),
        ("pool of collisions", "pool", 1, collisions, ratio),
        ("crossings from the pool", "one", 1, crossings, None),
        ("crossings from the pool", "many", workers, workers * crossings, None),
    )
    return [
        SimulationSpeed(
            what=what, processes=count, events=events, events_per_second=median(rates[key]), ratio=against
        )
        for what, key, count, events, against in lines
    ]


@cache
def _prepared(sample: Path, folder: Path) -> tuple[SampleConfig, Pool]:
    """Read the sample and its pool once in each process."""
    config = load_config(sample, SampleConfig)
    return config, read_pool(pool_file(config, sample), folder)


def _crossings(sample: Path, folder: Path, n_crossings: int) -> int:
    """Make so many crossings; give how many were made."""
    return len(simulated_chunk(*_prepared(sample, folder), 0, limit=n_crossings).objects)


def _rate(events: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return events / (time.perf_counter() - start)
