"""Distances of two samples: against plain loops, between alike samples, and their refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.data.z_gamma import NAMES
from l1ad.metrics.two_sample import (
    bin_edges,
    correlation_distance,
    histogram_pulls,
    rank_correlations,
    relative_distance,
    two_sample,
)
from l1ad.metrics.z_gamma_relations import relation_faults

Reals = NDArray[np.float64]


def drawn(seed: int, n: int, shift: float = 0.0) -> Reals:
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(n, 3))
    found[:, 2] = 0.7 * found[:, 0] + 0.5 * found[:, 2] + shift
    return found


def edges_of(values: Reals) -> list[Reals]:
    return [bin_edges(column, 10) for column in values.T]


def test_distances_are_those_of_plain_loops() -> None:
    true, made = drawn(1, 80), drawn(2, 50, 0.4)
    found = two_sample(true, made, edges=edges_of(true))
    for column in range(3):
        one, other = true[:, column], made[:, column]
        every = np.sort(np.concatenate([one, other]))
        below = [(np.mean(one <= at), np.mean(other <= at)) for at in every]
        assert found.ks[column] == pytest.approx(max(abs(a - b) for a, b in below))
        area = sum(abs(a - b) * step for (a, b), step in zip(below, np.diff(every), strict=False))
        assert found.wasserstein[column] == pytest.approx(area / one.std())
    ranks = [np.argsort(np.argsort(one, axis=0), axis=0) for one in (true, made)]
    matrices = [np.corrcoef(one.T) for one in ranks]
    assert found.correlation == pytest.approx(np.sqrt(np.sum((matrices[0] - matrices[1]) ** 2)))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 100), st.integers(0, 100))
def test_distances_of_a_sample_from_itself_vanish_and_ks_is_symmetric(first: int, second: int) -> None:
    one, other = drawn(first, 40), drawn(second, 60)
    itself = two_sample(one, one, edges=edges_of(one))
    assert itself.ks.max() == itself.wasserstein.max() == itself.chi2_per_bin.max() == itself.correlation == 0
    forth, back = two_sample(one, other, edges=edges_of(one)), two_sample(other, one, edges=edges_of(one))
    np.testing.assert_allclose(forth.ks, back.ks)
    np.testing.assert_allclose(forth.chi2_per_bin, back.chi2_per_bin)


def test_alike_samples_have_pulls_of_width_1_and_a_chi2_of_1_per_degree_of_freedom() -> None:
    pulls, chi2 = [], []
    for seed in range(200):
        true, made = drawn(2 * seed, 1_000), drawn(2 * seed + 1, 3_000)
        pulls.append(histogram_pulls(true[:, 0], made[:, 0], np.linspace(-1.5, 1.5, 11)))
        chi2.append(np.sum(pulls[-1] ** 2) / 9)
    assert abs(np.mean(pulls)) < 0.1
    # χ² of 9 degrees of freedom over 9 has the standard deviation √(2/9).
    assert abs(np.mean(chi2) - 1) < 4 * np.sqrt(2 / 9 / 200)


def test_alike_samples_are_at_a_relative_distance_of_about_2() -> None:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(40):
        one, other = rng.normal(size=(400, 6)), rng.normal(size=(600, 6))
        edges = [bin_edges(column, 10) for column in one.T]
        found.append(relative_distance(two_sample(one, other, edges=edges), 400, 600))
    assert 1.8 < np.mean(found) < 2.2
    far = two_sample(one, other + 1.0, edges=edges)
    assert relative_distance(far, 400, 600) > 2 * max(found)


def test_bins_have_about_equal_numbers_of_events() -> None:
    values = np.random.default_rng(1).exponential(size=1_000)
    counts = np.histogram(values, bin_edges(values, 10))[0]
    assert counts.sum() == 1_000
    assert counts.min() >= 99


def test_counts_have_a_bin_for_each_value_that_is_not_rare() -> None:
    values = np.repeat([0.0, 1.0, 2.0, 3.0, 7.0], [600, 300, 80, 15, 5])
    edges = bin_edges(values, 20)
    np.testing.assert_allclose(edges, [-0.5, 0.5, 1.5, 2.5, 7.5])
    np.testing.assert_array_equal(np.histogram(values, edges)[0], [600, 300, 80, 20])


def test_what_lies_outside_of_the_bins_counts_in_the_outermost() -> None:
    true, made = np.array([0.5, 1.5]), np.array([-7.0, 1.5])
    np.testing.assert_allclose(histogram_pulls(true, made, np.array([0.0, 1.0, 2.0])), [0.0, 0.0])


def test_correlations_of_a_variable_that_never_varies_are_0() -> None:
    values = drawn(1, 50)
    values[:, 1] = 3.0
    found = rank_correlations(values)
    np.testing.assert_array_equal(found[1], [0, 1, 0])
    assert found[0, 2] > 0.5
    assert correlation_distance(found, found) == 0


def test_what_is_no_number_or_never_varies_is_refused() -> None:
    true, made = drawn(1, 30), drawn(2, 30)
    made[4, 1] = np.nan
    with pytest.raises(DataError, match="generated event 4: variable 1 is nan, no finite number"):
        two_sample(true, made, edges=edges_of(true))
    true[:, 2] = 1.0
    with pytest.raises(DataError, match="variable 2 is the same in all 30 true events"):
        two_sample(true, drawn(2, 30), edges=edges_of(drawn(1, 30)))


def exact_events(n: int) -> Reals:
    """Make events that fulfil every relation."""
    rng = np.random.default_rng(1)
    of: dict[str, Reals] = {name: rng.uniform(0.1, 3.0, n) for name in NAMES}
    for system in ("Zy", "ll"):
        mass = of["m_lly" if system == "Zy" else "m_ll"]
        of[f"e_{system}"] = np.sqrt(mass**2 + (of[f"pt_{system}"] * np.cosh(of[f"eta_{system}"])) ** 2)
    of["phi_met"] = np.mod(of["phi_Zy"] + 3.5 + np.pi, 2 * np.pi) - np.pi
    of["dphi_met_Zy"] = np.full(n, 2 * np.pi - 3.5)
    of["pt_ll_over_m_lly"] = of["pt_ll"] / of["m_lly"]
    of["dr_ll"] = of["dphi_ll"] + 0.1
    of["n_cj"], of["n_j"] = np.full(n, 2.0), np.full(n, 3.0)
    return np.column_stack([of[name] for name in NAMES])


def test_exact_events_fulfil_every_relation() -> None:
    found = relation_faults(exact_events(50))
    assert len(found) == 6
    assert max(found.values()) < 1e-12


@pytest.mark.parametrize(
    ("name", "relation", "fault"),
    [
        ("e_Zy", "energy of Zγ", 0.5),
        ("e_ll", "energy of ℓℓ", 0.5),
        ("pt_ll_over_m_lly", "pT(ℓℓ) / m(ℓℓγ)", 0.5),
        ("dphi_met_Zy", "Δφ(missing pT, Zγ)", 0.5 * (2 * np.pi - 3.5)),
        ("dr_ll", "ΔR(ℓ,ℓ) ≥ Δφ(ℓ,ℓ)", 1.0),
        ("n_j", "jets ≥ central jets", 1.0),
    ],
)
def test_a_broken_relation_is_told(name: str, relation: str, fault: float) -> None:
    events = exact_events(50)
    events[:, NAMES.index("dphi_ll")] = 2.0
    events[:, NAMES.index("dr_ll")] = 2.1
    events[:, NAMES.index(name)] *= 0.5
    found = relation_faults(events)
    assert found[relation] == pytest.approx(fault)
