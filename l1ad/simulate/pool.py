"""The pool of single collisions that crossings are put together from, in memory and on disk."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from l1ad.config.detector import DetectorConfig
from l1ad.config.sample import HardConfig, PoolConfig
from l1ad.core.errors import DataError
from l1ad.core.progress import Progress, silent
from l1ad.core.trigger_file import write_text_safely
from l1ad.data.event_file import file_digest
from l1ad.simulate.chunks import chunk_seed, definition_digest, run_chunks, save_arrays, versions
from l1ad.simulate.deposits import MUON, Collisions, collisions, joined, taken
from l1ad.simulate.generator import Generator

__all__ = [
    "CHUNK_COLLISIONS",
    "Pool",
    "default_folder",
    "initialised_file",
    "make_pool",
    "pool_chunk",
    "read_pool",
]

CHUNK_COLLISIONS = 5_000
"""Collisions of one Pythia run. Part of the definition of a pool: each chunk has a seed of its own."""
_BATCH = 250
_SOFT = "minimum_bias"
_RECORD = "pool.json"
_INITIALISED = "multiparton.dat"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """Single collisions in memory: the soft ones first, then each hard process.

    Attributes:
        collisions: All of them in a row.
        first: Where each kind begins in that row, the soft ones first, and the end, shape (n_hard + 2,).
        hard_names: Names of the hard processes.
        hard_fraction: Cross section of each over the inelastic one, shape (n_hard,).
        replaced: Fraction of inelastic collisions that the bins of pT-hat stand for; the soft ones lack it.
        digest: Digest of what decided the collisions.
        record: What is written beside them: cross sections, events, versions, digests of the chunks.
    """

    collisions: Collisions
    first: NDArray[np.int64]
    hard_names: tuple[str, ...]
    hard_fraction: NDArray[np.float64]
    replaced: float
    digest: str
    record: dict[str, Any]

    @property
    def beam_energy_gev(self) -> float:
        """Proton-proton centre-of-mass energy."""
        return float(self.record["configuration"]["beam_energy_gev"])

    @property
    def detector(self) -> DetectorConfig:
        """The detector that the collisions were seen by."""
        return DetectorConfig.model_validate(self.record["configuration"]["detector"])


def default_folder(config: PoolConfig) -> Path:
    """Say where a pool is kept when nobody says otherwise: a cache folder, by its definition."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "l1ad" / "pools" / f"{config.name}-{_digest(config)[:12]}"


def make_pool(config: PoolConfig, folder: Path, *, workers: int = 1, progress: Progress = silent) -> Pool:
    """Make a pool, or what is missing of it; the same collisions for any number of workers.

    Args:
        config: The pool.
        folder: Where its chunks are kept; finished ones are not made again.
        workers: Processes to use.
        progress: Told the collisions that are done.

    Raises:
        DataError: If the folder holds another pool.
    """
    digest = _digest(config)
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / _RECORD
    if record.exists() and json.loads(record.read_text(encoding="utf-8")).get("definition") != digest:
        raise DataError(f"{folder}: holds another pool than {config.name!r} is now; give another folder")
    jobs = _jobs(config)
    files = [folder / f"{digest[:12]}-{name}-{chunk:05d}.npz" for name, chunk, _ in jobs]
    total = sum(size for *_, size in jobs)
    sizes = [size for *_, size in jobs]

    def tell(done: int, _: int, note: str) -> None:
        progress(min(total, sum(sizes[:done])), total, note)

    if not all(file.exists() for file in files):
        initialised_file(config, folder)
    run_chunks(partial(_write_chunk, config), files, workers=workers, progress=tell)
    if not record.exists():
        _write_record(record, config, digest, files)
    return read_pool(config, folder)


def read_pool(config: PoolConfig, folder: Path) -> Pool:
    """Read a finished pool.

    Raises:
        DataError: If it is not there, or a chunk is damaged.
    """
    digest = _digest(config)
    try:
        record: dict[str, Any] = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{folder}: no finished pool {config.name!r}; `l1ad simulate` makes it") from None
    if record["definition"] != digest:
        raise DataError(f"{folder}: holds another pool than {config.name!r} is now; give another folder")
    parts: dict[str, list[Collisions]] = {}
    for name, chunk, _ in _jobs(config):
        file = folder / f"{digest[:12]}-{name}-{chunk:05d}.npz"
        parts.setdefault(name, []).append(_read_chunk(file))
    kinds = [joined(chunks) for chunks in parts.values()]
    hard = record["hard"]
    inelastic = record["inelastic_mb"]
    fractions = np.array([hard[one.name]["cross_section_mb"] / inelastic for one in config.hard])
    in_bins = np.array([one.pthat_gev is not None for one in config.hard], dtype=bool)
    return Pool(
        collisions=joined(kinds),
        first=np.r_[0, np.cumsum([len(kind) for kind in kinds])],
        hard_names=tuple(one.name for one in config.hard),
        hard_fraction=fractions,
        replaced=float(fractions[in_bins].sum()),
        digest=digest,
        record=record,
    )


