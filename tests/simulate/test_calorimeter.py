"""Towers, e/γ and missing energy against plain loops over the towers of one crossing at a time."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.config.detector import TriggerConfig
from l1ad.simulate.calorimeter import Candidates, Towers, egamma, measured_towers, missing_energy
from l1ad.simulate.crossing import Crossings
from l1ad.simulate.grid import ETA_CENTRES

STEP = 2 * math.pi / 72
Made = Callable[..., Crossings]


def measured(crossings: Crossings, trigger: TriggerConfig, *, seed: int = 1) -> Towers:
    return measured_towers(crossings.et, trigger, np.random.default_rng(seed))


def random_towers(seed: int, trigger: TriggerConfig, *, n_crossings: int = 3) -> Towers:
    """Fill towers with few small values, so that neighbours are often equal, and some large ones."""
    rng = np.random.default_rng(seed)
    shape = (n_crossings, 2, 82, 72)
    et = 0.5 * rng.integers(0, 9, shape).astype(np.float64) * (rng.random(shape) < 0.3)
    et += 0.5 * rng.integers(10, 200, et.shape) * (rng.random(et.shape) < 0.01)
    et[:, 1] *= rng.random(et[:, 1].shape) < 0.3
    return measured_towers(et, trigger, rng)


def rows(found: Candidates) -> list[tuple[int, float, float, float, bool]]:
    columns = (found.event, found.pt, found.eta, found.phi, found.isolated)
    return sorted(zip(*(one.tolist() for one in columns), strict=True))


def test_energies_are_cut_down_to_half_gev_small_ones_dropped_large_ones_saturated(
    exact_trigger: TriggerConfig,
) -> None:
    energies = [Fraction(k, 16) for k in range(0, 300 * 16, 7)]
    et = np.zeros((1, 2, 82, 72))
    et[0, 0].flat[: len(energies)] = [float(one) for one in energies]
    et[0, 1].flat[: len(energies)] = [float(one) for one in energies[::-1]]
    towers = measured_towers(et, exact_trigger, np.random.default_rng(1))
    kept = [math.floor(2 * one) if one >= Fraction(1, 2) else 0 for one in energies]
    n = len(energies)
    assert towers.electromagnetic[0].ravel()[:n].tolist() == [min(one, 511) for one in kept]
    both = [min(one + other, 511) for one, other in zip(kept, kept[::-1], strict=True)]
    assert towers.total[0].ravel()[:n].tolist() == both


@pytest.mark.parametrize(
    ("threshold", "energy", "steps"), [(0.5, 0.49, 0), (1.0, 0.99, 0), (1.0, 1.0, 2), (0.0, 0.4, 0)]
)
def test_each_part_is_suppressed_by_itself(
    exact_trigger: TriggerConfig, crossings: Made, threshold: float, energy: float, steps: int
) -> None:
    trigger = exact_trigger.model_copy(update={"zero_suppression_gev": threshold})
    towers = measured(crossings({(0, 0, 50, 3): energy, (0, 1, 50, 3): energy}), trigger)
    assert (towers.electromagnetic.sum(), towers.total.sum()) == (steps, 2 * steps)


def test_noise_is_as_wide_as_told_in_each_part_by_itself(exact_trigger: TriggerConfig) -> None:
    trigger = exact_trigger.model_copy(update={"noise_gev": 3.0})
    # Cut down to steps, 20.25 GeV is 20 on average.
    towers = measured_towers(np.full((1, 2, 82, 72), 20.25), trigger, np.random.default_rng(2))
    em, n = 0.5 * towers.electromagnetic, 82 * 72
    assert abs(em.mean() - 20) < 4 * 3 / math.sqrt(n)
    assert abs(em.std() - 3) < 4 * 3 / math.sqrt(2 * n)
    assert abs((0.5 * towers.total).std() - 3 * math.sqrt(2)) < 4 * 3 * math.sqrt(2) / math.sqrt(2 * n)


def test_noise_alone_is_never_negative(exact_trigger: TriggerConfig) -> None:
    trigger = exact_trigger.model_copy(update={"noise_gev": 1.0})
    towers = measured_towers(np.zeros((1, 2, 82, 72)), trigger, np.random.default_rng(2))
    n_over = int((towers.electromagnetic > 0).sum())
    assert towers.total.min() == 0
    over = 0.5 * math.erfc(0.5 / math.sqrt(2))
    assert abs(n_over - 82 * 72 * over) < 4 * math.sqrt(82 * 72 * over)


@pytest.mark.parametrize(("ring", "counted"), [(36, 0), (37, 1), (41, 1), (44, 1), (45, 0)])
def test_pileup_towers_are_those_of_four_rings_on_each_side(
    exact_trigger: TriggerConfig, crossings: Made, ring: int, counted: int
) -> None:
    filled = {(1, 0, ring, 5): 3.0, (1, 1, ring, 5): 3.0, (1, 1, ring, 6): 0.4}
    assert measured(crossings(filled, n_crossings=2), exact_trigger).pileup_towers.tolist() == [0, counted]


def egamma_in_a_loop(towers: Towers, trigger: TriggerConfig) -> list[tuple[int, float, float, float, bool]]:
    found = []
    for event, (em, total) in enumerate(
        zip(towers.electromagnetic.tolist(), towers.total.tolist(), strict=True)
    ):

        def at(grid: list[list[int]], ring: int, column: int) -> int:
            return grid[ring][column % 72] if 0 <= ring < 82 else 0

        for ring in range(82):
            if abs(ETA_CENTRES[ring]) >= trigger.egamma_eta_max:
                continue
            for column in range(72):
                seed = em[ring][column]
                if 0.5 * seed < trigger.egamma_seed_gev:
                    continue
                around = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
                before = [(-1, -1), (0, -1), (1, -1), (-1, 0)]
                if any(at(em, ring + i, column + j) > seed for i, j in around):
                    continue
                if any(at(em, ring + i, column + j) == seed for i, j in before):
                    continue
                values = [0.5 * at(em, ring + i, column + j) for i, j in around]
                cluster = sum(value for value in values if value >= trigger.egamma_member_gev)
                pt = trigger.egamma_scale * cluster
                behind = 0.5 * (total[ring][column] - seed)
                if (
                    behind > trigger.egamma_hadronic_fraction * cluster + 0.5
                    or pt < trigger.egamma_threshold_gev
                ):
                    continue
                wide = sum(
                    at(total, ring + i, column + j) for i in range(-4, 5) for j in range(-4, 5)
                )  # fmt: skip
                allowed = trigger.isolation_fraction * cluster
                allowed += trigger.isolation_per_tower_gev * float(towers.pileup_towers[event])
                isolated = 0.5 * wide - cluster <= allowed
                found.append((event, pt, float(ETA_CENTRES[ring]), (column + 0.5) * STEP, isolated))
    return sorted(found)


@pytest.mark.parametrize("seed", range(4))
def test_egamma_are_those_of_a_plain_loop_over_towers(seed: int) -> None:
    # Isolation that some of them pass in so full a detector.
    trigger = TriggerConfig(noise_gev=0, isolation_per_tower_gev=0.3)
    towers = random_towers(seed, trigger)
    expected = egamma_in_a_loop(towers, trigger)
    assert rows(egamma(towers, trigger)) == expected
    assert len(expected) > 50
    assert 0.1 < np.mean([isolated for *_, isolated in expected]) < 0.9


def test_a_single_tower_is_a_cluster_at_its_centre(exact_trigger: TriggerConfig, crossings: Made) -> None:
    found = egamma(measured(crossings({(0, 0, 46, 11): 40.2}), exact_trigger), exact_trigger)
    assert rows(found) == [(0, 40.0, 0.087 * 5.5, 11.5 * STEP, True)]


@pytest.mark.parametrize(("energy", "n_found"), [(4.5, 0), (5.0, 1)])
def test_a_cluster_begins_at_its_threshold(
    exact_trigger: TriggerConfig, crossings: Made, energy: float, n_found: int
) -> None:
    towers = measured(crossings({(0, 0, 46, 11): energy}), exact_trigger)
    assert len(rows(egamma(towers, exact_trigger))) == n_found


def test_energy_split_over_neighbours_is_one_cluster_where_the_most_is(
    exact_trigger: TriggerConfig, crossings: Made
) -> None:
    # Across the seam of the azimuth; the tower of 0.5 GeV is too small to join.
    split = {(0, 0, 46, 71): 12.0, (0, 0, 46, 0): 20.0, (0, 0, 45, 1): 5.0, (0, 0, 47, 1): 0.5}
    found = egamma(measured(crossings(split), exact_trigger), exact_trigger)
    assert rows(found) == [(0, 37.0, ETA_CENTRES[46], 0.5 * STEP, True)]


@pytest.mark.parametrize(("hadronic", "n_found"), [(0.0, 1), (2.5, 1), (3.0, 0), (10.0, 0)])
def test_hadronic_energy_behind_a_cluster_vetoes_it(
    exact_trigger: TriggerConfig, crossings: Made, hadronic: float, n_found: int
) -> None:
    filled = {(0, 0, 46, 11): 20.0, (0, 1, 46, 11): hadronic, (0, 1, 46, 12): 30.0}
    assert len(rows(egamma(measured(crossings(filled), exact_trigger), exact_trigger))) == n_found


@pytest.mark.parametrize(("around", "isolated"), [(6.0, True), (6.5, False)])
def test_energy_in_9_by_9_around_a_cluster_spoils_its_isolation(
    exact_trigger: TriggerConfig, crossings: Made, around: float, isolated: bool
) -> None:
    for ring, column in ((60 + 4, 71 + 4), (60 - 4, 71 - 4)):
        filled = {(0, 0, 60, 71): 40.0, (0, 1, ring, column % 72): around}
        ((*_, found),) = rows(egamma(measured(crossings(filled), exact_trigger), exact_trigger))
        assert found is isolated
    filled = {(0, 0, 60, 71): 40.0, (0, 1, 60, 4): 100.0}
    assert rows(egamma(measured(crossings(filled), exact_trigger), exact_trigger))[0][-1]


def test_pileup_towers_allow_for_more_around_an_isolated_cluster(
    exact_trigger: TriggerConfig, crossings: Made
) -> None:
    filled = {(0, 0, 60, 20): 40.0, (0, 1, 62, 20): 10.0}
    assert not rows(egamma(measured(crossings(filled), exact_trigger), exact_trigger))[0][-1]
    # 19 towers of 0.22 GeV each make up for 4 GeV.
    pileup = {(0, 1, 40, column): 1.0 for column in range(30, 49)}
    assert rows(egamma(measured(crossings(filled | pileup), exact_trigger), exact_trigger))[0][-1]


@pytest.mark.parametrize("column", [10, 71])
@pytest.mark.parametrize(("up", "aside"), [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)])
def test_two_equal_towers_beside_each_other_are_one_egamma(
    exact_trigger: TriggerConfig, crossings: Made, column: int, up: int, aside: int
) -> None:
    filled = {(0, 0, 46, column): 15.0, (0, 0, 46 + up, (column + aside) % 72): 15.0}
    ((_, pt, *_),) = rows(egamma(measured(crossings(filled), exact_trigger), exact_trigger))
    assert pt == 30.0


def missing_in_a_loop(towers: Towers, trigger: TriggerConfig, event: int) -> tuple[float, float]:
    x = y = 0.0
    for ring in range(82):
        number = ring - 40 if ring > 40 else 41 - ring
        threshold = trigger.met_pileup_gev * float(towers.pileup_towers[event]) * number
        if abs(ETA_CENTRES[ring]) >= trigger.met_eta_max:
            continue
        for column in range(72):
            energy = 0.5 * float(towers.total[event, ring, column])
            if energy >= threshold:
                x -= energy * math.cos((column + 0.5) * STEP)
                y -= energy * math.sin((column + 0.5) * STEP)
    return x, y


@pytest.mark.parametrize("pileup_gev", [0.0, 0.001, 0.005])
def test_missing_energy_is_that_of_a_plain_loop_over_towers(pileup_gev: float) -> None:
    trigger = TriggerConfig(noise_gev=0, met_pileup_gev=pileup_gev)
    towers = random_towers(7, trigger)
    found = missing_energy(towers, trigger)
    assert found.event.tolist() == [0, 1, 2]
    for event in range(3):
        x, y = missing_in_a_loop(towers, trigger, event)
        assert found.pt[event] * math.cos(found.phi[event]) == pytest.approx(x, abs=1e-6)
        assert found.pt[event] * math.sin(found.phi[event]) == pytest.approx(y, abs=1e-6)
    assert ((found.phi >= 0) & (found.phi < 2 * math.pi)).all()
    assert not found.eta.any()


def test_energy_of_the_forward_rings_is_not_missed(exact_trigger: TriggerConfig, crossings: Made) -> None:
    inside, outside = int(np.searchsorted(ETA_CENTRES, 2.9)) - 1, int(np.searchsorted(ETA_CENTRES, 3.01))
    pts: NDArray[np.float64] = np.array([
        missing_energy(measured(crossings({(0, 1, ring, 5): 50.0}), exact_trigger), exact_trigger).pt[0]
        for ring in (inside, outside)
    ])  # fmt: skip
    assert pts.tolist() == [pytest.approx(50.0), 0.0]


@pytest.mark.parametrize(("energy", "missed"), [(0.5, 0.0), (1.0, 1.0)])
def test_a_tower_is_missed_from_its_threshold_on(
    exact_trigger: TriggerConfig, crossings: Made, energy: float, missed: float
) -> None:
    # It is the one pile-up tower that is counted, in ring 2: its threshold is 2 * 0.5 GeV.
    trigger = exact_trigger.model_copy(update={"met_pileup_gev": 0.5})
    found = missing_energy(measured(crossings({(0, 1, 42, 5): energy}), trigger), trigger)
    assert found.pt.tolist() == [pytest.approx(missed)]
