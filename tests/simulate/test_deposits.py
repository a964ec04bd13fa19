import math
from collections.abc import Callable

import numpy as np
import pytest

from l1ad.config.detector import DetectorConfig
from l1ad.simulate.deposits import MUON as MUON_TYPE
from l1ad.simulate.deposits import Collisions, collisions, joined, taken
from l1ad.simulate.generator import Particles
from l1ad.simulate.grid import ETA_MAX, TOWERS, tower_of

PHOTON, ELECTRON, MUON, PION, KAON, K_LONG = 22, 11, 13, 211, 321, 130
LIGHT_M_PER_S = 299_792_458

Make = Callable[..., Particles]


def seen(particles: Particles, detector: DetectorConfig, *, seed: int = 1) -> Collisions:
    return collisions(particles, detector, np.random.default_rng(seed))


def deposits(found: Collisions, event: int = 0) -> dict[int, float]:
    """Give the deposits of one collision, by tower."""
    here = slice(found.deposit_start[event], found.deposit_start[event + 1])
    return dict(zip(found.tower[here].tolist(), found.et[here].tolist(), strict=True))


def muons(found: Collisions, event: int = 0) -> list[tuple[float, ...]]:
    here = slice(found.muon_start[event], found.muon_start[event + 1])
    return [tuple(map(float, row)) for row in found.muons[here].tolist()]


def tower(eta: float, phi: float) -> int:
    return int(tower_of(np.array([eta]), np.array([phi]))[0])


def test_a_photon_leaves_its_energy_in_the_electromagnetic_part(
    particles: Make, exact_detector: DetectorConfig
) -> None:
    found = seen(particles((PHOTON, 0, 40.0, 0.5, 1.0)), exact_detector)
    assert deposits(found) == {tower(0.5, 1.0): pytest.approx(40.0)}
    assert muons(found) == []


def test_a_neutral_hadron_leaves_its_energy_in_the_hadronic_part(
    particles: Make, exact_detector: DetectorConfig
) -> None:
    found = seen(particles((K_LONG, 0, 40.0, -3.5, -1.0)), exact_detector)
    assert deposits(found) == {TOWERS + tower(-3.5, -1.0): pytest.approx(40.0)}


@pytest.mark.parametrize("pdg_id", [12, -12, 14, -14, 16, -16, MUON, -MUON, 1_000_022, -4_900_111, 9_000_001])
def test_neutrinos_muons_and_new_particles_leave_no_energy(
    particles: Make, exact_detector: DetectorConfig, pdg_id: int
) -> None:
    assert deposits(seen(particles((pdg_id, 0, 500.0, 0.3, 1.0)), exact_detector)) == {}


@pytest.mark.parametrize("eta", [ETA_MAX, -ETA_MAX, 5.2, -7.0])
def test_a_particle_from_the_edge_of_the_calorimeter_on_is_not_seen(
    particles: Make, exact_detector: DetectorConfig, eta: float
) -> None:
    assert deposits(seen(particles((PHOTON, 0, 50.0, eta, 1.0)), exact_detector)) == {}
    inside = math.copysign(math.nextafter(ETA_MAX, 0), eta)
    assert len(deposits(seen(particles((PHOTON, 0, 50.0, inside, 1.0)), exact_detector))) == 1


@pytest.mark.parametrize(
    ("particle", "n_deposits"),
    [
        ((PION, 1, 0.735, 0.3, 1.0), 0),
        ((PION, -1, 0.735, 0.3, 1.0), 0),
        ((PION, 1, 0.736, 0.3, 1.0), 1),
        ((K_LONG, 0, 0.3, 0.3, 1.0), 1),
    ],
)
def test_a_track_below_the_reach_of_the_field_curls_up(
    particles: Make,
    exact_detector: DetectorConfig,
    particle: tuple[int, float, float, float, float],
    n_deposits: int,
) -> None:
    assert len(deposits(seen(particles(particle), exact_detector))) == n_deposits


@pytest.mark.parametrize(("radius_m", "n_deposits"), [(1.28, 1), (1.29, 0), (3.0, 0)])
def test_what_comes_into_being_behind_the_calorimeter_is_not_seen(
    particles: Make, exact_detector: DetectorConfig, radius_m: float, n_deposits: int
) -> None:
    photon = particles((PHOTON, 0, 50.0, 0.3, 1.0), radius_m=radius_m)
    assert len(deposits(seen(photon, exact_detector))) == n_deposits


