"""The 21 features of the lepton + X stream (arXiv:1811.10276, section 2), from the particles of a collision."""

import numpy as np
from numpy.typing import NDArray

from l1ad.config.layout import find_layout
from l1ad.core.errors import ToolError
from l1ad.core.layout import InputLayout
from l1ad.core.quiet import silenced
from l1ad.simulate.generator import Particles

__all__ = ["features_layout", "lepton_features", "smeared"]

Reals = NDArray[np.float64]

_ETA_MAX = 2.5
_CONE = 0.3
_LEPTON_GEV = 3.0
_HADRON_GEV = 0.5
_JET_GEV, _JET_RADIUS = 30.0, 0.4
_DISPLACED_CM, _DISPLACED_TRACKS = (0.01, 1.0), 3
_SMEARING = {"charged": 0.015, "photon": 0.03, "neutral": 0.15}
_MASS = {11: 0.000511, 13: 0.10566}


def features_layout() -> InputLayout:
    """Give the layout of the 21 features, as it ships."""
    return find_layout("lepton_plus_x")


def lepton_features(particles: Particles, rng: np.random.Generator) -> NDArray[np.signedinteger]:
    """Compute the features of each event, as an HLT reconstruction that has taken pile-up away would see them.

    Particles are smeared in pT by 1.5 % (charged), 3 % (photons), 15 % (neutral hadrons). The lepton is the
    leading e or µ within |η| < 2.5; an event without one has zeros in what belongs to it. Isolations sum pT
    within ΔR < 0.3. Jets are anti-kT of R = 0.4 from 30 GeV, without the lepton; a b jet has three charged
    particles from 1 GeV that pass the beam at 0.1 mm to 1 cm. MET is split along and across the lepton. S_T
    sums the jets' pT, the leptons' and MET. Muons and electrons count from 3 GeV.

    Returns:
        Hardware integers of the layout `lepton_plus_x`, shape (n_events, 21).
    """
    seen, pt = smeared(particles, rng)
    layout = features_layout()
    leading = _leading_lepton(particles, seen, pt)
    values = _lepton(particles, seen, pt, leading)
    values |= _jets(particles, seen & ~np.isin(np.arange(len(pt)), leading), pt)
    met_x, met_y = _missing(particles, seen, pt)
    along = values.pop("lepton_phi")
    met, angle = np.hypot(met_x, met_y), np.arctan2(met_y, met_x) - along
    there = values["lepton_pt"] > 0
    values["met_parallel"] = np.where(there, met * np.cos(angle), 0.0)
    values["met_orthogonal"] = np.where(there, met * np.sin(angle), 0.0)
    values["transverse_mass"] = np.sqrt(2 * values["lepton_pt"] * met * (1 - np.cos(angle)))
    for name, kind in (("muons", 13), ("electrons", 11)):
        values |= _set_of(particles, seen, pt, kind, name)
    leptons = _total(particles, pt, seen & np.isin(np.abs(particles.pdg_id), (11, 13)) & (pt > _LEPTON_GEV))
    values["st"] = values.pop("jets_pt") + leptons + met
    hadrons = seen & ~np.isin(np.abs(particles.pdg_id), (11, 13, 22)) & (pt > _HADRON_GEV)
    values["n_charged_hadrons"] = _count(particles, hadrons & (particles.charge != 0))
    values["n_neutral_hadrons"] = _count(particles, hadrons & (particles.charge == 0))
    raw = np.stack([np.round(values[field.name] / field.lsb) for field in layout.fields], axis=1)
    return np.clip(raw, layout.raw_min, layout.raw_max).astype(layout.dtype)


def smeared(particles: Particles, rng: np.random.Generator) -> tuple[NDArray[np.bool_], Reals]:
    """Tell which particles are seen, within |η| < 5, and smear the pT of all; shape (n_particles,) each."""
    kind = np.abs(particles.pdg_id)
    seen = ~np.isin(kind, (12, 14, 16)) & (kind < 1_000_000) & (np.abs(particles.eta) < 5)
    neutral = np.where(kind == 22, _SMEARING["photon"], _SMEARING["neutral"])
    width = np.where(particles.charge != 0, _SMEARING["charged"], neutral)
    return seen, particles.pt * np.maximum(0.0, 1 + width * rng.standard_normal(len(kind)))


def _leading_lepton(particles: Particles, seen: NDArray[np.bool_], pt: Reals) -> NDArray[np.int64]:
    """Find the leading electron or muon of each event; -1 where there is none."""
    central = seen & (np.abs(particles.eta) < _ETA_MAX) & (pt > _LEPTON_GEV)
    eligible = np.flatnonzero(central & np.isin(np.abs(particles.pdg_id), (11, 13)))
    ordered = eligible[np.lexsort((-pt[eligible], particles.event[eligible]))]
    events, first = np.unique(particles.event[ordered], return_index=True)
    leading = np.full(particles.n_events, -1)
    leading[events] = ordered[first]
    return leading


