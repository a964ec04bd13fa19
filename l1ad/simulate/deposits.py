"""What single collisions leave in the detector: sparse tower energies and muons, ready to be piled up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.config.detector import DetectorConfig
from l1ad.simulate.generator import Particles
from l1ad.simulate.grid import ETA_MAX, TOWERS, tower_of

__all__ = ["MUON", "Collisions", "collisions", "joined", "taken"]

MUON = np.dtype([("pt", "f4"), ("eta", "f4"), ("phi", "f4"), ("impact_cm", "f4")])
"""A true muon that reaches the chambers: GeV, pseudorapidity, rad, cm."""

_NEUTRINOS = (12, 14, 16)
_ELECTROMAGNETIC = (11, 22)
_PION, _KAON = 211, 321
# mass / (c tau) in GeV/m, branching fraction to muons, lowest share of the momentum that the muon gets (PDG).
_IN_FLIGHT = {_PION: (0.13957 / 7.8045, 1.0, 0.57), _KAON: (0.49368 / 3.711, 0.636, 0.05)}
_HIGHEST_SHARE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Collisions:
    """Single collisions as the detector sees them, before noise and thresholds.

    Attributes:
        deposit_start: First deposit of each collision and the end of the last, shape (n + 1,).
        tower: Tower of each deposit; the hadronic part counts on from `TOWERS`.
        et: Transverse energy of each deposit in GeV.
        muon_start: First muon of each collision and the end of the last, shape (n + 1,).
        muons: True muons, of the dtype `MUON`.
    """

    deposit_start: NDArray[np.int64]
    tower: NDArray[np.uint16]
    et: NDArray[np.float32]
    muon_start: NDArray[np.int64]
    muons: NDArray[np.void]

    def __len__(self) -> int:
        return len(self.deposit_start) - 1


def collisions(particles: Particles, detector: DetectorConfig, rng: np.random.Generator) -> Collisions:
    """Let particles leave their energy in towers, and find the muons.

    Charged particles bend by asin(reach / pT) in φ, and curl up below the reach. Photons and electrons stay in
    the electromagnetic part; hadrons leave a share there when they shower early. Every particle's energy is
    smeared. What comes into being behind the calorimeter's face is not seen. Charged pions and kaons decay in
    flight into muons with the probability of their path to the calorimeter.
    """
    kind = np.abs(particles.pdg_id)
    # Partners of new physics (1 000 000 and up) and dark hadrons (4 900 000 and up) leave nothing.
    seen = ~np.isin(kind, (*_NEUTRINOS, 13)) & (kind < 1_000_000) & (np.abs(particles.eta) < ETA_MAX)
    seen &= (particles.charge == 0) | (particles.pt > detector.magnetic_reach_gev)
    seen &= particles.radius_m < detector.calorimeter_radius_m
    event, kind, eta = particles.event[seen], kind[seen], particles.eta[seen]
    bend = np.arcsin(np.minimum(1.0, detector.magnetic_reach_gev / particles.pt[seen]))
    tower = tower_of(eta, particles.phi[seen] - particles.charge[seen] * bend)

    energy = particles.energy[seen]
    is_em = np.isin(kind, _ELECTROMAGNETIC)
    stochastic = np.where(is_em, detector.em_stochastic, detector.hadron_stochastic)
    constant = np.where(is_em, detector.em_constant, detector.hadron_constant)
    width = np.sqrt(stochastic**2 / energy + constant**2)
    et = energy / np.cosh(eta) * np.maximum(0.0, 1.0 + width * rng.standard_normal(energy.size))
    early = rng.random(energy.size) < detector.early_shower_probability
    share = np.where(is_em, 1.0, np.where(early, _HIGHEST_SHARE * rng.random(energy.size), 0.0))

    cells = 2 * TOWERS
    key = np.concatenate([event * cells + tower, event * cells + TOWERS + tower])
    filled, place = np.unique(key, return_inverse=True)
    summed = np.bincount(place, weights=np.concatenate([et * share, et * (1 - share)]))
    kept = summed >= detector.deposit_threshold_gev
    owner = filled[kept] // cells
    muons, muon_owner = _muons(particles, detector, rng)
    edges = np.arange(particles.n_events + 1)
    return Collisions(
        deposit_start=np.searchsorted(owner, edges),
        tower=(filled[kept] % cells).astype(np.uint16),
        et=summed[kept].astype(np.float32),
        muon_start=np.searchsorted(muon_owner, edges),
        muons=muons,
    )


def _muons(
    particles: Particles, detector: DetectorConfig, rng: np.random.Generator
) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Find prompt muons and those of decays in flight, by event."""
    kind = np.abs(particles.pdg_id)
    share = (kind == 13).astype(np.float64)
    for hadron, (mass_over_ctau, branching, lowest) in _IN_FLIGHT.items():
        here = np.flatnonzero((kind == hadron) & (particles.pt > detector.muon_threshold_gev))
        path = np.maximum(0.0, detector.calorimeter_radius_m - particles.radius_m[here])
        decays = -np.expm1(-path * mass_over_ctau / particles.pt[here])
        decayed = rng.random(here.size) < branching * decays
        share[here] = np.where(decayed, lowest + (1 - lowest) * rng.random(here.size), 0.0)
    found = share * particles.pt > detector.muon_threshold_gev
    found &= np.abs(particles.eta) < detector.muon_eta_max
    muons = np.empty(int(found.sum()), dtype=MUON)
    muons["pt"] = (share * particles.pt)[found]
    muons["eta"], muons["phi"] = particles.eta[found], particles.phi[found]
    muons["impact_cm"] = particles.impact_cm[found]
    return muons, particles.event[found]


def joined(parts: list[Collisions]) -> Collisions:
    """Put collisions in a row."""
    return Collisions(
        deposit_start=_continued([one.deposit_start for one in parts]),
        tower=np.concatenate([one.tower for one in parts]),
        et=np.concatenate([one.et for one in parts]),
        muon_start=_continued([one.muon_start for one in parts]),
        muons=np.concatenate([one.muons for one in parts]),
    )


def taken(source: Collisions, which: NDArray[np.bool_]) -> Collisions:
    """Keep the collisions of a mask."""
    deposits = np.repeat(which, np.diff(source.deposit_start))
    muons = np.repeat(which, np.diff(source.muon_start))
    return Collisions(
        deposit_start=np.r_[0, np.cumsum(np.diff(source.deposit_start)[which])],
        tower=source.tower[deposits],
        et=source.et[deposits],
        muon_start=np.r_[0, np.cumsum(np.diff(source.muon_start)[which])],
        muons=source.muons[muons],
    )


def _continued(starts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    counts = [np.diff(start) for start in starts]
    return np.asarray(np.r_[0, np.cumsum(np.concatenate(counts))], dtype=np.int64)
