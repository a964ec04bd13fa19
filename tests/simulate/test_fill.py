"""Time, pile-up and hard processes of crossings; statistical tests at four standard deviations, seeds fixed."""

import math
from collections import Counter
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from l1ad.config.sample import FillConfig, PileupConfig
from l1ad.core.units import LUMI_SECTION_SECONDS
from l1ad.simulate.deposits import MUON, Collisions
from l1ad.simulate.fill import Conditions, colliding_bunches, conditions, drawn_hard
from l1ad.simulate.pool import Pool


def pool_of(*fractions: float) -> Pool:
    """Make a pool without collisions, of hard processes with so large a part of the cross section."""
    none = np.zeros(1, dtype=np.int64)
    return Pool(
        collisions=Collisions(
            deposit_start=none, tower=np.zeros(0, np.uint16), et=np.zeros(0, np.float32), muon_start=none,
            muons=np.zeros(0, MUON),
        ),
        first=np.zeros(len(fractions) + 2, dtype=np.int64),
        hard_names=tuple(f"process_{k}" for k in range(len(fractions))),
        hard_fraction=np.array(fractions),
        replaced=0.0,
        digest="",
        record={},
    )  # fmt: skip


def drawn_conditions(fill: FillConfig, pileup: PileupConfig, n_events: int, *, seed: int = 1) -> Conditions:
    return conditions(np.arange(n_events), n_events, pileup, fill, np.random.default_rng(seed))


def test_2352_bunches_collide_unless_told_otherwise() -> None:
    bunches = colliding_bunches(FillConfig()).tolist()
    assert len(bunches) == len(set(bunches)) == 2352
    assert min(bunches) >= 0
    assert max(bunches) < 3564


@pytest.mark.parametrize(("trains", "per_train"), [(1, 1), (1, 3556), (63, 48), (396, 1), (7, 500)])
def test_trains_do_not_touch_and_fit_the_orbit(trains: int, per_train: int) -> None:
    bunches = colliding_bunches(FillConfig(trains=trains, bunches_per_train=per_train)).tolist()
    assert len(set(bunches)) == trains * per_train
    assert max(bunches) < 3564
    gaps = [
        after - before - 1 for before, after in zip(bunches, [*bunches[1:], bunches[0] + 3564], strict=True)
    ]
    assert sorted(gaps)[-trains] >= 8
    assert gaps.count(0) == trains * (per_train - 1)


@pytest.mark.parametrize(("n_events", "sections"), [(1000, 100), (1003, 100), (50, 100)])
def test_lumi_sections_follow_one_another_and_hold_equally_many_events(n_events: int, sections: int) -> None:
    made = drawn_conditions(FillConfig(lumi_sections=sections), PileupConfig(mean=50), n_events).lumi_section
    assert (np.diff(made) >= 0).all()
    assert (made[0], made[-1] <= sections) == (1, True)
    counts = Counter(made.tolist()).values()
    assert max(counts) - min(counts) <= 1
    if n_events >= sections:
        assert set(made.tolist()) == set(range(1, sections + 1))


def test_pileup_decays_with_the_lifetime_from_the_first_section_on() -> None:
    fill = FillConfig(lumi_sections=1800, lifetime_hours=12, bunch_spread=0)
    made = drawn_conditions(fill, PileupConfig(mean=60), 3600)
    hours = [(section - 1) * LUMI_SECTION_SECONDS / 3600 for section in made.lumi_section.tolist()]
    assert made.expected.tolist() == pytest.approx([60 * math.exp(-one / 12) for one in hours])
    assert made.expected[0] == 60.0
    assert made.expected[-1] == pytest.approx(60 * math.exp(-11.65 / 12), rel=0.01)


def test_without_a_lifetime_pileup_is_levelled() -> None:
    made = drawn_conditions(FillConfig(bunch_spread=0), PileupConfig(mean=42.5), 1000)
    assert set(made.expected.tolist()) == {42.5}


def test_a_bunch_has_the_same_factor_in_every_chunk_and_another_in_another_run() -> None:
    fill = FillConfig(run=3, trains=2, bunches_per_train=20, bunch_spread=0.08)

    def by_bunch(made: Conditions) -> dict[int, set[float]]:
        pairs = list(zip(made.bunch_crossing.tolist(), made.expected.tolist(), strict=True))
        return {bunch: {value for owner, value in pairs if owner == bunch} for bunch, _ in pairs}

    one, two = (by_bunch(drawn_conditions(fill, PileupConfig(mean=50), 2000, seed=seed)) for seed in (1, 2))
    assert one == two
    assert all(len(values) == 1 for values in one.values())
    assert len(one) == 40
    other = fill.model_copy(update={"run": 4})
    assert by_bunch(drawn_conditions(other, PileupConfig(mean=50), 2000)) != one


def test_bunches_spread_as_told_and_are_hit_evenly() -> None:
    made = drawn_conditions(FillConfig(bunch_spread=0.1), PileupConfig(mean=1), 235_200)
    factor = dict(zip(made.bunch_crossing.tolist(), made.expected.tolist(), strict=True))
    assert set(factor) == set(colliding_bunches(FillConfig()).tolist())
    factors = np.array(list(factor.values()))
    assert abs(factors.mean() - 1) < 4 * 0.1 / math.sqrt(2352)
    assert abs(factors.std() - 0.1) < 4 * 0.1 / math.sqrt(2 * 2352)
    counts = np.array(list(Counter(made.bunch_crossing.tolist()).values()))
    assert abs(((counts - 100) ** 2 / 100).sum() - 2351) < 4 * math.sqrt(2 * 2351)


