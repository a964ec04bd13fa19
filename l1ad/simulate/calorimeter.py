"""A parametrised calorimeter: particles to towers, towers to e/γ clusters, jets and missing energy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from l1ad.config.sample import DetectorConfig
from l1ad.simulate.generator import Particles

__all__ = ["ETA_TOWERS", "PHI_TOWERS", "TOWER_ETA", "Candidates", "Towers", "egamma", "jets", "measured_towers"]

TOWER_ETA = 0.087
ETA_TOWERS = 116
PHI_TOWERS = 72
TOWER_STEP_GEV = 0.5

_INVISIBLE = (12, 14, 16)
_ELECTROMAGNETIC = (11, 22)
_MUON = 13

Grid = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Towers:
    """Transverse energies in GeV on the tower grid, shape (n_events, ETA_TOWERS, PHI_TOWERS).

    One tower covers 0.087 in η (58 to each side, to |η| = 5.05) and 2π/72 in φ; the real one is coarser
    beyond |η| = 3. Energies are whole multiples of 0.5 GeV.
    """

    electromagnetic: Grid
    hadronic: Grid

    @property
    def total(self) -> Grid:
        """Sum of both parts."""
        return self.electromagnetic + self.hadronic


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Trigger objects before they are sorted and capped, one entry per object.

    Attributes:
        event: Index of the event.
        pt: Transverse energy or momentum in GeV.
        eta: Pseudorapidity.
        phi: Azimuth in rad, 0 to 2π.
    """

    event: NDArray[np.int64]
    pt: NDArray[np.float64]
    eta: NDArray[np.float64]
    phi: NDArray[np.float64]


def measured_towers(particles: Particles, detector: DetectorConfig, rng: np.random.Generator) -> Towers:
    """Let particles deposit their energy in the towers.

    Charged particles bend by asin(reach / pT) in φ, and curl up below the reach. Photons and electrons
    go to the electromagnetic part, hadrons to the hadronic part; muons leave nothing. Every particle's
    energy is smeared; parts of a tower under the threshold are dropped.
    """
    kind = np.abs(particles.pdg_id)
    charged = particles.charge != 0
    seen = ~np.isin(kind, (*_INVISIBLE, _MUON)) & (np.abs(particles.eta) < detector.calorimeter_eta_max)
    seen &= ~charged | (particles.pt > detector.magnetic_reach_gev)
    event, kind, eta = particles.event[seen], kind[seen], particles.eta[seen]
    bend = np.arcsin(np.minimum(1.0, detector.magnetic_reach_gev / particles.pt[seen]))
    phi = particles.phi[seen] - particles.charge[seen] * bend
    is_em = np.isin(kind, _ELECTROMAGNETIC)

    et = particles.energy[seen] / np.cosh(eta)
    stochastic = np.where(is_em, detector.em_stochastic, detector.hadron_stochastic)
    constant = np.where(is_em, detector.em_constant, detector.hadron_constant)
    width = np.sqrt(stochastic**2 / particles.energy[seen] + constant**2)
    et = et * np.maximum(0.0, 1.0 + width * rng.standard_normal(et.size))

    eta_index = np.floor(eta / TOWER_ETA).astype(np.int64) + ETA_TOWERS // 2
    phi_index = np.floor((phi % (2 * np.pi)) / (2 * np.pi / PHI_TOWERS)).astype(np.int64) % PHI_TOWERS
    tower = (event * ETA_TOWERS + eta_index) * PHI_TOWERS + phi_index
    shape = (particles.n_events, ETA_TOWERS, PHI_TOWERS)

    def deposited(part: NDArray[np.bool_]) -> Grid:
        summed = np.bincount(tower[part], weights=et[part], minlength=int(np.prod(shape))).reshape(shape)
        summed[summed < detector.tower_threshold_gev] = 0.0
        return np.floor(summed / TOWER_STEP_GEV) * TOWER_STEP_GEV

    return Towers(electromagnetic=deposited(is_em), hadronic=deposited(~is_em))


def egamma(towers: Towers, detector: DetectorConfig) -> Candidates:
    """Find e/γ candidates: 3 x 3 towers around a local electromagnetic maximum with little behind it."""
    clusters = _window_sum(towers.electromagnetic, 3)
    behind = _window_sum(towers.hadronic, 3)
    found = _local_maxima(towers.electromagnetic, 3, detector.egamma_seed_gev)
    found &= clusters >= detector.egamma_threshold_gev
    found &= behind <= detector.egamma_hadronic_fraction * clusters
    return _candidates(found, clusters, eta_max=detector.egamma_eta_max)


def jets(towers: Towers, detector: DetectorConfig) -> Candidates:
    """Find jets: 9 x 9 towers around a local maximum, as the Stage-2 sliding window (no pile-up subtracted)."""
    sums = _window_sum(towers.total, 9)
    found = _local_maxima(towers.total, 9, detector.jet_seed_gev) & (sums >= detector.jet_threshold_gev)
    return _candidates(found, sums, eta_max=detector.calorimeter_eta_max)


def _window_sum(grid: Grid, size: int) -> Grid:
    ones = np.ones(size)
    rows = ndimage.correlate1d(grid, ones, axis=1, mode="constant")
    return np.asarray(ndimage.correlate1d(rows, ones, axis=2, mode="wrap"))


def _local_maxima(grid: Grid, size: int, threshold_gev: float) -> NDArray[np.bool_]:
    """Find towers that no other in the window exceeds; among equals the one of highest index wins."""
    steps = np.round(grid / TOWER_STEP_GEV).astype(np.int64)
    ranked = steps * (ETA_TOWERS * PHI_TOWERS) + np.arange(ETA_TOWERS * PHI_TOWERS).reshape(grid.shape[1:])
    highest = ndimage.maximum_filter1d(ranked, size, axis=1, mode="constant")
    highest = ndimage.maximum_filter1d(highest, size, axis=2, mode="wrap")
    return np.asarray((ranked == highest) & (grid >= threshold_gev))


def _candidates(found: NDArray[np.bool_], et: Grid, *, eta_max: float) -> Candidates:
    event, eta_index, phi_index = np.nonzero(found)
    eta = (eta_index - ETA_TOWERS // 2 + 0.5) * TOWER_ETA
    inside = np.abs(eta) < eta_max
    phi = (phi_index + 0.5) * (2 * np.pi / PHI_TOWERS)
    return Candidates(event=event[inside], pt=et[found][inside], eta=eta[inside], phi=phi[inside])