@pytest.mark.parametrize("charge", [-1, 0, 1])
@pytest.mark.parametrize("pt", [0.8, 2.0, 10.0, 200.0])
def test_positive_particles_bend_to_lower_azimuth_by_the_arcsine_of_reach_over_pt(
    particles: Make, exact_detector: DetectorConfig, charge: int, pt: float
) -> None:
    found = seen(particles((ELECTRON if charge else PHOTON, charge, pt, 0.3, 1.0)), exact_detector)
    assert list(deposits(found)) == [tower(0.3, 1.0 - charge * math.asin(0.735 / pt))]


def test_particles_of_one_tower_add_up_and_those_of_other_events_do_not(
    particles: Make, exact_detector: DetectorConfig
) -> None:
    photon, hadron = (PHOTON, 0, 10.0, 0.5, 1.0), (K_LONG, 0, 7.0, 0.5, 1.0)
    found = seen(particles(photon, photon, hadron, photon, event=[0, 0, 0, 2]), exact_detector)
    here = tower(0.5, 1.0)
    assert deposits(found, 0) == {here: pytest.approx(20.0), here + TOWERS: pytest.approx(7.0)}
    assert deposits(found, 1) == {}
    assert deposits(found, 2) == {here: pytest.approx(10.0)}
    assert len(found) == 3


def test_deposits_below_the_threshold_are_left_out(particles: Make, exact_detector: DetectorConfig) -> None:
    assert deposits(seen(particles((PHOTON, 0, 0.049, 0.5, 1.0)), exact_detector)) == {}
    twice = particles((PHOTON, 0, 0.03, 0.5, 1.0), (PHOTON, 0, 0.03, 0.5, 1.0))
    assert len(deposits(seen(twice, exact_detector))) == 1


@pytest.mark.parametrize(
    ("pdg_id", "stochastic", "constant"), [(PHOTON, 0.10, 0.02), (ELECTRON, 0.10, 0.02), (K_LONG, 1.0, 0.08)]
)
def test_energies_are_smeared_around_the_truth_by_the_resolution(
    particles: Make, pdg_id: int, stochastic: float, constant: float
) -> None:
    n_events, pt, eta = 20_000, 60.0, 1.0
    many = particles(*[(pdg_id, 0, pt, eta, 1.0)] * n_events, event=range(n_events))
    found = seen(many, DetectorConfig(early_shower_probability=0.0))
    width = math.sqrt(stochastic**2 / (pt * math.cosh(eta)) + constant**2)
    assert len(found.et) == n_events
    assert abs(found.et.mean() / pt - 1) < 4 * width / math.sqrt(n_events)
    assert abs(found.et.std() / pt / width - 1) < 4 / math.sqrt(2 * n_events)


