"""Each term of the loss against its formula in NumPy."""

import numpy as np
import pytest

pytest.importorskip("qkeras", reason="the extra 'qkeras' is not installed")

from l1ad.training.losses import kl_divergence, masked_squared_error, rarity_weights

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
