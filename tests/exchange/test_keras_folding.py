"""Batch normalisations: their factors, and the few numbers on which float32 cannot be trusted."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.core.tensor import TensorType
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.batchnorm import normalisation_of
from l1ad.exchange.keras.network import network_from_keras
from l1ad.exchange.keras.powers import quantised_statistic
from l1ad.exchange.keras.records import KerasLayer


def normalisation(kind: str = "BatchNormalization", **options: Any) -> KerasLayer:
    """Give a normalisation of four channels with factors that are powers of two."""
    weights = {
        "gamma": [1.0, -2.0, 0.5, 0.0],
        "beta": [0.5, 0.25, -1.0, 2.0],
        "moving_mean": [1.0, 0.5, -3.0, 7.0],
        "moving_variance": [0.75, 3.75, 0.75, 0.0],
    }
    given = {role: options.pop(role, values) for role, values in weights.items()}
    arrays = {role: np.array(values, dtype=np.float32) for role, values in given.items()}
    config = {"epsilon": 0.25, **options}
    return KerasLayer(kind=kind, name="norm", config=config, weights=arrays, inbound=())


def test_factor_and_shift_are_those_of_the_formula() -> None:
    found = normalisation_of(normalisation(), 4)
    assert found.is_exact
    assert found.factor.tolist() == [1.0, -1.0, 0.5, 0.0]
    assert found.shift.tolist() == [-0.5, 0.75, 0.5, 2.0]


def test_gamma_and_beta_that_are_switched_off_are_one_and_zero() -> None:
    found = normalisation_of(normalisation(scale=False, center=False), 4)
    assert found.factor.tolist() == [1.0, 0.5, 1.0, 2.0]
    assert found.shift.tolist() == [-1.0, -0.25, 3.0, -14.0]


@pytest.mark.parametrize(
    "change", [{"gamma": [1.0, 1.5, 0.5, 0.0]}, {"moving_variance": [0.75, 3.75, 0.7, 0.0]}]
)
def test_any_other_factor_is_not_exact(change: dict[str, Any]) -> None:
    assert not normalisation_of(normalisation(**change), 4).is_exact


def test_a_division_by_zero_or_by_no_number_is_refused() -> None:
    with pytest.raises(ModelFileError, match="layer 'norm' divides by zero"):
        normalisation_of(normalisation(epsilon=0), 4)
    for epsilon in ("small", -1.0, None, math.nan):
        with pytest.raises(ModelFileError, match=f"layer 'norm': epsilon={epsilon!r}; a small positive number"):
            normalisation_of(normalisation(epsilon=epsilon), 4)


def test_an_inverse_that_is_quantised_to_powers_of_two_is_exact() -> None:
    none = dict.fromkeys(("gamma_quantizer", "beta_quantizer", "mean_quantizer", "variance_quantizer"))
    variance = [1.3, 5.0, 0.4, 0.1]
    powers, steps = (
        normalisation_of(
            normalisation("QBatchNormalization", moving_variance=variance, inverse_quantizer=inverse, **none), 4
        )
        for inverse in ("quantized_po2(5)", "quantized_bits(6,2,alpha=1)")
    )
    assert powers.is_exact
    assert powers.factor[:3].tolist() == [1.0, -1.0, 0.5]
    assert not steps.is_exact
    assert steps.factor.tolist() == [0.75, -0.875, 0.625, 0.0]


def test_a_quantised_normalisation_that_leaves_a_quantiser_out_is_refused() -> None:
    with pytest.raises(ModelFileError, match="layer 'norm' does not say its gamma_quantizer"):
        normalisation_of(normalisation("QBatchNormalization"), 4)


@pytest.mark.parametrize(
    ("spelling", "positive"),
    [
        ("quantized_po2(4)", False),
        ("quantized_po2(5, 2.0)", False),
        ("quantized_po2(6, quadratic_approximation=True)", False),
        ("quantized_relu_po2(6, 2048)", True),
        ("quantized_relu_po2(6, quadratic_approximation=True)", True),
        ("quantized_relu_po2(3, 0.5)", True),
        ("quantized_bits(6,2,alpha=1)", False),
    ],
)
def test_statistics_are_quantised_as_qkeras_does(qkeras: Any, spelling: str, positive: bool) -> None:
    rng = np.random.default_rng(len(spelling))
    values = (rng.choice([-1, 1], size=400) * np.exp2(rng.uniform(-9, 6, size=400))).astype(np.float32)
    values = np.abs(values) if positive else values
    expected = np.asarray(qkeras.quantizers.get_quantizer(spelling)(values))
    found = quantised_statistic(values, spelling, "gamma of 'norm'", positive=positive)
    if "po2" in spelling:  # QKeras adds and subtracts the number itself on its way out, in float32
        expected = np.sign(expected) * np.exp2(np.rint(np.log2(np.abs(expected.astype(np.float64)))))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("spelling", "words"),
    [
        ("quantized_po2(5, log2_rounding='floor')", "only rounding to the nearest exponent is known"),
        ("quantized_po2(5, use_stochastic_rounding=True)", "its result is left to chance"),
        ("quantized_po2(12)", "has exponents of 10 bits; 0 to 6 are imported"),
        ("quantized_relu_po2(5, negative_slope=0.5)", "only a slope of 0 is known"),
        ("quantized_relu_po2(5)", "of a negative number is not imported"),
        ("binary", "'binary' is not imported"),
    ],
)
def test_other_quantisers_of_statistics_are_refused(spelling: str, words: str) -> None:
    with pytest.raises(ModelFileError, match=words):
        quantised_statistic(
            np.array([-1.0, 2.0], dtype=np.float32), spelling, "gamma of 'norm'", positive=False
        )


def test_a_statistic_between_two_powers_of_two_is_refused() -> None:
    with pytest.raises(ModelFileError, match="so closely between two powers of two"):
        quantised_statistic(
            np.sqrt(np.array([2.0], np.float32)), "quantized_po2(5)", "gamma of 'norm'", positive=False
        )


def test_folded_weights_near_the_middle_between_two_steps_are_noted(
    keras: Any, qkeras: Any, tmp_path: Path
) -> None:
    bits = qkeras.quantized_bits(5, 1, alpha=1)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            qkeras.QDenseBatchnorm(4, kernel_quantizer=bits, bias_quantizer=bits, epsilon=0.25, name="dense"),
        ]
    )
    dense = model.layers[0]
    dense.batchnorm.moving_variance.assign([0.75, 0.75, 2.5, 0.75])
    kernel = np.full((3, 4), 0.25, dtype=np.float32)
    kernel[1, 0] = np.float32(0.0625)  # exactly between 0 and one step of 0.125
    kernel[2, 3] = np.nextafter(np.float32(0.3125), np.float32(1))
    dense.kernel.assign(kernel)
    model.save(tmp_path / "model.keras")
    input_type = TensorType.from_spelling("ap_fixed<6,3>")
    notes = network_from_keras(tmp_path / "model.keras", input_type=input_type).notes
    assert len(notes) == 1
    assert notes[0].startswith(
        "layer 'dense': 2 of 12 folded weights lie so near to the middle between two steps"
    )
