"""A penalty whose weight is a variable: the loss of the family, and one compilation for every weight."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras", reason="neither the extra 'qkeras' nor 'hgq' is installed")

from l1ad.config.studies.families import FamilyConfig, FitConfig
from l1ad.training.environment import prepared_framework
from l1ad.training.families.fit import Trainer
from l1ad.training.families.registry import family_of
from l1ad.training.families.steered import Steered

KINDS = ("vanilla", "sparse", "contractive", "variational")


@pytest.fixture(scope="module", autouse=True)
def framework() -> None:
    prepared_framework("float", 1)


def config(kind: str, weight: float) -> FamilyConfig:
    return FamilyConfig.model_validate(
        {"name": kind, "kind": kind, "weight": weight, "hidden": (7, 5), "latent": 3, "activation": "relu"}
    )


def rows(seed: int, n: int = 256) -> Any:
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(3, 6))
    return (np.tanh(rng.normal(size=(n, 3)) @ mixing) + 0.1 * rng.normal(size=(n, 6))).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_reconstruction_and_weighted_penalty(kind: str) -> None:
    steered = Steered(config(kind, 0.1))
    network, shown = steered.built(6, seed=3), rows(1)
    steered.weight.assign(0.7)
    (loss,), terms = steered.losses(network, shown, None)
    of_family = family_of(config(kind, 0.7))
    (expected,), expected_terms = of_family.losses(network, shown, None)
    np.testing.assert_allclose(np.asarray(terms), np.asarray(expected_terms), rtol=1e-6)
    assert float(loss) == pytest.approx(float(expected), rel=1e-6)
    # Against NumPy: the decoder's error, summed over inputs, and 0.7 of what the family adds.
    mean = steered.applied(network).means(shown)
    decoded = np.asarray(network.decoder(mean.astype(np.float32)), dtype=np.float64)
    reconstruction = np.square(shown - decoded).sum(axis=1).mean()
    assert float(loss) == pytest.approx(reconstruction + 0.7 * float(terms[2]), rel=1e-5)


@pytest.mark.parametrize("kind", ["sparse", "variational"])
def test_a_weight_that_is_set_trains_as_one_that_was_compiled(kind: str) -> None:
    fit = FitConfig(epochs=3, batch=64)
    steered = Steered(config(kind, 5.0))
    trainer = Trainer(steered, 6, fit)
    trainer.fit(rows(1), rows(2), seed=4)
    steered.weight.assign(0.3)
    ours = trainer.fit(rows(1), rows(2), seed=4)
    theirs = Trainer(family_of(config(kind, 0.3)), 6, fit).fit(rows(1), rows(2), seed=4)
    for name, values in theirs.history.items():
        np.testing.assert_allclose(ours.history[name], values, rtol=1e-4, err_msg=name)


def test_a_larger_weight_shrinks_the_codes() -> None:
    steered = Steered(config("sparse", 0.01))
    trainer = Trainer(steered, 6, FitConfig(epochs=20, batch=64, learning_rate=0.01))
    sizes = []
    for weight in (0.01, 1_000.0):
        steered.weight.assign(weight)
        trainer.fit(rows(1), rows(2), seed=1)
        sizes.append(np.abs(steered.applied(trainer.network).means(rows(3))).mean())
    assert sizes[1] < 0.1 * sizes[0]


def test_scores_and_what_can_be_deployed_are_those_of_the_family() -> None:
    for kind in KINDS:
        steered, family = Steered(config(kind, 0.5)), family_of(config(kind, 0.5))
        network, shown = steered.built(6, seed=3), rows(1)
        assert steered.deployable is family.deployable
        assert (steered.noise_size, tuple(steered.terms)) == (family.noise_size, tuple(family.terms))
        applied, theirs = steered.applied(network).scores(shown), family.scores(network, shown)
        assert set(applied) == set(theirs) - {"kl"}
        for name, values in steered.scores(network, shown).items():
            np.testing.assert_array_equal(values, theirs[name])
        for name, values in applied.items():
            # Codes of size 1 are sums in float32, compiled in another order: 2|µ|·1e-7 in their squares.
            np.testing.assert_allclose(values, theirs[name], rtol=1e-5, atol=1e-6)


def test_a_network_that_is_applied_has_the_weights_of_now_and_any_number_of_rows() -> None:
    steered = Steered(config("sparse", 0.5))
    network, shown = steered.built(6, seed=3), rows(1, 9_000)
    applied = steered.applied(network)
    before = applied.scores(shown)["reconstruction"]
    np.testing.assert_array_equal(applied.scores(shown[8_190:8_195])["reconstruction"], before[8_190:8_195])
    for variable in network.trainable_variables:
        variable.assign(0.5 * np.asarray(variable))
    expected = steered.scores(network, shown)["reconstruction"]
    np.testing.assert_allclose(applied.scores(shown)["reconstruction"], expected, rtol=1e-5)
    assert not np.allclose(before, expected)
