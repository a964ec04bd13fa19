"""Make the Keras model files of this folder, and the integers that Keras itself computes with them.

    python make_keras_files.py KIND

KIND is one of the functions below. README.txt says with which versions each was run.
"""

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
if sys.argv[1:] in (["qkeras09"], ["tf_keras"]):
    os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent


def randomised(model: Any, rng: np.random.Generator, *, spread: float = 0.5) -> None:
    """Give a model weights and statistics as after a training, which it has not had."""
    for variable in model.weights:
        name = variable.name.split(":")[0].split("/")[-1]
        if "iteration" in name or "seed" in name:
            continue
        shape = tuple(variable.shape)
        if "variance" in name:
            variable.assign(rng.uniform(0.3, 2.0, size=shape).astype(np.float32))
        else:
            variable.assign(rng.normal(scale=spread, size=shape).astype(np.float32))


def sparse_events(rng: np.random.Generator, n_events: int, n_inputs: int, highest: int) -> NDArray[np.int64]:
    """Draw raw inputs, most of them zero as in a detector."""
    raw = rng.integers(-highest - 1, highest + 1, size=(n_events, n_inputs))
    return np.where(rng.random(raw.shape) < 0.3, raw, 0)


def save_integers(
    name: str, model: Any, inputs_raw: NDArray[np.int64], fraction: int, layers: Mapping[str, str], models: Any
) -> None:
    """Run the model and store inputs and results as integers.

    Args:
        name: Name of the file.
        model: The Keras model.
        inputs_raw: Raw inputs, flat.
        fraction: Their fraction bits.
        layers: Layer of the network -> layer of the model with the same result.
        models: The class `Model` of the Keras that made it.
    """
    inputs = (inputs_raw * 2.0**-fraction).astype(np.float32)
    taps = models(model.inputs, [model.get_layer(layer).output for layer in layers.values()])
    results = taps.predict(inputs.reshape(-1, *model.inputs[0].shape[1:]), verbose=0)
    stored: dict[str, NDArray[Any]] = {"inputs_raw": inputs_raw.astype(np.int16)}
    for layer, values in zip(layers, results if len(layers) > 1 else [results], strict=True):
        flat = np.asarray(values, dtype=np.float64).reshape(len(inputs_raw), -1)
        bits = next(bits for bits in range(60) if np.array_equal(np.rint(flat * 2.0**bits), flat * 2.0**bits))
        stored[f"{layer}:{bits}"] = (flat * 2.0**bits).astype(np.int32)
    np.savez_compressed(FOLDER / f"{name}.npz", **stored)  # type: ignore[arg-type]


def qkeras3_encoder() -> None:
    """A variational encoder with three heads, one of a class of its own, as `.keras`."""
    keras: Any = importlib.import_module("keras")
    qkeras: Any = importlib.import_module("qkeras")

    @keras.saving.register_keras_serializable(package="mine")
    class Sampling(keras.layers.Layer):  # type: ignore[misc]
        def call(self, given: Any) -> Any:
            return given[0] + keras.ops.exp(given[1] / 2) * keras.random.normal(keras.ops.shape(given[0]))

    def dense(width: int, name: str, **more: Any) -> Any:
        return qkeras.QDense(
            width,
            name=name,
            kernel_quantizer=qkeras.quantized_bits(6, 0, alpha=1),
            bias_quantizer=qkeras.quantized_bits(6, 1, alpha=1),
            **more,
        )

    inputs = keras.Input((57,), name="scaled")
    hidden = qkeras.QActivation("quantized_relu(8,4)", name="relu_1")(dense(16, "dense_1")(inputs))
    hidden = dense(8, "dense_2", activation="quantized_relu(7,3)")(keras.layers.Dropout(0.1)(hidden))
    mean = qkeras.QActivation(qkeras.quantized_bits(9, 4, alpha=1), name="mean")(dense(3, "z-mean")(hidden))
    log_variance = keras.layers.Dense(3, name="log_variance")(hidden)
    model = keras.Model(inputs, [mean, log_variance, Sampling(name="z")([mean, log_variance])], name="encoder")
    rng = np.random.default_rng(57)
    randomised(model, rng)
    model.save(FOLDER / "qkeras3_encoder.keras")
    layers = {"dense_1": "dense_1", "relu_1": "relu_1", "dense_2_quantized_relu": "dense_2", "z_mean": "z-mean"}
    raw = sparse_events(rng, 300, 57, 127)
    save_integers("qkeras3_encoder", model, raw, 2, {**layers, "mean": "mean"}, keras.Model)