def test_a_profile_gives_its_expectations_in_its_frequencies() -> None:
    profile = {20.0: 1.0, 35.0: 5.0, 50.0: 3.0, 60.0: 1.0}
    n = 20_000
    made = drawn_conditions(FillConfig(bunch_spread=0), PileupConfig(profile=profile), n)
    counts = Counter(made.expected.tolist())
    assert set(counts) == set(profile)
    chi2 = sum((counts[value] - n * share / 10) ** 2 / (n * share / 10) for value, share in profile.items())
    assert chi2 < 3 + 4 * math.sqrt(2 * 3)


MEANS = (Fraction(3, 10), Fraction(1, 50))


def poisson(counts: tuple[int, ...]) -> Fraction:
    """Give the Poisson probability of counts over that of no count at all, exactly."""
    shares = [
        mean**n / math.factorial(n) if n >= 0 else Fraction(0) for mean, n in zip(MEANS, counts, strict=True)
    ]
    return math.prod(shares, start=Fraction(1))


def enriched(counts: tuple[int, ...], enrichment: Fraction) -> Fraction:
    """Give the probability of counts where one process is added now and then, over that of none, exactly."""
    n_kinds = len(MEANS)
    one_less = [tuple(n - (k == added) for k, n in enumerate(counts)) for added in range(n_kinds)]
    added = sum((poisson(less) for less in one_less), Fraction(0)) / n_kinds
    return (1 - enrichment) * poisson(counts) + enrichment * added


@pytest.mark.parametrize("enrichment", [Fraction(1, 5), Fraction(1, 2), Fraction(9, 10)])
def test_a_weight_is_what_nature_does_over_what_is_drawn(enrichment: Fraction) -> None:
    expected = np.full(40_000, 10.0)
    pool = pool_of(*(float(mean) / 10 for mean in MEANS))
    drawn = drawn_hard(expected, pool, float(enrichment), np.random.default_rng(1))
    weights = dict(zip(map(tuple, drawn.count.tolist()), drawn.weight.tolist(), strict=True))
    assert len(weights) > 6
    for counts, weight in weights.items():
        assert weight == pytest.approx(float(poisson(counts) / enriched(counts, enrichment)), rel=1e-12)
    # What is drawn, weighted, sums up to all that nature does: 1, up to counts beyond 12.
    everything = list(product(range(12), repeat=len(MEANS)))
    total = sum(float(enriched(counts, enrichment)) * weights.get(counts, 0.0) for counts in everything)
    assert total * math.exp(-float(sum(MEANS))) == pytest.approx(1, abs=2e-4)


@pytest.mark.parametrize("enrichment", [Fraction(1, 5), Fraction(1, 2), Fraction(9, 10)])
def test_counts_are_drawn_as_often_as_their_probability_says(enrichment: Fraction) -> None:
    n = 200_000
    pool = pool_of(*(float(mean) / 10 for mean in MEANS))
    drawn = drawn_hard(np.full(n, 10.0), pool, float(enrichment), np.random.default_rng(2))
    counts = Counter(map(tuple, drawn.count.tolist()))
    for combination in product(range(4), repeat=len(MEANS)):
        mean = n * float(enriched(combination, enrichment)) * math.exp(-float(sum(MEANS)))
        if mean > 25:
            assert abs(counts[combination] - mean) < 4 * math.sqrt(mean)


@pytest.mark.parametrize("enrichment", [0.3, 0.6])
def test_weighted_counts_are_those_of_nature(enrichment: float) -> None:
    fractions = (3e-2, 1e-3, 2e-5)
    # Pile-up differs from crossing to crossing, and is sometimes none.
    expected = np.tile([60.0, 20.0, 0.0], 100_000)
    drawn = drawn_hard(expected, pool_of(*fractions), enrichment, np.random.default_rng(3))
    n = len(expected)
    assert drawn.weight.max() <= 1 / (1 - enrichment) + 1e-12
    assert abs(drawn.weight.mean() - 1) < 4 * drawn.weight.std() / math.sqrt(n)
    for column, fraction in enumerate(fractions):
        weighted = drawn.weight * drawn.count[:, column]
        nature = fraction * expected.mean()
        assert abs(weighted.mean() - nature) < 4 * weighted.std() / math.sqrt(n)
        # A third of what is added goes to each process.
        added = enrichment * (2 / 3) / 3
        assert drawn.count[:, column].mean() == pytest.approx(nature + added, rel=0.05)
    empty = expected == 0
    assert set(drawn.weight[empty].tolist()) == {1.0}
    assert not drawn.count[empty].any()


def test_without_enrichment_every_weight_is_1_and_counts_are_poisson() -> None:
    drawn = drawn_hard(np.full(100_000, 50.0), pool_of(0.004, 0.02), 0.0, np.random.default_rng(4))
    assert set(drawn.weight.tolist()) == {1.0}
    for column, mean in enumerate((0.2, 1.0)):
        counts = drawn.count[:, column]
        assert abs(counts.mean() - mean) < 4 * math.sqrt(mean / 100_000)
        assert counts.var() == pytest.approx(mean, rel=0.05)


def test_without_hard_processes_there_is_nothing_to_enrich() -> None:
    drawn = drawn_hard(np.full(10, 50.0), pool_of(), 0.5, np.random.default_rng(5))
    assert drawn.count.shape == (10, 0)
    assert drawn.weight.tolist() == [1.0] * 10
