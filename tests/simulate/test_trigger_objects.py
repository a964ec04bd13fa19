import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.config.detector import DetectorConfig, TriggerConfig
from l1ad.core.layouts import ugt_57
from l1ad.simulate.calorimeter import Candidates
from l1ad.simulate.crossing import Crossings, Drawn, piled_up
from l1ad.simulate.deposits import collisions
from l1ad.simulate.generator import Particles
from l1ad.simulate.trigger_objects import TriggerObjects, found_objects, hardware_inputs

PHOTON, MUON, K_LONG = 22, 13, 130
STEP = 2 * math.pi / 72
NAMES = ugt_57().names

Make = Callable[..., Particles]
Made = Callable[..., Crossings]
Seen = Callable[[Particles], list[dict[str, int]]]


@pytest.fixture
def seen(exact_detector: DetectorConfig, exact_trigger: TriggerConfig) -> Seen:
    """Give what the trigger sees of collisions without pile-up: the inputs that are not zero, by name."""

    def run(particles: Particles) -> list[dict[str, int]]:
        rng = np.random.default_rng(1)
        alone = collisions(particles, exact_detector, rng)
        made = piled_up([(alone, Drawn.as_it_is(len(alone)))], len(alone))
        inputs = hardware_inputs(found_objects(made, exact_trigger, rng))
        return [
            {name: value for name, value in zip(NAMES, row, strict=True) if value} for row in inputs.tolist()
        ]

    return run


def candidates(rows: list[tuple[int, float, float, float]]) -> Candidates:
    event, pt, eta, phi = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return Candidates(
        event=event.astype(np.int64), pt=pt, eta=eta, phi=phi, isolated=np.ones(len(event), dtype=bool)
    )


def objects(n_crossings: int, **found: list[tuple[int, float, float, float]]) -> TriggerObjects:
    met = found.get("met", [(event, 0.0, 0.0, 0.0) for event in range(n_crossings)])
    return TriggerObjects(
        n_crossings=n_crossings,
        met=candidates(met),
        egamma=candidates(found.get("egamma", [])),
        muons=candidates(found.get("muons", [])),
        jets=candidates(found.get("jets", [])),
        htt=np.zeros(n_crossings),
    )


def slots(row: dict[str, int], object_type: str, quantity: str, n: int) -> list[int]:
    return [row.get(f"{object_type}_{slot}_{quantity}", 0) for slot in range(1, n + 1)]


def random_rows(
    rng: np.random.Generator, n: int, n_crossings: int, eta_step: float, phi_step: float
) -> list[tuple[int, float, float, float]]:
    """Draw objects in random order, in eighths of a GeV and in the middle of steps of direction."""
    event, pt = rng.integers(0, n_crossings, n), rng.integers(0, 6000, n) / 8
    eta = rng.integers(-100, 101, n) * eta_step
    phi = (rng.integers(0, round(2 * math.pi / phi_step), n) + 0.5) * phi_step
    return list(zip(event.tolist(), pt.tolist(), eta.tolist(), phi.tolist(), strict=True))


def words_in_a_loop(
    rows: list[tuple[int, float, float, float]], event: int, n_slots: int, highest: int, steps: int, mu: int
) -> list[int]:
    """Sort the objects of one crossing and write the leading ones, as plain numbers."""
    eta_step = 0.010875 if mu else 0.0435
    here = sorted(
        ((math.floor(2 * pt) + mu, eta, phi) for owner, pt, eta, phi in rows if owner == event),
        key=lambda one: (-one[0], one[1], one[2]),
    )
    words: list[int] = []
    for pt, eta, phi in here[:n_slots]:
        absent = pt == 0
        words += [0, 0, 0] if absent else [
            min(pt, highest), round(eta / eta_step), math.floor(phi * steps / (2 * math.pi))
        ]  # fmt: skip
    return words + [0] * (3 * n_slots - len(words))


