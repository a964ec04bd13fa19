"""Import of hls4ml projects from their text: dialects, weights, and what is refused of images.

The projects here are small texts, changed in the manner of several versions of hls4ml; that an imported
network gives the integers of the C++ is tested in `tests/hls/test_original.py`.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from l1ad.core.network import Activation, ActivationFunction, Conv2D, Dense, Layer, Padding, Pooling2D, Reshape
from l1ad.exchange.hls4ml.network import network_from_hls4ml
from l1ad.exchange.imported import Imported, ModelFileError

HERE = Path(__file__).parent

Write = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Write:
    """Copy a project, with pieces of its files exchanged: `project(("net.cpp", "old", "new"), ...)`."""

    def write(
        *exchanged: tuple[str, str, str],
        added: dict[str, str] | None = None,
        of: str = "hls4ml_small",
        into: str = "",
    ) -> Path:
        folder = tmp_path / "project" / into
        shutil.copytree(HERE / of, folder, dirs_exist_ok=True)
        texts = {name: (folder / name).read_text(encoding="utf-8") for name, _, _ in exchanged}
        for name, old, new in exchanged:
            assert old in texts[name], f"{name} has no {old!r}"
            texts[name] = texts[name].replace(old, new)
        for name, text in (texts | (added or {})).items():
            (folder / name).write_text(text, encoding="utf-8")
        return tmp_path / "project"

    return write


def layers_of(imported: Imported) -> list[tuple[str, type[Layer], str]]:
    types = imported.network.types
    return [(layer.name, type(layer), str(types[layer.name].spelling)) for layer in imported.network.layers]


def dense_of(imported: Imported) -> Dense:
    return next(layer for layer in imported.network.layers if isinstance(layer, Dense))


EXPECTED = [
    ("fc", Dense, "ap_fixed<16,6>"),
    ("fc_result", Activation, "ap_fixed<10,5>"),
    ("fc_relu", Activation, "ap_ufixed<7,4,AP_RND,AP_SAT>"),
    ("linear_4", Activation, "ap_fixed<9,5>"),
]


def test_layers_types_and_constants_are_those_of_the_text(project: Write) -> None:
    imported = network_from_hls4ml(project())
    assert layers_of(imported) == EXPECTED
    assert imported.notes == ()
    assert str(imported.network.input_type.spelling) == "ap_fixed<8,4,AP_RND_CONV,AP_SAT>"
    assert imported.network.n_inputs == 3
    fc = dense_of(imported)
    np.testing.assert_array_equal(fc.weights_raw, [[1, -2], [3, 8], [-32, 31]])
    np.testing.assert_array_equal(fc.bias_raw, [-4, 8])
    functions = [layer.function for layer in imported.network.layers if isinstance(layer, Activation)]
    assert functions == [ActivationFunction.LINEAR, ActivationFunction.RELU, ActivationFunction.LINEAR]


@pytest.mark.parametrize("place", ["", "firmware", "hls/network", "NN"])
def test_the_sources_may_lie_in_any_of_the_usual_folders(project: Write, place: str) -> None:
    assert layers_of(network_from_hls4ml(project(into=place))) == EXPECTED


def test_constants_of_every_spelling_and_namespaces_are_read(project: Write) -> None:
    folder = project(
        ("defines.h", "#define N_INPUT_1_1 3\n", "namespace ad_v1{\nstatic const int N_INPUT_1_1 = 3;\n"),
        ("defines.h", "#define N_LAYER_2 2\n#define N_LAYER_2 2\n", "constexpr size_t N_LAYER_2 = 1*2u;\n"),
        ("defines.h", "#endif", "}\n#endif"),
        ("defines.h", "typedef ap_fixed<9,5> result_t", "using result_t = ap_fixed<9,5>"),
        ("parameters.h", "// fc\n", "namespace ad_v1 {\n"),
        ("parameters.h", "#endif", "} // namespace\n#endif"),
        ("parameters.h", "typedef model_default_t accum_t", "typedef ad_v1::model_default_t accum_t"),
        ("net.cpp", "void net", "namespace ad_v1 {\nvoid net"),
        ("net.cpp", "layer4_out);\n}", "layer4_out);\n}\n}"),
    )
    assert layers_of(network_from_hls4ml(folder)) == EXPECTED


def test_text_files_behind_a_macro_that_nobody_defines_are_not_read(project: Write) -> None:
    folder = project(
        ("net.cpp", "#ifndef __SYNTHESIS__\n    static", "#ifdef LOAD_WEIGHTS_FROM_TXT\n    static"),
        ("weights/w2.h", "#ifndef __SYNTHESIS__", "#ifdef LOAD_WEIGHTS_FROM_TXT"),
        added={"weights/w2.txt": "1, 2"},
    )
    assert dense_of(network_from_hls4ml(folder)).weights_raw.tolist() == [[1, -2], [3, 8], [-32, 31]]


def test_values_that_only_a_text_file_has_are_read_from_it(project: Write) -> None:
    folder = project(
        ("weights/w2.h", "weight2_t w2[6] = {0.125, -0.250, 0.375, 1.000, -4.000, 3.875};", "weight2_t w2[6];"),
        added={"weights/w2.txt": "0.125, -0.250, 0.375, 1.000, -4.000, 3.875\n"},
    )
    assert dense_of(network_from_hls4ml(folder)).weights_raw.tolist() == [[1, -2], [3, 8], [-32, 31]]


def test_weights_in_a_file_of_their_own_beside_the_network_are_found(project: Write) -> None:
    folder = project(
        ("defines.h", "#endif", "extern weight2_t w2[6];\nextern bias2_t b2[2];\n#endif"),
        ("parameters.h", '#include "weights/w2.h"\n#include "weights/b2.h"\n', ""),
        added={
            "weights.cpp": '#include "defines.h"\nconst weight2_t w2[6] = {0, 0, 0.5, 0, 0, 0,};\n'
            "const bias2_t b2[2] = {0, 0.125};\n"
        },
    )
    fc = dense_of(network_from_hls4ml(folder))
    assert (fc.weights_raw.tolist(), fc.bias_raw.tolist()) == ([[0, 0], [4, 0], [0, 0]], [0, 1])


@pytest.mark.parametrize("strategy", ["resource", "resource_unrolled"])
def test_the_resource_strategies_store_weights_with_the_outputs_first(project: Write, strategy: str) -> None:
    folder = project(("parameters.h", "nnet::latency", f"nnet::{strategy}"))
    assert dense_of(network_from_hls4ml(folder)).weights_raw.tolist() == [[1, 8], [-2, -32], [3, 31]]


def test_a_result_that_holds_every_sum_is_no_layer_but_the_output_keeps_its_type(project: Write) -> None:
    folder = project(
        ("defines.h", "ap_fixed<10,5> layer2_t", "ap_fixed<30,12> layer2_t"),
        ("net.cpp", "result_t layer4_out", "layer2_t layer2_out"),
        ("net.cpp", "    layer2_t layer2_out[N_LAYER_2];\n    #pragma HLS ARRAY", "    #pragma HLS ARRAY"),
        ("net.cpp", "    layer3_t layer3_out[N_LAYER_2];\n", ""),
        (
            "net.cpp",
            "    nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out); // fc_relu\n",
            "",
        ),
        ("net.cpp", "    nnet::linear<layer3_t, result_t, linear_config4>(layer3_out, layer4_out);\n", ""),
    )
    assert layers_of(network_from_hls4ml(folder)) == [
        ("fc", Dense, "ap_fixed<16,6>"),
        ("output", Activation, "ap_fixed<30,12>"),
    ]


def test_names_that_cpp_has_not_or_that_are_taken_are_made_others(project: Write) -> None:
    folder = project(
        ("net.cpp", "// fc_relu", "// fc/result"),
        ("net.cpp", "(x, layer2_out", "(  x,\n layer2_out"),
        ("net.cpp", "(layer3_out, layer4_out);", "(layer3_out, layer4_out); // score"),
    )
    names = [layer.name for layer in network_from_hls4ml(folder).network.layers]
    assert names == ["fc", "fc_result", "fc_result_2", "score_2"]


def test_another_name_for_an_array_is_followed(project: Write) -> None:
    folder = project(
        (
            "net.cpp",
            "    nnet::relu<",
            "    auto& flat = layer2_out;\n    layer2_t *again = flat;\n    nnet::relu<",
        ),
        ("net.cpp", "(layer2_out, layer3_out)", "(again, layer3_out)"),
    )
    assert layers_of(network_from_hls4ml(folder)) == EXPECTED


@pytest.mark.parametrize(
    ("modes", "expected"),
    [  # in steps of 1/8: 0.8, -0.5, 1.5, -58.4, 800, 0.5; a range of -32 to 31
        ("", [0, -1, 1, 5, -32, 0]),
        (",AP_RND_CONV,AP_SAT", [1, 0, 2, -32, 31, 0]),
        (",AP_RND,AP_SAT_SYM", [1, 0, 2, -31, 31, 1]),
        (",AP_TRN_ZERO,AP_SAT_ZERO", [0, 0, 1, 0, 0, 0]),
        (",AP_RND_INF,AP_WRAP", [1, -1, 2, 6, -32, 1]),
    ],
)
def test_decimals_between_two_steps_are_rounded_as_the_type_says_and_noted(
    project: Write, modes: str, expected: list[int]
) -> None:
    folder = project(
        ("defines.h", "ap_fixed<6,3> weight2_t", f"ap_fixed<6,3{modes}> weight2_t"),
        (
            "weights/w2.h",
            "0.125, -0.250, 0.375, 1.000, -4.000, 3.875",
            "0.1, -0.0625, 0.1875, -7.3, 1e2, .0625",
        ),
    )
    imported = network_from_hls4ml(folder)
    assert dense_of(imported).weights_raw.reshape(-1).tolist() == expected
    (note,) = imported.notes
    assert note == (
        f"w2: 6 of 6 values are not exact in ap_fixed<6,3{modes.replace(',AP_TRN,AP_WRAP', '')}>; "
        f"C++ rounds them, e.g. 0.1 to {expected[0] / 8:g}"
    )


def test_an_accumulator_that_never_saturates_is_held_as_one_that_wraps(project: Write) -> None:
    # 8 bits times 6 bits thrice, 5 bits: sums of up to 8 * (0.125 + 0.375 + 4) + 1 need 7 integer bits.
    enough = network_from_hls4ml(
        project(("defines.h", "ap_fixed<16,6> model", "ap_fixed<16,7,AP_TRN,AP_SAT> model"))
    )
    assert str(dense_of(enough).accumulator) == "ap_fixed<16,7>"
    assert enough.notes == (
        "fc: accumulator ap_fixed<16,7,AP_TRN,AP_SAT> never saturates; it is held as ap_fixed<16,7>",
    )
    with pytest.raises(ModelFileError, match=r"'fc' .*accumulator ap_fixed<16,6,AP_TRN,AP_SAT> can saturate"):
        network_from_hls4ml(
            project(("defines.h", "ap_fixed<16,6> model", "ap_fixed<16,6,AP_TRN,AP_SAT> model"))
        )


def test_a_convolution_of_a_flat_input_is_given_its_image_and_its_kernel_in_order(project: Write) -> None:
    imported = network_from_hls4ml(project(of="hls4ml_image"))
    assert layers_of(imported) == [
        ("reshape", Reshape, "ap_ufixed<10,10>"),
        ("conv", Conv2D, "ap_fixed<20,12>"),
        ("conv_result", Activation, "ap_ufixed<10,4,AP_RND,AP_SAT>"),
        ("pool", Pooling2D, "ap_ufixed<10,4>"),
    ]
    conv = imported.network.layers[1]
    assert isinstance(conv, Conv2D)
    assert conv.padding is Padding.VALID
    # Filters come first in the file: the first four values are the kernel of filter 0, row by row.
    assert (conv.weights_raw[:, :, 0, 0] // 16).tolist() == [[1, 2], [3, 4]]
    assert (conv.weights_raw[:, :, 0, 1] // 16).tolist() == [[5, 6], [7, -8]]


def test_padding_is_recognised_by_its_numbers(project: Write) -> None:
    same = [
        ("defines.h", "PAD 0", "PAD 1"),
        ("defines.h", "OUT_HEIGHT_3 3", "OUT_HEIGHT_3 4"),
        ("defines.h", "OUT_WIDTH_3 2", "OUT_WIDTH_3 3"),
        ("net.cpp", "out[4]", "out[6]"),
    ]
    conv = network_from_hls4ml(project(*same, of="hls4ml_image")).network.layers[1]
    assert isinstance(conv, Conv2D)
    assert conv.padding is Padding.SAME
    wider = ("defines.h", "OUT_WIDTH_3 3", "OUT_WIDTH_3 4")
    with pytest.raises(ModelFileError, match=r"'conv' .*result of 4 x 4 is neither 'valid' nor 'same'"):
        network_from_hls4ml(project(*same, wider, of="hls4ml_image"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nnet::Max", "nnet::Average", "a mean without accum_t is not read"),
        ("nnet::Max", "nnet::L2Norm", "pooling L2Norm is not read"),
        ("pool_width = 2;", "pool_width = 2;\nstatic const unsigned pad_left = 1;", "padding of a pooling"),
        ("n_chan = 1", "n_chan = 2", "reads 24 values but is given 12"),
        (
            "n_chan = 1;",
            "n_chan = 1;\nstatic const unsigned dilation_width = 2;",
            "dilation_width 2 is not read",
        ),
        (
            "n_out = 2;",
            "n_out = 2;\nstatic const unsigned strategy = nnet::latency;",
            "say different strategies",
        ),
    ],
)
def test_images_that_are_read_otherwise_are_refused(project: Write, old: str, new: str, message: str) -> None:
    exchanged = [("parameters.h", old, new)]
    if old == "n_out = 2;":
        exchanged.insert(
            0, ("parameters.h", "n_out = 2;\n    static const unsigned strategy = nnet::resource;", old)
        )
    with pytest.raises(ModelFileError, match=message):
        network_from_hls4ml(project(*exchanged, of="hls4ml_image"))
