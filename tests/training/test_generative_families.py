"""Families that generate: flows against autodiff, losses against NumPy, and what they learn."""

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import log_ndtr
from scipy.stats import norm

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.config.studies.families import FitConfig
from l1ad.config.studies.generation_families import FlowKind, GenerativeKind, GenerativeSettings
from l1ad.training.environment import prepared_framework
from l1ad.training.families.fit import Trainer
from l1ad.training.families.flow_layers import Flow, built_flow
from l1ad.training.families.generative import Generative, GenerativeMember, negative_log_gaussian
from l1ad.training.families.generative_adversarial import adversarial_losses
from l1ad.training.families.generative_copula import log_outside
from l1ad.training.families.registry import family_of

Float = NDArray[np.float32]
Reals = NDArray[np.float64]
KINDS: tuple[GenerativeKind, ...] = get_args(GenerativeKind)
FLOWS: tuple[FlowKind, ...] = get_args(FlowKind)
N_INPUTS, LATENT = 5, 3


@pytest.fixture(scope="module", autouse=True)
def framework() -> None:
    prepared_framework("float", 1)


def moved(variables: Any, seed: int, size: float) -> None:
    """Move every variable from where it begins, so that nothing is 0 or the identity."""
    rng = np.random.default_rng(seed)
    for variable in variables:
        variable.assign(np.asarray(variable) + size * rng.normal(size=variable.shape))


def flow_of(kind: FlowKind, size: int) -> Flow:
    flow = built_flow(kind, size, length=3, width=8, seed=3)
    moved(flow.variables, 4, 0.3)
    return flow


def member(kind: GenerativeKind, **changed: Any) -> Generative:
    settings = GenerativeSettings.model_validate(
        {"batch": 100, "latent": LATENT, "layers": 1, "width": 7, "beta": 0.7, "alpha": 0.4, "gamma": 1.3,
         "flow_length": 2, "activation": "tanh"} | changed
    )  # fmt: skip
    family = family_of(GenerativeMember(kind=kind, n_inputs=N_INPUTS, settings=settings))
    assert isinstance(family, Generative)
    return family


def built(kind: GenerativeKind, **changed: Any) -> tuple[Generative, Any]:
    family = member(kind, **changed)
    network = family.built(N_INPUTS, 3)
    moved(network.trainable_variables, 5, 0.2)
    return family, network