@pytest.mark.parametrize("seed", range(5))
def test_the_leading_objects_of_each_crossing_become_words_as_in_a_plain_loop(seed: int) -> None:
    rng, n_crossings = np.random.default_rng(seed), 20
    coarse, fine = (0.0435, 2 * math.pi / 144), (0.010875, 2 * math.pi / 576)
    rows = {
        "egamma": random_rows(rng, 90, n_crossings, *coarse),
        "muons": random_rows(rng, 90, n_crossings, *fine),
        "jets": random_rows(rng, 250, n_crossings, *coarse),
    }
    met = [(event, float(pt), 0.0, 1.0) for event, pt in enumerate(rng.integers(0, 100, n_crossings) / 8)]
    inputs = hardware_inputs(objects(n_crossings, met=met, **rows))
    for event in range(n_crossings):
        assert inputs[event].tolist() == [
            *words_in_a_loop([(owner, pt, 0.0, phi) for owner, pt, _, phi in met], event, 1, 4095, 144, 0),
            *words_in_a_loop(rows["egamma"], event, 4, 511, 144, 0),
            *words_in_a_loop(rows["muons"], event, 4, 511, 576, 1),
            *words_in_a_loop(rows["jets"], event, 10, 2047, 144, 0),
        ]


def test_objects_are_ordered_by_pt_and_capped_at_4_egamma_and_10_jets(particles: Make, seen: Seen) -> None:
    pts = [10.2, 90.2, 30.2, 120.2, 50.2, 60.2, 70.2, 80.2, 20.2, 100.2, 110.2, 40.2]
    # Far enough apart that none lies in the strips beside another's jet.
    apart = [(PHOTON, 0, pt, (-1.0, 1.0)[k % 2], (6 * k + 2.5) * STEP) for k, pt in enumerate(pts)]
    (found,) = seen(particles(*apart))
    assert slots(found, "eg", "pt", 4) == [240, 220, 200, 180]
    assert slots(found, "jet", "pt", 10) == [240, 220, 200, 180, 160, 140, 120, 100, 80, 60]
    assert slots(found, "jet", "phi", 4) == [2 * (6 * k + 2) + 1 for k in (3, 10, 9, 1)]


def test_muons_are_ordered_capped_at_4_and_their_index_counts_from_1(particles: Make, seen: Seen) -> None:
    (found,) = seen(particles(*[(MUON, 1, pt, 0.5, 1.0) for pt in (5.2, 40.2, 10.2, 30.2, 20.2)]))
    assert slots(found, "mu", "pt", 4) == [81, 61, 41, 21]
    assert not [name for name in found if not name.startswith("mu")]


def test_a_muon_of_less_than_a_step_is_a_muon_and_a_cluster_is_none() -> None:
    weak = [(0, 0.3, 0.5, 1.0)]
    inputs = hardware_inputs(objects(1, muons=weak, jets=weak, egamma=weak))
    assert dict(zip(NAMES, inputs[0].tolist(), strict=True))["mu_1_pt"] == 1
    assert np.count_nonzero(inputs) == 3


def test_one_photon_is_an_egamma_a_jet_and_missing_energy_opposite(particles: Make, seen: Seen) -> None:
    # Tower 5 in η (0.435 to 0.522) and 11 in φ (0.960 to 1.047), each at its centre.
    assert seen(particles((PHOTON, 0, 40.2, 0.5, 1.0))) == [{
        "met_pt": 80, "met_phi": 95, "eg_1_pt": 80, "eg_1_eta": 11, "eg_1_phi": 23,
        "jet_1_pt": 80, "jet_1_eta": 11, "jet_1_phi": 23,
    }]  # fmt: skip


@pytest.mark.parametrize("tower", range(72))
def test_a_photon_in_any_tower_has_the_step_above_its_centre_and_opposite_met_of_its_pt(
    tower: int, particles: Make, seen: Seen
) -> None:
    (found,) = seen(particles((PHOTON, 0, 20.2, 0.3, (tower + 0.5) * STEP)))
    assert found["eg_1_phi"] == found["jet_1_phi"] == 2 * tower + 1
    assert found["met_pt"] == found["eg_1_pt"] == 40
    assert found["met_phi"] == (2 * tower + 1 + 72) % 144


@pytest.mark.parametrize(("phi", "phi_raw"), [(0.001, 0), (-0.001, 575), (3.1415, 287), (-3.1415, 288)])
def test_the_azimuth_of_a_muon_goes_round(particles: Make, seen: Seen, phi: float, phi_raw: int) -> None:
    (found,) = seen(particles((MUON, 1, 20.2, 0.5, phi)))
    assert found.get("mu_1_phi", 0) == phi_raw


