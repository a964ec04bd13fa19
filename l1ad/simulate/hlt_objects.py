"""Objects as the HLT finds them: anti-kT jets of cleaned towers, isolated clusters, muons with tracks, MET."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, uniform_filter

from l1ad.config.studies.hlt_and_l1 import HltConfig
from l1ad.core.errors import ToolError
from l1ad.core.quiet import silenced
from l1ad.simulate.calorimeter import Candidates
from l1ad.simulate.crossing import Crossings
from l1ad.simulate.grid import ETA_CENTRES, ETA_MAX, PHI_STEP, PHI_TOWERS
from l1ad.simulate.trigger_objects import TriggerObjects

__all__ = ["hlt_objects"]

Energies = NDArray[np.float64]

_AROUND_ETA_PHI: tuple[Literal["constant", "wrap"], ...] = ("constant", "constant", "wrap")
_PHI = (np.arange(PHI_TOWERS) + 0.5) * PHI_STEP
_HIGHEST_MUON_ETA = 2.45
_SUMS_JET_GEV, _SUMS_JET_ETA = 30.0, 2.4


def hlt_objects(
    cleaned: Energies, crossings: Crossings, hlt: HltConfig, rng: np.random.Generator
) -> TriggerObjects:
    """Find the objects of crossings whose towers are cleaned of pile-up.

    Jets hold electrons and photons too: overlaps are not removed, as at L1. MET is that of all towers left and
    of the muons; at L1 muons are missing.

    Args:
        cleaned: Energies in GeV, electromagnetic first, shape (n_crossings, 2, ETA_RINGS, PHI_TOWERS).
        crossings: For their true muons.
        hlt: Thresholds and resolutions.
        rng: Source of the muons' measurement.

    Raises:
        ToolError: If FastJet is not installed.
    """
    n_crossings = len(cleaned)
    jets, muons = _jets(cleaned.sum(axis=1), hlt), _muons(crossings, hlt, rng)
    summed = (jets.pt >= _SUMS_JET_GEV) & (np.abs(jets.eta) < _SUMS_JET_ETA)
    htt = np.bincount(jets.event[summed], weights=jets.pt[summed], minlength=n_crossings)
    return TriggerObjects(
        n_crossings=n_crossings,
        met=_missing(cleaned.sum(axis=1), muons, hlt),
        egamma=_egamma(cleaned, hlt),
        muons=muons,
        jets=jets,
        htt=htt.astype(np.float64),
    )


def _jets(total: Energies, hlt: HltConfig) -> Candidates:
    """Cluster towers as massless particles in their middles; a jet's direction is that of its momentum."""
    try:
        import awkward as ak

        with silenced(1):  # its banner
            import fastjet
    except ImportError:
        raise ToolError("FastJet is not installed; it comes with the extra 'simulate'") from None
    event, ring, column = np.nonzero(total)
    et, eta, phi = total[event, ring, column], ETA_CENTRES[ring], _PHI[column]
    towers = ak.zip(
        {"px": et * np.cos(phi), "py": et * np.sin(phi), "pz": et * np.sinh(eta), "E": et * np.cosh(eta)}
    )
    counts = np.bincount(event, minlength=len(total))
    with silenced(1):
        clusters = fastjet.ClusterSequence(
            ak.unflatten(towers, counts), fastjet.JetDefinition(fastjet.antikt_algorithm, hlt.jet_radius)
        )
        found = clusters.inclusive_jets(hlt.jet_threshold_gev / hlt.jet_scale)
    owner = np.repeat(np.arange(len(total)), ak.to_numpy(ak.num(found)))
    px, py, pz = (ak.to_numpy(ak.flatten(found[name])) for name in ("px", "py", "pz"))
    pt = np.hypot(px, py)
    return _candidates(owner, hlt.jet_scale * pt, np.arcsinh(pz / pt), np.arctan2(py, px))


