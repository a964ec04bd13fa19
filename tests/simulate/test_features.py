"""The 21 features: hand-made particles first, then a plain loop over the particles of real events."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.simulate.features import features_layout, lepton_features
from l1ad.simulate.generator import Generator, Particles

fastjet = pytest.importorskip("fastjet", reason="FastJet is not installed")

Make = Callable[..., Particles]
ELECTRON, MUON, PHOTON, PION, NEUTRON, NEUTRINO = 11, 13, 22, 211, 2112, 12
FIELDS = {field.name: field for field in features_layout().fields}


class Still(np.random.Generator):
    """Random numbers that are all 0: no particle is smeared."""

    def standard_normal(self, *args: Any, **_: Any) -> Any:
        return np.zeros(args)


def features(particles: Particles) -> list[dict[str, float]]:
    """Compute the features without smearing; give them in their units, by name."""
    raw = lepton_features(particles, Still(np.random.PCG64(1)))
    return [
        {field.name: value * field.lsb for field, value in zip(FIELDS.values(), row, strict=True)}
        for row in raw.tolist()
    ]


def test_isolations_sum_what_is_near_the_lepton_by_kind(particles: Make) -> None:
    (found,) = features(particles(
        (ELECTRON, -1, 40.0, 0.5, 3.1),
        (PION, 1, 2.0, 0.7, 3.1), (PION, -1, 1.0, 0.5, -3.1),  # across the seam of the azimuth
        (PHOTON, 0, 3.0, 0.5, 2.9), (NEUTRON, 0, 4.0, 0.3, 3.1),
        (NEUTRINO, 0, 50.0, 0.5, 3.1), (MUON, 1, 10.0, 0.5, 3.1),  # neither counts
        (PION, 1, 8.0, 0.81, 3.1), (PHOTON, 0, 8.0, 0.5, 2.7),  # beyond 0.3
    ))  # fmt: skip
    assert found["lepton_charged_isolation"] == 3.0
    assert found["lepton_photon_isolation"] == 3.0
    assert found["lepton_neutral_isolation"] == 4.0


@pytest.mark.parametrize(
    ("leptons", "pt", "charge", "is_electron"),
    [
        ([(ELECTRON, -1, 40.0, 0.5, 1.0)], 40.0, -1, 1),
        ([(-MUON, 1, 30.0, -2.4, 1.0), (ELECTRON, -1, 20.0, 0.5, 2.0)], 30.0, 1, 0),
        ([(MUON, -1, 30.0, 2.6, 1.0), (-ELECTRON, 1, 20.0, 0.5, 2.0)], 20.0, 1, 1),
        ([(MUON, -1, 2.9, 0.0, 1.0), (MUON, 1, 3.1, 0.5, 2.0)], 3.0, 1, 0),
    ],
)
def test_the_lepton_is_the_leading_one_within_its_reach(
    particles: Make,
    leptons: list[tuple[int, float, float, float, float]],
    pt: float,
    charge: int,
    is_electron: int,
) -> None:
    (found,) = features(particles(*leptons))
    assert (found["lepton_pt"], found["lepton_charge"], found["lepton_is_electron"]) == (
        pt,
        charge,
        is_electron,
    )


def test_two_muons_have_the_mass_and_momentum_of_their_sum(particles: Make) -> None:
    one, two = (MUON, -1, 40.0, 0.5, 0.3), (-MUON, 1, 30.0, -0.5, 2.3)
    (found,) = features(particles(one, two, (ELECTRON, -1, 20.0, 0.0, -1.0)))
    mass = math.sqrt(2 * 40 * 30 * (math.cosh(1.0) - math.cos(2.0)))
    assert found["n_muons"] == 2
    assert abs(found["muons_mass"] - mass) <= 0.25 + 1e-3  # half a step; the muons' own mass
    assert abs(found["muons_pt"] - math.hypot(40 + 30 * math.cos(2.0), 30 * math.sin(2.0))) <= 0.25
    assert (found["n_electrons"], found["electrons_mass"], found["electrons_pt"]) == (1, 0.0, 20.0)


@pytest.mark.parametrize(
    ("phi_of_neutrino", "parallel", "orthogonal"),
    [
        (1.0, 20.0, 0.0),
        (1.0 + math.pi, -20.0, 0.0),
        (1.0 + math.pi / 2, 0.0, 20.0),
        (1.0 - math.pi / 2, 0.0, -20.0),
    ],
)
def test_missing_energy_is_split_along_and_across_the_lepton(
    particles: Make, phi_of_neutrino: float, parallel: float, orthogonal: float
) -> None:
    # The lepton is balanced by a photon, the neutrino by another: it alone is missed.
    (found,) = features(particles(
        (ELECTRON, -1, 40.0, 0.5, 1.0), (PHOTON, 0, 40.0, 0.5, 1.0 + math.pi),
        (NEUTRINO, 0, 20.0, 0.0, phi_of_neutrino), (PHOTON, 0, 20.0, 0.0, phi_of_neutrino + math.pi),
    ))  # fmt: skip
    assert (found["met_parallel"], found["met_orthogonal"]) == (parallel, orthogonal)
    angle = phi_of_neutrino - 1.0
    assert abs(found["transverse_mass"] - math.sqrt(2 * 40 * 20 * (1 - math.cos(angle)))) <= 0.25 + 1e-3


def test_jets_are_clustered_from_30_gev_on_within_eta_of_2_5(particles: Make) -> None:
    (found,) = features(particles(
        (PION, 1, 20.0, 0.5, 1.0), (PION, -1, 15.0, 0.6, 1.1), (PHOTON, 0, 5.0, 0.4, 0.9),  # one jet of 40
        (NEUTRON, 0, 50.0, -1.0, -2.0), (NEUTRON, 0, 29.0, 1.0, -1.0), (NEUTRON, 0, 60.0, 2.6, 2.5),
    ))  # fmt: skip
    assert found["n_jets"] == 2
    assert found["n_b_jets"] == 0
    vectors = [(20, 0.5, 1.0), (15, 0.6, 1.1), (5, 0.4, 0.9), (50, -1.0, -2.0)]
    energy = sum(pt * math.cosh(eta) for pt, eta, _ in vectors)
    x, y = (sum(pt * turn(phi) for pt, _, phi in vectors) for turn in (math.cos, math.sin))
    z = sum(pt * math.sinh(eta) for pt, eta, _ in vectors)
    assert abs(found["jets_mass"] - math.sqrt(energy**2 - x**2 - y**2 - z**2)) <= 0.5


def test_the_leading_lepton_is_no_jet_and_the_next_one_may_be(particles: Make) -> None:
    electrons = (ELECTRON, -1, 50.0, 0.5, 1.0), (ELECTRON, 1, 40.0, -0.5, 2.0)
    one, two = features(particles(electrons[0], *electrons, event=[0, 1, 1]))
    assert (one["n_jets"], two["n_jets"]) == (0, 1)
    assert one["st"] == 50 + 50  # the lepton, and what is missed opposite


def test_s_t_sums_jets_leptons_and_missing_energy(particles: Make) -> None:
    (found,) = features(particles(
        (NEUTRON, 0, 50.0, -1.0, 2.0), (ELECTRON, -1, 20.0, 0.5, 1.0), (MUON, 1, 10.0, 0.5, -1.0),
        (MUON, 1, 2.0, 0.5, -1.0),
    ))  # fmt: skip
    x = 50 * math.cos(2.0) + 20 * math.cos(1.0) + 12 * math.cos(1.0)
    y = 50 * math.sin(2.0) + 20 * math.sin(1.0) - 12 * math.sin(1.0)
    assert abs(found["st"] - (50 + 20 + 10 + math.hypot(x, y))) <= 0.5


@pytest.mark.parametrize(
    ("impact_cm", "pt", "n_tracks", "n_b_jets"),
    [(0.05, 12.0, 3, 1), (0.05, 12.0, 2, 0), (0.005, 12.0, 3, 0), (2.0, 12.0, 3, 0), (0.05, 0.9, 3, 0)],
)
def test_a_b_jet_has_three_tracks_that_miss_the_beam_by_little(
    particles: Make, impact_cm: float, pt: float, n_tracks: int, n_b_jets: int
) -> None:
    tracks = [(PION, 1, pt, 0.5 + 0.05 * k, 1.0) for k in range(n_tracks)]
    # The second jet has none of them; the neutral particle of the first counts for nothing.
    rest = [(NEUTRON, 0, 35.0, 0.5, 1.1), (NEUTRON, 0, 40.0, -1.0, -2.0), (PION, 1, 10.0, -1.0, -2.0)]
    made = particles(*rest, *tracks, impact_cm=[impact_cm, 0.0, 0.0] + [impact_cm] * n_tracks)
    (found,) = features(made)
    assert (found["n_jets"], found["n_b_jets"]) == (2, n_b_jets)


def test_hadrons_count_from_half_a_gev_on_and_leptons_and_photons_do_not(particles: Make) -> None:
    (found,) = features(particles(
        (PION, 1, 0.6, 0.5, 1.0), (PION, -1, 0.4, 0.5, 1.0), (321, 1, 5.0, 4.9, 1.0), (321, 1, 5.0, 5.1, 1.0),
        (NEUTRON, 0, 0.6, 0.5, 2.0), (130, 0, 0.6, 0.5, 2.0), (130, 0, 0.6, 0.5, 2.0),
        (PHOTON, 0, 9.0, 0.5, 2.0), (ELECTRON, -1, 9.0, 0.5, 2.0), (MUON, -1, 9.0, 0.5, 2.0),
        (NEUTRINO, 0, 9.0, 0.5, 2.0), (1_000_022, 0, 9.0, 0.5, 2.0),
    ))  # fmt: skip
    assert (found["n_charged_hadrons"], found["n_neutral_hadrons"]) == (2, 3)


def test_an_event_without_a_lepton_has_zeros_in_what_belongs_to_it(particles: Make) -> None:
    jet, lepton = (NEUTRON, 0, 50.0, 0.5, 1.0), (MUON, -1, 30.0, 0.5, 2.0)
    without, empty, with_one = features(particles(jet, jet, jet, lepton, event=[0, 0, 2, 2]))
    there = {name for name, value in without.items() if value}
    assert there == {"st", "n_jets", "n_neutral_hadrons"}
    assert not any(empty.values())
    assert with_one["lepton_pt"] == 30.0


def test_a_batch_without_any_jet_is_no_trouble(particles: Make) -> None:
    (found,) = features(particles((MUON, -1, 10.0, 0.5, 2.0)))
    assert (found["n_jets"], found["n_b_jets"], found["jets_mass"], found["lepton_pt"]) == (0, 0, 0.0, 10.0)


@pytest.mark.parametrize(
    ("particle", "width"),
    [
        ((MUON, -1, 400.0, 0.5, 2.0), 0.015),
        ((PHOTON, 0, 400.0, 0.5, 2.0), 0.03),
        ((NEUTRON, 0, 400.0, 0.5, 2.0), 0.15),
    ],
)
def test_particles_are_smeared_by_kind(
    particles: Make, particle: tuple[int, float, float, float, float], width: float
) -> None:
    n = 2000
    # Missing energy is what the one particle measures, and stands along the lepton of 5 GeV at its side.
    made = particles(*[particle, (ELECTRON, -1, 5.0, -2.0, 2.0)] * n, event=np.repeat(np.arange(n), 2).tolist())
    raw = lepton_features(made, np.random.default_rng(1))
    met = -0.5 * raw[:, list(FIELDS).index("met_parallel")]
    assert abs(met.mean() - 405) < 4 * width * 400 / math.sqrt(n) + 0.1
    assert abs(met.std() / (400 * width) - 1) < 4 / math.sqrt(2 * n)


def values_in_a_loop(particles: Particles, pt: NDArray[np.float64], event: int) -> dict[str, float]:
    """Compute the features of one event from its particles one after another."""
    mass_of = {11: 0.000511, 13: 0.10566}
    rows = []
    for i in np.flatnonzero(particles.event == event):
        kind = abs(int(particles.pdg_id[i]))
        if kind in (12, 14, 16) or kind >= 1_000_000 or abs(particles.eta[i]) >= 5:
            continue
        rows.append((
            kind, float(particles.charge[i]), float(pt[i]), float(particles.eta[i]), float(particles.phi[i]),
            float(particles.energy[i]), float(particles.pt[i]), float(particles.impact_cm[i]),
        ))  # fmt: skip
    values = dict.fromkeys(FIELDS, 0.0)
    x = -sum(row[2] * math.cos(row[4]) for row in rows)
    y = -sum(row[2] * math.sin(row[4]) for row in rows)
    met = math.hypot(x, y)
    central = [row for row in rows if row[0] in (11, 13) and abs(row[3]) < 2.5 and row[2] > 3]
    if central:
        lepton = max(central, key=lambda row: row[2])
        kind, charge, lepton_pt, eta, phi = lepton[:5]
        values |= {"lepton_pt": lepton_pt, "lepton_charge": charge, "lepton_is_electron": float(kind == 11)}
        for row in rows:
            turn = abs(row[4] - phi)
            turn = min(turn, 2 * math.pi - turn)
            if row is lepton or math.hypot(row[3] - eta, turn) >= 0.3 or row[0] in (11, 13):
                continue
            name = "charged" if row[1] else "photon" if row[0] == 22 else "neutral"
            values[f"lepton_{name}_isolation"] += row[2]
        values["met_parallel"] = x * math.cos(phi) + y * math.sin(phi)
        values["met_orthogonal"] = y * math.cos(phi) - x * math.sin(phi)
        momenta = lepton_pt * met - (x * lepton_pt * math.cos(phi) + y * lepton_pt * math.sin(phi))
        values["transverse_mass"] = math.sqrt(2 * max(0.0, momenta))
    for name, kind in (("muons", 13), ("electrons", 11)):
        own = [row for row in central if row[0] == kind]
        total = [
            sum(math.hypot(row[2] * math.cosh(row[3]), mass_of[kind]) for row in own),
            sum(row[2] * math.cos(row[4]) for row in own), sum(row[2] * math.sin(row[4]) for row in own),
            sum(row[2] * math.sinh(row[3]) for row in own),
        ]  # fmt: skip
        values[f"n_{name}"] = len(own)
        squared = total[0] ** 2 - total[1] ** 2 - total[2] ** 2 - total[3] ** 2
        values[f"{name}_mass"] = math.sqrt(max(0.0, squared)) if len(own) > 1 else 0.0
        values[f"{name}_pt"] = math.hypot(total[1], total[2])
    vectors = []
    leading = max(central, key=lambda row: row[2]) if central else None
    for place, (_, _, measured, eta, phi, energy, true, _) in enumerate(rows):
        if rows[place] is leading:
            continue
        squared = max(0.0, energy**2 - (true * math.cosh(eta)) ** 2)
        z = measured * math.sinh(eta)
        total_energy = math.sqrt(measured**2 + z**2 + squared)
        vector = fastjet.PseudoJet(measured * math.cos(phi), measured * math.sin(phi), z, total_energy)
        vector.set_user_index(place)
        vectors.append(vector)
    cluster = fastjet.ClusterSequence(vectors, fastjet.JetDefinition(fastjet.antikt_algorithm, 0.4))
    jets = [jet for jet in cluster.inclusive_jets(30.0) if abs(jet.eta()) < 2.5]
    tracks = [
        sum(
            row[1] != 0 and row[2] > 1 and 0.01 < row[7] < 1
            for row in (rows[one.user_index()] for one in jet.constituents())
        )
        for jet in jets
    ]
    total = [
        sum(one) for one in zip(*((jet.e(), jet.px(), jet.py(), jet.pz()) for jet in jets), strict=True)
    ] or [0.0] * 4
    values["n_jets"], values["n_b_jets"] = len(jets), sum(one >= 3 for one in tracks)
    values["jets_mass"] = math.sqrt(max(0.0, total[0] ** 2 - total[1] ** 2 - total[2] ** 2 - total[3] ** 2))
    leptons = sum(row[2] for row in rows if row[0] in (11, 13) and row[2] > 3)
    values["st"] = sum(jet.pt() for jet in jets) + leptons + met
    hadrons = [row for row in rows if row[0] not in (11, 13, 22) and row[2] > 0.5]
    values["n_charged_hadrons"] = sum(row[1] != 0 for row in hadrons)
    values["n_neutral_hadrons"] = sum(row[1] == 0 for row in hadrons)
    return values


def test_features_of_real_events_are_those_of_a_plain_loop_over_their_particles() -> None:
    pytest.importorskip("pythia8mc", reason="Pythia is not installed")
    settings = ["Top:gg2ttbar = on", "Top:qqbar2ttbar = on", "PartonLevel:MPI = off"]
    particles = Generator(settings, beam_energy_gev=13_000.0, seed=3).batch(30)
    raw = lepton_features(particles, np.random.default_rng(8))
    kind = np.abs(particles.pdg_id)
    width = np.where(particles.charge != 0, 0.015, np.where(kind == 22, 0.03, 0.15))
    draws = np.random.default_rng(8).standard_normal(len(kind))
    pt = particles.pt * np.maximum(0.0, 1 + width * draws)
    seen: dict[str, set[int]] = {name: set() for name in FIELDS}
    for event in range(30):
        expected = values_in_a_loop(particles, pt, event)
        assert set(expected) == set(FIELDS)
        for (name, field), value in zip(FIELDS.items(), raw[event].tolist(), strict=True):
            steps = min(max(expected[name] / field.lsb, field.raw_min), field.raw_max)
            assert abs(value - steps) <= 0.5 + 1e-4, (event, name)
            seen[name].add(value)
    assert all(len(values) > 1 for values in seen.values())
