"""Models built by Keras here and now: saved, imported, and equal to Keras in every layer without tolerance."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.network import FrozenNetwork
from l1ad.core.tensor import TensorType
from l1ad.exchange.imported import Imported
from l1ad.exchange.keras.network import network_from_keras

INPUT = TensorType.from_spelling("ap_fixed<7,4>")


def randomise(model: Any, rng: np.random.Generator) -> None:
    """Give a model weights and statistics as after a training."""
    for variable in model.weights:
        if "iteration" in variable.path or "seed" in variable.path:
            continue
        if "variance" in variable.path:
            variable.assign(rng.uniform(0.3, 2.0, size=variable.shape))
        else:
            variable.assign(rng.normal(scale=0.6, size=variable.shape))


def saved_and_imported(model: Any, form: str, folder: Path, **options: Any) -> Imported:
    """Save a model in one of the forms and import it."""
    if form == "json":
        (folder / "model.json").write_text(model.to_json(), encoding="utf-8")
        model.save_weights(folder / "model.weights.h5")
        weights = folder / "model.weights.h5"
        return network_from_keras(folder / "model.json", weights=weights, input_type=INPUT, **options)
    model.save(folder / f"model.{form}")
    return network_from_keras(folder / f"model.{form}", input_type=INPUT, **options)


def events(rng: np.random.Generator, network: FrozenNetwork, n_events: int = 200) -> NDArray[np.int64]:
    """Draw raw inputs over the whole range of the input type, its ends included."""
    kind = INPUT.types[0]
    raw = rng.integers(kind.raw_min, kind.raw_max + 1, size=(n_events, network.n_inputs))
    raw[0], raw[1], raw[2] = kind.raw_min, kind.raw_max, 0
    return raw


def differing(
    keras: Any, model: Any, network: FrozenNetwork, inputs_raw: NDArray[np.int64], layers: Mapping[str, str]
) -> dict[str, int]:
    """Count by layer the numbers in which the network differs from Keras.

    `layers` names for each layer of the network the layer of the model with the same result.
    """
    taps = keras.Model(model.inputs, [model.get_layer(layer).output for layer in layers.values()])
    inputs = (inputs_raw * 2.0**-INPUT.fraction).astype(np.float32)
    results = taps([inputs.reshape(-1, *model.inputs[0].shape[1:])])
    traced = network.trace(inputs_raw)
    found = {}
    for name, values in zip(layers, results if len(layers) > 1 else [results], strict=True):
        expected = np.asarray(values, dtype=np.float64).reshape(len(inputs_raw), -1)
        ours = traced[name] * 2.0 ** -network.types[name].fraction
        assert ours.shape == expected.shape
        assert len(np.unique(expected)) > 5, f"{name} is almost constant, which would prove nothing"
        found[name] = int((ours != expected).sum())
    return found


def random_dense(keras: Any, qkeras: Any, rng: np.random.Generator) -> tuple[Any, dict[str, str]]:
    """Build a random quantised dense network; fused and separate activations, every kind of quantiser."""

    def kernel() -> Any:
        bits, integer = int(rng.integers(3, 8)), int(rng.integers(0, 3))
        return [
            qkeras.quantized_bits(bits, integer, alpha=1),
            qkeras.quantized_bits(bits, integer, symmetric=1, alpha=0.5),
            f"quantized_bits({bits},{integer})",
            qkeras.quantized_linear(bits, integer, alpha=2.0),
        ][rng.integers(4)]

    def activation() -> Any:
        bits, integer = int(rng.integers(5, 9)), int(rng.integers(2, 5))
        return [
            qkeras.quantized_relu(bits, integer),
            f"quantized_bits({bits},{integer})",
            "relu",
            qkeras.quantized_bits(bits, integer, symmetric=1, alpha=1),
        ][rng.integers(4)]

    model, layers = keras.Sequential([keras.Input((int(rng.integers(4, 12)),))]), {}
    for number in range(1, 4):
        fused = activation() if rng.random() < 0.5 else None
        options = {"use_bias": bool(rng.random() < 0.8), "bias_quantizer": "quantized_bits(6,2)"}
        name = f"dense_{number}"
        dense = qkeras.QDense(
            int(rng.integers(3, 10)), kernel_quantizer=kernel(), activation=fused, name=name, **options
        )
        model.add(dense)
        function = getattr(fused, "__name__", None) or type(fused).__name__
        spelled = fused.partition("(")[0] if isinstance(fused, str) else function
        layers[name if fused is None else f"{name}_{spelled}"] = name
        model.add(keras.layers.Dropout(0.2))
        model.add(qkeras.QActivation(f"quantized_bits(7,{int(rng.integers(2, 5))})", name=f"cast_{number}"))
        layers[f"cast_{number}"] = f"cast_{number}"
    randomise(model, rng)
    return model, layers


@pytest.mark.parametrize("seed", range(8))
def test_random_dense_networks_equal_keras_in_every_layer(
    keras: Any, qkeras: Any, tmp_path: Path, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    model, layers = random_dense(keras, qkeras, rng)
    form = ["keras", "h5", "json"][seed % 3]
    imported = saved_and_imported(model, form, tmp_path)
    assert imported.notes == ()
    inputs_raw = events(rng, imported.network)
    assert set(differing(keras, model, imported.network, inputs_raw, layers).values()) == {0}


@pytest.mark.parametrize(
    ("padding", "strides", "kernel", "form"),
    [
        ("valid", (1, 1), (3, 2), "keras"),
        ("same", (2, 2), (3, 3), "h5"),
        ("same", (1, 2), (2, 4), "json"),
        ("valid", (3, 2), (1, 3), "keras"),
    ],
)
def test_convolutions_and_pooling_equal_keras_in_every_layer(
    keras: Any,
    qkeras: Any,
    tmp_path: Path,
    padding: str,
    strides: tuple[int, int],
    kernel: tuple[int, int],
    form: str,
) -> None:
    bits = qkeras.quantized_bits(6, 1, alpha=1)
    inputs = keras.Input((9, 8, 2), name="image")
    result = qkeras.QConv2D(
        3, kernel, strides=strides, padding=padding, kernel_quantizer="quantized_bits(5,0)",
        bias_quantizer=bits, activation="quantized_relu(7,4)", name="conv_1",
    )(inputs)  # fmt: skip
    result = keras.layers.MaxPooling2D((2, 1), strides=(1, 1), name="largest")(result)
    result = qkeras.QConv2D(2, 1, use_bias=False, kernel_quantizer=bits, name="conv_2")(result)
    result = keras.layers.AveragePooling2D((1, 2), name="mean")(result)
    result = keras.layers.ReLU(name="relu")(keras.layers.Flatten(name="flat")(result))
    result = qkeras.QDense(4, kernel_quantizer=bits, bias_quantizer=bits, name="dense")(result)
    model = keras.Model(inputs, keras.layers.Reshape((2, -1), name="shape")(result))
    rng = np.random.default_rng(sum(strides))
    randomise(model, rng)
    imported = saved_and_imported(model, form, tmp_path)
    assert imported.notes == ()
    assert imported.network.shapes["image"] == (9, 8, 2)
    assert imported.network.shapes["shape"] == (2, 2)
    layers = {"conv_1_quantized_relu": "conv_1"}
    layers |= {name: name for name in ("largest", "conv_2", "mean", "relu", "dense", "shape")}
    inputs_raw = events(rng, imported.network, 60)
    assert set(differing(keras, model, imported.network, inputs_raw, layers).values()) == {0}


@pytest.mark.parametrize("form", ["keras", "h5", "json"])
@pytest.mark.parametrize("mode", ["ema_stats_folding", "batch_stats_folding"])
def test_layers_that_fold_their_normalisation_equal_keras(
    keras: Any, qkeras: Any, tmp_path: Path, form: str, mode: str
) -> None:
    bits = qkeras.quantized_bits(7, 2, alpha=1)
    inputs = keras.Input((4, 4, 2), name="image")
    result = qkeras.QConv2DBatchnorm(
        3, (2, 2), kernel_quantizer=bits, bias_quantizer=bits, activation="quantized_relu(8,4)",
        folding_mode=mode, use_bias=False, name="conv",
    )(inputs)  # fmt: skip
    result = qkeras.QDenseBatchnorm(
        5, kernel_quantizer="quantized_bits(6,1)", bias_quantizer=bits, folding_mode=mode, name="dense"
    )(keras.layers.Flatten(name="flat")(result))
    model = keras.Model(inputs, result)
    rng = np.random.default_rng(len(mode))
    randomise(model, rng)
    imported = saved_and_imported(model, form, tmp_path)
    assert imported.notes == ()
    layers = {"conv_quantized_relu": "conv", "dense": "dense"}
    inputs_raw = events(rng, imported.network)
    assert differing(keras, model, imported.network, inputs_raw, layers) == {
        "conv_quantized_relu": 0,
        "dense": 0,
    }


def test_a_normalisation_by_powers_of_two_is_folded_without_loss(
    keras: Any, qkeras: Any, tmp_path: Path
) -> None:
    bits = qkeras.quantized_bits(6, 1, alpha=1)
    inputs = keras.Input((4, 4, 2), name="image")
    result = qkeras.QConv2D(4, 2, kernel_quantizer=bits, bias_quantizer=bits, name="conv")(inputs)
    result = keras.layers.BatchNormalization(epsilon=0.25, name="norm_1")(result)
    result = keras.layers.Flatten(name="flat")(keras.layers.Activation("relu", name="relu")(result))
    result = qkeras.QActivation("quantized_relu(8,5)", name="cast")(result)
    result = qkeras.QDense(4, kernel_quantizer=bits, use_bias=False, name="dense")(result)
    result = qkeras.QBatchNormalization(
        gamma_quantizer=None, variance_quantizer=None, beta_quantizer="quantized_bits(6,2)",
        mean_quantizer="quantized_po2(4)", inverse_quantizer="quantized_po2(5)", name="norm_2",
    )(result)  # fmt: skip
    model = keras.Model(inputs, result)
    rng = np.random.default_rng(2)
    randomise(model, rng)
    first = model.get_layer("norm_1")
    first.moving_variance.assign([0.75, 3.75, 15.75, 0.0])
    first.gamma.assign([1.0, -2.0, 0.5, 2.0])
    first.beta.assign(rng.integers(-16, 17, size=4) / 8)
    first.moving_mean.assign(rng.integers(-16, 17, size=4) / 8)
    imported = saved_and_imported(model, "keras", tmp_path)
    assert imported.notes == ()
    layers = {"conv": "norm_1", "relu": "relu", "cast": "cast", "dense": "norm_2"}
    inputs_raw = events(rng, imported.network)
    assert set(differing(keras, model, imported.network, inputs_raw, layers).values()) == {0}


@pytest.mark.parametrize("form", ["keras", "h5", "json"])
def test_one_head_of_a_variational_encoder_inside_a_model_is_imported(
    keras: Any, qkeras: Any, tmp_path: Path, form: str
) -> None:
    bits = qkeras.quantized_bits(6, 1, alpha=1)

    def dense(width: int, name: str) -> Any:
        return qkeras.QDense(width, kernel_quantizer=bits, bias_quantizer=bits, name=name)

    given = keras.Input((8,), name="given")
    hidden = qkeras.QActivation("quantized_relu(7,4)", name="relu")(dense(6, "hidden")(given))
    heads = [dense(3, "mean")(hidden), keras.layers.Dense(3, name="log variance")(hidden)]
    encoder = keras.Model(given, heads, name="encoder")
    inputs = keras.Input((8,), name="inputs")
    model = keras.Model(inputs, keras.layers.Dense(8, name="decoder")(encoder(inputs)[0]))
    rng = np.random.default_rng(6)
    randomise(model, rng)
    imported = saved_and_imported(model, form, tmp_path, output="mean")
    assert [layer.name for layer in imported.network.layers] == ["hidden", "relu", "mean"]
    inputs_raw = events(rng, imported.network)
    names = {"hidden": "hidden", "relu": "relu", "mean": "mean"}
    assert set(differing(keras, encoder, imported.network, inputs_raw, names).values()) == {0}


def test_sums_beyond_what_float32_carries_are_noted(keras: Any, qkeras: Any, tmp_path: Path) -> None:
    wide = qkeras.quantized_bits(16, 3, alpha=1)
    model = keras.Sequential([keras.Input((6,))])
    for name in ("one", "two"):
        model.add(qkeras.QDense(4, kernel_quantizer=wide, bias_quantizer=wide, name=name))
    randomise(model, np.random.default_rng(1))
    notes = saved_and_imported(model, "keras", tmp_path).notes
    assert len(notes) == 1
    assert notes[0].startswith("layer 'two': sums can take ")
    assert "Keras's own float32 rounds beyond 24" in notes[0]
