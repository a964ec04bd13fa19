"""Dijets from particles: against jets that are put together by hand, and from Pythia itself."""

import numpy as np
import pytest

from l1ad.simulate.generator import Particles
from l1ad.simulate.jet_events import DijetSelection, dijets, made_dijets

pytest.importorskip("fastjet", reason="the extra 'simulate' is not installed")

SELECTION = DijetSelection(radius=0.8, jet_pt_gev=100, jet_eta_max=2.5, mass_gev=300, constituents=5)


def muons(event: list[int], pt: list[float], eta: list[float], phi: list[float]) -> Particles:
    """Make muons, which are smeared by 1.5 % only."""
    n = len(event)
    transverse, rapidity = np.array(pt), np.array(eta)
    return Particles(
        n_events=max(event) + 1, event=np.array(event), pdg_id=np.full(n, 13), charge=np.full(n, -1.0),
        pt=transverse, eta=rapidity, phi=np.array(phi), energy=transverse * np.cosh(rapidity),
        radius_m=np.zeros(n), impact_cm=np.zeros(n), pthat=np.ones(max(event) + 1),
    )  # fmt: skip


def test_events_are_kept_by_pt_eta_and_mass_of_their_two_leading_jets() -> None:
    particles = muons(
        event=[0, 0, 0, 1, 1, 2, 2, 3],
        pt=[300.0, 100.0, 380.0, 300.0, 80.0, 400.0, 400.0, 500.0],
        eta=[0.1, 0.2, -0.3, 0.0, 0.0, 0.0, 3.0, 0.0],
        phi=[0.0, 0.3, 3.1, 0.0, 3.1, 0.0, 3.1, 0.0],
    )
    found = dijets(particles, SELECTION, np.random.default_rng(1))
    assert len(found) == 1  # of the others the second jet is soft, forward, or not there
    np.testing.assert_allclose(np.sort(found.jets[0, :, 0]), [380, 397], rtol=0.06)
    leading = int(np.argmax(found.jets[0, :, 0] > 385))
    there = np.hypot(found.constituents[0, :, :, 0], found.constituents[0, :, :, 1])
    assert (there[leading] > 0).sum() == 2
    assert (there[1 - leading] > 0).sum() == 1
    assert found.constituents.shape == (1, 2, 5, 3)


def test_jets_of_less_than_50_gev_are_found_where_they_are_asked_for() -> None:
    particles = muons(event=[0, 0], pt=[35.0, 35.0], eta=[0.0, 0.0], phi=[0.0, 3.1])
    soft = DijetSelection(radius=0.8, jet_pt_gev=20, jet_eta_max=2.5, mass_gev=30, constituents=5)
    assert len(dijets(particles, soft, np.random.default_rng(1))) == 1


def test_kept_particles_are_the_leading_ones_and_make_the_jet() -> None:
    rng = np.random.default_rng(2)
    pt = rng.exponential(30, 40) + 5
    particles = muons(
        event=[0] * 40, pt=pt.tolist(), eta=(0.2 * rng.normal(size=40)).tolist(),
        phi=(np.repeat([0.0, np.pi - 0.01], 20) + 0.1 * rng.normal(size=40)).tolist(),
    )  # fmt: skip
    whole = dijets(particles, DijetSelection(radius=0.8, jet_pt_gev=100, jet_eta_max=2.5, mass_gev=300,
                                             constituents=30), np.random.default_rng(1))  # fmt: skip
    sums = whole.constituents.sum(axis=2)
    np.testing.assert_allclose(np.hypot(sums[..., 0], sums[..., 1]), whole.jets[..., 0], rtol=1e-4)
    some = dijets(particles, SELECTION, np.random.default_rng(1))
    np.testing.assert_array_equal(some.constituents, whole.constituents[:, :, :5])
    kept = np.hypot(whole.constituents[..., 0], whole.constituents[..., 1])
    assert (np.diff(kept, axis=2) <= 0).all()


def test_pythia_gives_the_same_dijets_for_the_same_seed() -> None:
    pytest.importorskip("pythia8mc", reason="the extra 'simulate' is not installed")
    settings = ["HardQCD:all = on", "PhaseSpace:pTHatMin = 200", "PartonLevel:MPI = off"]
    first, cross_section_fb = made_dijets(settings, SELECTION, n_events=60, beam_energy_gev=13_000, seed=4)
    again, _ = made_dijets(settings, SELECTION, n_events=60, beam_energy_gev=13_000, seed=4)
    assert 20 < len(first) <= 60
    assert 1e6 < cross_section_fb < 1e9
    np.testing.assert_array_equal(first.constituents, again.constituents)
    assert (first.jets[:, :, 0] > 100).all()
    assert (first.mass_gev > 300).all()
    # Two hard jets of an event lie opposite to one another, but for radiation.
    turn = np.abs(np.mod(first.jets[:, 0, 2] - first.jets[:, 1, 2], 2 * np.pi) - np.pi)
    assert np.median(turn) < 0.3
