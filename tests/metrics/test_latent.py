import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import cdist

from l1ad.core.errors import DataError
from l1ad.metrics.latent import (
    active_units,
    collapsed_latents,
    compression_metrics,
    latent_density,
    latent_entropy,
    latent_stability,
)


def gaussian(seed: int, widths: list[float], n_events: int = 4000) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0.0, widths, (n_events, len(widths)))


def test_latents_are_active_when_they_move_with_the_event() -> None:
    mean = gaussian(1, [1.0, 0.05, 0.0, 0.2])
    mean[:, 2] = 5.0  # far from the prior, and the same for every event
    assert active_units(mean).tolist() == [True, False, False, True]


def test_the_cut_of_activity_lies_at_a_variance_of_a_hundredth() -> None:
    mean = np.array([[-0.0999, -0.1001], [0.0999, 0.1001]])
    assert active_units(mean).tolist() == [False, True]


def test_latents_collapse_when_they_stand_still_or_are_the_prior() -> None:
    mean, log_variance = gaussian(2, [1.0, 0.01, 0.11, 0.11]), np.zeros((4000, 4))
    log_variance[:, 0] = -3.0
    log_variance[:, 1] = -4.0  # its divergence is large, but it says the same of every event
    log_variance[:, 3] = -0.5
    # Of the third: half the mean square, 0.006 nats.
    assert collapsed_latents(mean, log_variance).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("mu", "log_variance"), [(0.13, 0.05), (0.13, -0.1), (0.13, 0.07), (0.101, 0.15), (0.101, 0.13)]
)
def test_the_divergence_agrees_with_numerical_integration(mu: float, log_variance: float) -> None:
    posterior = stats.norm(mu, math.exp(log_variance / 2))
    divergence = float(posterior.expect(lambda z: posterior.logpdf(z) - stats.norm.logpdf(z)))
    mean = np.array([[mu], [-mu]])  # of variance mu**2 over events, so active
    assert collapsed_latents(mean, np.full((2, 1), log_variance)).tolist() == [0] * (divergence < 0.01)


def test_the_entropy_is_that_of_the_shares_over_its_largest() -> None:
    mean = gaussian(3, [2.0, 1.0, 0.5, 0.0])
    shares = np.var(mean, axis=0)
    assert latent_entropy(mean) == pytest.approx(stats.entropy(shares, base=4), abs=1e-12)


def test_the_entropy_runs_from_one_latent_that_has_it_all_to_all_alike() -> None:
    alike = np.array([[1.0, 3.0, -1.0], [-1.0, 1.0, 1.0]])
    assert latent_entropy(alike) == pytest.approx(1.0, abs=1e-12)
    assert latent_entropy(gaussian(4, [1.0, 0.0, 0.0])) == 0.0
    assert latent_entropy(gaussian(4, [0.3])) == 1.0
    assert latent_entropy(np.full((700, 3), 0.1)) == 0.0
    assert latent_entropy(gaussian(4, [1.0, 0.4])) == pytest.approx(latent_entropy(9 * gaussian(4, [1.0, 0.4])))


def test_compression_is_weighed_against_mean_and_variance_of_the_score() -> None:
    assert compression_metrics(np.array([1.0, 3.0, 5.0]), 57, 3) == pytest.approx(
        {"m1": 19 / 3, "m2": 19 / 4, "m3": 19 / 3 * 8 / 3, "m4": 19 / 4 * 8 / 3}
    )


def test_compression_of_scores_at_or_below_0_is_refused() -> None:
    with pytest.raises(DataError, match="the mean score is 0; compression is weighed against scores above 0"):
        compression_metrics(np.zeros(5), 57, 3)
    with pytest.raises(DataError, match="finite ones are wanted"):
        compression_metrics(np.array([1.0, np.nan]), 57, 3)
    with pytest.raises(DataError, match=r"scores of shape \(0,\)"):
        compression_metrics(np.zeros(0), 57, 3)
    with pytest.raises(ValueError, match="57 inputs and 0 latents"):
        compression_metrics(np.ones(5), 57, 0)


def test_stability_agrees_with_loops_over_the_pairs_of_parts() -> None:
    mean = gaussian(5, [1.0, 0.3, 2.0], n_events=101) + np.array([0.2, 0.0, -0.5])
    found = latent_stability(mean, 4, np.random.default_rng(9))
    parts = np.array_split(np.random.default_rng(9).permutation(101), 4)
    assert sorted(np.concatenate(parts)) == list(range(101))
    spread = math.sqrt(sum(float(np.var(column)) for column in mean.T))
    cosines, distances = [], []
    for i in range(4):
        for j in range(i):
            a, b = mean[parts[i]].mean(axis=0), mean[parts[j]].mean(axis=0)
            cosines.append(float(a @ b / math.sqrt(float((a @ a) * (b @ b)))))
            distances.append(math.dist(a, b) / spread)
    assert found.cosine_similarity == pytest.approx(np.mean(cosines), abs=1e-12)
    assert found.distance == pytest.approx(np.mean(distances), abs=1e-12)