def _egamma(cleaned: Energies, hlt: HltConfig) -> Candidates:
    """Find 3 x 3 towers around electromagnetic maxima with little behind and little around them.

    The direction is the mean of the towers', weighted by their energy.
    """
    em, total = cleaned[:, 0], cleaned.sum(axis=1)
    highest = maximum_filter(em, size=(1, 3, 3), mode=_AROUND_ETA_PHI)
    central = (np.abs(ETA_CENTRES) < hlt.tracker_eta_max)[None, :, None]
    event, ring, column = np.nonzero((em == highest) & (em >= hlt.egamma_seed_gev) & central)
    cluster, behind = (_summed(part, 3)[event, ring, column] for part in (em, cleaned[:, 1]))
    around = _summed(total, 7)[event, ring, column] - cluster - behind
    pt = hlt.egamma_scale * cluster
    kept = pt >= hlt.egamma_threshold_gev
    kept &= behind <= hlt.egamma_hadronic_fraction * cluster + 0.25
    kept &= around <= hlt.egamma_around_fraction * cluster + 1.0
    event, ring, column, pt = event[kept], ring[kept], column[kept], pt[kept]
    steps = np.arange(-1, 2)
    # A maximum in reach of the tracks is never at the edge of the grid.
    rings, columns = ring[:, None, None] + steps[:, None], (column[:, None, None] + steps) % PHI_TOWERS
    weight = em[event[:, None, None], rings, columns]
    weight /= weight.sum(axis=(1, 2), keepdims=True)
    eta = (weight * ETA_CENTRES[rings]).sum(axis=(1, 2))
    phi = _PHI[column] + PHI_STEP * (weight * steps).sum(axis=(1, 2))
    return _candidates(event, pt, eta, phi)


def _muons(crossings: Crossings, hlt: HltConfig, rng: np.random.Generator) -> Candidates:
    """Measure muons with their tracks: no bias for those that miss the beam, and no tail."""
    true = crossings.muons
    draws = rng.standard_normal((3, len(true)))
    found = rng.random(len(true)) < hlt.muon_efficiency
    pt = true["pt"] * np.maximum(0.0, 1 + hlt.muon_pt_resolution * draws[0])
    found &= pt >= hlt.muon_threshold_gev
    eta = np.clip(true["eta"] + hlt.muon_angle_resolution * draws[1], -_HIGHEST_MUON_ETA, _HIGHEST_MUON_ETA)
    phi = true["phi"] + hlt.muon_angle_resolution * draws[2]
    return _candidates(crossings.muon_crossing[found], pt[found], eta[found], phi[found])


def _missing(total: Energies, muons: Candidates, hlt: HltConfig) -> Candidates:
    """Sum towers and muons as vectors and turn round."""
    n_crossings = len(total)
    reach = (np.abs(ETA_CENTRES) < hlt.met_eta_max)[:, None]
    by_phi = np.where(reach, hlt.met_scale * total, 0.0).sum(axis=1)
    x, y = -(by_phi @ np.cos(_PHI)), -(by_phi @ np.sin(_PHI))
    x -= np.bincount(muons.event, weights=muons.pt * np.cos(muons.phi), minlength=n_crossings)
    y -= np.bincount(muons.event, weights=muons.pt * np.sin(muons.phi), minlength=n_crossings)
    return _candidates(np.arange(n_crossings), np.hypot(x, y), np.zeros(n_crossings), np.arctan2(y, x))


def _summed(grid: Energies, towers: int) -> Energies:
    """Sum so many by so many towers around each."""
    found = uniform_filter(grid, size=(1, towers, towers), mode=_AROUND_ETA_PHI)
    return np.asarray(found * towers**2, dtype=np.float64)


def _candidates(event: NDArray[np.int64], pt: Energies, eta: Energies, phi: Energies) -> Candidates:
    return Candidates(
        event=event,
        pt=np.asarray(pt, dtype=np.float64),
        eta=np.clip(eta, -ETA_MAX, ETA_MAX).astype(np.float64),
        phi=np.mod(phi, 2 * np.pi).astype(np.float64),
        isolated=np.ones(len(event), dtype=bool),
    )
