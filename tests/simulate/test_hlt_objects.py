"""The HLT's view of crossings: pile-up taken away, objects found, and the same events as L1's."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.config.detector import TriggerConfig
from l1ad.config.sample import PileupConfig, PoolConfig, SampleConfig
from l1ad.config.studies.hlt_and_l1 import HltConfig
from l1ad.simulate.crossing import Crossings, Drawn, piled_up
from l1ad.simulate.deposits import MUON, Collisions
from l1ad.simulate.grid import ETA_CENTRES, ETA_RINGS, PHI_STEP, PHI_TOWERS
from l1ad.simulate.hlt_cleaning import activity, cleaned_towers, primary_parts, without_even_pileup
from l1ad.simulate.hlt_objects import hlt_objects
from l1ad.simulate.hlt_views import Looking, accepted_by_menu, seen_twice
from l1ad.simulate.muons import muons
from l1ad.simulate.pool import Pool
from l1ad.simulate.trigger_objects import TriggerObjects

pytest.importorskip("fastjet", reason="the extra 'simulate' is not installed")

EXACT = HltConfig(
    noise_gev=0, jet_scale=1, egamma_scale=1, met_scale=1, muon_efficiency=1, muon_pt_resolution=0,
    muon_angle_resolution=0,
)  # fmt: skip
RING = 45
"""A ring at η = 0.39."""
MadeCrossings = Callable[..., Crossings]


def collisions_of(*towers: dict[int, float], muons_pt: tuple[float, ...] = ()) -> Collisions:
    """Make collisions of towers by number; the muons are those of the last one."""
    n = len(towers)
    muon = np.zeros(len(muons_pt), dtype=MUON)
    muon["pt"] = muons_pt
    return Collisions(
        deposit_start=np.r_[0, np.cumsum([len(one) for one in towers])],
        tower=np.array([tower for one in towers for tower in one], dtype=np.uint16),
        et=np.array([et for one in towers for et in one.values()], dtype=np.float32),
        muon_start=np.r_[np.zeros(n, dtype=np.int64), len(muons_pt)],
        muons=muon,
    )


def tower(ring: int, column: int) -> int:
    return ring * PHI_TOWERS + column


def found(et: NDArray[np.float64]) -> TriggerObjects:
    empty = Crossings(et=et, muon_crossing=np.zeros(0, dtype=np.int64), muons=np.zeros(0, dtype=MUON))
    return hlt_objects(et, empty, EXACT, np.random.default_rng(1))


def test_what_is_even_goes_and_what_stands_out_keeps_its_height_above_it() -> None:
    total = np.full((2, ETA_RINGS, PHI_TOWERS), 0.7)
    total[1, RING, 10] += 30.0
    kept = without_even_pileup(total)
    assert not kept[0].any()
    assert np.count_nonzero(kept[1]) == 1
    assert kept[1, RING, 10] == pytest.approx(30.0)


def test_cleaning_is_the_median_of_means_then_the_median_of_maxima() -> None:
    total = np.random.default_rng(1).exponential(1.0, (1, ETA_RINGS, PHI_TOWERS))
    # The first strip: five rings on each side of η = 0, by hand, patch by patch.
    patches = [
        [(ring, column) for ring in rings for column in range(start, start + 6)]
        for rings in (range(36, 41), range(41, 46))
        for start in range(0, PHI_TOWERS, 6)
    ]
    even = np.median([np.mean([total[0][one] for one in patch]) for patch in patches])
    cut = np.median([max(max(total[0][one] - even, 0.0) for one in patch) for patch in patches])
    kept = without_even_pileup(total)
    for patch in patches:
        for one in patch:
            over = max(total[0][one] - even, 0.0)
            assert kept[0][one] == pytest.approx(over if over > cut else 0.0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), turn=st.integers(0, 11))
def test_cleaning_adds_nothing_and_knows_no_direction(seed: int, turn: int) -> None:
    total = np.random.default_rng(seed).exponential(0.5, (1, ETA_RINGS, PHI_TOWERS))
    kept = without_even_pileup(total)
    assert (kept >= 0).all()
    assert (kept <= total).all()
    np.testing.assert_array_equal(
        without_even_pileup(np.roll(total, 6 * turn, axis=2)), np.roll(kept, 6 * turn, axis=2)
    )
    np.testing.assert_array_equal(without_even_pileup(total[:, ::-1]), kept[:, ::-1])


def test_activity_counts_squares_in_reach_of_the_tracks_and_muons() -> None:
    pool = collisions_of({tower(RING, 1): 3.0, tower(81, 1): 100.0}, {tower(RING, 2): 2.0}, muons_pt=(4.0,))
    np.testing.assert_allclose(activity(pool, EXACT), [9.0, 4.0 + 16.0])


def test_the_most_active_collision_of_each_crossing_is_its_vertex() -> None:
    pool = collisions_of({tower(RING, 1): 3.0}, {tower(RING, 2): 5.0}, {tower(RING, 3): 1.0})
    on_top = collisions_of({tower(RING, 4): 4.0}, {tower(RING, 5): 4.0})
    drawn = Drawn(
        which=np.array([0, 1, 2, 0]), crossing=np.array([0, 0, 1, 1]), turn=np.zeros(4, dtype=np.int64),
        mirrored=np.zeros(4, dtype=bool),
    )  # fmt: skip
    parts = [(pool, drawn), (on_top, Drawn.as_it_is(2))]
    chosen = primary_parts(parts, [activity(pool, EXACT), activity(on_top, EXACT)])
    assert [(one.which.tolist(), one.crossing.tolist()) for _, one in chosen] == [([1], [0]), ([1], [1])]


def test_tracks_take_the_other_collisions_away_and_not_those_out_of_reach() -> None:
    pool = collisions_of(
        {tower(RING, 1): 30.0, tower(80, 1): 20.0}, {tower(RING, 40): 20.0, tower(80, 40): 20.0}
    )
    drawn = Drawn(
        which=np.array([0, 1]), crossing=np.zeros(2, dtype=np.int64), turn=np.zeros(2, dtype=np.int64),
        mirrored=np.zeros(2, dtype=bool),
    )  # fmt: skip
    parts = [(pool, drawn)]
    et = piled_up(parts, 1).et
    cleaned = cleaned_towers(et, parts, [activity(pool, EXACT)], EXACT, np.random.default_rng(1))
    total = cleaned.sum(axis=1)[0]
    assert total[RING, 1] == pytest.approx(30.0)
    assert total[RING, 40] == 0.0  # nothing of the chosen collision is around it
    assert total[80, 1] == pytest.approx(20.0)
    assert total[80, 40] == pytest.approx(20.0)


def test_jets_lie_where_their_energy_is() -> None:
    et = np.zeros((2, 2, ETA_RINGS, PHI_TOWERS))
    et[1, 1, RING, 10], et[1, 1, RING, 11], et[1, 0, RING, 46] = 30.0, 10.0, 25.0
    objects = found(et)
    assert objects.jets.event.tolist() == [1, 1]
    order = np.argsort(-objects.jets.pt)
    # Massless towers of 30 and 10 GeV, 5 degrees apart.
    assert objects.jets.pt[order] == pytest.approx([39.971, 25.0], abs=0.01)
    assert objects.jets.phi[order][0] == pytest.approx(10.75 * PHI_STEP, abs=0.002)
    assert objects.jets.eta[order][1] == pytest.approx(ETA_CENTRES[RING], abs=1e-6)


def test_clusters_lie_between_their_towers_and_need_quiet_around_and_behind_them() -> None:
    et = np.zeros((3, 2, ETA_RINGS, PHI_TOWERS))
    et[:, 0, RING, 0], et[:, 0, RING, 71] = 20.0, 19.0
    et[1, 1, RING, 0] = 5.0
    et[2, 1, RING, 3] = 12.0
    clusters = found(et).egamma
    assert clusters.event.tolist() == [0]
    assert clusters.pt[0] == pytest.approx(39.0)
    # Across the seam of φ, between the two towers and nearer to the first.
    assert np.mod(clusters.phi[0] + np.pi, 2 * np.pi) - np.pi == pytest.approx((20 - 19) / 39 * PHI_STEP / 2)


def test_met_counts_muons_and_leaves_the_forward_towers_out(crossings: MadeCrossings) -> None:
    seen = crossings({(0, 1, RING, 0): 40.0, (0, 1, 81, 20): 60.0}, muons=[(25.0, 0.3, PHI_STEP / 2, 0.0)])
    met = hlt_objects(seen.et, seen, EXACT, np.random.default_rng(1)).met
    assert met.pt[0] == pytest.approx(65.0)
    assert met.phi[0] == pytest.approx(np.pi + PHI_STEP / 2)


def test_the_hlt_measures_muons_better_than_l1(crossings: MadeCrossings) -> None:
    seen = crossings({}, muons=[(20.0, 1.0, 2.0, 0.0)] * 2_000)
    hlt = hlt_objects(seen.et, seen, HltConfig(), np.random.default_rng(1)).muons
    l1 = muons(seen, TriggerConfig(), np.random.default_rng(1))
    assert np.std(hlt.pt / 20.0) == pytest.approx(0.02, rel=0.1)
    assert np.std(np.log(l1.pt)) > 5 * np.std(np.log(hlt.pt))
    assert np.std(hlt.eta) < np.std(l1.eta) / 5
    assert len(hlt.pt) / 2_000 == pytest.approx(0.97, abs=0.02)


def looking(made_pool: tuple[PoolConfig, Path, Pool]) -> Looking:
    pool = made_pool[2]
    config = SampleConfig(name="zb", title="zb", pool="-", pileup=PileupConfig(mean=0.3), events=2_000)
    return Looking(config=config, pool=pool, activity=activity(pool.collisions, EXACT), hlt=HltConfig())


def test_both_views_are_the_same_events_whatever_the_chunks(made_pool: tuple[PoolConfig, Path, Pool]) -> None:
    whole = seen_twice(looking(made_pool), 0, 500)
    halves = [seen_twice(looking(made_pool), first, 250) for first in (0, 250)]
    assert whole is not None
    for view in ("l1", "hlt"):
        inputs = np.concatenate([getattr(one, view).inputs_raw for one in halves])
        np.testing.assert_array_equal(getattr(whole, view).inputs_raw, inputs)
    np.testing.assert_array_equal(whole.l1.event_number, np.arange(500))
    np.testing.assert_array_equal(whole.hlt.event_number, whole.l1.event_number)
    assert not np.array_equal(whole.l1.inputs_raw, whole.hlt.inputs_raw)


def test_what_l1_accepts_is_thinned_to_the_lowest_weight(made_pool: tuple[PoolConfig, Path, Pool]) -> None:
    given = looking(made_pool)
    enriched = given.config.model_copy(update={"enrichment": 0.5})
    every = seen_twice(replace(given, config=enriched), 0, 500)
    accepted = seen_twice(replace(given, config=enriched, lowest_weight=1e-9), 0, 500)
    thinned = seen_twice(replace(given, config=enriched, lowest_weight=0.9), 0, 500)
    assert every is not None and accepted is not None and thinned is not None
    taken = accepted_by_menu(every.l1)
    assert 0 < taken.sum() < 500
    np.testing.assert_array_equal(accepted.l1.event_number, every.l1.event_number[taken])
    np.testing.assert_array_equal(accepted.hlt.weights, every.l1.weights[taken])
    assert set(thinned.l1.event_number) < set(accepted.l1.event_number)
    assert thinned.l1.weights.min() >= 0.9
    # What thinning leaves weighs as much on average: within four standard deviations of the draws.
    light = accepted.l1.weights[accepted.l1.weights < 0.9]
    error = np.sqrt(np.sum(light * (0.9 - light)))
    assert abs(thinned.l1.weights.sum() - accepted.l1.weights.sum()) < 4 * error + 1e-9