def test_parts_grow_alike_with_the_events_and_the_unit_does_not_matter() -> None:
    large = gaussian(6, [1.0, 0.5], n_events=20_000) + 1.0
    few, many = (latent_stability(one, 5, np.random.default_rng(1)) for one in (large[:100], large))
    assert many.distance < few.distance / 5
    assert few.cosine_similarity < many.cosine_similarity <= 1.0 + 1e-12
    scaled = latent_stability(30 * large, 5, np.random.default_rng(1))
    assert scaled.distance == pytest.approx(many.distance, rel=1e-9)


def test_a_latent_space_that_never_moves_is_stable_and_a_mean_of_zero_has_no_direction() -> None:
    still = latent_stability(np.full((50, 3), 0.1), 5, np.random.default_rng(1))
    assert (still.cosine_similarity, still.distance) == (1.0, 0.0)
    halves = latent_stability(np.array([[0.0], [1.0]]), 2, np.random.default_rng(1))
    assert (halves.cosine_similarity, halves.distance) == (0.0, 2.0)


def test_density_agrees_with_scipy_in_one_dimension() -> None:
    mean = gaussian(7, [0.7], n_events=300)
    order = np.random.default_rng(3).permutation(300)[:200]
    known, held_out = mean[order[:100], 0], mean[order[100:], 0]
    found = latent_density(mean, np.random.default_rng(3), n_events=200)
    expected = stats.gaussian_kde(known, bw_method="scott").logpdf(held_out).mean()
    assert found.log_density == pytest.approx(expected, abs=1e-9)


def test_density_and_distance_agree_with_loops_over_events() -> None:
    mean = gaussian(8, [1.0, 0.2, 0.5], n_events=81).astype(np.float32)
    found = latent_density(mean, np.random.default_rng(4))
    drawn = mean.astype(np.float64)[np.random.default_rng(4).permutation(81)]
    known, held_out = drawn[:41], drawn[41:]
    width = math.sqrt(sum(float(np.var(column, ddof=1)) for column in known.T) / 3) * 41 ** (-1 / 7)
    distances = cdist(held_out, known)
    kernels = stats.norm.pdf(distances / width) * (2 * math.pi) ** -1.0 / width**3
    assert found.log_density == pytest.approx(np.log(kernels.mean(axis=1)).mean(), abs=1e-9)
    assert found.neighbour_distance == pytest.approx(distances.min(axis=1).mean(), abs=1e-12)


def test_spreading_a_latent_space_thins_it_by_the_volume() -> None:
    mean = gaussian(9, [1.0, 1.0])
    near, far = (latent_density(scale * mean, np.random.default_rng(5)) for scale in (1.0, 10.0))
    assert far.log_density == pytest.approx(near.log_density - 2 * math.log(10), abs=1e-9)
    assert far.neighbour_distance == pytest.approx(10 * near.neighbour_distance)
    # The mean log density of a unit Gaussian is -(1 + ln 2π) for two latents; kernels blunt it a little.
    assert near.log_density == pytest.approx(-(1 + math.log(2 * math.pi)), abs=0.15)


def test_latents_that_no_diagnosis_can_read_are_refused() -> None:
    mean, rng = gaussian(10, [1.0, 1.0], n_events=10), np.random.default_rng(1)
    broken = mean.copy()
    broken[7, 1] = np.nan
    for diagnose in (active_units, latent_entropy):
        with pytest.raises(DataError, match=r"means of event 7 are \[.*nan\]"):
            diagnose(broken)
        with pytest.raises(DataError, match=r"means have shape \(0, 2\)"):
            diagnose(mean[:0])
    with pytest.raises(DataError, match="log variances of event 7"):
        collapsed_latents(mean, broken)
    with pytest.raises(DataError, match=r"log variances have shape \(10, 1\) for means of \(10, 2\)"):
        collapsed_latents(mean, mean[:, :1])
    with pytest.raises(DataError, match="10 events cannot be cut into 11 parts"):
        latent_stability(mean, 11, rng)
    with pytest.raises(ValueError, match="1 part cannot be compared"):
        latent_stability(mean, 1, rng)
    with pytest.raises(DataError, match="3 events make no density"):
        latent_density(mean[:3], rng)
    with pytest.raises(DataError, match="none of 2 latents varies over 50 events"):
        latent_density(np.full((100, 2), 0.1), rng)