def qkeras3_convolution() -> None:
    """A convolutional network on calorimeter regions, as the `.h5` that Keras 3 still writes."""
    keras, qkeras = importlib.import_module("keras"), importlib.import_module("qkeras")
    bits = "quantized_bits(8,1,alpha=1.0)"
    model = keras.Sequential(
        [
            keras.Input((252,)),
            keras.layers.Reshape((18, 14, -1), name="image"),
            qkeras.QConv2D(4, (2, 2), strides=2, use_bias=False, kernel_quantizer=bits, name="conv"),
            qkeras.QActivation("quantized_relu(9,4)", name="relu_1"),
            keras.layers.MaxPooling2D((3, 1), name="pool"),
            keras.layers.Flatten(name="flat"),
            qkeras.QDense(6, kernel_quantizer=bits, use_bias=False, name="dense_1"),
            qkeras.QActivation("quantized_relu(8,4)", name="relu_2"),
            qkeras.QDense(
                1,
                kernel_quantizer=qkeras.quantized_bits(10, 3, alpha=1),
                bias_quantizer=qkeras.quantized_bits(10, 3, alpha=1),
                name="score",
            ),
        ]
    )
    rng = np.random.default_rng(252)
    randomised(model, rng)
    model.save(FOLDER / "qkeras3_convolution.h5")
    names = {name: name for name in ("conv", "relu_1", "pool", "dense_1", "relu_2")} | {"score_layer": "score"}
    raw = np.abs(sparse_events(rng, 60, 252, 63))
    save_integers("qkeras3_convolution", model, raw, 2, names, keras.Model)


def qkeras3_batchnorm() -> None:
    """Layers that fold their batch normalisation, as an architecture `.json` and its weights."""
    keras, qkeras = importlib.import_module("keras"), importlib.import_module("qkeras")
    bits = qkeras.quantized_bits(7, 2, alpha=1)
    inputs = keras.Input((6, 4, 2), name="image")
    result = qkeras.QConv2DBatchnorm(
        3, (3, 2), padding="same", kernel_quantizer=bits, bias_quantizer=bits, name="conv"
    )(inputs)
    result = qkeras.QActivation("quantized_bits(8,4)", name="cast")(result)
    result = keras.layers.AveragePooling2D((2, 2), name="pool")(result)
    result = keras.layers.Flatten(name="flat")(result)
    result = qkeras.QDenseBatchnorm(
        5, kernel_quantizer="quantized_bits(6,1)", bias_quantizer=bits, activation="relu", name="dense"
    )(result)
    model = keras.Model(inputs, result)
    rng = np.random.default_rng(642)
    randomised(model, rng)
    (FOLDER / "qkeras3_batchnorm.json").write_text(model.to_json() + "\n", encoding="utf-8")
    model.save_weights(FOLDER / "qkeras3_batchnorm.weights.h5")
    names = {"conv": "conv", "cast": "cast", "pool": "pool", "dense_relu": "dense"}
    save_integers("qkeras3_batchnorm", model, sparse_events(rng, 150, 48, 127), 4, names, keras.Model)


