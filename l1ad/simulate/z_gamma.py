"""Z bosons with a photon, and a resonance that decays to them: collisions of Pythia, chunk by chunk."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l1ad.simulate.chunks import chunk_seed, save_arrays
from l1ad.simulate.generator import Generator
from l1ad.simulate.z_gamma_variables import z_gamma_variables

__all__ = ["ZGammaProduction", "make_chunk"]

_COLLISIONS_OF_CHUNK = 2_500
_BATCH = 500
_BEAM_GEV = 13_000.0
_BACKGROUND = (
    "WeakBosonAndParton:ffbar2gmZgm = on",
    "23:onMode = off",
    "23:onIfAny = 11 13",
    "23:mMin = 35",
    "PhaseSpace:pTHatMin = 15",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZGammaProduction:
    """What is simulated.

    Attributes:
        seed: Of every random choice.
        background: Collisions qq̄ → γ*/Z γ, with Z to electrons or muons; their chunks come first.
        signal: Collisions gg → X → Zγ.
        mass_gev: Mass of X.
        width_gev: Its width.
    """

    seed: int
    background: int
    signal: int
    mass_gev: float
    width_gev: float

    @property
    def background_chunks(self) -> int:
        """Chunks of background."""
        return math.ceil(self.background / _COLLISIONS_OF_CHUNK)

    @property
    def chunks(self) -> int:
        """Chunks in all."""
        return self.background_chunks + math.ceil(self.signal / _COLLISIONS_OF_CHUNK)

    def collisions_of(self, number: int) -> int:
        """Count the collisions of a chunk: the last one of each kind has what is left."""
        is_signal = number >= self.background_chunks
        wanted = self.signal if is_signal else self.background
        before = (number - is_signal * self.background_chunks) * _COLLISIONS_OF_CHUNK
        return min(_COLLISIONS_OF_CHUNK, wanted - before)

    @property
    def signal_settings(self) -> tuple[str, ...]:
        """Settings of Pythia for X: its Higgs boson, of spin 0, moved in mass and told to decay to Zγ alone."""
        reach = max(10 * self.width_gev, 1.0)
        return (
            "HiggsSM:gg2H = on",
            f"25:m0 = {self.mass_gev:g}",
            f"25:mWidth = {self.width_gev:g}",
            f"25:mMin = {self.mass_gev - reach:g}",
            f"25:mMax = {self.mass_gev + reach:g}",
            "25:doForceWidth = on",
            "25:onMode = off",
            "25:onIfMatch = 23 22",
            "23:onMode = off",
            "23:onIfAny = 11 13",
        )


def make_chunk(production: ZGammaProduction, number: int, file: Path) -> None:
    """Simulate a chunk and write the variables of the events that are selected.

    Raises:
        ToolError: If Pythia or FastJet is not installed.
    """
    is_signal = number >= production.background_chunks
    settings = production.signal_settings if is_signal else _BACKGROUND
    generator = Generator(
        list(settings), beam_energy_gev=_BEAM_GEV, seed=chunk_seed(production.seed, int(is_signal), number)
    )
    rng = np.random.default_rng([production.seed, int(is_signal), number])
    left, batches = production.collisions_of(number), []
    while left:
        batches.append(z_gamma_variables(generator.batch(min(_BATCH, left)), rng))
        left -= min(_BATCH, left)
    save_arrays(file, {"variables": np.concatenate(batches)})