@pytest.mark.parametrize(
    ("object_type", "name", "pt", "word"),
    [
        ("met", "met_pt", 2047.4, 4094),
        ("met", "met_pt", 2047.5, 4095),
        ("met", "met_pt", 9000.0, 4095),
        ("egamma", "eg_1_pt", 255.4, 510),
        ("egamma", "eg_1_pt", 255.5, 511),
        ("egamma", "eg_1_pt", 400.0, 511),
        ("muons", "mu_1_pt", 254.9, 510),
        ("muons", "mu_1_pt", 255.0, 511),
        ("muons", "mu_1_pt", 900.0, 511),
        ("jets", "jet_1_pt", 1023.4, 2046),
        ("jets", "jet_1_pt", 1023.5, 2047),
        ("jets", "jet_1_pt", 5000.0, 2047),
    ],
)
def test_pt_beyond_the_last_step_stays_at_the_last_step(
    object_type: str, name: str, pt: float, word: int
) -> None:
    inputs = hardware_inputs(objects(1, **{object_type: [(0, pt, 0.0, 1.0)]}))
    assert inputs[0, NAMES.index(name)] == word


def test_beyond_saturation_the_harder_object_still_comes_first() -> None:
    inputs = hardware_inputs(objects(1, jets=[(0, 1100.0, 1.0, 1.0), (0, 3000.0, -1.0, 2.0)]))
    found = dict(zip(NAMES, inputs[0].tolist(), strict=True))
    assert [found["jet_1_pt"], found["jet_2_pt"]] == [2047, 2047]
    assert found["jet_1_eta"] < 0 < found["jet_2_eta"]


def test_towers_saturate_before_their_jet_does(particles: Make, seen: Seen) -> None:
    # A tower stops at 255.5 GeV; nine of them make a jet whose word stops at 1023.5.
    (one,) = seen(particles((K_LONG, 0, 1500.0, 0.5, 1.0)))
    nine = [(K_LONG, 0, 900.0, 0.0435 + 0.087 * i, (20.5 + j) * STEP) for i in range(3) for j in range(3)]
    (found,) = seen(particles(*nine))
    assert (one["jet_1_pt"], found["jet_1_pt"]) == (511, 2047)


def test_crossings_do_not_see_one_another(particles: Make, seen: Seen) -> None:
    photons = [(PHOTON, 0, 20.2, 0.3, 1.0), (PHOTON, 0, 30.2, 0.3, 1.0), (MUON, 1, 10.2, 0.3, 1.0)]
    first, second, third = seen(particles(*photons, event=[0, 2, 2]))
    assert (first["eg_1_pt"], first["jet_1_pt"], third["eg_1_pt"], third["mu_1_pt"]) == (40, 40, 60, 21)
    assert second == {}


def test_htt_sums_central_jets_from_30_gev_on(crossings: Made, exact_trigger: TriggerConfig) -> None:
    def place(crossing: int, eta_row: int, column: int) -> tuple[int, int, int, int]:
        return crossing, 1, eta_row, column

    filled = {
        place(0, 41, 10): 30.0, place(0, 41, 30): 29.5, place(0, 60, 50): 100.0, place(0, 70, 10): 50.0,
        place(2, 20, 0): 40.0,
    }  # fmt: skip
    found = found_objects(crossings(filled, n_crossings=3), exact_trigger, np.random.default_rng(1))
    assert len(found.jets.pt) == 5
    assert found.htt.tolist() == [130.0, 0.0, 40.0]


def test_htt_is_that_of_a_plain_loop_over_jets(exact_trigger: TriggerConfig) -> None:
    rng = np.random.default_rng(5)
    et: NDArray[np.float64] = 100 * rng.random((4, 2, 82, 72)) * (rng.random((4, 2, 82, 72)) < 0.005)
    made = Crossings(et=et, muon_crossing=np.zeros(0, dtype=np.int64), muons=np.zeros(0, dtype=[("pt", "f4"),
                     ("eta", "f4"), ("phi", "f4"), ("impact_cm", "f4")]))  # fmt: skip
    found = found_objects(made, exact_trigger, rng)
    expected = [0.0] * 4
    for event, pt, eta in zip(found.jets.event, found.jets.pt, found.jets.eta, strict=True):
        expected[event] += float(pt) if pt >= 30 and abs(eta) < 2.4 else 0.0
    assert found.htt.tolist() == pytest.approx(expected)
    assert min(expected) > 100