def tf_keras() -> None:
    """A float dense network of Keras 2 whose weights are multiples of 1/8, as a whole-model `.h5`."""
    keras = importlib.import_module("tf_keras")
    model = keras.Sequential(
        [
            keras.layers.Dense(8, activation="relu", input_shape=(12,), name="dense_1"),
            keras.layers.Dense(6, name="dense_2"),
            keras.layers.ReLU(name="relu_2"),
            keras.layers.Dense(2, name="mean"),
        ]
    )
    rng = np.random.default_rng(12)
    for variable in model.weights:
        variable.assign(rng.integers(-15, 16, size=tuple(variable.shape)) / 8)
    model.save(FOLDER / "tf_keras_float.h5")
    layers = {"dense_1_relu": "dense_1", "dense_2": "dense_2", "relu_2": "relu_2", "mean": "mean"}
    save_integers("tf_keras_float", model, sparse_events(rng, 300, 12, 15), 2, layers, keras.Model)


def qkeras09() -> None:
    """QKeras 0.9.0 on Keras 2: scales of its own (auto_po2), a folded normalisation; `.h5` and `.keras`."""
    keras, qkeras = importlib.import_module("tf_keras"), importlib.import_module("qkeras")
    inputs = keras.Input((10,), name="scaled")
    result = qkeras.QDense(
        8, kernel_quantizer="quantized_bits(6,1)", bias_quantizer="quantized_bits(6,2)", name="dense_1"
    )(inputs)
    result = qkeras.QActivation("quantized_relu(8,4)", name="relu_1")(result)
    result = qkeras.QDense(
        6,
        kernel_quantizer=qkeras.quantized_bits(5, 0, 1, alpha=0.5),
        bias_quantizer=qkeras.quantized_bits(6, 2, alpha=1),
        name="dense_2",
    )(result)
    result = keras.layers.BatchNormalization(name="normal", epsilon=0.25)(result)
    result = keras.layers.Activation("relu", name="relu_2")(result)
    result = qkeras.QDense(
        3, kernel_quantizer="quantized_bits(6,1,alpha=2.0)", bias_quantizer="quantized_bits(6,2,1)", name="mean"
    )(result)
    result = qkeras.QActivation("quantized_bits(10,6,alpha=1)", name="cast")(result)
    model = keras.Model(inputs, result, name="encoder")
    rng = np.random.default_rng(10)
    randomised(model, rng)
    normal = model.get_layer("normal")
    normal.moving_variance.assign([0.75, 3.75, 15.75, 0.0, 0.75, 3.75])
    normal.gamma.assign([1.0, -2.0, 0.5, 2.0, 0.0, 1.0])
    for statistic in (normal.beta, normal.moving_mean):
        statistic.assign(rng.integers(-16, 17, size=6) / 8)
    model.save(FOLDER / "qkeras09.h5")
    model.save(FOLDER / "qkeras09.keras")
    layers = {"dense_1": "dense_1", "relu_1": "relu_1", "dense_2": "normal", "relu_2": "relu_2", "mean": "mean"}
    raw = sparse_events(rng, 300, 10, 127)
    save_integers("qkeras09", model, raw, 4, {**layers, "cast": "cast"}, keras.Model)


def keras30() -> None:
    """The first Keras 3 files, without layer names beside the weights; a model within the model."""
    keras = importlib.import_module("keras")
    inner_input = keras.Input((7,), name="inner_input")
    inner_result = keras.layers.Dense(5, activation="relu", name="hidden")(inner_input)
    inner = keras.Model(inner_input, keras.layers.Dense(4, name="code")(inner_result), name="encoder")
    inputs = keras.Input((7,), name="inputs")
    model = keras.Model(inputs, keras.layers.Dense(7, name="back")(inner(inputs)))
    rng = np.random.default_rng(30)
    for variable in model.weights:
        variable.assign(rng.integers(-15, 16, size=tuple(variable.shape)) / 8)
    model.save(FOLDER / "keras30_nested.keras")
    raw = sparse_events(rng, 200, 7, 31)
    save_integers("keras30_nested", inner, raw, 1, {"hidden_relu": "hidden", "code": "code"}, keras.Model)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
