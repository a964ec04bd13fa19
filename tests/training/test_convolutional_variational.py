"""The convolutional variational family: its size, its loss against NumPy, its training and its refusals."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.config.studies.families import FitConfig
from l1ad.config.studies.jets import JetFamilyConfig, JetsConfig
from l1ad.core.errors import ConfigError
from l1ad.training.environment import prepared_framework
from l1ad.training.families.convolutional_variational import ConvolutionalVariational
from l1ad.training.families.fit import Trainer
from l1ad.training.families.reconstructed import parameter_count, reconstructed
from l1ad.training.families.registry import family_of

Reals = NDArray[np.float64]

PARTICLES, LATENT = 10, 3


@pytest.fixture(scope="module", autouse=True)
def framework() -> None:
    prepared_framework("float", 1)


def config(**changed: Any) -> JetFamilyConfig:
    given = {"name": "conv", "kind": "convolutional_variational", "inputs": "momenta", "weight": 0.3,
             "hidden": (9, 7), "latent": LATENT}  # fmt: skip
    return JetFamilyConfig.model_validate(given | changed)


def built() -> tuple[ConvolutionalVariational, Any]:
    """Build a network with biases that are not 0, and widths that are not 1."""
    family = ConvolutionalVariational(config())
    network = family.built(3 * PARTICLES, seed=2)
    rng = np.random.default_rng(5)
    for variable in network.trainable_variables:
        variable.assign(np.asarray(variable) + 0.1 * rng.normal(size=variable.shape))
    return family, network


def jets(seed: int, n: int = 12) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n, 3 * PARTICLES)).astype(np.float32)


def elu(x: Reals) -> Reals:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def along(x: Reals, kernel: Reals, bias: Reals) -> Reals:
    """Convolve (n, length, filters) with (size, filters, more), without padding."""
    size = len(kernel)
    terms = [x[:, k : x.shape[1] - size + 1 + k] @ kernel[k] for k in range(size)]
    return np.asarray(np.sum(terms, axis=0) + bias)


def transposed(x: Reals, kernel: Reals, bias: Reals) -> Reals:
    """Give each element back to where a convolution would take it from; kernel (size, more, filters)."""
    size = len(kernel)
    out = np.zeros((len(x), x.shape[1] + size - 1, kernel.shape[1]))
    for k in range(size):
        out[:, k : k + x.shape[1]] += x @ kernel[k].T
    return out + bias


def encoded(weights: list[Reals], shown: Reals) -> tuple[Reals, Reals]:
    """Give the mean of the code and the last hidden layer."""
    x = shown.reshape(len(shown), PARTICLES, 3)
    x = elu(x @ weights[0][0, :, 0] + weights[1])
    x = elu(along(x, weights[2], weights[3]))
    x = elu(along(x, weights[4], weights[5]))
    flat: Reals = ((x[:, 0::2] + x[:, 1::2]) / 2).reshape(len(x), -1)
    for layer in (6, 8):
        flat = elu(flat @ weights[layer] + weights[layer + 1])
    return flat @ weights[10] + weights[11], flat


def decoded(weights: list[Reals], code: Reals) -> Reals:
    x = code
    for layer in (0, 2, 4):
        x = elu(x @ weights[layer] + weights[layer + 1])
    x = np.repeat(x.reshape(len(x), -1, 20), 2, axis=1)
    x = elu(transposed(x, weights[6], weights[7]))
    x = elu(transposed(x, weights[8], weights[9]))
    return (x @ weights[10][0, :, 0].T + weights[11]).reshape(len(x), -1)


def in_numpy(part: Any) -> list[Reals]:
    return [np.asarray(variable, dtype=np.float64) for variable in part.trainable_variables]


@pytest.mark.parametrize("drawn", [False, True])
def test_its_loss_is_that_of_numpy(drawn: bool) -> None:
    family, network = built()
    shown = jets(1)
    noise = np.random.default_rng(3).normal(size=(len(shown), LATENT)).astype(np.float32)
    mean, hidden = encoded(in_numpy(network.encoder), shown.astype(np.float64))
    kernel, bias = in_numpy(network.variance)
    log_variance = hidden @ kernel + bias
    code = mean + np.exp(log_variance / 2) * noise if drawn else mean
    missed = np.square(shown - decoded(in_numpy(network.decoder), code)).sum(axis=1)
    divergence = -0.5 * (1 + log_variance - mean**2 - np.exp(log_variance)).sum(axis=1)
    (loss,), terms = family.losses(network, shown, noise if drawn else None)
    expected = [missed.mean() + 0.3 * divergence.mean(), missed.mean(), divergence.mean()]
    np.testing.assert_allclose(np.asarray(terms), expected, rtol=2e-5)
    assert float(loss) == pytest.approx(expected[0], rel=2e-5)
    if not drawn:
        scores = family.scores(network, shown)
        assert set(scores) == {"reconstruction", "kl"}  # no firmware has its encoder
        np.testing.assert_allclose(scores["reconstruction"], missed, rtol=1e-5)
        np.testing.assert_allclose(scores["kl"], divergence, rtol=1e-4)


def test_with_a_hundred_particles_it_has_418_thousand_parameters_within_one_per_cent() -> None:
    (family, *_) = [one for one in JetsConfig().families if one.kind == "convolutional_variational"]
    network = family_of(family).built(300, seed=1)
    assert parameter_count(network) == pytest.approx(418_000, rel=0.01)
    assert network.encoder.output_shape == (None, 12)
    assert network.decoder.output_shape == (None, 300)


def test_weights_are_those_of_the_seed() -> None:
    family = ConvolutionalVariational(config())
    first, again, other = (family.built(3 * PARTICLES, seed).trainable_variables for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True) if np.asarray(a).any())
    kernels = [np.asarray(one) for one in first if len(one.shape) > 1]
    limit = np.sqrt(6 / 3)  # He: of three numbers that come in
    assert 0.5 * limit < np.abs(kernels[0]).max() <= limit


def test_training_brings_the_reconstruction_down() -> None:
    rng = np.random.default_rng(0)
    mixing = np.random.default_rng(1).normal(size=(2, 3 * PARTICLES))
    shown = (rng.normal(size=(512, 2)) @ mixing).astype(np.float32)
    trainer = Trainer(
        ConvolutionalVariational(config(weight=0.01)), 3 * PARTICLES,
        FitConfig(epochs=80, batch=64, learning_rate=5e-3, learning_rate_decay=0.98, patience_epochs=80),
    )  # fmt: skip
    fitted = trainer.fit(shown[:448], shown[448:], seed=1)
    assert fitted.best["validation_reconstruction"] < 0.4 * np.square(shown).sum(axis=1).mean()
    back = reconstructed(trainer.network, shown[448:])
    missed = np.square(back - shown[448:]).sum(axis=1).mean()
    assert missed == pytest.approx(fitted.best["validation_reconstruction"], rel=1e-4)


@pytest.mark.parametrize("n_inputs", [31, 27, 18])
def test_other_than_an_even_number_of_particles_is_refused(n_inputs: int) -> None:
    with pytest.raises(ConfigError, match=f"{n_inputs} inputs are no jet of an even number of at least 8"):
        ConvolutionalVariational(config()).built(n_inputs, seed=1)