def correlated(seed: int, n: int = 600) -> Float:
    """Draw rows of N(0, 1) marginals, the second half of which follow from the first."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, N_INPUTS))
    rows[:, 3] = 0.9 * rows[:, 0] + np.sqrt(1 - 0.81) * rows[:, 3]
    rows[:, 4] = -0.8 * rows[:, 1] + 0.6 * rows[:, 4]
    return rows.astype(np.float32)


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("kind", FLOWS)
def test_the_jacobian_of_a_flow_is_that_of_automatic_differentiation(kind: FlowKind, size: int) -> None:
    import tensorflow as tf

    flow = flow_of(kind, size)
    rows = tf.constant(np.random.default_rng(1).normal(size=(20, size)).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(rows)
        mapped, found = flow.forward(rows)
    jacobian = np.asarray(tape.batch_jacobian(mapped, rows), dtype=np.float64)
    np.testing.assert_allclose(found, np.linalg.slogdet(jacobian)[1], atol=2e-5)
    assert np.abs(np.asarray(found)).max() > 0.01
    expected = norm.logpdf(np.asarray(mapped, np.float64)).sum(axis=1) + np.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(flow.log_density(rows), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("kind", FLOWS)
def test_the_inverse_of_a_flow_inverts(kind: FlowKind, size: int) -> None:
    flow = flow_of(kind, size)
    rows = np.random.default_rng(1).normal(size=(50, size)).astype(np.float32)
    np.testing.assert_allclose(flow.inverse(flow.forward(rows)[0]), rows, atol=1e-4)
    np.testing.assert_allclose(flow.forward(flow.inverse(rows))[0], rows, atol=1e-4)


@pytest.mark.parametrize("backwards", [False, True])
def test_an_autoregressive_layer_looks_at_elements_before_alone(backwards: bool) -> None:
    import tensorflow as tf

    from l1ad.training.families.flow_layers import Autoregressive

    layer = Autoregressive(5, 16, 3, backwards=backwards)
    moved(layer.variables, 4, 0.3)
    rows = tf.constant(np.random.default_rng(1).normal(size=(10, 5)).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(rows)
        mapped, _ = layer.forward(rows)
    jacobian = np.asarray(tape.batch_jacobian(mapped, rows))
    forbidden = np.triu(np.ones((5, 5), bool), 1)
    seen = np.abs(jacobian.transpose(0, 2, 1) if backwards else jacobian)
    assert seen[:, forbidden].max() == 0
    assert (seen[:, np.tril(np.ones((5, 5), bool))].max(axis=0) > 0).all()


@pytest.mark.parametrize("kind", FLOWS)
def test_a_flow_begins_as_the_identity(kind: FlowKind) -> None:
    rows = np.random.default_rng(1).normal(size=(10, 4)).astype(np.float32)
    mapped, found = built_flow(kind, 4, length=3, width=8, seed=3).forward(rows)
    np.testing.assert_array_equal(mapped, rows)
    np.testing.assert_array_equal(found, np.zeros(10))


def test_the_density_of_rows_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    values, mean, log_width = rng.normal(size=(20, 4)), rng.normal(size=(20, 4)), rng.normal(size=4)
    found = negative_log_gaussian(*(one.astype(np.float32) for one in (values, mean, log_width)))
    expected = -np.sum(norm.logpdf(values, mean, np.exp(log_width)), axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_adversarial_losses_are_cross_entropies() -> None:
    rng = np.random.default_rng(1)
    true, made = rng.normal(size=(50, 1)), rng.normal(size=(50, 1))
    fooled, discriminated = adversarial_losses(true.astype(np.float32), made.astype(np.float32))
    p_true, p_made = 1 / (1 + np.exp(-true)), 1 / (1 + np.exp(-made))
    np.testing.assert_allclose(fooled, -np.log(p_made).mean(), rtol=1e-5)
    np.testing.assert_allclose(discriminated, -np.log(p_true).mean() - np.log(1 - p_made).mean(), rtol=1e-5)


def test_uniform_codes_lie_outside_as_fishers_combination_does() -> None:
    codes = np.random.default_rng(1).normal(size=(20_000, 6)).astype(np.float32)
    found = np.asarray(log_outside(codes), dtype=np.float64)
    expected = -np.sum(np.log(2) + log_ndtr(-np.abs(codes.astype(np.float64))), axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    # Half of a χ² with 12 degrees of freedom has mean 6 and variance 6.
    assert abs(found.mean() - 6) < 5 * np.sqrt(6 / len(found))


def numpy_dense(model: Any, rows: Reals) -> Reals:
    weights = [np.asarray(one, dtype=np.float64) for one in model.get_weights()]
    for place in range(0, len(weights), 2):
        rows = rows @ weights[place] + weights[place + 1]
        if place + 2 < len(weights):
            rows = np.tanh(rows)
    return rows


def numpy_losses(network: Any, shown: Reals, noise: Reals) -> tuple[float, float]:
    """Give reconstruction and divergence of a batch; the flow is tested above."""
    width = np.exp(np.asarray(network.log_width, dtype=np.float64))
    if network.encoder is None:
        code = np.asarray(network.flow.forward(shown.astype(np.float32))[0], dtype=np.float64)
        own = np.asarray(network.flow.log_density(shown.astype(np.float32)), dtype=np.float64)
        divergence = norm.logpdf(shown).sum(axis=1) - own
    else:
        both = numpy_dense(network.encoder, shown)
        mean, log_variance = both[:, :LATENT], both[:, LATENT:]
        sigma = np.exp(0.5 * log_variance)
        code = mean + sigma * noise[:, :LATENT]
        divergence = 0.5 * np.sum(mean**2 + sigma**2 - 1 - log_variance, axis=1)
        if network.flow is not None:
            own = np.asarray(network.flow.log_density(code.astype(np.float32)), dtype=np.float64)
            divergence = -np.sum(norm(0, sigma).entropy(), axis=1) - own
    reconstruction = -np.sum(norm.logpdf(shown, numpy_dense(network.decoder, code), width), axis=1)
    return float(reconstruction.mean()), float(divergence.mean())


@pytest.mark.parametrize("kind", KINDS)
def test_the_losses_of_a_family_are_those_of_numpy(kind: GenerativeKind) -> None:
    family, network = built(kind)
    rng = np.random.default_rng(6)
    shown, noise = correlated(2, 40), rng.normal(size=(40, family.noise_size)).astype(np.float32)
    losses, terms = family.losses(network, shown, noise)
    reconstruction, divergence = numpy_losses(network, shown.astype(np.float64), noise.astype(np.float64))
    np.testing.assert_allclose(terms[1:3], [reconstruction, divergence], rtol=2e-4, atol=1e-3)
    is_copula, adversarial = network.encoder is None, network.discriminator is not None
    beta = 1.0 if is_copula else 0.7
    np.testing.assert_allclose(terms[0], reconstruction + beta * divergence, rtol=2e-4, atol=1e-3)
    encoder = divergence if is_copula else reconstruction + beta * divergence
    np.testing.assert_allclose(losses[0], encoder, rtol=2e-4, atol=1e-3)
    if not adversarial:
        assert len(losses) == (2 if is_copula else 1)
        if is_copula:
            np.testing.assert_allclose(losses[1], reconstruction, rtol=2e-4, atol=1e-3)
        return
    odds = [numpy_dense(network.discriminator, np.asarray(rows, np.float64))
            for rows in (shown, family.generated(network, noise))]  # fmt: skip
    fooled = np.mean(np.logaddexp(0, -odds[1]))
    np.testing.assert_allclose(losses[1], 1.3 * reconstruction + 0.4 * fooled, rtol=2e-4, atol=1e-3)
    discriminated = np.mean(np.logaddexp(0, -odds[0])) + np.mean(np.logaddexp(0, odds[1]))
    np.testing.assert_allclose(losses[2], discriminated, rtol=2e-4, atol=1e-3)
    np.testing.assert_allclose(terms[3:], [fooled, discriminated], rtol=2e-4, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_groups_part_all_variables(kind: GenerativeKind) -> None:
    family, network = built(kind)
    grouped = [id(one) for group in family.groups(network) for one in group]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {id(one) for one in network.trainable_variables}
    expected = {"vae": 1, "vae_nf": 1, "copula_vae": 2}.get(kind, 3)
    assert len(family.groups(network)) == len(family.losses(network, correlated(2, 10), None)[0]) == expected


def test_the_encoder_of_a_copula_is_trained_without_its_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(member("copula_vae"), N_INPUTS, FitConfig(epochs=2, batch=100))
    found = []
    build = type(trainer.family).built
    for factor in (1, 2):

        def with_other_decoder(family: Any, n_inputs: int, seed: int, factor: int = factor) -> Any:
            network = build(family, n_inputs, seed)
            network.decoder.set_weights([factor * one for one in network.decoder.get_weights()])
            return network

        monkeypatch.setattr(type(trainer.family), "built", with_other_decoder)
        trainer.fit(correlated(1), correlated(2), seed=1)
        network = trainer.network
        found.append(([np.asarray(one) for one in network.encoding], network.decoder.get_weights()[0]))
    for one, other in zip(found[0][0], found[1][0], strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(found[0][1], found[1][1])


def test_an_evaluation_draws_the_same_noise_every_time() -> None:
    family, network = built("vae_nf_d")
    shown = correlated(2, 40)
    np.testing.assert_array_equal(
        family.losses(network, shown, None)[1], family.losses(network, shown, None)[1]
    )


@pytest.fixture(scope="module", params=["vae_d", "vae_nf", "copula_vae"])
def trained(request: pytest.FixtureRequest) -> Iterator[Trainer]:
    family = member(request.param, width=32, latent=5, beta=1.0, alpha=0.3, flow="autoregressive")
    trainer = Trainer(family, N_INPUTS, FitConfig(epochs=60, batch=100, learning_rate=5e-3))
    trainer.fit(correlated(1, 3_000), correlated(2, 500), seed=1)
    yield trainer


def test_a_trained_family_generates_the_correlations_of_what_it_was_shown(trained: Trainer) -> None:
    family = trained.family
    assert isinstance(family, Generative)
    made = family.samples(trained.network, 4_000, np.random.default_rng(1))
    np.testing.assert_allclose(np.corrcoef(made.T), np.corrcoef(correlated(3, 20_000).T), atol=0.12)
    np.testing.assert_allclose(made.std(axis=0), 1.0, atol=0.15)


def test_a_trained_family_scores_what_breaks_the_correlations_higher(trained: Trainer) -> None:
    usual = correlated(4, 500)
    odd = usual.copy()
    odd[:, 3] = -odd[:, 3]
    scores, others = trained.scores(usual), trained.scores(odd)
    name = "flow_density" if "copula" in type(trained.family).__name__.lower() else "reconstruction"
    assert np.median(others[name]) > np.median(scores[name])
    assert all(one.shape == (500,) and np.isfinite(one).all() for one in scores.values())


def test_equal_seeds_give_equal_events(trained: Trainer) -> None:
    family = trained.family
    assert isinstance(family, Generative)
    first, second, other = (
        family.samples(trained.network, 50, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
