"""Jets against a plain loop over the towers of one crossing at a time."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from l1ad.config.detector import TriggerConfig
from l1ad.simulate.calorimeter import Towers, jets, measured_towers
from l1ad.simulate.crossing import Crossings
from l1ad.simulate.grid import ETA_CENTRES

STEP = 2 * math.pi / 72
Made = Callable[..., Crossings]
Jet = tuple[int, float, float, float]


def measured(crossings: Crossings, trigger: TriggerConfig) -> Towers:
    return measured_towers(crossings.et, trigger, np.random.default_rng(1))


def found_jets(towers: Towers, trigger: TriggerConfig) -> list[Jet]:
    found = jets(towers, trigger)
    assert found.isolated.all()
    columns = (found.event, found.pt, found.eta, found.phi)
    return sorted(zip(*(one.tolist() for one in columns), strict=True))


def jets_in_a_loop(towers: Towers, trigger: TriggerConfig) -> list[Jet]:
    """Find jets as the trigger's firmware is described: a window of 9 x 9 and the mask of its inequalities."""
    found = []
    for event, grid in enumerate(towers.total.tolist()):

        def at(ring: int, column: int, grid: list[list[int]] = grid) -> int:
            return grid[ring][column % 72] if 0 <= ring < 82 else 0

        def area(rings: range, columns: range) -> int:
            return sum(at(ring, column) for ring in rings for column in columns)

        for ring in range(82):
            for column in range(72):
                seed = at(ring, column)
                if 0.5 * seed < trigger.jet_seed_gev or abs(ETA_CENTRES[ring]) >= trigger.jet_eta_max:
                    continue
                beaten = False
                for i in range(-4, 5):
                    for j in range(-4, 5):
                        other = at(ring + i, column + j)
                        first = j < 0 or (j == 0 and i < 0)
                        beaten |= other > seed or (other == seed and first)
                if beaten:
                    continue
                rings, columns = range(ring - 4, ring + 5), range(column - 4, column + 5)
                strips = sorted([
                    area(range(ring - 7, ring - 4), columns), area(range(ring + 5, ring + 8), columns),
                    area(rings, range(column - 7, column - 4)), area(rings, range(column + 5, column + 8)),
                ])  # fmt: skip
                pt = trigger.jet_scale * 0.5 * (area(rings, columns) - sum(strips[:3]))
                if pt >= trigger.jet_threshold_gev:
                    found.append((event, pt, float(ETA_CENTRES[ring]), (column + 0.5) * STEP))
    return sorted(found)


@pytest.mark.parametrize("filling", [0.03, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_jets_are_those_of_a_plain_loop_over_towers(seed: int, filling: float) -> None:
    rng = np.random.default_rng(seed)
    trigger = TriggerConfig(noise_gev=0)
    # Few values, so that the highest of a window is often there twice; more at the edges and the seam.
    shape = (3, 2, 82, 72)
    et = 0.5 * rng.integers(0, 30, shape).astype(np.float64) * (rng.random(shape) < filling)
    towers = measured_towers(et, trigger, rng)
    expected = jets_in_a_loop(towers, trigger)
    assert found_jets(towers, trigger) == expected
    assert len(expected) > 50
    assert max(abs(eta) for *_, eta, _ in expected) > 4.7
    assert {True, False} <= {phi < 4 * STEP for *_, phi in expected}
    assert any(phi > 68 * STEP for *_, phi in expected)


@pytest.mark.parametrize("column", [10, 70])
@pytest.mark.parametrize("up", range(-4, 5))
def test_two_equal_towers_within_a_window_are_one_jet(
    exact_trigger: TriggerConfig, crossings: Made, column: int, up: int
) -> None:
    for aside in range(-4, 5):
        if (up, aside) != (0, 0):
            filled = {(0, 1, 46, column): 15.0, (0, 1, 46 + up, (column + aside) % 72): 15.0}
            ((_, pt, *_),) = found_jets(measured(crossings(filled), exact_trigger), exact_trigger)
            assert pt == 30.0


@pytest.mark.parametrize(("up", "aside"), [(5, 0), (0, 5), (-5, 0), (0, -5)])
def test_two_towers_a_window_apart_are_two_jets(
    exact_trigger: TriggerConfig, crossings: Made, up: int, aside: int
) -> None:
    filled = {(0, 1, 46, 2): 15.0, (0, 1, 46 + up, (2 + aside) % 72): 15.0}
    found = found_jets(measured(crossings(filled), exact_trigger), exact_trigger)
    assert [pt for _, pt, *_ in found] == [15.0, 15.0]


def test_the_three_strips_with_the_least_energy_are_subtracted(
    exact_trigger: TriggerConfig, crossings: Made
) -> None:
    # Beside the jet of 50 GeV: 1, 2, 3 GeV and, as in a neighbouring jet, 12 GeV.
    filled = {
        (0, 1, 46, 30): 50.0, (0, 1, 46 - 5, 30): 1.0, (0, 1, 46 + 7, 34): 2.0, (0, 1, 42, 30 - 7): 3.0,
        (0, 1, 46, 30 + 5): 12.0,
    }  # fmt: skip
    found = found_jets(measured(crossings(filled), exact_trigger), exact_trigger)
    assert (0, 44.0, ETA_CENTRES[46], 30.5 * STEP) in found


def test_even_pileup_leaves_what_stands_out_of_it(exact_trigger: TriggerConfig, crossings: Made) -> None:
    filled = {(0, 1, ring, column): 1.0 for ring in range(82) for column in range(72)}
    found = found_jets(measured(crossings(filled | {(0, 1, 46, 30): 51.0}), exact_trigger), exact_trigger)
    assert found == [(0, 50.0, ETA_CENTRES[46], 30.5 * STEP)]


@pytest.mark.parametrize(("ring", "n_found"), [(81, 0), (80, 1), (1, 1), (0, 0)])
def test_jets_end_at_the_highest_pseudorapidity(crossings: Made, ring: int, n_found: int) -> None:
    trigger = TriggerConfig(noise_gev=0, jet_eta_max=4.9)
    assert len(found_jets(measured(crossings({(0, 1, ring, 30): 50.0}), trigger), trigger)) == n_found


@pytest.mark.parametrize(("energy", "n_found"), [(9.5, 0), (10.0, 1)])
def test_jets_begin_at_their_threshold(
    exact_trigger: TriggerConfig, crossings: Made, energy: float, n_found: int
) -> None:
    assert (
        len(found_jets(measured(crossings({(0, 1, 46, 30): energy}), exact_trigger), exact_trigger)) == n_found
    )


def test_a_jet_needs_one_tower_over_the_seed(exact_trigger: TriggerConfig, crossings: Made) -> None:
    spread = {(0, 1, 44 + i, 30 + j): 3.5 for i in range(3) for j in range(3)}
    assert found_jets(measured(crossings(spread), exact_trigger), exact_trigger) == []
    ((_, pt, *_),) = found_jets(
        measured(crossings(spread | {(0, 1, 45, 31): 4.0}), exact_trigger), exact_trigger
    )
    assert pt == 32.0
