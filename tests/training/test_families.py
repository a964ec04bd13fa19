"""Families of autoencoders: their losses against NumPy, their training, and that they freeze."""

import functools
import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.config.studies.families import FamilyConfig, FitConfig
from l1ad.core.errors import ConfigError, DataError, NotExactError
from l1ad.training.environment import prepared_framework
from l1ad.training.families.contractive import Contractive, jacobian_squares
from l1ad.training.families.family import Family
from l1ad.training.families.fit import Ending, Fitted, Standardisation, Trainer
from l1ad.training.families.registry import FAMILIES, family_of, registered
from l1ad.training.families.sparse import code_size
from l1ad.training.freeze import frozen_encoder, keras_trace
from l1ad.training.inputs import hardware_inputs

from .conftest import GRID, N_INPUTS, SCALING, SmallTraining

Float = NDArray[np.float32]
KINDS = ("vanilla", "sparse", "contractive", "variational")
SMOOTH = ("elu", "tanh", "relu", "leaky_relu")


def config(kind: str, **changed: Any) -> FamilyConfig:
    given = {"name": kind, "kind": kind, "hidden": (7, 5), "latent": 3, "weight": 0.7}
    return FamilyConfig.model_validate(given | changed)


def sections(seed: int, n: int = 300) -> Float:
    """Draw rows of six features that three numbers decide, and noise."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 3))
    mixing = np.random.default_rng(0).normal(size=(3, 6))
    return (np.tanh(hidden @ mixing) + 0.1 * rng.normal(size=(n, 6))).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def framework() -> None:
    prepared_framework("float", 1)


def built(kind: str, **changed: Any) -> tuple[Family, Any]:
    """Build a network with biases that are not 0, and widths that are not 1."""
    family = family_of(config(kind, **changed))
    network = family.built(6, seed=3)
    rng = np.random.default_rng(5)
    for variable in network.trainable_variables:
        variable.assign(np.asarray(variable) + 0.3 * rng.normal(size=variable.shape))
    return family, network


def activated(sums: NDArray[np.float64], activation: str) -> NDArray[np.float64]:
    below = {
        "elu": np.expm1(np.minimum(sums, 0)),
        "relu": 0 * sums,
        "leaky_relu": 0.2 * sums,
        "tanh": np.tanh(sums),
    }
    return np.tanh(sums) if activation == "tanh" else np.where(sums > 0, sums, below[activation])


def encoded(kernels: list[Any], biases: list[Any], activation: str, x: NDArray[np.float64]) -> Any:
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        x = activated(x @ kernel + bias, activation)
    return x @ kernels[-1] + biases[-1]


def differences_squared(
    kernels: list[Any], biases: list[Any], activation: str, inputs: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Sum the squares of ∂code/∂input of each row, by central differences."""
    step = 1e-6
    slopes = [
        (
            encoded(kernels, biases, activation, inputs + step * axis)
            - encoded(kernels, biases, activation, inputs - step * axis)
        )
        / (2 * step)
        for axis in np.eye(inputs.shape[1])
    ]
    return np.asarray(np.square(slopes).sum(axis=(0, 2)), dtype=np.float64)


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("widths", [(6, 4, 2), (6, 7, 5, 3), (6, 5, 4, 3, 2)])
def test_the_jacobian_is_that_of_differences_in_numpy(activation: str, widths: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    kernels = [rng.normal(size=shape) for shape in itertools.pairwise(widths)]
    biases = [rng.normal(size=width) for width in widths[1:]]
    inputs = rng.normal(size=(20, 6))
    expected = differences_squared(kernels, biases, activation, inputs)
    found = jacobian_squares(
        [one.astype(np.float32) for one in kernels], [one.astype(np.float32) for one in biases], activation,
        inputs.astype(np.float32),
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=2e-4)


def test_the_jacobian_is_that_of_tensorflow_for_the_network_itself() -> None:
    import tensorflow as tf

    family, network = built("contractive", activation="elu")
    shown = tf.constant(sections(1, 10))
    with tf.GradientTape() as tape:
        tape.watch(shown)
        codes = network.encoder(shown)
    expected = np.square(np.asarray(tape.batch_jacobian(codes, shown))).sum(axis=(1, 2)).mean()
    assert isinstance(family, Contractive)
    np.testing.assert_allclose(family.penalty(network, shown, None, None), expected, rtol=1e-4)


def test_the_l1_of_a_code_is_numpys() -> None:
    codes = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)
    np.testing.assert_allclose(code_size(codes), np.abs(codes).sum(axis=1), rtol=1e-6)


