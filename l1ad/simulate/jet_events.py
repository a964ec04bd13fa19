"""Dijet events: particles of collisions clustered into two large jets, and the particles in them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from l1ad.core.errors import ToolError
from l1ad.core.quiet import silenced
from l1ad.data.jet_file import JetEvents
from l1ad.simulate.features import smeared
from l1ad.simulate.generator import Generator, Particles

__all__ = ["DijetSelection", "dijets", "made_dijets"]

_LOWEST_JET_GEV = 50.0
"""Jets are looked for from here on, or from where the selection begins if that is lower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DijetSelection:
    """Which events are kept. Energies in GeV.

    Attributes:
        radius: R of the anti-kT jets.
        jet_pt_gev: Least pT of both jets.
        jet_eta_max: Largest |η| of both jets.
        mass_gev: Least mass of the two leading jets.
        constituents: Particles of a jet that are kept, the leading ones.
    """

    radius: float
    jet_pt_gev: float
    jet_eta_max: float
    mass_gev: float
    constituents: int


def made_dijets(
    settings: list[str], selection: DijetSelection, *, n_events: int, beam_energy_gev: float, seed: int
) -> tuple[JetEvents, float]:
    """Generate collisions and keep the dijets among them.

    Args:
        settings: Pythia settings.
        selection: What is kept.
        n_events: Collisions to generate.
        beam_energy_gev: Centre-of-mass energy.
        seed: Of Pythia and of the smearing.

    Returns:
        The events, and the cross section of the settings in fb, as Pythia estimates it.
    """
    generator = Generator(settings, beam_energy_gev=beam_energy_gev, seed=seed)
    events = dijets(generator.batch(n_events), selection, np.random.default_rng(seed))
    return events, generator.cross_section_mb * 1e12


def dijets(particles: Particles, selection: DijetSelection, rng: np.random.Generator) -> JetEvents:
    """Cluster particles and keep events whose two leading jets pass.

    Particles up to |η| = 5 but neutrinos are smeared in pT as `features.smeared` does, and clustered with
    anti-kT (arXiv:0802.1189) by FastJet, energies added up. There is no pile-up and no magnetic field.
    """
    jets, members, every = _clustered(particles, selection, rng)
    import awkward as ak

    pt = np.hypot(jets.px, jets.py)
    order = ak.argsort(pt, axis=1, ascending=False)[:, :2]
    enough = ak.num(order) == 2
    jets, members, every = jets[order][enough], members[order][enough], every[enough]
    found = _quantities(jets)
    pair = JetEvents(jets=found, constituents=np.zeros((len(found), 2, 1, 3), np.float32))
    passed = (
        (found[:, :, 0] > selection.jet_pt_gev).all(axis=1)
        & (np.abs(found[:, :, 1]) < selection.jet_eta_max).all(axis=1)
        & (pair.mass_gev > selection.mass_gev)
    )
    constituents = _constituents(members[passed], every[passed], selection.constituents)
    return JetEvents(jets=found[passed], constituents=constituents)


def _clustered(
    particles: Particles, selection: DijetSelection, rng: np.random.Generator
) -> tuple[Any, Any, Any]:
    """Give the jets of each event, the indices of their particles, and the particles."""
    try:
        import awkward as ak

        with silenced(1):  # its banner
            import fastjet
    except ImportError:
        raise ToolError("FastJet is not installed; it comes with the extra 'simulate'") from None
    seen, pt = smeared(particles, rng)
    squared = np.maximum(particles.energy**2 - (particles.pt * np.cosh(particles.eta)) ** 2, 0.0)
    momenta = {
        "px": pt * np.cos(particles.phi),
        "py": pt * np.sin(particles.phi),
        "pz": pt * np.sinh(particles.eta),
        "E": np.sqrt((pt * np.cosh(particles.eta)) ** 2 + squared),
    }
    seen = seen & (pt > 0)
    counts = np.bincount(particles.event[seen], minlength=particles.n_events)
    every = ak.unflatten(ak.zip({name: values[seen] for name, values in momenta.items()}), counts)
    lowest = min(_LOWEST_JET_GEV, selection.jet_pt_gev)
    with silenced(1):
        clusters = fastjet.ClusterSequence(
            every, fastjet.JetDefinition(fastjet.antikt_algorithm, selection.radius)
        )
        return clusters.inclusive_jets(lowest), clusters.constituent_index(lowest), every


def _quantities(jets: Any) -> Any:
    """Give pT, η, φ and mass of two jets an event, shape (n_events, 2, 4)."""
    import awkward as ak

    px, py, pz, energy = (ak.to_numpy(jets[name]).reshape(-1, 2) for name in ("px", "py", "pz", "E"))
    pt = np.hypot(px, py)
    mass = np.sqrt(np.maximum(energy**2 - px**2 - py**2 - pz**2, 0.0))
    return np.stack([pt, np.arcsinh(pz / pt), np.arctan2(py, px), mass], axis=2).astype(np.float32)


def _constituents(members: Any, every: Any, n_kept: int) -> Any:
    """Give px, py and pz of the leading particles of two jets an event, zeros where there are fewer."""
    import awkward as ak

    n_events = len(members)
    found = np.zeros((n_events, 2, n_kept, 3), np.float32)
    for jet in range(2):
        own = every[members[:, jet]]
        order = ak.argsort(np.hypot(own.px, own.py), axis=1, ascending=False)[:, :n_kept]
        for column, name in enumerate(("px", "py", "pz")):
            padded = ak.fill_none(ak.pad_none(own[name][order], n_kept, axis=1, clip=True), 0.0)
            found[:, jet, :, column] = ak.to_numpy(padded).reshape(n_events, n_kept)
    return found
