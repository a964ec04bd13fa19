"""Models that are refused, each with the words that say why; written by hand, without any Keras."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from l1ad.core.errors import NotExactError
from l1ad.core.tensor import TensorType
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.keras.network import network_from_keras

INPUT = TensorType.from_spelling("ap_fixed<8,4>")
BITS = "quantized_bits(6,1,alpha=1)"

Record = dict[str, Any]


def layer(kind: str, name: str, *given: str, **config: Any) -> Record:
    """Write a layer record of a functional model in the words of Keras 2."""
    nodes = [[[one, 0, 0, {}] for one in given]] if given else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}


def source(shape: Sequence[int | None] = (4,), name: str = "inputs") -> Record:
    """Write an input."""
    return layer("InputLayer", name, batch_input_shape=[None, *shape])


def dense(name: str, given: str, units: int = 3, **config: Any) -> Record:
    """Write a quantised dense layer."""
    config = {"units": units, "kernel_quantizer": BITS, "bias_quantizer": BITS, **config}
    return layer("QDense", name, given, **config)


def convolution(name: str, given: str, **config: Any) -> Record:
    """Write a quantised convolution of two filters."""
    return layer("QConv2D", name, given, filters=2, kernel_quantizer=BITS, bias_quantizer=BITS, **config)


def written(
    folder: Path, layers: Sequence[Record], weights: dict[str, dict[str, Any]] | None = None, *outputs: str
) -> Path:
    """Write a whole model of Keras 2; by default every layer has 4 inputs and 3 outputs, all weights a half."""
    names = outputs or (layers[-1]["name"],)
    config = {"name": "model", "layers": list(layers), "output_layers": [[name, 0, 0] for name in names]}
    path = folder / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config})
        root = file.create_group("model_weights")
        for record in layers:
            group = root.create_group(record["name"])
            arrays = (weights or {}).get(record["name"])
            if arrays is None:
                units = record["config"].get("units", 3)
                arrays = {"kernel": np.full((4, units), 0.5), "bias": np.full(units, 0.5)}
            for role, array in arrays.items():
                group[f"{record['name']}/{role}:0"] = np.asarray(array, dtype=np.float32)
            group.attrs["weight_names"] = [f"{record['name']}/{role}:0" for role in arrays]
    return path


def refusal(path: Path, output: str | None = None) -> str:
    """Give the sentence with which a model is refused."""
    with pytest.raises((ModelFileError, NotExactError)) as refused:
        network_from_keras(path, input_type=INPUT, output=output)
    return str(refused.value)


def test_a_model_written_by_hand_is_imported(tmp_path: Path) -> None:
    path = written(tmp_path, [source(), dense("one", "inputs")])
    network = network_from_keras(path, input_type=INPUT).network
    traced = network.trace(np.array([[16, 0, 0, -32]]))
    # 0.5 * (1 - 2) + 0.5, in steps of 2**-4 for the inputs and 2**-4 for the weights
    np.testing.assert_array_equal(traced["one"], [[0, 0, 0]])
    assert network.trace(np.array([[16, 0, 0, 0]]))["one"].tolist() == [[256, 256, 256]]


def test_a_layer_of_an_unknown_class_is_refused_with_what_is_known(tmp_path: Path) -> None:
    words = refusal(written(tmp_path, [source(), layer("LSTM", "memory", "inputs")]))
    assert words.startswith(
        "layer 'memory' is a LSTM, which is not imported; imported are InputLayer, Dense, QDense"
    )
    assert "Name a layer before it as the output" in words


def test_code_in_a_lambda_layer_is_refused_and_not_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    code = [f"__import__('pathlib').Path({str(touched)!r}).touch()", None, None]
    records = [source(), layer("Lambda", "trick", "inputs", function=code), dense("one", "trick")]
    assert "layer 'trick' is a Lambda (its code is never run)" in refusal(written(tmp_path, records))
    assert not touched.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"module": "my.layers"}, "layer 'one' is a my>QDense"),
        ({"registered_name": "Custom>QDense"}, "layer 'one' is a Custom>QDense"),
        ({"class_name": "mine>QDense"}, "layer 'one' is a mine>QDense"),
    ],
)
def test_a_class_of_the_same_name_from_elsewhere_is_another_one(
    tmp_path: Path, more: dict[str, str], words: str
) -> None:
    assert words in refusal(written(tmp_path, [source(), {**dense("one", "inputs"), **more}]))


def test_what_is_no_ancestor_of_the_output_may_be_of_any_class(tmp_path: Path) -> None:
    records = [source(), dense("mean", "inputs"), layer("Custom>Sampling", "z", "mean", "inputs")]
    network = network_from_keras(written(tmp_path, records, None, "z"), input_type=INPUT, output="mean").network
    assert [one.name for one in network.layers] == ["mean"]


def test_several_outputs_are_refused_unless_one_is_named(tmp_path: Path) -> None:
    records = [source(), dense("mean", "inputs"), dense("log_variance", "inputs")]
    path = written(tmp_path, records, None, "mean", "log_variance")
    assert "2 outputs (mean, log_variance); name the layer whose output is wanted" in refusal(path)
    assert "no layer is named 'meen'; there are inputs, mean, log_variance" in refusal(path, "meen")
    assert "output 'inputs' is the input itself" in refusal(path, "inputs")


def test_branches_and_several_inputs_are_refused(tmp_path: Path) -> None:
    joined = [source(), dense("a", "inputs"), dense("b", "inputs"), layer("Add", "sum", "a", "b")]
    assert "layer 'sum' (Add) reads 2 tensors: a, b; only chains are imported" in refusal(
        written(tmp_path, joined)
    )
    two = [source(), source(name="more"), layer("Concatenate", "both", "inputs", "more"), dense("a", "both")]
    assert "layer 'both' (Concatenate) reads 2 tensors: inputs, more" in refusal(written(tmp_path, two))


def test_graphs_that_are_no_chains_from_an_input_are_refused(tmp_path: Path) -> None:
    circle = [source(), dense("a", "b"), dense("b", "a")]
    assert "layer 'b' is its own ancestor" in refusal(written(tmp_path, circle))
    loose = [source(), dense("a", "absent")]
    assert "a layer reads from 'absent', which the model does not have" in refusal(written(tmp_path, loose))
    nothing = [source(), layer("QDense", "a")]
    assert "layer 'a' (QDense) reads 0 tensors: nothing" in refusal(written(tmp_path, nothing))
    shared = {**dense("a", "inputs"), "inbound_nodes": [[["inputs", 0, 0, {}]], [["b", 0, 0, {}]]]}
    assert "layer 'a' is used 2 times" in refusal(written(tmp_path, [source(), shared]))
    twins = [source(), dense("a", "inputs"), dense("a", "inputs")]
    with h5py.File(written(tmp_path, twins[:2]), "r+") as file:
        config = {"name": "model", "layers": twins, "output_layers": [["a", 0, 0]]}
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config})
    assert "two layers are named 'a'" in refusal(tmp_path / "model.h5")


def test_models_without_layers_or_of_their_own_class_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, [source(), layer("Dropout", "drop", "inputs")])
    assert "nothing is left to compute of drop" in refusal(path)
    for config, words in (
        ({"class_name": "Sequential", "config": {"layers": []}}, "the model has no layers"),
        (
            {"class_name": "Custom>VAE", "config": {}},
            "the model is a Custom>VAE; only Sequential and Functional",
        ),
        ({"class_name": "Functional", "config": {"name": "x"}}, "without a list of layers; was it subclassed?"),
    ):
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = json.dumps(config)
        assert words in refusal(path)


def test_a_sequence_of_keras_2_without_an_input_layer_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, [source(), dense("one", "inputs")])
    record = {"class_name": "QDense", "config": {**dense("one", "")["config"], "batch_input_shape": [None, 4]}}
    for config in ([record], {"name": "sequential", "layers": [record]}):
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config})
        assert network_from_keras(path, input_type=INPUT).network.n_inputs == 4


def test_an_input_of_unknown_size_is_refused(tmp_path: Path) -> None:
    assert "has the shape [None, None]; every size but the batch must be known" in refusal(
        written(tmp_path, [source((None,)), dense("one", "inputs")])
    )
    assert "has the shape [None], without any element" in refusal(
        written(tmp_path, [source(()), dense("one", "inputs")])
    )


@pytest.mark.parametrize(
    "policy", ["mixed_float16", {"class_name": "DTypePolicy", "config": {"name": "mixed_bfloat16"}}]
)
def test_other_arithmetic_than_float32_is_refused(tmp_path: Path, policy: object) -> None:
    words = refusal(written(tmp_path, [source(), dense("one", "inputs", dtype=policy)]))
    assert "layer 'one' computes in 'mixed_" in words
    assert "only float32 is imported" in words


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (dense("one", "inputs", activation="sigmoid"), "activation of 'one': 'sigmoid' is not imported"),
        (dense("one", "inputs", activation="softmax"), "known are linear, relu, quantized_bits"),
        (
            layer("Activation", "act", "inputs", activation="tanh"),
            "activation of 'act': 'tanh' is not imported",
        ),
        (layer("ReLU", "act", "inputs", max_value=6.0), "ReLU with max_value=6.0 is not imported"),
        (layer("ReLU", "act", "inputs", negative_slope=0.1), "ReLU with negative_slope=0.1 is not imported"),
        (layer("LeakyReLU", "act", "inputs"), "layer 'act' is a LeakyReLU"),
        (dense("one", "inputs", kernel_quantizer="ternary()"), "kernel of 'one': 'ternary' is not imported"),
        (dense("one", "inputs", kernel_quantizer=None), "layer 'one': its weight is in floating point"),
        (dense("one", "inputs", bias_quantizer=None), "layer 'one': its bias is in floating point"),
        (
            layer("BatchNormalization", "norm", "inputs"),
            "layer 'norm' (BatchNormalization) does not follow directly",
        ),
        (layer("Reshape", "shape", "inputs", target_shape=[3, 2]), "4 elements do not make the shape [3, 2]"),
        (
            layer("Reshape", "shape", "inputs", target_shape=[-1, -1]),
            "4 elements do not make the shape [-1, -1]",
        ),
        (layer("Reshape", "shape", "inputs"), "target_shape=None is no shape"),
        (dense("one", "inputs", units=5), "layer 'one': a kernel of shape (4, 3) for 5 outputs"),
    ],
)
def test_options_that_are_not_exact_are_refused_by_layer(tmp_path: Path, record: Record, words: str) -> None:
    weights = {"one": {"kernel": np.ones((4, 3)), "bias": np.ones(3)}}
    assert words in refusal(written(tmp_path, [source(), record], weights))


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (convolution("c", "inputs", groups=2), "groups=2 is not imported, only 1"),
        (convolution("c", "inputs", dilation_rate=[2, 1]), "dilation_rate=[2, 1] is not imported"),
        (convolution("c", "inputs", padding="causal"), "padding='causal' is not imported"),
        (convolution("c", "inputs", data_format="channels_first"), "data_format='channels_first'"),
        (convolution("c", "inputs", mask=[[1, 0], [0, 1]]), "mask=[[1, 0], [0, 1]] is not imported"),
        (convolution("c", "inputs", strides=[1, 2, 3]), "strides=[1, 2, 3]; two whole numbers are wanted"),
        (convolution("c", "inputs", kernel_size=[9, 9]), "has a kernel of shape (2, 2, 3, 2)"),
        (layer("MaxPooling2D", "p", "inputs", padding="same"), "padding='same'; pooling is imported 'valid'"),
        (layer("AveragePooling2D", "p", "inputs", pool_size=[3, 1]), "mean of 3 x 1 elements is exact in no"),
        (layer("MaxPooling2D", "p", "inputs", pool_size=7), "layer 'p' cannot be built"),
        (dense("one", "inputs"), "layer 'one' has 4 weights for each output but is given the shape (6, 6, 1)"),
    ],
)
def test_image_layers_that_are_not_computed_here_are_refused(
    tmp_path: Path, record: Record, words: str
) -> None:
    weights = {
        "c": {"kernel": np.ones((2, 2, 3 if "kernel_size" in record["config"] else 1, 2)), "bias": np.ones(2)}
    }
    assert words in refusal(written(tmp_path, [source((6, 6, 1)), record], weights))


def test_weights_that_are_missing_or_no_numbers_are_refused(tmp_path: Path) -> None:
    records = [source(), dense("one", "inputs")]
    assert "the file holds no bias for it" in refusal(
        written(tmp_path, records, {"one": {"kernel": np.ones((4, 3))}})
    )
    broken = {"one": {"kernel": np.full((4, 3), np.nan), "bias": np.ones(3)}}
    assert "one/one/kernel:0: weights that are not finite" in refusal(written(tmp_path, records, broken))
    small = {"one": {"kernel": np.ones((4, 3)), "bias": np.ones(2)}}
    assert "a bias of shape (2,) for 3 outputs" in refusal(written(tmp_path, records, small))
    path = written(tmp_path, records)
    with h5py.File(path, "r+") as file:
        del file["model_weights/one/one/kernel:0"]
        file["model_weights/one/one/kernel:0"] = np.full((4, 3), 0.1)
    assert "or are none of float32; train in float32" in refusal(path)


def test_statistics_of_a_normalisation_are_checked(tmp_path: Path) -> None:
    def words(axis: object, **statistics: Any) -> str:
        given = {
            "gamma": np.ones(3),
            "beta": np.ones(3),
            "moving_mean": np.ones(3),
            "moving_variance": np.ones(3),
        }
        weights = {"norm": given | statistics}
        norm = layer("BatchNormalization", "norm", "one", axis=axis, epsilon=0.001)
        return refusal(written(tmp_path, [source(), dense("one", "inputs"), norm], weights))

    assert "layer 'norm' normalises axis 0; only the last axis" in words(0)
    assert "a variance is negative" in words([1], moving_variance=-np.ones(3))
    assert "gamma of 3 channels is wanted, the file holds shape (2,)" in words(-1, gamma=np.ones(2))
    assert "its weight with 'norm' folded in is in floating point" in words(-1)


def test_a_layer_named_as_another_tensor_gets_another_name(tmp_path: Path) -> None:
    path = written(tmp_path, [source(name="input"), dense("score", "input")])
    assert [one.name for one in network_from_keras(path, input_type=INPUT).network.layers] == ["score_layer"]


def test_layers_of_names_that_cpp_cannot_tell_apart_keep_their_own(tmp_path: Path) -> None:
    records = [
        source((3,)),
        dense("a-b", "inputs"),
        dense("a b", "a-b"),
        dense("new", "a b"),
        dense("!", "new"),
    ]
    weights = {record["name"]: {"kernel": np.eye(3), "bias": np.ones(3)} for record in records}
    network = network_from_keras(written(tmp_path, records, weights), input_type=INPUT, output="new").network
    assert [one.name for one in network.layers] == ["a_b", "a_b_2", "ad_new"]
    assert "layer '!' cannot be built: '!' has no letter or digit" in refusal(
        written(tmp_path, records, weights)
    )
