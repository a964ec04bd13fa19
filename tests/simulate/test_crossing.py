import math

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.simulate.crossing import Drawn, piled_up
from l1ad.simulate.deposits import MUON, Collisions
from l1ad.simulate.grid import ETA_CENTRES, TOWERS, tower_of

STEP = 2 * math.pi / 72


def random_collisions(rng: np.random.Generator, n: int) -> Collisions:
    """Make collisions by hand, energies in 64ths of a GeV so that sums are exact in any order."""
    n_deposits, n_muons = rng.integers(0, 30, n), rng.integers(0, 3, n)
    muons = np.zeros(n_muons.sum(), dtype=MUON)
    muons["pt"], muons["impact_cm"] = rng.uniform(3, 50, len(muons)), rng.random(len(muons))
    muons["eta"], muons["phi"] = rng.uniform(-2.4, 2.4, len(muons)), rng.uniform(-math.pi, math.pi, len(muons))
    return Collisions(
        deposit_start=np.r_[0, np.cumsum(n_deposits)],
        tower=rng.integers(0, 2 * TOWERS, n_deposits.sum()).astype(np.uint16),
        et=(rng.integers(1, 4000, n_deposits.sum()) / 64).astype(np.float32),
        muon_start=np.r_[0, np.cumsum(n_muons)],
        muons=muons,
    )


def drawn_at_random(rng: np.random.Generator, n_drawn: int, n_source: int, n_crossings: int) -> Drawn:
    """Draw for every other crossing, so that half of them stay empty."""
    crossing = 2 * np.sort(rng.integers(0, n_crossings // 2, n_drawn))
    return Drawn.at_random(rng.integers(0, n_source, n_drawn), crossing, rng)


def summed_in_a_loop(parts: list[tuple[Collisions, Drawn]], n_crossings: int) -> NDArray[np.float64]:
    et = np.zeros((n_crossings, 2, 82, 72))
    for source, drawn in parts:
        for which, crossing, turn, mirrored in zip(
            drawn.which, drawn.crossing, drawn.turn, drawn.mirrored, strict=True
        ):
            for deposit in range(source.deposit_start[which], source.deposit_start[which + 1]):
                part, tower = divmod(int(source.tower[deposit]), TOWERS)
                ring, column = divmod(tower, 72)
                ring = 81 - ring if mirrored else ring
                et[crossing, part, ring, (column + turn) % 72] += source.et[deposit]
    return et


def muons_in_a_loop(parts: list[tuple[Collisions, Drawn]]) -> list[tuple[int, float, float, float, float]]:
    found = []
    for source, drawn in parts:
        for which, crossing, turn, mirrored in zip(
            drawn.which, drawn.crossing, drawn.turn, drawn.mirrored, strict=True
        ):
            for muon in source.muons[source.muon_start[which] : source.muon_start[which + 1]].tolist():
                pt, eta, phi, impact_cm = muon
                turned = (phi + turn * STEP) % (2 * math.pi)
                found.append((int(crossing), pt, -eta if mirrored else eta, turned, impact_cm))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_crossings_are_what_a_plain_loop_over_collisions_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sources = [random_collisions(rng, n) for n in (40, 7)]
    parts = [
        (source, drawn_at_random(rng, n, len(source), 10)) for source, n in zip(sources, (14, 5), strict=True)
    ]
    made = piled_up(parts, 10)
    assert not made.et[1::2].any()
    np.testing.assert_array_equal(made.et, summed_in_a_loop(parts, 10))
    expected = np.array(muons_in_a_loop(parts))
    assert len(expected) > 5
    np.testing.assert_array_equal(made.muon_crossing, expected[:, 0])
    for column, name in enumerate(("pt", "eta", "phi", "impact_cm"), start=1):
        np.testing.assert_allclose(made.muons[name], expected[:, column], atol=1e-6)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turn", range(72))
def test_a_muon_stays_on_the_tower_of_its_collision(turn: int, mirrored: bool) -> None:
    ring, column = 50, 70
    muon = np.array([(20.0, ETA_CENTRES[ring], (column + 0.5) * STEP, 0.0)], dtype=MUON)
    source = Collisions(
        deposit_start=np.array([0, 1]),
        tower=np.array([ring * 72 + column], dtype=np.uint16),
        et=np.array([5.0], dtype=np.float32),
        muon_start=np.array([0, 1]),
        muons=muon,
    )
    drawn = Drawn(
        which=np.array([0]), crossing=np.array([0]), turn=np.array([turn]), mirrored=np.array([mirrored])
    )
    made = piled_up([(source, drawn)], 1)
    (place,) = np.argwhere(made.et[0, 0]).tolist()
    assert place == [31 if mirrored else 50, (70 + turn) % 72]
    assert tower_of(made.muons["eta"], made.muons["phi"]).tolist() == [place[0] * 72 + place[1]]


def test_crossings_without_collisions_are_empty() -> None:
    rng = np.random.default_rng(1)
    none = np.zeros(0, dtype=np.int64)
    made = piled_up([(random_collisions(rng, 5), Drawn.at_random(none, none, rng))], 3)
    assert made.et.shape == (3, 2, 82, 72)
    assert not made.et.any()
    assert (len(made.muons), len(made.muon_crossing)) == (0, 0)


def test_a_collision_drawn_twice_counts_twice_and_stays_as_it_was() -> None:
    rng = np.random.default_rng(2)
    source = random_collisions(rng, 3)
    before = source.muons.copy(), source.et.copy()
    twice = Drawn(
        which=np.array([1, 1]),
        crossing=np.array([0, 0]),
        turn=np.array([5, 5]),
        mirrored=np.array([True, True]),
    )
    once = Drawn(which=np.array([1]), crossing=np.array([0]), turn=np.array([5]), mirrored=np.array([True]))
    made = piled_up([(source, twice)], 1)
    np.testing.assert_array_equal(made.et, 2 * piled_up([(source, once)], 1).et)
    np.testing.assert_array_equal(source.muons, before[0])
    np.testing.assert_array_equal(source.et, before[1])


def test_collisions_as_they_are_stand_in_a_crossing_of_their_own() -> None:
    source = random_collisions(np.random.default_rng(3), 6)
    made = piled_up([(source, Drawn.as_it_is(6))], 6)
    for event in range(6):
        here = slice(source.deposit_start[event], source.deposit_start[event + 1])
        expected = np.bincount(source.tower[here], weights=source.et[here], minlength=2 * TOWERS)
        np.testing.assert_array_equal(made.et[event].ravel(), expected)
    np.testing.assert_array_equal(made.muon_crossing, np.repeat(np.arange(6), np.diff(source.muon_start)))
    np.testing.assert_array_equal(made.muons["eta"], source.muons["eta"])


def test_collisions_are_turned_and_mirrored_evenly() -> None:
    n = 72_000
    each = np.arange(n)
    drawn = Drawn.at_random(each, each, np.random.default_rng(4))
    counts = np.bincount(drawn.turn, minlength=72)
    assert len(counts) == 72
    # χ² of 71 degrees of freedom, four standard deviations.
    assert abs(((counts - 1000) ** 2 / 1000).sum() - 71) < 4 * math.sqrt(2 * 71)
    assert abs(drawn.mirrored.sum() - n / 2) < 4 * math.sqrt(n) / 2
    np.testing.assert_array_equal(drawn.which, each)
