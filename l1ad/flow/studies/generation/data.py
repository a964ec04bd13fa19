"""Events of the generation study: simulated once and kept, or the user's; and who is trained on which."""

import functools
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.config.studies.generation import GenerationDataConfig, GenerationSplitConfig, ZGammaEventsConfig
from l1ad.core.errors import DataError
from l1ad.core.progress import Progress
from l1ad.data.event_file import file_digest
from l1ad.data.z_gamma import NAMES, ZGammaTable, read_z_gamma_table
from l1ad.flow.studies.trials import definition_digest
from l1ad.simulate.chunks import run_chunks, save_arrays, versions
from l1ad.simulate.z_gamma import ZGammaProduction, make_chunk

__all__ = ["GenerationSplit", "prepared_events", "split_events", "studied_events"]

Reals = NDArray[np.float64]

_SIMULATION = 1
"""Counts up when the simulation gives other numbers for the same settings."""

_KEPT = ".npz"
"""Ending of the study's own events; no table has it."""

_FEWEST = 100
"""Events that each part needs so that distances and areas mean something."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GenerationSplit:
    """Variables of events, shape (n, 18) each.

    Attributes:
        training: Background to train on.
        validation: Background to watch.
        test: Background that neither training nor search has seen.
        signal: The resonance.
    """

    training: Reals
    validation: Reals
    test: Reals
    signal: Reals


def prepared_events(config: GenerationDataConfig, folder: Path, *, workers: int, progress: Progress) -> Path:
    """Give the path of the events, which are simulated where they are not there yet.

    Chunks are simulated apart, each whole or not at all, with seeds of their own: any number of workers makes
    the same events, and a simulation that was stopped goes on.

    Args:
        config: Which events.
        folder: Has the events that are simulated.
        workers: Processes.
        progress: Told the chunks done.

    Raises:
        DataError: If the table is of a format that no table has.
        ToolError: If Pythia or FastJet is not installed, or a process was killed.
    """
    if config.table is not None:
        table = Path(config.table)
        if table.suffix == _KEPT:
            raise DataError(f"{table}: a table of Zγ events is CSV, Parquet or HDF5, no {_KEPT}")
        return table
    decisive = {**config.made.model_dump(mode="json"), **versions(), "simulation": _SIMULATION}
    kept = folder / f"events_{definition_digest(decisive)[:12]}{_KEPT}"
    if kept.exists():
        return kept
    production = _production(config.made)
    parts = folder / f".{kept.stem}"
    parts.mkdir(parents=True, exist_ok=True)
    files = [parts / f"{number:05}.npz" for number in range(production.chunks)]
    run_chunks(functools.partial(make_chunk, production), files, workers=workers, progress=progress)
    found = [_variables(file) for file in files]
    save_arrays(
        kept,
        {
            "background": np.concatenate(found[: production.background_chunks]),
            "signal": np.concatenate(found[production.background_chunks :]),
        },
    )
    shutil.rmtree(parts)
    return kept


def split_events(table: ZGammaTable, config: GenerationSplitConfig, seed: int) -> GenerationSplit:
    """Deal the background out at random.

    Raises:
        DataError: If a part has fewer than 100 events, or a variable never varies in one of background.
    """
    order = np.random.default_rng([seed, 18]).permutation(len(table.background))
    first = round(config.training * len(order))
    second = first + round(config.validation * len(order))
    split = GenerationSplit(
        training=table.background[order[:first]],
        validation=table.background[order[first:second]],
        test=table.background[order[second:]],
        signal=table.signal,
    )
    parts = {"training": split.training, "validation": split.validation, "test": split.test,
             "signal": split.signal}  # fmt: skip
    for name, events in parts.items():
        if len(events) < _FEWEST:
            raise DataError(
                f"{len(events)} events of {name} are too few; at least {_FEWEST} are wanted: give more, or "
                "change the split"
            )
        still = np.flatnonzero(np.ptp(events, axis=0) == 0)
        if len(still) and name != "signal":
            raise DataError(
                f"{NAMES[still[0]]!r} is the same in all {len(events)} background events of {name}; distances "
                "need variables that vary"
            )
    return split


@functools.lru_cache(maxsize=1)  # a process does many trials on the same events
def studied_events(path: Path, label: str) -> ZGammaTable:
    """Read the events of a study: its own, or a table with a column for each variable and a label."""
    if path.suffix != _KEPT:
        return read_z_gamma_table(path, label)
    with np.load(path, allow_pickle=False) as found:
        return ZGammaTable(background=found["background"], signal=found["signal"], digest=file_digest(path))


def _production(made: ZGammaEventsConfig) -> ZGammaProduction:
    return ZGammaProduction(
        seed=made.seed,
        background=made.background,
        signal=made.signal,
        mass_gev=made.mass_gev,
        width_gev=made.width_gev,
    )


def _variables(file: Path) -> Any:
    with np.load(file, allow_pickle=False) as found:
        return found["variables"]
