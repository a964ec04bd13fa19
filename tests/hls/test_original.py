"""Networks imported from hls4ml projects equal the very C++ they came from, integer for integer."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import ToolError
from l1ad.core.fixed import FixedType
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Conv2D,
    Dense,
    FrozenNetwork,
    Layer,
    Padding,
    Pooling2D,
    PoolingFunction,
    Reshape,
    exact_accumulator,
    exact_conv_accumulator,
)
from l1ad.core.tensor import TensorType
from l1ad.exchange.hls4ml.network import network_from_hls4ml
from l1ad.exchange.imported import Imported
from l1ad.hls.network import without_keras, write_network
from l1ad.hls.original import original_network, original_outputs
from l1ad.hls.target import HlsTarget

pytestmark = pytest.mark.usefixtures("needs_compiler")

Described = dict[str, Any]


def drawn_inputs(network: FrozenNetwork, n_events: int) -> NDArray[np.int64]:
    """Draw half of the events over the whole range, half near zero, and add the ends of the range."""
    rng = np.random.default_rng(11)
    low, high = network.input_type.raw_bounds(network.n_inputs)
    evenly = rng.integers(low, high + 1, (n_events // 2, network.n_inputs))
    near = rng.normal(0, 2.0**network.input_type.fraction, evenly.shape).astype(np.int64)
    ends = np.stack([low, high, np.zeros_like(low)])
    return np.concatenate([ends, evenly, np.clip(near, low, high)])


def assert_equals_original(imported: Imported, folder: Path, n_events: int = 4000) -> NDArray[np.int64]:
    """Compare on random events; return the outputs for further questions."""
    network = imported.network
    inputs_raw = drawn_inputs(network, n_events)
    found = original_outputs(folder, inputs_raw, input_type=network.input_type, output_type=network.output_type)
    np.testing.assert_array_equal(network.trace(inputs_raw)[network.layers[-1].name], found)
    assert found.shape == (n_events + 3, network.n_outputs)
    assert len(np.unique(found)) > 5  # a network that gives one number only would prove nothing
    return found


def write_with_hls4ml(folder: Path, layers: list[Described], precisions: Described, **options: Any) -> Path:
    """Let hls4ml write a project from descriptions of its layers."""
    hls4ml = pytest.importorskip("hls4ml")
    graph = pytest.importorskip("hls4ml.model.graph").ModelGraph
    model = {"Precision": "ap_fixed<16,6>", "ReuseFactor": options.pop("reuse", 1)}
    model |= {"Strategy": options.pop("strategy", "Latency"), "BitExact": options.pop("bit_exact", False)}
    config = hls4ml.converters.create_config(
        output_dir=str(folder), project_name="original", part="xcvu9p-flgb2104-2-e", clock_period=5,
        io_type="io_parallel", backend=options.pop("backend", "Vitis"), **options,
    )  # fmt: skip
    types = {name: {"Precision": one} for name, one in precisions.items()}
    config["HLSConfig"] = {"Model": model, "LayerName": types}
    with without_keras(), contextlib.redirect_stdout(io.StringIO()):
        graph.from_layer_list(config, layers).write()
    return folder


def dense(rng: np.random.Generator, name: str, n_in: int, n_out: int) -> Described:
    weights = rng.normal(0, 0.7, (n_in, n_out)) * (rng.random((n_in, n_out)) < 0.7)
    constants = {"weight_data": weights, "bias_data": rng.normal(0, 0.7, n_out)}
    return {"class_name": "Dense", "name": name, "n_in": n_in, "n_out": n_out, **constants}


def activation(name: str, function: str, n: int) -> Described:
    return {"class_name": "Activation", "name": name, "activation": function, "n_in": n}


def normalisation(rng: np.random.Generator, name: str, n: int, n_channels: int) -> Described:
    constants = {"gamma_data": rng.normal(0, 1, n), "beta_data": rng.normal(0, 1, n)}
    constants |= {"mean_data": np.zeros(n), "variance_data": np.ones(n)}
    use = {"use_gamma": True, "use_beta": True, "epsilon": 1e-3}
    return {
        "class_name": "BatchNormalization",
        "name": name,
        "n_in": n,
        "n_filt": n_channels,
        **use,
        **constants,
    }


def test_dense_layers_of_every_rounding_equal_their_cpp(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    layers = [
        {"class_name": "InputLayer", "name": "x", "input_shape": [11]},
        dense(rng, "default", 11, 9),  # accumulator ap_fixed<16,6>: products lose bits, sums wrap
        activation("relu_1", "relu", 9),
        dense(rng, "rounding", 9, 8),
        activation("cast", "linear", 8),
        dense(rng, "saturating", 8, 8),
        normalisation(rng, "scaled", 8, -1),
        activation("relu_2", "relu", 8),
        dense(rng, "ternary", 8, 7) | {"weight_data": rng.integers(-1, 2, (8, 7)).astype(float)},
    ]
    precisions = {
        "x": {"result": "ap_fixed<9,4,AP_RND,AP_SAT>"},
        "default": {"weight": "ap_fixed<9,3,AP_RND_CONV,AP_SAT>", "result": "ap_fixed<18,8>"},
        "relu_1": {"result": "ap_ufixed<8,4,AP_RND_ZERO,AP_SAT_ZERO>"},
        "rounding": {
            "weight": "ap_fixed<8,1,AP_RND_INF,AP_SAT_SYM>", "bias": "ap_fixed<12,3,AP_TRN_ZERO>",
            "accum": "ap_fixed<12,6,AP_RND_CONV>", "result": "ap_fixed<9,5,AP_RND_MIN_INF,AP_SAT_SYM>",
        },
        "cast": {"result": "ap_ufixed<7,3>"},
        "saturating": {"accum": "ap_fixed<30,14,AP_RND,AP_SAT>", "result": "ap_fixed<10,4,AP_RND,AP_SAT>"},
        "scaled": {"scale": "ap_fixed<7,2>", "bias": "ap_fixed<9,4>", "result": "ap_fixed<11,5,AP_TRN_ZERO>"},
        "relu_2": {"result": "ap_ufixed<6,3,AP_RND,AP_SAT>"},
        "ternary": {"weight": "ap_int<2>", "accum": "ap_fixed<12,7>", "result": "ap_fixed<12,7>"},
    }  # fmt: skip
    folder = write_with_hls4ml(tmp_path / "project", layers, precisions)
    imported = network_from_hls4ml(folder)
    network = imported.network
    inputs_raw = drawn_inputs(network, 4000)
    types = {"input_type": network.input_type, "output_type": network.output_type}
    with original_network(folder, **types) as run:
        np.testing.assert_array_equal(network.trace(inputs_raw)[network.layers[-1].name], run(inputs_raw))
        assert any("never saturates" in note for note in imported.notes)
        bias = folder / "firmware" / "weights" / "b2.txt"
        bias.write_text(bias.read_text().rpartition(",")[0])
        with pytest.raises(ToolError, match="ERROR: Expected 9 values but read only 8 values"):
            run(inputs_raw)


def image(
    name: str, kind: str, given: tuple[int, int, int], result: tuple[int, int, int], **more: Any
) -> Described:
    sizes = {"in_height": given[0], "in_width": given[1], "out_height": result[0], "out_width": result[1]}
    pads = dict.fromkeys(("pad_top", "pad_bottom", "pad_left", "pad_right"), 0)
    common = {"class_name": kind, "name": name, "data_format": "channels_last", "n_filt": result[2]}
    return common | sizes | pads | more


def convolution(
    rng: np.random.Generator, n_channels: int, n_filters: int, height: int, width: int
) -> Described:
    weights = rng.normal(0, 0.7, (height, width, n_channels, n_filters))
    constants = {"weight_data": weights, "bias_data": rng.normal(0, 0.7, n_filters)}
    return {"n_chan": n_channels, "filt_height": height, "filt_width": width, **constants}


def strides(down: int, across: int) -> Described:
    return {"stride_height": down, "stride_width": across}


def pool(down: int, across: int) -> Described:
    return {"pool_height": down, "pool_width": across, "count_pad": False}


@pytest.mark.parametrize(("strategy", "reuse", "backend"), [("Latency", 1, "Vitis"), ("Resource", 2, "Vivado")])
def test_convolutions_and_poolings_equal_their_cpp(
    tmp_path: Path, strategy: str, reuse: int, backend: str
) -> None:
    rng = np.random.default_rng(2)
    same = {"pad_bottom": 1, "pad_left": 1, "pad_right": 1}
    layers = [
        {"class_name": "InputLayer", "name": "x", "input_shape": [7, 5, 2]},
        image("same", "Conv2D", (7, 5, 2), (7, 5, 2), **strides(1, 1), **convolution(rng, 2, 2, 2, 3)) | same,
        normalisation(rng, "scaled", 70, 2)
        | {"gamma_data": rng.normal(0, 1, 2), "beta_data": rng.normal(0, 1, 2)}
        | {"mean_data": np.zeros(2), "variance_data": np.ones(2)},
        activation("relu_1", "relu", 70),
        image("highest", "MaxPooling2D", (7, 5, 2), (3, 4, 2), **strides(2, 1), **pool(2, 2)),
        image("valid", "Conv2D", (3, 4, 2), (2, 2, 4), **strides(1, 2), **convolution(rng, 2, 4, 2, 2)),
        image("mean", "AveragePooling2D", (2, 2, 4), (2, 1, 4), **strides(1, 1), **pool(1, 2)),
        {"class_name": "Reshape", "name": "flat", "target_shape": [8]},
        dense(rng, "out", 8, 4),
    ]
    precisions = {
        "x": {"result": "ap_fixed<8,4>"},
        "scaled": {"scale": "ap_fixed<7,2>", "bias": "ap_fixed<7,2>", "result": "ap_fixed<10,4,AP_RND,AP_SAT>"},
        "relu_1": {"result": "ap_ufixed<8,4,AP_RND,AP_SAT>"},
        "highest": {"accum": "ap_fixed<9,5>", "result": "ap_ufixed<7,4>"},
        "valid": {"accum": "ap_fixed<14,6,AP_RND>", "result": "ap_fixed<10,4,AP_RND,AP_SAT>"},
        "mean": {"accum": "ap_fixed<10,4>", "result": "ap_fixed<9,3,AP_RND>"},  # its sums wrap
        "out": {"result": "ap_fixed<16,6>"},
    }
    folder = write_with_hls4ml(
        tmp_path / "project", layers, precisions, strategy=strategy, reuse=reuse, backend=backend,
        namespace="images", write_weights_txt=False,
    )  # fmt: skip
    imported = network_from_hls4ml(folder)
    convolved = [layer.name for layer in imported.network.layers if isinstance(layer, Conv2D)]
    assert convolved == ["same", "scaled_2", "valid", "mean"]  # the scaled inputs have that name already
    assert_equals_original(imported, folder)


def quantizer(rng: np.random.Generator, name: str, n: int, rounding: str, overflow: str) -> Described:
    """Describe a quantizer as HGQ learns it, with a type for each element and some elements pruned."""
    sign, integer, fraction = (rng.integers(0, top, (1, n)).astype(np.int16) for top in (2, 4, 4))
    width = np.where(rng.random((1, n)) < 0.2, 0, sign + integer + fraction).astype(np.int16)
    kinds = (sign, width, (sign + integer).astype(np.int16))
    fixed = {"mask_kbi": kinds, "RND": rounding, "SAT": overflow, "fusible": False, "overrides": {}}
    return {"class_name": "FixedPointQuantizer", "name": name, **fixed}


def test_types_learned_element_by_element_equal_their_cpp(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    layers = [
        {"class_name": "InputLayer", "name": "x", "input_shape": [9]},
        quantizer(rng, "given", 9, "RND", "WRAP"),
        dense(rng, "hidden", 9, 8),
        activation("relu_1", "relu", 8),
        quantizer(rng, "between", 8, "RND_CONV", "SAT"),
        dense(rng, "out", 8, 6),
        quantizer(rng, "given_back", 6, "TRN", "SAT"),
    ]
    for one in (layers[2], layers[5]):
        one |= {name: np.round(one[name] * 8) / 8 for name in ("weight_data", "bias_data")}
    folder = write_with_hls4ml(tmp_path / "project", layers, {}, bit_exact=True)
    imported = network_from_hls4ml(folder)
    assert not imported.network.output_type.is_uniform
    assert_equals_original(imported, folder)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_float_model_of_keras_through_the_converter_equals_its_cpp(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    hls4ml = pytest.importorskip("hls4ml")
    keras.utils.set_random_seed(4)
    kind = keras.layers
    model = keras.Sequential(
        [
            kind.Input((6, 5, 1)),
            kind.Conv2D(3, (3, 2), strides=(2, 1), padding="same", name="conv"),
            kind.ReLU(name="cut"),
            kind.AveragePooling2D((1, 2), name="mean"),
            kind.Flatten(),
            kind.Dense(6, activation="relu", name="hidden", bias_initializer="normal"),
            kind.Dense(2, name="mean_of_z"),
        ]
    )
    with contextlib.redirect_stdout(io.StringIO()):
        config = hls4ml.utils.config_from_keras_model(model, granularity="name")
        hls4ml.converters.convert_from_keras_model(
            model,
            hls_config=config,
            backend="Vitis",
            io_type="io_parallel",
            output_dir=str(tmp_path / "project"),
        ).write()
    imported = network_from_hls4ml(tmp_path / "project")
    # What granularity "name" leaves at ap_fixed<16,6> are the accumulators: not what Keras computes.
    assert {str(layer.accumulator) for layer in imported.network.layers if isinstance(layer, Dense)} == {
        "ap_fixed<16,6>"
    }
    assert_equals_original(imported, tmp_path / "project")


def own_network() -> FrozenNetwork:
    """Make a network with every layer that `l1ad build` writes, some in C++ of its own."""
    rng = np.random.default_rng(5)
    given = TensorType.from_spelling("ap_fixed<8,4,AP_RND,AP_SAT>")
    kernel, bias, wide, small = (
        rng.integers(-8, 8, (3, 2, 2, 3)),
        rng.integers(-8, 8, 3),
        FixedType(5, 2),
        FixedType(6, 3),
    )
    constants: dict[str, Any] = {"weight_type": wide, "bias_type": small}
    accumulator = exact_conv_accumulator(
        given=given, input_shape=(6, 5, 2), weights_raw=kernel, bias_raw=bias, padding=Padding.SAME, **constants
    )
    hidden = TensorType.from_spelling("ap_ufixed<7,3,AP_RND_CONV,AP_SAT>")
    learned = TensorType(tuple(FixedType.from_kif(0, k % 4, k % 3) for k in range(12)))
    weights, offsets = rng.integers(-8, 8, (12, 4)), rng.integers(-8, 8, 4)
    total = exact_accumulator(given=learned, weights_raw=weights, bias_raw=offsets, **constants)
    results = TensorType(tuple(FixedType(6 + k, 4, True) for k in range(4)))
    relu, linear = ActivationFunction.RELU, ActivationFunction.LINEAR
    layers: tuple[Layer, ...] = (
        Reshape(name="image", input_shape=(60,), target_shape=(6, 5, 2)),
        Conv2D(
            name="conv", input_shape=(6, 5, 2), weights_raw=kernel, bias_raw=bias, accumulator=accumulator,
            padding=Padding.SAME, **constants,
        ),
        Activation(name="relu_1", function=relu, n=90, result=hidden),
        Pooling2D(
            name="highest", function=PoolingFunction.MAX, input_shape=(6, 5, 3), pool=(2, 1), strides=(2, 1)
        ),
        Pooling2D(
            name="average", function=PoolingFunction.AVERAGE, input_shape=(3, 5, 3), pool=(2, 2), strides=(1, 2)
        ),
        Reshape(name="flat", input_shape=(2, 2, 3), target_shape=(12,)),
        Activation(name="relu_2", function=relu, n=12, result=learned),
        Dense(name="dense", weights_raw=weights, bias_raw=offsets, accumulator=total, **constants),
        Activation(name="mean", function=linear, n=4, result=results),
    )  # fmt: skip
    return FrozenNetwork(n_inputs=60, input_type=given, layers=layers)


def test_a_network_that_l1ad_wrote_comes_back_with_the_same_integers(tmp_path: Path, target: HlsTarget) -> None:
    network = own_network()
    (tmp_path / "hls").mkdir()
    write_network(network, name="own_network", target=target, folder=tmp_path / "hls" / "network")
    imported = network_from_hls4ml(tmp_path)
    assert imported.notes == ()
    inputs_raw = drawn_inputs(network, 3000)
    before, after = network.trace(inputs_raw), imported.network.trace(inputs_raw)
    for layer in network.layers:
        if not isinstance(layer, Reshape):
            np.testing.assert_array_equal(after[layer.name], before[layer.name], err_msg=layer.name)
    assert_equals_original(imported, tmp_path)


OLD_SOURCE = """\
#include "emulated.h"
#include "parameters.h"
namespace old_one {
void emulated(
    input_t x[N_INPUT_1_1], result_t out[N_LAYER_6],
    unsigned short &const_size_in_1, unsigned short &const_size_out_1
) {
    const_size_in_1 = N_INPUT_1_1;
    const_size_out_1 = N_LAYER_6;
#ifdef LOAD_WEIGHTS_FROM_TXT
    nnet::load_weights_from_txt<weight2_t, 28>(w2, "w2.txt");
#endif
    layer2_t layer2_out[N_LAYER_2];
    nnet::dense<input_t, layer2_t, config2>(x, layer2_out, w2, b2); // q_dense
    layer3_t layer3_out[N_LAYER_2];
    nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out); // q_dense_relu
    layer4_t layer4_out[N_LAYER_2];
    nnet::normalize<layer3_t, layer4_t, config4>(layer3_out, layer4_out, s4, b4);
    nnet::dense<layer4_t, result_t, config6>(layer4_out, out, w6, b6); // mu
}
}
"""

OLD_DEFINES = """\
#ifndef DEFINES_H_
#define DEFINES_H_
#include "ap_int.h"
#include "ap_fixed.h"
namespace old_one {
static const int N_INPUT_1_1 = 7;
static const int N_LAYER_2 = 4;
static const int N_LAYER_6 = 3;
typedef ap_fixed<8, 6, AP_RND_CONV, AP_SAT> input_t;
typedef ap_fixed<12,8> q_dense_accum_t;
typedef ap_fixed<11,8> layer2_t;
typedef ap_fixed<6,3> weight2_t;
typedef ap_fixed<10,7> bias2_t;
typedef ap_ufixed<10,7,AP_RND,AP_SAT,AP_SAT> layer3_t;
typedef ap_fixed<12,6> layer4_t;
typedef ap_uint<1> weight6_t;
typedef ap_fixed<10,6> result_t;
extern weight2_t w2[28];
}
#endif
"""

OLD_CONFIG = """\
struct config{index} : nnet::dense_config {{
    static const unsigned n_in = {n_in};
    static const unsigned n_out = {n_out};
    static const unsigned io_type = nnet::io_parallel;
    static const unsigned strategy = nnet::{strategy};
    static const unsigned reuse_factor = 1;
    static const unsigned n_zeros = 0;
    static const unsigned multiplier_limit = DIV_ROUNDUP(n_in * n_out, reuse_factor) - n_zeros / reuse_factor;
    typedef {accum_t} accum_t;
    typedef bias2_t bias_t;
    typedef {weight_t} weight_t;
    template<class x_T, class y_T>
    using product = nnet::product::{product}<x_T, y_T>;
}};
"""

OLD_PARAMETERS = """\
#include "nnet_utils/nnet_helpers.h"
#include "nnet_utils/nnet_activation.h"
#include "nnet_utils/nnet_dense.h"
#include "nnet_utils/nnet_batchnorm.h"
#include "defines.h"
namespace old_one {
bias2_t b2[4] = {0.5, -1, 0, 3.125};
weight2_t s4[4] = {0.125, -2.5, 1, 3.875};
bias2_t b4[4] = {0, 1, -2, 0.25};
weight6_t w6[12] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0};
bias2_t b6[3] = {0.125, 0, -1};
struct relu_config3 : nnet::activ_config {
    static const unsigned n_in = 4;
};
struct config4 : nnet::batchnorm_config {
    static const unsigned n_in = 4;
    static const unsigned n_filt = -1;
    static const unsigned n_scale_bias = (n_filt == -1) ? n_in : n_filt;
    static const unsigned reuse_factor = 1;
    static const unsigned multiplier_limit = DIV_ROUNDUP(n_in, reuse_factor);
    typedef bias2_t bias_t;
    typedef weight2_t scale_t;
};
@CONFIGS@}
"""


def test_an_emulator_without_headers_of_its_own_equals_its_cpp(tmp_path: Path) -> None:
    # In the manner of hls4ml 0.6 to 0.8 at an experiment: weights in a C++ file, no nnet_utils, binary weights.
    configs = OLD_CONFIG.format(
        index=2,
        n_in=7,
        n_out=4,
        strategy="latency",
        accum_t="q_dense_accum_t",
        weight_t="weight2_t",
        product="mult",
    )
    configs += OLD_CONFIG.format(
        index=6,
        n_in=4,
        n_out=3,
        strategy="resource",
        accum_t="layer4_t",
        weight_t="weight6_t",
        product="weight_binary",
    )
    values = ", ".join(f"{k / 8:.3f}" for k in np.random.default_rng(6).integers(-32, 32, 28))
    files = {
        "defines.h": OLD_DEFINES,
        "parameters.h": OLD_PARAMETERS.replace("@CONFIGS@", configs),
        "emulated.cpp": OLD_SOURCE,
        "emulated.h": '#include "defines.h"\nnamespace old_one {\n// The network.\n'
        "void emulated(input_t x[N_INPUT_1_1], result_t out[N_LAYER_6], unsigned short &const_size_in_1,\n"
        "    unsigned short &const_size_out_1);\n}\n",
        "weights.cpp": f'#include "defines.h"\nnamespace old_one {{\nweight2_t w2[28] = {{{values}}};\n}}\n',
    }
    (tmp_path / "NN").mkdir()
    for name, text in files.items():
        (tmp_path / "NN" / name).write_text(text)
    imported = network_from_hls4ml(tmp_path)
    assert [layer.name for layer in imported.network.layers][:3] == [
        "q_dense",
        "q_dense_result",
        "q_dense_relu",
    ]
    assert_equals_original(imported, tmp_path)
    assert sorted(path.name for path in (tmp_path / "NN").iterdir()) == sorted(
        files
    )  # nothing was written there


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda folder: (folder / "emulated.h").unlink(),
            "a header that declares a function of its name is wanted",
        ),
        (
            lambda folder: (folder / "emulated.h").write_text(
                "void emulated(hls::stream<input_t> &x, int y[2]);"
            ),
            "emulated is no network of one input array and one output array",
        ),
    ],
)
def test_a_folder_without_such_a_network_is_refused(
    tmp_path: Path, change: Callable[[Path], object], message: str
) -> None:
    (tmp_path / "parameters.h").write_text("")
    (tmp_path / "emulated.cpp").write_text('#include "parameters.h"\n// nnet::\n')
    (tmp_path / "wrapper.cpp").write_text("")
    (tmp_path / "wrapper.h").write_text("void wrapper(input_t x[3], result_t y[2]);")
    (tmp_path / "emulated.h").write_text("void emulated(input_t x[3], result_t y[2]);")
    change(tmp_path)
    one = TensorType.from_spelling("ap_fixed<8,4>")
    with pytest.raises(ToolError, match=message):
        original_outputs(tmp_path, np.zeros((1, 3), dtype=np.int64), input_type=one, output_type=one)


def test_inputs_and_types_that_the_cpp_has_not_are_refused(tmp_path: Path) -> None:
    (tmp_path / "parameters.h").write_text("")
    (tmp_path / "plus.h").write_text(
        '#include "ap_fixed.h"\ntypedef ap_fixed<8,4> given_t;\ntypedef ap_uint<9> result_t;\n'
        "void plus(given_t x[2], result_t y[1]);\n"
    )
    (tmp_path / "plus.cpp").write_text(
        '#include "plus.h"\n#include "parameters.h"\n// nnet::\n'
        "void plus(given_t x[2], result_t y[1]) { y[0] = (x[0] + x[1]) * ap_uint<5>(16); }\n"
    )
    given, result = TensorType.from_spelling("ap_fixed<8,4>"), TensorType.from_spelling("ap_uint<9>")
    finer = TensorType.from_spelling(["ap_fixed<8,4>", "ap_fixed<8,2>"])
    wider = TensorType.from_spelling(["ap_ufixed<12,9>", "ap_uint<9>"])
    inputs_raw = np.array([[1, 2], [-128, 127], [100, 27]])
    with original_network(tmp_path, input_type=given, output_type=result) as run:
        assert run(inputs_raw).tolist() == [[3], [511], [127]]
        assert run(inputs_raw[:0]).shape == (0, 1)
        with pytest.raises(ToolError, match=r"takes 2 inputs; events of shape \(4, 3\) were given"):
            run(np.zeros((4, 3), dtype=np.int64))
        with pytest.raises(ToolError, match=r"inputs from -28 to 227 \(raw\) lie outside ap_fixed<8,4>"):
            run(inputs_raw + 100)
    with original_network(tmp_path, input_type=finer, output_type=wider) as run:
        assert (run(inputs_raw * 4) // 8).tolist() == [[3], [511], [127]]
        with pytest.raises(ToolError, match=r"inputs hold bits below 2\*\*-4"):
            run(inputs_raw)
    with pytest.raises(ToolError, match=r"outputs of the C\+\+ are ap_ufixed<9,9>, not ap_fixed<8,4>"):
        original_outputs(tmp_path, inputs_raw, input_type=given, output_type=given)