def _lepton(
    particles: Particles, seen: NDArray[np.bool_], pt: Reals, leading: NDArray[np.int64]
) -> dict[str, Reals]:
    kind = np.abs(particles.pdg_id)
    there = leading >= 0

    def of_lepton(values: NDArray[np.generic]) -> Reals:
        return np.where(there, values[leading], 0).astype(np.float64)

    own = leading[particles.event]
    near = seen & (own >= 0) & (np.arange(len(kind)) != own)
    turn = np.mod(particles.phi - particles.phi[own] + np.pi, 2 * np.pi) - np.pi
    near &= np.hypot(particles.eta - particles.eta[own], turn) < _CONE
    lepton = np.isin(kind, (11, 13))
    return {
        "lepton_pt": of_lepton(pt),
        "lepton_phi": of_lepton(particles.phi),
        "lepton_charge": of_lepton(particles.charge),
        "lepton_is_electron": of_lepton(kind == 11),
        "lepton_charged_isolation": _total(particles, pt, near & ~lepton & (particles.charge != 0)),
        "lepton_neutral_isolation": _total(particles, pt, near & (kind != 22) & (particles.charge == 0)),
        "lepton_photon_isolation": _total(particles, pt, near & (kind == 22)),
    }


def _jets(particles: Particles, seen: NDArray[np.bool_], pt: Reals) -> dict[str, Reals]:
    """Cluster jets; photons and leptons are members as any particle is, but for the leading lepton."""
    try:
        import awkward as ak

        with silenced(1):  # its banner
            import fastjet
    except ImportError:
        raise ToolError("FastJet is not installed; it comes with the extra 'simulate'") from None
    mass_squared = np.maximum(particles.energy**2 - (particles.pt * np.cosh(particles.eta)) ** 2, 0.0)
    momentum = {
        "px": pt * np.cos(particles.phi),
        "py": pt * np.sin(particles.phi),
        "pz": pt * np.sinh(particles.eta),
    }
    momentum["E"] = np.sqrt((pt * np.cosh(particles.eta)) ** 2 + mass_squared)
    counts = np.bincount(particles.event[seen], minlength=particles.n_events)
    flat = ak.zip({name: values[seen] for name, values in momentum.items()})
    with silenced(1):
        clusters = fastjet.ClusterSequence(
            ak.unflatten(flat, counts), fastjet.JetDefinition(fastjet.antikt_algorithm, _JET_RADIUS)
        )
        jets, members = clusters.inclusive_jets(_JET_GEV), clusters.constituent_index(_JET_GEV)
    central = np.abs(np.arcsinh(jets.pz / np.hypot(jets.px, jets.py))) < _ETA_MAX
    jets, members = jets[central], members[central]
    low, high = _DISPLACED_CM
    displaced = (particles.charge != 0) & (pt > 1) & (particles.impact_cm > low) & (particles.impact_cm < high)
    of_member = ak.unflatten(displaced[seen], counts)[ak.flatten(members, axis=2)]
    tracks = ak.sum(ak.unflatten(ak.flatten(of_member), ak.flatten(ak.num(members, axis=2))), axis=1)
    tagged = ak.unflatten(ak.values_astype(tracks, np.int64) >= _DISPLACED_TRACKS, ak.num(jets))
    sums = {name: ak.to_numpy(ak.sum(jets[name], axis=1)) for name in ("px", "py", "pz", "E")}
    squared = sums["E"] ** 2 - sums["px"] ** 2 - sums["py"] ** 2 - sums["pz"] ** 2
    return {
        "n_jets": ak.to_numpy(ak.num(jets)).astype(np.float64),
        "jets_mass": np.sqrt(np.maximum(squared, 0.0)),
        "jets_pt": ak.to_numpy(ak.sum(np.hypot(jets.px, jets.py), axis=1)),
        "n_b_jets": ak.to_numpy(ak.sum(tagged, axis=1)).astype(np.float64),
    }


def _set_of(particles: Particles, seen: NDArray[np.bool_], pt: Reals, kind: int, name: str) -> dict[str, Reals]:
    """Count the leptons of one kind, with the mass and the pT of their sum."""
    chosen = seen & (np.abs(particles.pdg_id) == kind) & (np.abs(particles.eta) < _ETA_MAX) & (pt > _LEPTON_GEV)
    px, py, pz = (
        _total(particles, pt * factor, chosen)
        for factor in (np.cos(particles.phi), np.sin(particles.phi), np.sinh(particles.eta))
    )
    energy = _total(particles, np.hypot(pt * np.cosh(particles.eta), _MASS[kind]), chosen)
    number = _count(particles, chosen)
    mass = np.sqrt(np.maximum(energy**2 - px**2 - py**2 - pz**2, 0.0))
    return {
        f"n_{name}": number,
        f"{name}_mass": np.where(number > 1, mass, 0.0),
        f"{name}_pt": np.hypot(px, py),
    }


def _missing(particles: Particles, seen: NDArray[np.bool_], pt: Reals) -> tuple[Reals, Reals]:
    x = -_total(particles, pt * np.cos(particles.phi), seen)
    return x, -_total(particles, pt * np.sin(particles.phi), seen)


def _total(particles: Particles, values: Reals, which: NDArray[np.bool_]) -> Reals:
    summed = np.bincount(particles.event[which], weights=values[which], minlength=particles.n_events)
    return summed.astype(np.float64)


def _count(particles: Particles, which: NDArray[np.bool_]) -> Reals:
    return np.bincount(particles.event[which], minlength=particles.n_events).astype(np.float64)
