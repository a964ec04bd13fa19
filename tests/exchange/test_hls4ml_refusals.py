"""What an import of an hls4ml project refuses, in its words."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from l1ad.exchange.hls4ml.network import network_from_hls4ml
from l1ad.exchange.imported import ModelFileError

PROJECT = Path(__file__).parent / "hls4ml_small"

Write = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Write:
    """Copy the small project, with pieces of its files exchanged: `project(("net.cpp", "old", "new"), ...)`."""

    def write(*exchanged: tuple[str, str, str], added: dict[str, str] | None = None) -> Path:
        folder = tmp_path / "project"
        shutil.copytree(PROJECT, folder)
        for name, old, new in exchanged:
            text = (folder / name).read_text(encoding="utf-8")
            assert old in text, f"{name} has no {old!r}"
            (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        for name, text in (added or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write


VALUES = "0.125, -0.250, 0.375, 1.000, -4.000, 3.875"

BROKEN_WEIGHTS = [
    (", 3.875", "", r"'w2' has 5 values where struct config2 needs 6; is the file whole\?"),
    ("3.875", "3.875, 0", r"'w2' has 7 values where struct config2 needs 6"),
    ("w2[6] =", "w2[8] =", r"'w2' is declared with 8 elements; its layer takes 6"),
    ("3.875", "3.875f", r"'w2' holds '3.875f', which is no decimal number"),
    ("3.875", "nan", r"'w2' holds 'nan', which is no decimal number"),
    (
        "weight2_t w2[6] =",
        "bias2_t w2[6] =",
        r"'w2' is an array of ap_fixed<5,2> where its layer takes ap_fixed<6,3>",
    ),
    (VALUES + "};", "", r"closing brace\(s\) too few; is the file whole\?"),
    ("#endif\n#endif", "#endif", r"has no #endif; is the file whole\?"),
    ("w2[6]", "other[6]", r"'w2' has no values, neither in a header nor in weights/w2.txt"),
]


@pytest.mark.parametrize(("old", "new", "message"), BROKEN_WEIGHTS)
def test_weights_that_are_not_whole_are_refused(project: Write, old: str, new: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        network_from_hls4ml(project(("weights/w2.h", old, new)))


BROKEN_DEFINES = [
    ("#define N_LAYER_2 2", "#define N_LAYER_2 N_LAYER_2*2", r"'N_LAYER_2' is not a known whole number"),
    ("typedef ap_fixed<10,5> layer2_t;", "", r"type 'layer2_t' is used but not defined; is the file whole\?"),
    (
        "typedef ap_fixed<5,2> bias2_t;",
        "typedef ap_fixed<5,2> bias2_t;\ntypedef ap_fixed<5,3> bias2_t;",
        r"type 'bias2_t' is defined twice: as ap_fixed<5,2> and as ap_fixed<5,3>",
    ),
    (
        "ap_fixed<10,5> layer2_t",
        "nnet::array<ap_fixed<10,5>, 2*1> layer2_t",
        r"an io_stream project; only io_para",
    ),
    ("ap_fixed<10,5> layer2_t", "ac_fixed<10,5,true> layer2_t", r"'ac_fixed<10,5,true>' is not an ap_fixed"),
    ("ap_fixed<10,5> layer2_t", "float layer2_t", r"type layer2_t: 'float' is not an ap_fixed"),
    (
        "ap_fixed<6,3> weight2_t",
        "struct weight2_t { int row; } weight2_t",
        r"type weight_t is a struct; compressed and exponential weights are not read",
    ),
    ("ap_fixed<16,6> model", "ap_fixed<16,6,AP_TRN,AP_WRAP,2> model", r"asks for saturated bits"),
    ("ap_fixed<6,3> weight2_t", "ap_fixed<70,3> weight2_t", r"ap_fixed<70,3> are wider than the 62 bits"),
]


@pytest.mark.parametrize(("old", "new", "message"), BROKEN_DEFINES)
def test_definitions_that_are_missing_or_not_known_are_refused(
    project: Write, old: str, new: str, message: str
) -> None:
    with pytest.raises(ModelFileError, match=message):
        network_from_hls4ml(project(("defines.h", old, new)))


KERNEL = (
    "template<class a, class b, class c>\nusing kernel = nnet::DenseResource_rf_leq_nin<a, b, c>;\n"
    "template<class x"
)

BROKEN_PARAMETERS = [
    ("n_out = N_LAYER_2", "n_out = 3", r"'w2' is declared with 6 elements; its layer takes 9"),
    ("n_in = N_INPUT_1_1", "n_in = 4", r"'fc' .*it reads 4 values but is given 3"),
    ("n_in = 2;", "n_in = 4;", r"'fc_relu' \(nnet::relu\): it reads 4 values but is given 2"),
    ("struct relu_config3", "struct relu_config5", r"no 'struct relu_config3', which net uses"),
    ("typedef model_default_t accum_t;", "", r"struct config2 does not say accum_t"),
    ("static const unsigned n_in = N_INPUT_1_1;", "", r"struct config2 does not say n_in"),
    ("N_INPUT_1_1", "N_INPUT_9", r"struct config2: 'N_INPUT_9' is not a known whole number"),
    ("nnet::latency", "nnet::compressed", r"strategy compressed is not read; latency and resource are"),
    ("nnet::latency", "nnet::distributed_arithmetic", r"strategy distributed_arithmetic is not read"),
    ("template<class x", KERNEL, r"kernel nnet::DenseResource_rf_leq_nin does not go with strategy latency"),
    ("product::mult", "product::weight_exponential", r"product weight_exponential of .* is not read"),
    ("product::mult", "product::weight_ternary", r"product weight_ternary of .* is not read"),
    ("product::mult", "product::weight_binary", r"product weight_binary of .* is not read"),
]


@pytest.mark.parametrize(("old", "new", "message"), BROKEN_PARAMETERS)
def test_configurations_that_do_not_fit_or_are_not_known_are_refused(
    project: Write, old: str, new: str, message: str
) -> None:
    with pytest.raises(ModelFileError, match=message):
        network_from_hls4ml(project(("parameters.h", old, new)))


BROKEN_SOURCES = [
    (
        "layer2_t layer2_out[",
        "layer3_t layer2_out[",
        r"'layer2_out' is of ap_ufixed.* but the call says ap_fixed<10,5>",
    ),
    ("    layer3_t layer3_out[N_LAYER_2];\n", "", r"array 'layer3_out' is not declared"),
    ("result_t layer4_out[N_LAYER_2]", "result_t layer4_out[3]", r"output layer4_out\[3\] is given 2 values"),
    (
        "    nnet::linear<layer3_t, result_t",
        "    // nnet::linear<",
        r"the last layer gives layer3_out, not the output",
    ),
    ('#include "parameters.h"', "", r"one C\+\+ file that includes parameters.h .*; found none"),
    (
        "input_t x[N_INPUT_1_1]",
        "hls::stream<input_t> &x",
        r"port 'hls::stream<input_t> &x' is an io_stream project",
    ),
    ("input_t x[N_INPUT_1_1]", "input_t &x", r"port 'input_t &x' is not an array"),
    (
        "input_t x[",
        "input_t y[3], input_t x[",
        r"net has 3 ports \(y, x, layer4_out\); one input and one output",
    ),
    (
        "relu_config3>(layer2_out,",
        "relu_config3>(x,",
        r"'fc_relu' .*it reads x, not layer2_out before it; only chains",
    ),
    ("    layer3_t layer3_out[N_LAYER_2];", "    int i = 0;", r"net: 'int i = 0' is not understood"),
    (
        "    nnet::linear<",
        "    while (true) { } nnet::linear<",
        r"net: 'while \(true\)' is not understood",
    ),
    ("void net(", "void other(input_t x[3]) { nnet::f<int>(x); }\nvoid net(", r"is wanted; found other, net"),
]


@pytest.mark.parametrize(("old", "new", "message"), BROKEN_SOURCES)
def test_functions_that_are_no_chain_of_arrays_are_refused(
    project: Write, old: str, new: str, message: str
) -> None:
    with pytest.raises(ModelFileError, match=message):
        network_from_hls4ml(project(("net.cpp", old, new)))


UNKNOWN_CALLS = [
    (
        "nnet::softmax<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out)",
        r"not known; known are .*dense, ",
    ),
    (
        "nnet::sigmoid<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out)",
        r"\(nnet::sigmoid\): .*not known",
    ),
    ("nnet::add<layer2_t, layer2_t, layer3_t, c3>(layer2_out, x, layer3_out)", r"\(nnet::add\): .*not known"),
    (
        "nnet::gru<layer2_t, layer3_t, c3>(layer2_out, layer3_out, w2, wr2, b2, br2)",
        r"\(nnet::gru\): .*not known",
    ),
    (
        "nnet::resize_nearest<layer2_t, relu_config3>(layer2_out, layer3_out)",
        r"\(nnet::resize_nearest\): .*not known",
    ),
    ("nnet::dense_da_3<layer2_t, layer3_t>(layer2_out, layer3_out)", r"distributed arithmetic is not read"),
    (
        "nnet::relu<layer2_t, layer3_t>(layer2_out, layer3_out)",
        r"nnet_utils/nnet_code_gen.h does not say what it",
    ),
    (
        "nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, x, layer3_out)",
        r"3 arguments, unlike hls4ml's",
    ),
    (
        "nnet::thresholded_relu<layer2_t, layer3_t, relu_config3>(layer2_out, 0.5, layer3_out)",
        r"threshold 0.5 is not",
    ),
]


@pytest.mark.parametrize(("call", "message"), UNKNOWN_CALLS)
def test_calls_that_are_not_known_are_refused_by_name(project: Write, call: str, message: str) -> None:
    relu = "nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out)"
    with pytest.raises(ModelFileError, match=rf"layer 'fc_relu' .*{message}"):
        network_from_hls4ml(project(("net.cpp", relu, call)))


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ("out[0] = ap_fixed<4,2>(inp[0]);", r"it casts 1 values but is given 2"),
        ("out[0] = ap_fixed<4,2>(inp[0]); out[1] = ap_fixed<4,2>(inp[0]);", r"is no cast of element 1"),
        ("out[0] = ap_fixed<4,2>(inp[0]); out[2] = 0;", r"'out\[2\] = 0' is not understood"),
        (
            "res[0] = ap_fixed<4,2>(data[0]); res[1] = ap_fixed<4,2>(data[1] > 0 ? data[1] : data_T(0));",
            r"some are not",
        ),
        ("res[0] = ap_fixed<11,6>(data[0] + data[1]) >> 1;", r"ap_fixed<11,6> loses bits of its means"),
    ],
)
def test_generated_functions_that_are_not_understood_are_refused(
    project: Write, statements: str, message: str
) -> None:
    relu = "nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out)"
    folder = project(("net.cpp", relu, "nnet::q<layer2_t, layer3_t>(layer2_out, layer3_out)"))
    (folder / "nnet_utils").mkdir()
    code = f"template <class data_T, class res_T> void q(data_T *data, res_T *res) {{ {statements} }}"
    (folder / "nnet_utils" / "nnet_code_gen.h").write_text(code, encoding="utf-8")
    with pytest.raises(ModelFileError, match=message):
        network_from_hls4ml(folder)


def test_a_header_and_a_text_file_that_disagree_are_refused(project: Write) -> None:
    folder = project(added={"weights/w2.txt": VALUES.replace("3.875", "3.75")})
    with pytest.raises(
        ModelFileError, match=r"w2.h and w2.txt hold different values; synthesis takes the header"
    ):
        network_from_hls4ml(folder)


def test_a_whole_number_type_must_hold_its_values_exactly(project: Write) -> None:
    folder = project(
        ("defines.h", "ap_fixed<5,2> bias2_t", "ap_uint<1> bias2_t"), ("weights/b2.h", "-0.5, 1e-0", "0, 0.5")
    )
    with pytest.raises(ModelFileError, match=r"'b2' holds 0.5, which is not exact in ap_uint<1>"):
        network_from_hls4ml(folder)


def test_a_folder_that_hls4ml_did_not_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"no defines.h and parameters.h here or in firmware/"):
        network_from_hls4ml(tmp_path)


def test_two_networks_in_one_folder_are_refused(project: Write) -> None:
    source = (PROJECT / "net.cpp").read_text(encoding="utf-8")
    with pytest.raises(ModelFileError, match=r"found net.cpp, second.cpp"):
        network_from_hls4ml(project(added={"second.cpp": source}))
