"""Processes of a lepton + X stream: generated, filtered by a lepton, counted against their cross sections."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from l1ad.simulate.chunks import chunk_seed, save_arrays
from l1ad.simulate.features import features_layout, lepton_features
from l1ad.simulate.generator import Generator

__all__ = ["CHUNK_EVENTS", "FilteredProcess", "StreamSource", "filtered_process", "make_stream_chunk"]

CHUNK_EVENTS = 2_000
"""Collisions of one chunk. Part of what decides the events: each chunk has random numbers of its own."""

_BATCH = 250
_PB_IN_MB = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource:
    """What is generated.

    Attributes:
        pythia: Pythia 8 settings.
        beam_energy_gev: Proton-proton centre-of-mass energy.
        lepton_gev: pT that the leading electron or muon must be over.
        seed: Of the study's events.
        number: Number of the process, which keeps its random numbers apart from others'.
        generate: Collisions to generate in all chunks.
    """

    pythia: tuple[str, ...]
    beam_energy_gev: float
    lepton_gev: float
    seed: int
    number: int
    generate: int

    @property
    def n_chunks(self) -> int:
        """Chunks that they are generated in; the last may be shorter."""
        return -(-self.generate // CHUNK_EVENTS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FilteredProcess:
    """Events of a process that passed the filter.

    Attributes:
        inputs_raw: Hardware integers of the layout `lepton_plus_x`, shape (n_passed, 21).
        generated: Collisions that were generated.
        cross_section_pb: Pythia's cross section before the filter, with the branching of its settings.
        cross_section_error_pb: Its statistical error, from the chunks' spread; 0 with one chunk.
    """

    inputs_raw: NDArray[np.signedinteger]
    generated: int
    cross_section_pb: float
    cross_section_error_pb: float

    @property
    def acceptance(self) -> float:
        """Share that passed the filter."""
        return len(self.inputs_raw) / self.generated

    @property
    def acceptance_error(self) -> float:
        """Its binomial standard error, √(A(1 − A)/n)."""
        return math.sqrt(self.acceptance * (1 - self.acceptance) / self.generated)

    @property
    def filtered_pb(self) -> float:
        """Cross section within the filter."""
        return self.cross_section_pb * self.acceptance

    @property
    def filtered_error_pb(self) -> float:
        """Its statistical error: the filter's and the cross section's, in quadrature."""
        return math.hypot(
            self.cross_section_pb * self.acceptance_error, self.cross_section_error_pb * self.acceptance
        )


def make_stream_chunk(source: StreamSource, chunk: int, file: Path) -> None:
    """Generate one chunk of a process and keep the features of what passes the filter.

    Features come straight from the particles of one collision: no pile-up is added, which the reconstruction
    of a high-level trigger takes away. The filter asks for the smeared pT of the leading lepton, |η| < 2.5.

    Args:
        source: The process.
        chunk: Number of the chunk, from 0.
        file: Where it is written, whole or not at all.
    """
    n_events = min(CHUNK_EVENTS, source.generate - chunk * CHUNK_EVENTS)
    generator = Generator(
        list(source.pythia),
        beam_energy_gev=source.beam_energy_gev,
        seed=chunk_seed(source.seed, source.number, chunk),
    )
    layout = features_layout()
    column = layout.names.index("lepton_pt")
    passed = []
    for batch, start in enumerate(range(0, n_events, _BATCH)):
        rng = np.random.default_rng([source.seed, source.number, chunk, batch])
        raw = lepton_features(generator.batch(min(_BATCH, n_events - start)), rng)
        passed.append(raw[raw[:, column] * layout.fields[column].lsb > source.lepton_gev])
    save_arrays(
        file,
        {
            "inputs_raw": np.concatenate(passed),
            "generated": np.array(n_events),
            "cross_section_mb": np.array(generator.cross_section_mb),
        },
    )


def filtered_process(files: Sequence[Path]) -> FilteredProcess:
    """Put the chunks of a process together.

    Pythia estimates the cross section anew in every chunk; the mean counts each by its collisions, and its
    error is the spread of the chunks over the root of their number.

    Args:
        files: All chunks of one process, at least one.
    """
    parts, generated, sections = [], [], []
    for file in files:
        with np.load(file, allow_pickle=False) as found:
            parts.append(found["inputs_raw"])
            generated.append(int(found["generated"]))
            sections.append(float(found["cross_section_mb"]))
    error = float(np.std(sections, ddof=1)) / math.sqrt(len(sections)) if len(sections) > 1 else 0.0
    return FilteredProcess(
        inputs_raw=np.concatenate(parts),
        generated=sum(generated),
        cross_section_pb=float(np.average(sections, weights=generated)) * _PB_IN_MB,
        cross_section_error_pb=error * _PB_IN_MB,
    )
