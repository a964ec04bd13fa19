import math
from collections.abc import Callable

import numpy as np
import pytest

from l1ad.config.sample import DetectorConfig
from l1ad.simulate.calorimeter import measured_towers
from l1ad.simulate.generator import Particles

PHOTON, ELECTRON, MUON, PION, K_LONG = 22, 11, 13, 211, 130

Make = Callable[..., Particles]
Seen = Callable[..., dict[str, int]]


def steps_apart(phi_raw: int, other_raw: int) -> int:
    """Count the steps of 2π/144 between two directions, the shorter way round."""
    apart = abs(phi_raw - other_raw) % 144
    return min(apart, 144 - apart)


def test_one_central_photon_is_one_egamma_one_jet_and_missing_energy_opposite(
    particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    found = seen(particles((PHOTON, 0, 40.2, 0.5, 1.0)), exact_detector)
    # Tower 5 in η (0.435 to 0.522) and 11 in φ (0.960 to 1.047), each at its centre.
    assert {name: found.pop(name) for name in ("eg_1_pt", "eg_1_eta", "eg_1_phi")} == {
        "eg_1_pt": 80, "eg_1_eta": 11, "eg_1_phi": 23
    }  # fmt: skip
    assert {name: found.pop(name) for name in ("jet_1_pt", "jet_1_eta", "jet_1_phi")} == {
        "jet_1_pt": 80, "jet_1_eta": 11, "jet_1_phi": 23
    }  # fmt: skip
    # A tower's centre lies on the edge between two steps, so a sine may put it on either side.
    assert abs(found.pop("met_pt") - 80) <= 1
    assert steps_apart(found.pop("met_phi"), 23 + 72) <= 1
    assert found == {}


@pytest.mark.parametrize("seed", range(10))
def test_a_photons_pt_is_smeared_by_the_electromagnetic_resolution(
    particles: Make, seen: Seen, seed: int
) -> None:
    detector = DetectorConfig()
    width = math.hypot(detector.em_stochastic / math.sqrt(40.0), detector.em_constant)
    found = seen(particles((PHOTON, 0, 40.0, 0.01, 1.0)), detector, seed=seed)
    assert abs(found["eg_1_pt"] * 0.5 - 40.0) <= 4 * width * 40.0 + 0.5


def test_the_measured_energy_differs_from_seed_to_seed(particles: Make, seen: Seen) -> None:
    photon = particles((PHOTON, 0, 100.0, 0.01, 1.0))
    assert len({seen(photon, DetectorConfig(), seed=seed)["eg_1_pt"] for seed in range(10)}) > 3


def test_one_muon_is_seen_by_the_muon_system_only(
    particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    found = seen(particles((MUON, -1, 20.3, -1.2, -0.5)), exact_detector)
    # pT: 40 steps of 0.5 GeV, and the index counts from 1. η: -1.2 / 0.010875 = -110.3.
    # φ: (2π - 0.5) / (2π/576) = 530.2.
    assert found == {"mu_1_pt": 41, "mu_1_eta": -110, "mu_1_phi": 530}


@pytest.mark.parametrize(("pt", "eta"), [(2.9, 0.0), (20.0, 2.41), (20.0, -2.41)])
def test_a_muon_that_does_not_reach_the_chambers_is_not_seen(
    particles: Make, seen: Seen, exact_detector: DetectorConfig, pt: float, eta: float
) -> None:
    assert seen(particles((MUON, 1, pt, eta, 0.3)), exact_detector) == {}


def test_muons_are_lost_as_often_as_the_efficiency_says(particles: Make, seen: Seen) -> None:
    muon = particles((MUON, 1, 20.0, 0.0, 0.3))
    n_found = sum("mu_1_pt" in seen(muon, DetectorConfig(), seed=seed) for seed in range(200))
    assert 164 <= n_found <= 195  # 180 ± 4.2, four standard deviations low, 3.6 high


@pytest.mark.parametrize("pdg_id", [12, -12, 14, -14, 16, -16])
def test_neutrinos_are_invisible(
    particles: Make, seen: Seen, exact_detector: DetectorConfig, pdg_id: int
) -> None:
    assert seen(particles((pdg_id, 0, 500.0, 0.3, 1.0)), exact_detector) == {}


def test_a_particle_beyond_the_calorimeter_is_not_seen(
    particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    assert seen(particles((PHOTON, 0, 50.0, 5.01, 1.0), (PION, 1, 50.0, -5.2, 2.0)), exact_detector) == {}


def test_a_charged_particle_below_the_magnetic_reach_leaves_nothing(
    particles: Make, exact_detector: DetectorConfig
) -> None:
    rng = np.random.default_rng(1)
    curling = measured_towers(particles((PION, 1, 0.73, 0.3, 1.0)), exact_detector, rng)
    reaching = measured_towers(particles((PION, 1, 0.74, 0.3, 1.0)), exact_detector, rng)
    neutral = measured_towers(particles((K_LONG, 0, 0.73, 0.3, 1.0)), exact_detector, rng)
    assert (curling.total.sum(), reaching.hadronic.sum(), neutral.hadronic.sum()) == (0.0, 0.5, 0.5)


@pytest.mark.parametrize(("charge", "phi_tower"), [(-1, 12), (0, 11), (1, 10)])
def test_charged_particles_bend_towards_one_side_each(
    particles: Make, exact_detector: DetectorConfig, charge: int, phi_tower: int
) -> None:
    # 1.0 rad is 11.46 towers; asin(0.735 / 10) is 0.84 towers.
    particle = particles((ELECTRON if charge else PHOTON, charge, 10.2, 0.3, 1.0))
    towers = measured_towers(particle, exact_detector, np.random.default_rng(1))
    assert np.argwhere(towers.electromagnetic).tolist() == [[0, 58 + 3, phi_tower]]


def test_the_noise_of_a_tower_below_its_threshold_is_dropped(
    particles: Make, exact_detector: DetectorConfig
) -> None:
    towers = measured_towers(particles((PHOTON, 0, 0.49, 0.3, 1.0)), exact_detector, np.random.default_rng(1))
    assert towers.total.sum() == 0.0


def test_a_hadron_is_a_jet_and_no_egamma(particles: Make, seen: Seen, exact_detector: DetectorConfig) -> None:
    found = seen(particles((K_LONG, 0, 30.2, -1.0, 2.0)), exact_detector)
    assert found["jet_1_pt"] == 60
    assert not [name for name in found if name.startswith(("eg", "mu"))]


def test_hadronic_energy_behind_a_cluster_vetoes_the_egamma(
    particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    photon = (PHOTON, 0, 20.2, 0.3, 1.0)
    little = seen(particles(photon, (K_LONG, 0, 5.7, 0.3, 1.0)), exact_detector)
    much = seen(particles(photon, (K_LONG, 0, 6.7, 0.3, 1.0)), exact_detector)
    assert little["eg_1_pt"] == 40
    assert "eg_1_pt" not in much
    assert much["jet_1_pt"] == 53
