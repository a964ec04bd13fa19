"""Two leptons and a photon found among the particles of a collision, and the 18 variables of both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.quiet import silenced
from l1ad.data.z_gamma import NAMES
from l1ad.simulate.features import smeared
from l1ad.simulate.generator import Particles

__all__ = ["z_gamma_variables"]

Reals = NDArray[np.float64]
Indices = NDArray[np.int64]
Truths = NDArray[np.bool_]

_LEADING_GEV, _LEPTON_GEV, _LEPTON_ETA = 25.0, 15.0, 2.5
_PHOTON_GEV, _PHOTON_ETA, _ISOLATION, _ISOLATION_CONE = 20.0, 2.37, 0.1, 0.2
_DRESSING_CONE, _APART = 0.1, 0.4
_LEAST_MASS_GEV = 40.0
_JET_GEV, _JET_RADIUS, _JET_ETA, _CENTRAL_ETA = 30.0, 0.4, 4.5, 2.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Four:
    """Four-momenta, one an event."""

    px: Reals
    py: Reals
    pz: Reals
    energy: Reals

    def __add__(self, other: "_Four") -> "_Four":
        return _Four(px=self.px + other.px, py=self.py + other.py, pz=self.pz + other.pz,
                     energy=self.energy + other.energy)  # fmt: skip

    @property
    def pt(self) -> Reals:
        return np.hypot(self.px, self.py)

    @property
    def phi(self) -> Reals:
        return np.arctan2(self.py, self.px)

    @property
    def eta(self) -> Reals:
        return np.arcsinh(self.pz / np.maximum(self.pt, 1e-9))

    @property
    def mass(self) -> Reals:
        return np.sqrt(np.maximum(self.energy**2 - self.px**2 - self.py**2 - self.pz**2, 0.0))


def z_gamma_variables(particles: Particles, rng: np.random.Generator) -> Reals:
    """Select ℓℓγ events as an offline analysis would, and compute their variables.

    Particles are smeared as those of `lepton_features`. Leptons are the two leading electrons or muons of one
    flavour and opposite charge within |η| < 2.5, from 25 and 15 GeV, with the photons within ΔR < 0.1 added
    (not for these thresholds, nor for ΔR and Δφ of the two); m(ℓℓ) is at least 40 GeV. The photon is the
    leading one from 20 GeV within |η| < 2.37, at ΔR > 0.4 from both leptons, with less than a tenth of its pT
    beside it within ΔR < 0.2. Jets are anti-kT of R = 0.4 from 30 GeV without these three; missing pT is that
    of all that is seen within |η| < 5. There are no efficiencies and no fakes.

    Returns:
        Variables of the events that pass, shape (n_selected, 18), columns as `l1ad.data.z_gamma.VARIABLES`.
    """
    seen, pt = smeared(particles, rng)
    first, second = _leptons(particles, seen, pt)
    dressed = _dressing(particles, seen, pt, first, second)
    gamma = _photon(particles, seen & ~dressed, pt, first, second)
    has_all = (first >= 0) & (second >= 0) & (gamma >= 0)
    one, other, photon = (_momentum(particles, pt, which) for which in (first, second, gamma))
    pair = one + other + _summed(particles, pt, dressed)
    system = pair + photon
    passes = has_all & (pair.mass >= _LEAST_MASS_GEV)
    objects = dressed | np.isin(np.arange(len(pt)), np.concatenate([first, second, gamma]))
    n_jets, n_central = _jets(particles, seen & ~objects & passes[particles.event], pt)
    missing = _summed(particles, pt, seen)
    met, phi_met = missing.pt, np.arctan2(-missing.py, -missing.px)
    dphi_ll = np.abs(_turned(one.phi - other.phi))
    mass = np.maximum(system.mass, 1e-9)
    found = {
        "m_lly": system.mass, "phi_Zy": system.phi, "eta_Zy": system.eta, "pt_Zy": system.pt,
        "e_Zy": system.energy, "m_ll": pair.mass, "phi_ll": pair.phi, "eta_ll": pair.eta, "pt_ll": pair.pt,
        "e_ll": pair.energy, "dr_ll": np.hypot(one.eta - other.eta, dphi_ll), "met": met, "phi_met": phi_met,
        "n_j": n_jets, "n_cj": n_central, "dphi_ll": dphi_ll,
        "dphi_met_Zy": np.abs(_turned(phi_met - system.phi)), "pt_ll_over_m_lly": pair.pt / mass,
    }  # fmt: skip
    return np.column_stack([found[name] for name in NAMES])[passes]


def _turned(angle: Reals) -> Reals:
    return np.mod(angle + np.pi, 2 * np.pi) - np.pi


def _distance(particles: Particles, others: Indices) -> Reals:
    """Give ΔR of each particle from one of its event; infinite where the event has none."""
    own = others[particles.event]
    turn = _turned(particles.phi - particles.phi[own])
    return np.where(own >= 0, np.hypot(particles.eta - particles.eta[own], turn), np.inf)


def _leading(particles: Particles, eligible: Truths, pt: Reals) -> Indices:
    """Find the leading one of some particles in each event; -1 where there is none."""
    rows = np.flatnonzero(eligible)
    ordered = rows[np.lexsort((-pt[rows], particles.event[rows]))]
    events, at = np.unique(particles.event[ordered], return_index=True)
    found = np.full(particles.n_events, -1)
    found[events] = ordered[at]
    return found


def _leptons(particles: Particles, seen: Truths, pt: Reals) -> tuple[Indices, Indices]:
    kind = np.abs(particles.pdg_id)
    eligible = seen & np.isin(kind, (11, 13)) & (np.abs(particles.eta) < _LEPTON_ETA) & (pt > _LEPTON_GEV)
    first = _leading(particles, eligible & (pt > _LEADING_GEV), pt)
    partner = -particles.pdg_id[first[particles.event]]
    second = _leading(particles, eligible & (first[particles.event] >= 0) & (particles.pdg_id == partner), pt)
    return first, second


def _dressing(particles: Particles, seen: Truths, pt: Reals, first: Indices, second: Indices) -> Truths:
    near = np.minimum(_distance(particles, first), _distance(particles, second)) < _DRESSING_CONE
    return np.asarray(seen & near & (particles.pdg_id == 22) & (pt > 0), dtype=np.bool_)


def _photon(particles: Particles, seen: Truths, pt: Reals, first: Indices, second: Indices) -> Indices:
    """Find the leading photon apart from the leptons; -1 also where that one is not isolated."""
    apart = np.minimum(_distance(particles, first), _distance(particles, second)) > _APART
    central = np.abs(particles.eta) < _PHOTON_ETA
    found = _leading(particles, seen & apart & central & (particles.pdg_id == 22) & (pt > _PHOTON_GEV), pt)
    beside = seen & (_distance(particles, found) < _ISOLATION_CONE)
    beside &= np.arange(len(pt)) != found[particles.event]
    around = np.bincount(particles.event[beside], weights=pt[beside], minlength=particles.n_events)
    isolated = around < _ISOLATION * pt[found]
    return np.where((found >= 0) & isolated, found, -1)


def _momentum(particles: Particles, pt: Reals, which: Indices) -> _Four:
    """Give the momentum of one particle an event; of one that is not there it means nothing."""
    size, eta, phi = pt[which], particles.eta[which], particles.phi[which]
    return _Four(
        px=size * np.cos(phi), py=size * np.sin(phi), pz=size * np.sinh(eta), energy=size * np.cosh(eta)
    )


def _summed(particles: Particles, pt: Reals, which: Truths) -> _Four:
    size, eta, phi = pt[which], particles.eta[which], particles.phi[which]
    parts = (size * np.cos(phi), size * np.sin(phi), size * np.sinh(eta), size * np.cosh(eta))
    px, py, pz, energy = (
        np.bincount(particles.event[which], weights=one, minlength=particles.n_events).astype(np.float64)
        for one in parts
    )
    return _Four(px=px, py=py, pz=pz, energy=energy)


def _jets(particles: Particles, members: Truths, pt: Reals) -> tuple[Reals, Reals]:
    """Count jets and central jets of each event; members count as massless."""
    try:
        import awkward as ak

        with silenced(1):  # its banner
            import fastjet
    except ImportError:
        raise ToolError("FastJet is not installed; it comes with the extra 'simulate'") from None
    size, eta, phi = pt[members], particles.eta[members], particles.phi[members]
    momenta = {
        "px": size * np.cos(phi), "py": size * np.sin(phi), "pz": size * np.sinh(eta), "E": size * np.cosh(eta)
    }  # fmt: skip
    counts = np.bincount(particles.event[members], minlength=particles.n_events)
    with silenced(1):
        clusters = fastjet.ClusterSequence(
            ak.unflatten(ak.zip(momenta), counts), fastjet.JetDefinition(fastjet.antikt_algorithm, _JET_RADIUS)
        )
        jets = clusters.inclusive_jets(_JET_GEV)
    eta_of_jet = np.abs(np.arcsinh(jets.pz / np.hypot(jets.px, jets.py)))
    n_jets, n_central = (
        ak.to_numpy(ak.sum(eta_of_jet < most, axis=1)).astype(np.float64) for most in (_JET_ETA, _CENTRAL_ETA)
    )
    return n_jets, n_central
