import math

import numpy as np
import pytest

from l1ad.simulate.grid import ETA_CENTRES, ETA_MAX, ETA_RINGS, PHI_TOWERS, RING_NUMBER, TOWERS, tower_of

# One side, ring 1 to 41; ring 29 has no width.
BARREL = [0.087 * ring for ring in range(21)]
ENDCAP = [1.83, 1.93, 2.043, 2.172, 2.322, 2.5, 2.65, 3.0]
FORWARD = [3.0, 3.139, 3.314, 3.489, 3.664, 3.839, 4.013, 4.191, 4.363, 4.538, 4.716, 4.889, 5.191]
EDGES = BARREL + ENDCAP + FORWARD
EMPTY_RING = 29
STEP = 2 * math.pi / 72


def ring_and_column(eta: float, phi: float = 0.1) -> tuple[int, int]:
    ring, column = divmod(int(tower_of(np.array([eta]), np.array([phi]))[0]), 72)
    return ring, column


def numbered(ring: int, side: int) -> int:
    """Give the row of a ring 1 to 41 of one side, in the order of rising η."""
    return 40 + ring if side > 0 else 41 - ring


def test_the_grid_has_41_rings_a_side_and_72_towers_round() -> None:
    assert (len(EDGES), ETA_RINGS, PHI_TOWERS, TOWERS) == (42, 82, 72, 5904)
    assert EDGES[-1] == ETA_MAX


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("ring", [ring for ring in range(1, 42) if ring != EMPTY_RING])
def test_a_ring_begins_at_its_lower_edge_and_ends_before_its_upper(ring: int, side: int) -> None:
    low, high = EDGES[ring - 1], EDGES[ring]
    for eta in (low, (low + high) / 2, math.nextafter(high, 0)):
        if eta > 0 or side > 0:
            assert ring_and_column(side * eta)[0] == numbered(ring, side)


def test_the_outer_edge_belongs_to_the_last_ring() -> None:
    assert (ring_and_column(ETA_MAX)[0], ring_and_column(-ETA_MAX)[0]) == (81, 0)


def test_ring_29_is_never_hit() -> None:
    eta = np.concatenate([np.linspace(2.9, 3.1, 100_001), [3.0, np.nextafter(3.0, 0), np.nextafter(3.0, 4)]])
    both = np.concatenate([eta, -eta])
    rings = set((tower_of(both, np.zeros_like(both)) // 72).tolist())
    assert rings == {numbered(ring, side) for ring in (28, 30) for side in (1, -1)}


def test_the_centre_of_a_ring_lies_inside_it() -> None:
    rings = np.delete(np.arange(82), [numbered(EMPTY_RING, 1), numbered(EMPTY_RING, -1)])
    np.testing.assert_array_equal(tower_of(ETA_CENTRES[rings], np.zeros(80)) // 72, rings)
    assert ETA_CENTRES[numbered(1, 1)] == 0.087 / 2
    assert ETA_CENTRES[numbered(41, -1)] == -(4.889 + 5.191) / 2


def test_rings_are_numbered_from_the_middle() -> None:
    assert RING_NUMBER[[0, 40, 41, 81]].tolist() == [41, 1, 1, 41]
    rows = [numbered(int(number), 1 if row > 40 else -1) for row, number in enumerate(RING_NUMBER)]
    assert rows == list(range(82))


def test_both_sides_mirror_each_other() -> None:
    eta = np.random.default_rng(1).uniform(1e-6, ETA_MAX, 10_000)
    phi = np.linspace(0, 6, 10_000)
    here, there = tower_of(eta, phi), tower_of(-eta, phi)
    np.testing.assert_array_equal(here // 72, 81 - there // 72)
    np.testing.assert_array_equal(here % 72, there % 72)
    np.testing.assert_array_equal(ETA_CENTRES, -ETA_CENTRES[::-1])


@pytest.mark.parametrize("turn", [-2, -1, 0, 1])
def test_towers_in_azimuth_count_from_0_and_come_round(turn: int) -> None:
    for column in range(72):
        for part in (0.001, 0.5, 0.999):
            assert ring_and_column(0.0, (column + part) * STEP + turn * 2 * math.pi) == (41, column)


@pytest.mark.parametrize(
    ("phi", "column"), [(0.0, 0), (-1e-9, 71), (2 * math.pi, 0), (-1e-20, 0), (math.pi, 36)]
)
def test_the_seam_of_the_azimuth_is_at_0(phi: float, column: int) -> None:
    assert ring_and_column(0.0, phi) == (41, column)
