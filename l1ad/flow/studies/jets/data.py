"""Dijet events for the jets study: the user's files, or events that are made once and kept in its folder."""

import functools
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l1ad.config.studies.jets import BackgroundConfig, DijetsConfig, JetsConfig, ResonanceConfig
from l1ad.core.progress import Progress
from l1ad.data.jet_file import JetEvents, write_jet_events
from l1ad.flow.studies.trials import definition_digest
from l1ad.simulate.chunks import chunk_seed, run_chunks, save_arrays, versions
from l1ad.simulate.jet_events import DijetSelection, made_dijets

__all__ = ["BACKGROUND", "prepared_events"]

BACKGROUND = "background"

_GENERATOR = 1
"""Counts up when the events of the same settings become others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A sample that has to be made.

    Attributes:
        name: What files call it.
        decisive: What decides its events, as JSON knows it.
        file: Where it will be.
        chunks: Number of its chunks.
    """

    name: str
    decisive: Mapping[str, Any]
    file: Path
    chunks: int

    @property
    def parts(self) -> list[Path]:
        """Files of its chunks."""
        folder = self.file.with_name(f".{self.file.stem}")
        return [folder / f"{number:05}.npz" for number in range(self.chunks)]


def prepared_events(config: JetsConfig, folder: Path, *, workers: int, progress: Progress) -> dict[str, Path]:
    """Give the file of each sample, which is made where it is not there yet.

    Chunks do not depend on one another: any number of workers makes the same events, and what was stopped
    goes on.

    Args:
        config: The study.
        folder: Has the events that are made.
        workers: Processes.
        progress: Told the chunks done.

    Returns:
        Files by name, `background` first.
    """
    samples: dict[str, BackgroundConfig | ResonanceConfig] = {
        BACKGROUND: config.background, **{one.name: one for one in config.signals}
    }  # fmt: skip
    found = {name: Path(one.file) for name, one in samples.items() if one.file is not None}
    wanted = [_wanted(name, one, config.data, folder) for name, one in samples.items() if one.file is None]
    missing = [one for one in wanted if not one.file.exists()]
    _make(missing, config.data, workers=workers, progress=progress)
    found |= {one.name: one.file for one in wanted}
    return {name: found[name] for name in samples}


def _wanted(name: str, one: BackgroundConfig | ResonanceConfig, data: DijetsConfig, folder: Path) -> _Made:
    # What parts the regions moves no event.
    common = data.model_dump(mode="json", exclude={"delta_eta"})
    decisive = {
        "name": name, "settings": list(one.settings), "events": one.events, "data": common,
        "versions": versions(), "generator": _GENERATOR,
    }  # fmt: skip
    file = folder / f"{name}_{definition_digest(decisive)[:12]}.h5"
    return _Made(name=name, decisive=decisive, file=file, chunks=-(-one.events // data.made.chunk))


def _make(samples: Sequence[_Made], data: DijetsConfig, *, workers: int, progress: Progress) -> None:
    if not samples:
        return
    for one in samples:
        one.parts[0].parent.mkdir(parents=True, exist_ok=True)
    jobs = [(dict(one.decisive), number) for one in samples for number in range(one.chunks)]
    files = [file for one in samples for file in one.parts]
    run_chunks(functools.partial(_make_chunk, data, jobs), files, workers=workers, progress=progress)
    for one in samples:
        sections = [float(np.load(file, allow_pickle=False)["cross_section_fb"]) for file in one.parts]
        provenance = {**one.decisive, "cross_section_fb": float(np.mean(sections))}
        write_jet_events(one.file, _read(one.parts), provenance=provenance)
        shutil.rmtree(one.parts[0].parent)


def _make_chunk(
    data: DijetsConfig, jobs: Sequence[tuple[dict[str, Any], int]], number: int, file: Path
) -> None:
    decisive, chunk = jobs[number]
    made = data.made
    events, cross_section_fb = made_dijets(
        [*made.settings, *decisive["settings"]],
        DijetSelection(
            radius=data.jet_radius, jet_pt_gev=data.jet_pt_gev, jet_eta_max=data.jet_eta_max,
            mass_gev=data.mass_gev, constituents=data.constituents,
        ),
        n_events=min(made.chunk, decisive["events"] - chunk * made.chunk),
        beam_energy_gev=made.beam_energy_gev,
        seed=chunk_seed(made.seed, zlib.crc32(decisive["name"].encode()), chunk),
    )  # fmt: skip
    save_arrays(
        file,
        {
            "jets": events.jets, "constituents": events.constituents,
            "cross_section_fb": np.array(cross_section_fb),
        },
    )  # fmt: skip


def _read(parts: Sequence[Path]) -> Iterator[JetEvents]:
    for part in parts:
        with np.load(part, allow_pickle=False) as found:
            yield JetEvents(jets=found["jets"], constituents=found["constituents"])
