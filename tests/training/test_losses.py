"""Each term of the loss against its formula in NumPy."""

import numpy as np
import pytest
from scipy.special import huber

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.training.losses import (
    invariance_terms,
    kl_divergence,
    masked_huber_error,
    masked_squared_error,
    rarity_weights,
)

RNG = np.random.default_rng(3)


def test_absent_objects_do_not_enter_the_reconstruction() -> None:
    inputs, reconstructed = RNG.standard_normal((2, 6, 4)).astype(np.float32)
    weights = np.array([1.0, 0.0, 2.0, 0.0], dtype=np.float32) * np.ones((6, 1), dtype=np.float32)
    expected = (inputs[:, 0] - reconstructed[:, 0]) ** 2 + 2 * (inputs[:, 2] - reconstructed[:, 2]) ** 2
    np.testing.assert_allclose(masked_squared_error(inputs, reconstructed, weights), expected, rtol=1e-5)


def test_kl_divergence_is_the_integral_it_stands_for() -> None:
    mean, log_variance = np.array([[0.7]], dtype=np.float32), np.array([[-0.4]], dtype=np.float32)
    x = np.linspace(-12, 12, 200_001)
    sigma = np.exp(-0.2)
    p = np.exp(-0.5 * ((x - 0.7) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    log_ratio = -0.5 * ((x - 0.7) / sigma) ** 2 - np.log(sigma) + 0.5 * x**2
    integral = np.sum(p * log_ratio) * (x[1] - x[0])
    np.testing.assert_allclose(kl_divergence(mean, log_variance), [integral], rtol=1e-5)


def test_rare_objects_weigh_inversely_up_to_the_cap() -> None:
    present = np.zeros((1000, 4), dtype=bool)
    present[:, 0] = True
    present[:100, 1] = True
    present[:1, 2] = True
    np.testing.assert_allclose(rarity_weights(present, 300.0), [1.0, 10.0, 300.0, 300.0], rtol=1e-6)
    np.testing.assert_array_equal(rarity_weights(present, 1.0), [1, 1, 1, 1])


def test_the_huber_error_is_scipys_weighted_and_summed() -> None:
    inputs, reconstructed = 3 * RNG.standard_normal((2, 50, 4)).astype(np.float32)
    weights = np.array([1.0, 0.0, 2.5, 1.0], dtype=np.float32) * np.ones((50, 1), dtype=np.float32)
    expected = (weights * huber(0.7, inputs - reconstructed)).sum(axis=1)
    np.testing.assert_allclose(masked_huber_error(inputs, reconstructed, weights, 0.7), expected, rtol=1e-5)
    square = masked_squared_error(inputs, reconstructed, weights)
    np.testing.assert_allclose(2 * masked_huber_error(inputs, reconstructed, weights, 100.0), square, rtol=1e-5)


def test_the_terms_between_two_views_are_those_of_numpys_covariance() -> None:
    mixing = np.array([[0.6, 0.3, 0.0], [0.0, 0.2, 0.1], [0.0, 0.0, 2.0]])
    first, second = (RNG.standard_normal((2, 40, 3)) @ mixing + 5.0).astype(np.float32)
    invariance = np.linalg.norm(first - second, axis=1) ** 2
    variance = covariance = 0.0
    for view in (first, second):
        matrix = np.cov(view, rowvar=False, ddof=1)
        variance += np.mean([max(0.0, 1.0 - np.sqrt(matrix[j, j] + 1e-4)) for j in range(3)])
        covariance += sum(matrix[i, j] ** 2 for i in range(3) for j in range(3) if i != j) / 3
    expected = [invariance.mean(), variance, covariance]
    np.testing.assert_allclose([float(term) for term in invariance_terms(first, second)], expected, rtol=1e-4)


def test_views_that_collapse_cost_the_whole_width_and_still_give_a_gradient() -> None:
    import tensorflow as tf

    def terms_and_slopes(first: object, second: object) -> object:
        with tf.GradientTape() as tape:
            tape.watch(first)
            terms = invariance_terms(first, second)
            total = sum(terms) + tf.reduce_sum(masked_huber_error(first, second, tf.ones_like(first), 1.0))
        return terms, tape.gradient(total, first)

    same = tf.ones((8, 4))
    (invariance, variance, covariance), slopes = tf.function(terms_and_slopes, jit_compile=True)(same, same)
    assert (float(invariance), float(covariance)) == (0.0, 0.0)
    assert float(variance) == pytest.approx(2 * (1 - 1e-2), rel=1e-6)
    assert np.isfinite(slopes).all()
