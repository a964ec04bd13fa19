"""Float models: number formats chosen by the user, and losses told in full."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from l1ad.core.errors import ConfigError, DataError
from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputField, InputLayout
from l1ad.core.network import Activation, Dense, FrozenNetwork
from l1ad.core.tensor import TensorType
from l1ad.exchange.chosen_types import ChosenTypes, LayerTypes, constants_by_range, type_for_range
from l1ad.exchange.constants import held_exactly
from l1ad.exchange.imported import Imported, ModelFileError
from l1ad.exchange.keras.network import network_from_keras
from l1ad.exchange.scaler import InputCorrection, scaling_from_mean_and_scale

INPUT = TensorType.from_spelling("ap_fixed<5,3>")
FREE = ChosenTypes(weight_bits=8, bias_bits=8)


def imported(files: Path, **options: Any) -> Imported:
    """Import the float model of Keras 2 under the types given."""
    return network_from_keras(files / "tf_keras_float.h5", input_type=INPUT, types=ChosenTypes(**options))


def layer_of(network: FrozenNetwork, name: str) -> Any:
    """Find a layer."""
    return next(layer for layer in network.layers if layer.name == name)


def test_a_float_model_is_refused_unless_types_are_chosen(files: Path) -> None:
    for types in (None, ChosenTypes(bias_bits=8)):
        with pytest.raises(
            ModelFileError, match=r"layer 'dense_1': its weight is in floating point, .* weight_bits"
        ):
            network_from_keras(files / "tf_keras_float.h5", input_type=INPUT, types=types)
    with pytest.raises(
        ModelFileError, match=r"layer 'dense_1': its bias is in floating point, .* by bias_bits"
    ):
        imported(files, weight_bits=8)


def test_the_largest_error_in_the_notes_is_that_of_the_weights(files: Path) -> None:
    exact = imported(files, weight_bits=8, bias_bits=8)
    coarse = imported(files, weight_bits=4, bias_bits=8)
    for name in ("dense_1", "dense_2", "mean"):
        one, other = layer_of(exact.network, name), layer_of(coarse.network, name)
        weights = one.weights_raw * float(one.weight_type.lsb)
        rounded = other.weights_raw * float(other.weight_type.lsb)
        error = np.abs(weights - rounded).max()
        assert error > 0
        assert (
            f"layer {name!r}: weight rounded to {other.weight_type} (by range), largest error {error:.3g}"
            in coarse.notes
        )


def test_a_type_given_for_a_layer_comes_before_the_bits(files: Path) -> None:
    layers = ChosenTypes.read_layers(
        {"dense_2": {"weight": "ap_fixed<10,3>", "result": "ap_fixed<9,6,AP_RND,AP_SAT>"}}
    )
    found = imported(files, weight_bits=6, bias_bits=7, layers=layers)
    dense = layer_of(found.network, "dense_2")
    assert isinstance(dense, Dense)
    assert (dense.weight_type, dense.bias_type.width) == (FixedType.from_cpp("ap_fixed<10,3>"), 7)
    cast = layer_of(found.network, "dense_2_linear")
    assert isinstance(cast, Activation)
    assert cast.result.spelling == "ap_fixed<9,6,AP_RND,AP_SAT>"
    assert any("weight rounded to ap_fixed<10,3> (as given)" in note for note in found.notes)
    assert any(
        note.startswith("layer 'dense_2': result held in ap_fixed<9,6,AP_RND,AP_SAT> (as given)")
        for note in found.notes
    )


def test_results_of_a_float_relu_keep_every_bit_unless_bits_are_chosen(files: Path) -> None:
    network = imported(files, weight_bits=8, bias_bits=8).network
    assert layer_of(network, "dense_1_relu").result.spelling.startswith("ap_ufixed<")
    raw = np.random.default_rng(1).integers(-16, 16, size=(100, 12))
    traced = network.trace(raw)
    np.testing.assert_array_equal(traced["dense_1_relu"], np.maximum(traced["dense_1"], 0))


def test_the_range_of_a_result_comes_from_bounds_or_from_calibration_events(files: Path) -> None:
    rng = np.random.default_rng(3)
    events = rng.integers(-4, 5, size=(500, 12))
    bounded = imported(files, weight_bits=8, bias_bits=8, activation_bits=8)
    calibrated = imported(files, weight_bits=8, bias_bits=8, activation_bits=8, calibration=events)
    for name in ("dense_1_relu", "relu_2"):
        wide, narrow = (layer_of(one.network, name).result.types[0] for one in (bounded, calibrated))
        assert (wide.width, wide.signed, narrow.width, narrow.signed) == (8, False, 8, False)
        assert narrow.integer < wide.integer
    assert any("(8 bits, by the bounds of its sums)" in note for note in bounded.notes)
    assert any("(8 bits, by 500 calibration events)" in note for note in calibrated.notes)
    # No event that calibrated is limited, and every input of the type stays within the bounds.
    relu = layer_of(calibrated.network, "dense_1_relu")
    assert calibrated.network.trace(events)["dense_1_relu"].max() < relu.result.types[0].raw_max
    every = rng.choice([-16, 15], size=(2000, 12))
    traced = bounded.network.trace(every)
    steps = bounded.network.types["dense_1"].fraction - bounded.network.types["dense_1_relu"].fraction
    error = np.abs(traced["dense_1_relu"] * 2**steps - np.maximum(traced["dense_1"], 0))
    assert error.max() <= 2 ** (steps - 1)


def test_choices_that_fit_no_layer_are_refused(files: Path) -> None:
    with pytest.raises(
        ModelFileError, match="types are chosen for layer 'dens_1'; imported are dense_1, dense_2"
    ):
        imported(files, weight_bits=8, bias_bits=8, layers={"dens_1": LayerTypes()})
    with pytest.raises(DataError, match="calibration events have 3 inputs, the model has 12"):
        imported(files, weight_bits=8, bias_bits=8, calibration=np.zeros((5, 3), dtype=np.int64))
    with pytest.raises(DataError, match=r"calibration events lie outside ap_fixed<5,3>; scaled raw inputs"):
        imported(files, weight_bits=8, bias_bits=8, calibration=np.full((5, 12), 16))
    with pytest.raises(ModelFileError, match="'relu_2', but a ReLU has no such types"):
        imported(files, weight_bits=8, layers=ChosenTypes.read_layers({"relu_2": {"bias": "ap_fixed<8,2>"}}))
    for what, kind in (("weight", "ap_fixed<9,2>"), ("result", "ap_fixed<9,2>")):
        layers = ChosenTypes.read_layers({"relu_1" if what == "result" else "dense_1": {what: kind}})
        with pytest.raises(ModelFileError, match=r"ap_fixed<9,2> is chosen for a .* leave the choice out"):
            network_from_keras(
                files / "qkeras3_convolution.h5", input_type=INPUT, types=ChosenTypes(layers=layers)
            )


def test_choices_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match="weight_bits is 0; 1 to 32 bits can be chosen"):
        ChosenTypes(weight_bits=0)
    with pytest.raises(ConfigError, match=r"calibration events are int64 of shape \(4,\); raw integers of"):
        ChosenTypes(calibration=np.zeros(4, dtype=np.int64))
    with pytest.raises(
        ConfigError, match="types of layer 'a': unknown key 'wieght'; known are weight, bias, result"
    ):
        ChosenTypes.read_layers({"a": {"wieght": "ap_fixed<8,2>"}})
    with pytest.raises(ConfigError, match="types of layer 'a': 'fixed<8,2>' is not an ap_fixed"):
        ChosenTypes.read_layers({"a": {"weight": "fixed<8,2>"}})


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_no_other_place_of_the_point_rounds_constants_better(bits: int) -> None:
    rng = np.random.default_rng(bits)
    for scale in (0.003, 0.7, 1.0, 40.0):
        values = rng.normal(scale=scale, size=50)
        held = constants_by_range(values, bits)
        error = np.abs(held.values - values).max()
        assert held.kind.width == bits
        for integer in range(-12, 12):
            step = 2.0 ** (integer - bits)
            limits = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
            other = np.clip(np.rint(values / step), *limits) * step
            assert error <= np.abs(other - values).max()


def test_constants_that_are_all_zero_are_held() -> None:
    held = constants_by_range(np.zeros(3), 4)
    assert held.raw.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 255, "ap_ufixed<8,4,AP_RND_CONV,AP_SAT>"),
        (0, 256, "ap_ufixed<8,5,AP_RND_CONV,AP_SAT>"),
        (0, 511, "ap_ufixed<8,6,AP_RND_CONV,AP_SAT>"),  # 511 rounds up to 512
        (-128, 127, "ap_fixed<8,4,AP_RND_CONV,AP_SAT>"),
        (-129, 5, "ap_fixed<8,5,AP_RND_CONV,AP_SAT>"),
        (0, 0, "ap_ufixed<8,-3,AP_RND_CONV,AP_SAT>"),
    ],
)
def test_the_finest_type_that_cuts_nothing_off_is_found(low: int, high: int, expected: str) -> None:
    assert str(type_for_range(low, high, fraction=4, bits=8)) == expected


def test_one_bit_holds_no_negative_result() -> None:
    with pytest.raises(ConfigError, match="1 bit cannot hold results from -3 to 3"):
        type_for_range(-3, 3, fraction=0, bits=1)


def test_numbers_are_held_exactly_or_not_at_all() -> None:
    values = np.array([[0.375, -2.0], [0.0, 1.0]])
    held = held_exactly(values, most_bits=6)
    assert held is not None
    np.testing.assert_array_equal(held.values, values)
    assert str(held.kind) == "ap_fixed<5,2>"
    assert held_exactly(values, most_bits=4) is None
    assert held_exactly(np.array([0.1]), most_bits=24) is None
    large = held_exactly(np.array([-96.0, 32.0]), most_bits=6)
    assert large is not None
    assert (large.raw.tolist(), str(large.kind)) == ([-3, 1], "ap_fixed<3,8>")


def test_a_normalisation_that_is_no_power_of_two_is_folded_with_its_loss_told(
    keras: Any, tmp_path: Path
) -> None:
    rng = np.random.default_rng(9)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(4, name="dense"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.ReLU(name="relu"),
        ]
    )
    for variable in model.weights:
        low = 0.3 if "variance" in variable.path else -1.0
        variable.assign(rng.uniform(low, 2.0, size=variable.shape))
    model.save(tmp_path / "model.keras")
    found = network_from_keras(tmp_path / "model.keras", input_type=INPUT, types=FREE)
    assert [note.split(" rounded")[0] for note in found.notes] == [
        "layer 'dense': weight with 'norm' folded in",
        "layer 'dense': bias with 'norm' folded in",
    ]
    raw = rng.integers(-16, 16, size=(200, 5))
    expected = np.asarray(model((raw / 4).astype(np.float32)))
    network = found.network
    ours = network.trace(raw)["relu"] * 2.0 ** -network.types["relu"].fraction
    errors = [float(note.rsplit(" ", 1)[1]) for note in found.notes]
    # Each of five inputs of at most 4 meets a weight that is off by at most the error told.
    bound = 5 * 4.0 * errors[0] + errors[1]
    slack = 0.01 * bound  # the notes have three digits, and Keras rounds to float32 on the way
    assert 0 < np.abs(ours - expected).max() <= bound + slack


def test_a_quantised_normalisation_has_its_statistics_quantised_first(
    keras: Any, qkeras: Any, tmp_path: Path
) -> None:
    rng = np.random.default_rng(11)
    bits = qkeras.quantized_bits(6, 1, alpha=1)
    inputs = keras.Input((5,))
    result = qkeras.QDense(4, kernel_quantizer=bits, bias_quantizer=bits, name="dense")(inputs)
    model = keras.Model(inputs, qkeras.QBatchNormalization(name="norm")(result))
    for variable in model.weights:
        low = 0.3 if "variance" in variable.path or "gamma" in variable.path else -1.0
        variable.assign(rng.uniform(low, 2.0, size=variable.shape))
    model.save(tmp_path / "model.keras")
    found = network_from_keras(
        tmp_path / "model.keras", input_type=INPUT, types=ChosenTypes(weight_bits=24, bias_bits=24)
    )
    raw = rng.integers(-16, 16, size=(200, 5))
    expected = np.asarray(model((raw / 4).astype(np.float32)))
    ours = found.network.trace(raw)["dense"] * 2.0 ** -found.network.types["dense"].fraction
    # With 24 bits nothing but float32 itself is between the two; unquantised statistics are off by tenths.
    assert np.abs(ours - expected).max() < 1e-4
    assert len(np.unique(expected)) > 100


def test_what_a_scaler_loses_is_taken_back_in_the_weights_of_the_first_layer(files: Path) -> None:
    rng = np.random.default_rng(14)
    fields = tuple(
        InputField(object_type="x", slot=i, quantity="pt", lsb=0.5, unit="GeV", raw_min=0, raw_max=511)
        for i in range(12)
    )
    layout = InputLayout(name="test", fields=fields)
    mean, scale = rng.uniform(100, 300, size=12), rng.uniform(70, 180, size=12)
    wide = TensorType.from_spelling("ap_fixed<24,8,AP_RND_CONV,AP_SAT>")
    scaling, loss = scaling_from_mean_and_scale(layout, mean, scale, working=None, result=wide)
    assert max(one.largest_difference for one in loss.inputs) > 1000
    bits = {"dense_1": LayerTypes(weight=FixedType.from_cpp("ap_fixed<26,4>"))}
    types = ChosenTypes(bias_bits=28, layers=bits)
    path = files / "tf_keras_float.h5"
    corrected = network_from_keras(
        path, input_type=wide, types=types, correction=loss.correction, output="dense_1"
    )
    as_trained = network_from_keras(path, input_type=wide, types=types, output="dense_1")
    raw = rng.integers(0, 512, size=(300, 12))
    trained_on = np.rint((raw - mean) / scale * 2.0**16).astype(np.int64)
    expected, ours = (
        network.trace(given)["dense_1_relu"] * 2.0 ** -network.types["dense_1_relu"].fraction
        for network, given in ((as_trained.network, trained_on), (corrected.network, scaling.apply(raw)))
    )
    # Twelve weights below 3, inputs rounded to 2**-17 at most, and weights rounded to 2**-23.
    assert np.abs(ours - expected).max() < 12 * 3 * 2.0**-16 + 12 * 8 * 2.0**-22
    assert np.abs(ours).max() > 5


def test_quantised_weights_and_other_layers_cannot_bear_a_correction(files: Path) -> None:
    neutral = InputCorrection(factor=np.ones(252), shift=np.zeros(252))
    with pytest.raises(ModelFileError, match=r"layer 'conv' \(QConv2D\) comes before any dense layer"):
        network_from_keras(files / "qkeras3_convolution.h5", input_type=INPUT, correction=neutral)
    of_ten = InputCorrection(factor=np.ones(10), shift=np.zeros(10))
    with pytest.raises(ModelFileError, match="layer 'dense_1': its weights have quantisers of their own"):
        network_from_keras(files / "qkeras09.h5", input_type=INPUT, correction=of_ten)
    with pytest.raises(ModelFileError, match="layer 'dense_1' has 12 inputs, the correction has 10"):
        network_from_keras(files / "tf_keras_float.h5", input_type=INPUT, types=FREE, correction=of_ten)
