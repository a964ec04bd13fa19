import math
from collections.abc import Callable

import numpy as np
import pytest

from l1ad.config.sample import DetectorConfig
from l1ad.core.layout import ugt_57
from l1ad.simulate.generator import Particles
from l1ad.simulate.trigger_objects import simulated_inputs

PHOTON, MUON, K_LONG = 22, 13, 130

Make = Callable[..., Particles]
Seen = Callable[..., dict[str, int]]


def column(found: dict[str, int], object_type: str, quantity: str, slots: int) -> list[int]:
    """List one quantity of all slots of an object type, zero where absent."""
    return [found.get(f"{object_type}_{slot}_{quantity}", 0) for slot in range(1, slots + 1)]


def test_objects_are_ordered_by_pt_and_capped_at_4_egamma_and_10_jets(
    particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    pts = [10.2, 90.2, 30.2, 120.2, 50.2, 60.2, 70.2, 80.2, 20.2, 100.2, 110.2, 40.2]
    ring = [(PHOTON, 0, pt, 0.04, (6 * k + 2.5) * 2 * math.pi / 72) for k, pt in enumerate(pts)]
    found = seen(particles(*ring), exact_detector)
    assert column(found, "eg", "pt", 4) == [240, 220, 200, 180]
    assert column(found, "jet", "pt", 10) == [240, 220, 200, 180, 160, 140, 120, 100, 80, 60]
    assert column(found, "jet", "phi", 4) == [2 * (6 * k + 2) + 1 for k in (3, 10, 9, 1)]


def test_muons_are_ordered_by_pt_and_capped_at_4(
    particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    muons = [(MUON, 1, pt, 0.5, 1.0) for pt in (5.2, 40.2, 10.2, 30.2, 20.2)]
    found = seen(particles(*muons), exact_detector)
    assert column(found, "mu", "pt", 4) == [81, 61, 41, 21]


def test_slots_without_an_object_are_zero(particles: Make, seen: Seen, exact_detector: DetectorConfig) -> None:
    pair = particles((PHOTON, 0, 20.2, 0.5, 1.0), (PHOTON, 0, 30.2, -0.5, -2.0))
    found = seen(pair, exact_detector)
    assert column(found, "eg", "pt", 4) == [60, 40, 0, 0]
    assert column(found, "eg", "eta", 4) == [-11, 11, 0, 0]
    assert not [name for name in found if name.startswith(("eg_3", "eg_4", "mu", "jet_3"))]


def test_among_equal_pt_the_order_does_not_depend_on_the_order_of_particles(
    particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    pair = [(PHOTON, 0, 20.2, 0.5, 1.0), (PHOTON, 0, 20.2, -0.5, 1.0)]
    assert seen(particles(*pair), exact_detector) == seen(particles(*pair[::-1]), exact_detector)


@pytest.mark.parametrize(("phi", "phi_raw"), [(0.001, 1), (-0.001, 143), (math.pi, 73), (-math.pi + 1e-9, 73)])
def test_the_azimuth_of_a_cluster_goes_round(
    particles: Make, seen: Seen, exact_detector: DetectorConfig, phi: float, phi_raw: int
) -> None:
    assert seen(particles((PHOTON, 0, 20.2, 0.5, phi)), exact_detector)["eg_1_phi"] == phi_raw


def test_a_cluster_across_the_seam_of_the_azimuth_is_one(
    particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    pair = particles((PHOTON, 0, 20.2, 0.5, 0.01), (PHOTON, 0, 10.2, 0.5, -0.01))
    found = seen(pair, exact_detector)
    assert column(found, "eg", "pt", 4) == [60, 0, 0, 0]
    assert column(found, "jet", "pt", 2) == [60, 0]


@pytest.mark.parametrize(("phi", "phi_raw"), [(0.001, 0), (-0.001, 575), (3.1415, 287), (-3.1415, 288)])
def test_the_azimuth_of_a_muon_goes_round(
    particles: Make, seen: Seen, exact_detector: DetectorConfig, phi: float, phi_raw: int
) -> None:
    found = seen(particles((MUON, 1, 20.2, 0.5, phi)), exact_detector)
    assert found.get("mu_1_phi", 0) == phi_raw


@pytest.mark.parametrize(
    ("particle", "name", "highest"),
    [
        ((PHOTON, 0, 255.7, 0.5, 1.0), "eg_1_pt", 511),
        ((PHOTON, 0, 400.0, 0.5, 1.0), "eg_1_pt", 511),
        ((MUON, 1, 900.0, 0.5, 1.0), "mu_1_pt", 511),
        ((K_LONG, 0, 1500.0, 0.5, 1.0), "jet_1_pt", 2047),
        ((K_LONG, 0, 2500.0, 0.5, 1.0), "met_pt", 4095),
    ],
)
def test_pt_beyond_the_last_step_stays_at_the_last_step(
    particles: Make,
    seen: Seen,
    exact_detector: DetectorConfig,
    particle: tuple[int, float, float, float, float],
    name: str,
    highest: int,
) -> None:
    assert seen(particles(particle), exact_detector)[name] == highest


def test_back_to_back_photons_balance(particles: Make, seen: Seen, exact_detector: DetectorConfig) -> None:
    pair = particles((PHOTON, 0, 50.2, 0.5, 0.5), (PHOTON, 0, 50.2, -0.5, 0.5 - math.pi))
    found = seen(pair, exact_detector)
    assert (found["eg_1_pt"], found["eg_2_pt"]) == (100, 100)
    assert found.get("met_pt", 0) == 0


def test_missing_energy_without_an_amount_has_no_direction(
    particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    found = seen(particles((MUON, 1, 20.2, 0.5, 1.0)), exact_detector)
    assert not [name for name in found if name.startswith("met")]


def test_events_of_a_batch_do_not_see_one_another(exact_detector: DetectorConfig) -> None:
    batch = Particles(
        n_events=3,
        event=np.array([0, 2, 2]),
        pdg_id=np.array([PHOTON, PHOTON, MUON]),
        charge=np.array([0.0, 0.0, 1.0]),
        pt=np.array([20.2, 30.2, 10.2]),
        eta=np.array([0.3, 0.3, 0.3]),
        phi=np.array([1.0, 1.0, 1.0]),
        energy=np.array([20.2, 30.2, 10.2]) * math.cosh(0.3),
    )
    inputs = simulated_inputs(batch, exact_detector, np.random.default_rng(1))
    names = ugt_57().names
    assert inputs[:, names.index("eg_1_pt")].tolist() == [40, 0, 60]
    assert inputs[:, names.index("mu_1_pt")].tolist() == [0, 0, 21]
    assert not inputs[1].any()


@pytest.mark.parametrize("tower", range(72))
def test_a_photon_in_any_tower_has_the_step_above_its_centre_and_opposite_met_of_its_pt(
    tower: int, particles: Make, seen: Seen, exact_detector: DetectorConfig
) -> None:
    phi = (tower + 0.5) * 2 * math.pi / 72
    found = seen(particles((PHOTON, 0, 20.2, 0.3, phi)), exact_detector)
    assert found["eg_1_phi"] == 2 * tower + 1
    assert found["met_pt"] == found["eg_1_pt"] == 40
    assert found["met_phi"] == (2 * tower + 1 + 72) % 144