def pool_chunk(
    config: PoolConfig, name: str, chunk: int, n_collisions: int, folder: Path
) -> dict[str, NDArray[Any]]:
    """Generate one chunk of one kind, as the arrays of its file.

    Args:
        config: The pool.
        name: The kind: `minimum_bias` or the name of a hard process.
        chunk: Number of the chunk, from 0.
        n_collisions: Collisions to generate.
        folder: Where what Pythia works out at its start is kept; it is part of the definition of the pool, and
            always worked out with the same seed.
    """
    kinds: list[HardConfig | None] = [None, *config.hard]
    index, hard = next((i, one) for i, one in enumerate(kinds) if (one.name if one else _SOFT) == name)
    seed = chunk_seed(config.seed, index, chunk)
    generator = Generator(
        _settings(config, hard),
        beam_energy_gev=config.beam_energy_gev,
        seed=seed,
        initialised=initialised_file(config, folder) if hard is None else None,
    )
    rng = np.random.default_rng([config.seed, index, chunk])
    parts = []
    for start in range(0, n_collisions, _BATCH):
        particles = generator.batch(min(_BATCH, n_collisions - start))
        found = collisions(particles, config.detector, rng)
        if hard is None and config.softest_gev is not None:
            found = taken(found, particles.pthat < config.softest_gev)
        parts.append(found)
    all_of_them = joined(parts)
    return {
        "deposit_start": all_of_them.deposit_start,
        "tower": all_of_them.tower,
        "et": all_of_them.et,
        "muon_start": all_of_them.muon_start,
        "muons": np.stack([all_of_them.muons[field] for field in MUON.names or ()], axis=1),
        "cross_section_mb": np.array(generator.cross_section_mb),
        "generated": np.array(n_collisions),
    }


def initialised_file(config: PoolConfig, folder: Path) -> Path:
    """Let Pythia work out once what each start on soft collisions would take seconds for."""
    file = folder / f"{_digest(config)[:12]}-{_INITIALISED}"
    if not file.exists():
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        Generator(
            config.minimum_bias, beam_energy_gev=config.beam_energy_gev, seed=config.seed, initialised=temporary
        )
        if temporary.exists():  # not where the settings have no multiparton interactions
            temporary.replace(file)
    return file


def _settings(config: PoolConfig, hard: HardConfig | None) -> list[str]:
    if hard is None:
        return config.minimum_bias
    if hard.pthat_gev is None:
        return hard.pythia
    low, high = hard.pthat_gev
    return [*hard.pythia, f"PhaseSpace:pTHatMin = {low}", f"PhaseSpace:pTHatMax = {high}"]


def _jobs(config: PoolConfig) -> list[tuple[str, int, int]]:
    """List kind, number and size of every chunk."""
    kinds = [(_SOFT, config.events), *((one.name, one.events) for one in config.hard)]
    return [
        (name, chunk, min(CHUNK_COLLISIONS, events - chunk * CHUNK_COLLISIONS))
        for name, events in kinds
        for chunk in range(-(-events // CHUNK_COLLISIONS))
    ]


def _write_chunk(config: PoolConfig, job: int, file: Path) -> None:
    save_arrays(file, pool_chunk(config, *_jobs(config)[job], file.parent))


def _read_chunk(file: Path) -> Collisions:
    with _opened_chunk(file) as stored:
        columns = stored["muons"]
        muons = np.empty(len(columns), dtype=MUON)
        for index, field in enumerate(MUON.names or ()):
            muons[field] = columns[:, index]
        return Collisions(
            deposit_start=stored["deposit_start"], tower=stored["tower"], et=stored["et"],
            muon_start=stored["muon_start"], muons=muons,
        )  # fmt: skip


@contextmanager
def _opened_chunk(file: Path) -> Iterator[Any]:
    """Open the file of a chunk; whatever is wrong with it is said with its name."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            yield stored
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as fault:
        raise DataError(f"{file}: not a chunk of a pool ({fault}); delete it, and it is made again") from None


def _write_record(record: Path, config: PoolConfig, digest: str, files: list[Path]) -> None:
    sums: dict[str, list[tuple[float, int, int]]] = {}
    for (name, *_), file in zip(_jobs(config), files, strict=True):
        kept = len(_read_chunk(file))  # all of it, or the digest of a damaged one would be recorded
        with _opened_chunk(file) as stored:
            row = float(stored["cross_section_mb"]), int(stored["generated"]), kept
        sums.setdefault(name, []).append(row)
    kinds = {
        name: {
            "cross_section_mb": sum(sigma * made for sigma, made, _ in rows) / sum(made for _, made, _ in rows),
            "generated": sum(made for _, made, _ in rows),
            "kept": sum(kept for *_, kept in rows),
        }
        for name, rows in sums.items()
    }
    document = {
        "definition": digest,
        "configuration": config.model_dump(mode="json"),
        "inelastic_mb": kinds[_SOFT]["cross_section_mb"],
        "soft": kinds.pop(_SOFT),
        "hard": kinds,
        "versions": versions(),
        "chunks": {file.name: file_digest(file) for file in files},
    }
    write_text_safely(record, json.dumps(document, indent=1))


def _digest(config: PoolConfig) -> str:
    return definition_digest(config.model_dump(mode="json"), CHUNK_COLLISIONS, _BATCH)