def test_hadrons_that_shower_early_leave_an_even_share_in_the_electromagnetic_part(particles: Make) -> None:
    n_events, pt = 20_000, 50.0
    detector = DetectorConfig(hadron_stochastic=0, hadron_constant=0, deposit_threshold_gev=0)
    many = particles(*[(K_LONG, 0, pt, 0.3, 1.0)] * n_events, event=range(n_events))
    found = seen(many, detector)
    by_part = np.zeros((n_events, 2))
    owner = np.repeat(np.arange(n_events), np.diff(found.deposit_start))
    by_part[owner, found.tower // TOWERS] = found.et
    np.testing.assert_allclose(by_part.sum(axis=1), pt, rtol=1e-6)
    shares = by_part[:, 0] / pt
    early = shares[shares > 0]
    assert abs(len(early) / n_events - 0.6) < 4 * math.sqrt(0.6 * 0.4 / n_events)
    assert 0.799 < early.max() < 0.8
    assert abs(early.mean() - 0.4) < 4 * 0.8 / math.sqrt(12 * len(early))
    assert abs(early.var() - 0.8**2 / 12) < 0.05 * 0.8**2 / 12


def test_no_energy_is_negative_however_bad_the_resolution(particles: Make) -> None:
    many = particles(*[(K_LONG, 0, 0.5, 0.3, 1.0)] * 1000, event=range(1000))
    found = seen(many, DetectorConfig(deposit_threshold_gev=0, early_shower_probability=0))
    hadronic = found.et[found.tower >= TOWERS]
    assert len(hadronic) == 1000  # a negative one would be below the threshold
    assert hadronic.min() == 0.0
    assert hadronic.max() > 1.0


def test_a_muon_keeps_its_momentum_direction_and_impact_parameter(
    particles: Make, exact_detector: DetectorConfig
) -> None:
    pair = particles((MUON, -1, 20.5, -1.25, -0.5), (-MUON, 1, 7.5, 0.75, 3.0), impact_cm=[2.0, 0.5])
    found = seen(pair, exact_detector)
    assert found.muons.dtype == MUON_TYPE
    assert muons(found) == [(20.5, -1.25, -0.5, 2.0), (7.5, 0.75, 3.0, 0.5)]


@pytest.mark.parametrize(("pt", "eta"), [(3.0, 0.0), (20.0, 2.4), (20.0, -2.4)])
def test_a_muon_that_does_not_reach_the_chambers_is_lost(
    particles: Make, exact_detector: DetectorConfig, pt: float, eta: float
) -> None:
    assert muons(seen(particles((MUON, 1, pt, eta, 0.3)), exact_detector)) == []
    assert len(muons(seen(particles((MUON, 1, pt + 0.1, 0.99 * eta, 0.3)), exact_detector))) == 1


@pytest.mark.parametrize(
    ("pdg_id", "mass_gev", "lifetime_s", "branching", "lowest_share"),
    [(PION, 0.13957, 2.6033e-8, 1.0, 0.57), (KAON, 0.49368, 1.2380e-8, 0.636, 0.05)],
)
@pytest.mark.parametrize("radius_m", [0.0, 30.0])
def test_mesons_decay_in_flight_as_often_as_their_lifetime_says(
    particles: Make,
    exact_detector: DetectorConfig,
    pdg_id: int,
    mass_gev: float,
    lifetime_s: float,
    branching: float,
    lowest_share: float,
    radius_m: float,
) -> None:
    n, pt = 100_000, 8.0
    # In so large a detector that many of them decay.
    detector = exact_detector.model_copy(update={"calorimeter_radius_m": 50.0})
    found = seen(particles(*[(pdg_id, 1, pt, 0.3, 1.0)] * n, radius_m=radius_m), detector)
    decays = -math.expm1(-(50.0 - radius_m) * mass_gev / (lifetime_s * LIGHT_M_PER_S * pt))
    # Muons below 3 GeV do not reach the chambers; shares are even from the lowest to 1.
    over = min(1.0, (1 - 3.0 / pt) / (1 - lowest_share))
    expected = n * branching * decays * over
    assert abs(len(found.muons) - expected) < 4 * math.sqrt(expected)
    shares = found.muons["pt"] / pt
    low = max(lowest_share, 3.0 / pt)
    assert low <= shares.min() < shares.max() <= 1.0
    assert abs(shares.mean() - (low + 1) / 2) < 4 * (1 - low) / math.sqrt(12 * len(shares))
    assert {round(float(one), 4) for one in found.muons["eta"]} == {0.3}


def test_mesons_born_behind_the_calorimeter_do_not_decay_in_it(
    particles: Make, exact_detector: DetectorConfig
) -> None:
    late = particles(*[(KAON, 1, 8.0, 0.3, 1.0)] * 50_000, radius_m=1.3)
    assert len(seen(late, exact_detector).muons) == 0


def random_collisions(rng: np.random.Generator, n: int) -> Collisions:
    """Make collisions by hand, some without deposits and muons."""
    n_deposits, n_muons = rng.integers(0, 6, n), rng.integers(0, 3, n)
    found = np.zeros(n_muons.sum(), dtype=MUON_TYPE)
    found["pt"] = rng.random(len(found))
    return Collisions(
        deposit_start=np.r_[0, np.cumsum(n_deposits)],
        tower=rng.integers(0, 2 * TOWERS, n_deposits.sum()).astype(np.uint16),
        et=rng.random(n_deposits.sum()).astype(np.float32),
        muon_start=np.r_[0, np.cumsum(n_muons)],
        muons=found,
    )


def one_by_one(found: Collisions) -> list[tuple[list[tuple[int, float]], list[tuple[float, ...]]]]:
    deposited = list(zip(found.tower.tolist(), found.et.tolist(), strict=True))
    return [
        (deposited[found.deposit_start[i] : found.deposit_start[i + 1]], muons(found, i))
        for i in range(len(found))
    ]


def test_joined_collisions_are_those_of_the_parts_in_a_row() -> None:
    rng = np.random.default_rng(3)
    parts = [random_collisions(rng, n) for n in (5, 0, 1, 8)]
    whole = joined(parts)
    assert len(whole) == 14
    assert one_by_one(whole) == [one for part in parts for one in one_by_one(part)]


@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0])
def test_taken_collisions_are_those_of_the_mask(kept: float) -> None:
    rng = np.random.default_rng(4)
    source = random_collisions(rng, 40)
    which = rng.random(40) < kept
    expected = [one for one, wanted in zip(one_by_one(source), which, strict=True) if wanted]
    assert one_by_one(taken(source, which)) == expected