def numpy_penalty(kind: str, network: Any, shown: Float) -> float:
    mean, hidden = (np.asarray(one, dtype=np.float64) for one in network.taps(shown))
    if kind == "vanilla":
        return 0.0
    if kind == "sparse":
        return float(np.abs(mean).sum(axis=1).mean())
    if kind == "variational":
        log_variance = np.asarray(network.variance(hidden.astype(np.float32)), dtype=np.float64)
        kl = -0.5 * np.sum(1 + log_variance - mean**2 - np.exp(log_variance), axis=1)
        return float(kl.mean())
    kernels = [np.asarray(layer.kernel, dtype=np.float64) for layer in network.weighted]
    biases = [np.asarray(layer.bias, dtype=np.float64) for layer in network.weighted]
    return float(differences_squared(kernels, biases, "elu", shown).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_of_a_family_is_its_formula_in_numpy(kind: str) -> None:
    family, network = built(kind)
    shown = sections(1, 40)
    mean, _ = network.taps(shown)
    decoded = np.asarray(network.decoder(mean), dtype=np.float64)
    reconstruction = np.square(shown - decoded).sum(axis=1).mean()
    penalty = numpy_penalty(kind, network, shown)
    expected = [reconstruction + 0.7 * penalty, reconstruction, penalty]
    np.testing.assert_allclose(family.losses(network, shown, None)[1], expected, rtol=1e-4, atol=1e-6)


def test_a_variational_code_is_drawn_while_training_and_the_mean_else() -> None:
    family, network = built("variational")
    shown = sections(1, 40)
    noise = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
    mean, hidden = (np.asarray(one) for one in network.taps(shown))
    drawn = mean + np.exp(0.5 * np.asarray(network.variance(hidden))) * noise
    expected = np.square(shown - np.asarray(network.decoder(drawn))).sum(axis=1).mean()
    np.testing.assert_allclose(np.asarray(family.losses(network, shown, noise)[1])[1], expected, rtol=1e-4)
    assert not np.allclose(family.losses(network, shown, noise)[1], family.losses(network, shown, None)[1])


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_the_reconstruction_and_where_it_can_be_deployed_the_sum_of_squares(kind: str) -> None:
    family, network = built(kind)
    shown = sections(1, 5_000)  # more than one batch
    mean = np.asarray(network.encoder(shown), dtype=np.float64)
    found = family.scores(network, shown)
    decoded = np.asarray(network.decoder(mean.astype(np.float32)), dtype=np.float64)
    np.testing.assert_allclose(found["reconstruction"], np.square(shown - decoded).sum(axis=1), rtol=1e-5)
    more = {"sparse": {"mean_squares"}, "variational": {"mean_squares", "kl"}}.get(kind, set())
    assert set(found) == {"reconstruction"} | more
    if family.deployable:
        np.testing.assert_allclose(found["mean_squares"], np.square(mean).sum(axis=1), rtol=1e-5)


def fresh_trainer(kind: str, **changed: Any) -> Trainer:
    fit = FitConfig.model_validate({"epochs": 12, "batch": 32, "learning_rate": 0.01} | changed)
    return Trainer(family_of(config(kind, weight=0.01)), 6, fit)


trainer = functools.cache(fresh_trainer)  # compiling takes seconds


def fitted(one: Trainer, seed: int, n: int = 300) -> tuple[Fitted, dict[str, NDArray[np.float64]]]:
    result = one.fit(sections(1, n), sections(2, 100), seed=seed)
    return result, one.scores(sections(3, 50))


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_is_the_same_whatever_was_trained_before(kind: str) -> None:
    one = trainer(kind)
    first, scores = fitted(one, 1)
    other, other_scores = fitted(one, 2)
    again, again_scores = fitted(one, 1)
    assert first == again
    assert first != other
    np.testing.assert_array_equal(scores["reconstruction"], again_scores["reconstruction"])
    assert not np.array_equal(scores["reconstruction"], other_scores["reconstruction"])
    assert first.history["validation_loss"][-1] < 0.7 * first.history["validation_loss"][0]


def test_a_training_after_one_of_other_sections_is_that_of_a_fresh_process() -> None:
    used = trainer("variational")
    fitted(used, 3, 200)  # another number of batches
    again, again_scores = fitted(used, 1)
    fresh, fresh_scores = fitted(fresh_trainer("variational"), 1)
    assert again == fresh
    np.testing.assert_array_equal(again_scores["reconstruction"], fresh_scores["reconstruction"])


def test_the_network_of_the_best_epoch_is_kept() -> None:
    one = trainer("vanilla", epochs=40, learning_rate=0.2, patience_epochs=3)
    result, _ = fitted(one, 1)
    watched = result.history["validation_loss"]
    assert result.ending is Ending.PATIENCE
    assert result.best_epoch == 1 + int(np.argmin(watched)) == len(watched) - 3
    loss = np.asarray(one.family.losses(one.network, sections(2, 100), None)[1])[0]
    assert loss == pytest.approx(min(watched), rel=1e-5)
    assert result.best["validation_loss"] == min(watched)


def test_a_loss_that_is_no_number_ends_the_training_and_does_not_spoil_the_next() -> None:
    one = trainer("vanilla")
    whole, _ = fitted(one, 1)
    broken = sections(1)
    broken[4, 2] = np.inf
    result = one.fit(broken, sections(2, 100), seed=1)
    assert (result.ending, result.best_epoch, result.best) == (Ending.DIVERGED, 0, {})
    assert fitted(one, 1)[0] == whole


def test_less_than_a_batch_is_refused() -> None:
    with pytest.raises(DataError, match="20 rows to train on are less than one batch of 32"):
        trainer("vanilla").fit(sections(1, 20), sections(2, 20), seed=1)


def test_features_are_standardised_by_the_training_alone() -> None:
    training = np.random.default_rng(1).normal([3.0, -2.0, 7.0], [2.0, 0.1, 0.0], (500, 3))
    standard = Standardisation.of(training)
    shown = standard.shown(training)
    np.testing.assert_allclose(shown[:, :2].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(shown[:, :2].std(axis=0), 1, rtol=1e-5)
    np.testing.assert_array_equal(shown[:, 2], 0)
    np.testing.assert_allclose(
        standard.shown(training[:1] + 1) - shown[:1], 1 / standard.width[None], rtol=1e-4
    )


def test_every_kind_that_a_study_may_name_is_registered_once() -> None:
    for kind in KINDS:
        assert type(family_of(config(kind))) is FAMILIES[kind]
    assert set(KINDS) <= set(FAMILIES)
    with pytest.raises(ValueError, match="two families are called 'vanilla'"):
        registered("vanilla")(Contractive)
    assert registered("contractive")(Contractive) is Contractive


def test_a_family_that_nobody_registered_is_refused() -> None:
    unknown = config("vanilla").model_copy(update={"kind": "copula"})
    with pytest.raises(ConfigError, match="no family is called 'copula'; known are"):
        family_of(unknown)


@pytest.mark.parametrize("kind", ["sparse", "variational"])
def test_the_encoder_of_a_deployable_family_freezes_into_the_same_integers(
    kind: str, small: SmallTraining
) -> None:
    prepared_framework(small.backend, 1)
    family = family_of(config(kind, backend=small.backend, activation="relu", weight=0.01))
    assert family.deployable
    inputs = hardware_inputs(SCALING, GRID if small.backend == "qkeras" else None)
    raw = np.random.default_rng(1).integers(-60, 60, (400, N_INPUTS))
    shown = inputs.shown(raw)
    one = Trainer(family, N_INPUTS, FitConfig(epochs=3, batch=64))
    one.fit(shown[:300], shown[300:], seed=1)
    scaling, network = frozen_encoder(one.network, SCALING)
    found, expected = keras_trace(one.network, network, shown), network.trace(scaling.apply(raw))
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    assert np.unique(expected["mean"]).size > 5


def test_a_float_family_is_not_frozen() -> None:
    _, network = built("variational")
    with pytest.raises(NotExactError, match="a float model has no number formats"):
        frozen_encoder(network, SCALING)
