"""Graphs written as other programs write them, read, and compared with what qonnx computes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import L1adError
from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.network import Activation, Conv2D, Dense, FrozenNetwork, Padding, Pooling2D, Reshape
from l1ad.core.tensor import TensorType

onnx = pytest.importorskip("onnx")
pytest.importorskip("qonnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from qonnx.core.modelwrapper import ModelWrapper  # noqa: E402
from qonnx.core.onnx_exec import execute_onnx  # noqa: E402
from qonnx.transformation.channels_last import ConvertToChannelsLastAndClean  # noqa: E402
from qonnx.transformation.infer_shapes import InferShapes  # noqa: E402
from qonnx.transformation.qonnx_to_qcdq import QuantToQCDQ  # noqa: E402

from l1ad.exchange.imported import ModelFileError  # noqa: E402
from l1ad.exchange.qonnx.network import network_from_qonnx  # noqa: E402

GENERAL = "qonnx.custom_op.general"


@pytest.fixture(autouse=True)
def readable_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let qonnx write its one-node models in a version that ONNX Runtime reads; see `exchange.qonnx.run`."""
    monkeypatch.setattr(onnx, "IR_VERSION", min(onnx.IR_VERSION, 10))


class Graph:
    """A graph while it is written, for a batch of events, as qonnx wants it."""

    def __init__(self, *shape: int, batch: int = 64) -> None:
        self.shape = (batch, *shape)
        self.nodes: list[Any] = []
        self.arrays: dict[str, NDArray[Any]] = {}
        self.functions: list[Any] = []
        self.domains = {"": 13, GENERAL: 1}

    def constant(self, array: Any, name: str = "") -> str:
        name = name or f"c{len(self.arrays)}"
        self.arrays[name] = np.asarray(array, dtype=np.float32) if not isinstance(array, np.ndarray) else array
        return name

    def node(self, op: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(
            helper.make_node(op, inputs, [output], name=f"{op}_{output}", domain=domain, **attributes)
        )
        return output

    def quant(
        self, tensor: str, output: str, *, scale: Any, bits: float, signed: int = 1, narrow: int = 0,
        mode: str = "ROUND", zero: float = 0.0, op: str = "Quant", domain: str = GENERAL,
    ) -> str:  # fmt: skip
        inputs = [tensor, self.constant(scale), self.constant(zero), self.constant(bits)]
        return self.node(op, inputs, output, domain, signed=signed, narrow=narrow, rounding_mode=mode)

    def model(self, output: str) -> Any:
        inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)]
        outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)]
        arrays = [numpy_helper.from_array(array, name) for name, array in self.arrays.items()]
        return helper.make_model(
            helper.make_graph(self.nodes, "test", inputs, outputs, arrays),
            opset_imports=[helper.make_opsetid(*one) for one in self.domains.items()],
            functions=self.functions,
            ir_version=8,
        )

    def save(self, output: str, path: Path) -> Path:
        onnx.save(self.model(output), path)
        return path


def imported_network(graph: Graph, output: str, path: Path, **chosen: Any) -> FrozenNetwork:
    return network_from_qonnx(graph.save(output, path / "model.qonnx"), **chosen).network


def compared_with_qonnx(model: Any, network: FrozenNetwork, *, names: dict[str, str] | None = None) -> set[str]:
    """Run both over the whole range of the input and compare each layer that has a tensor; give their names."""
    wrapped = ModelWrapper(model).transform(InferShapes())
    shape = tuple(wrapped.get_tensor_shape("x"))
    low, high = network.input_type.raw_bounds(network.n_inputs)
    rng = np.random.default_rng(len(model.graph.node))
    raw = np.concatenate([low[None], high[None], rng.integers(low, high + 1, (shape[0] - 2, network.n_inputs))])
    raw = network.input_type.cast(raw, fraction=network.input_type.fraction)  # a symmetric one lacks an end
    real = np.ldexp(raw, -network.input_type.fraction).astype(np.float32)
    if len(shape) == 4:  # the network has channels last, the graph first
        real = np.moveaxis(real.reshape(shape[0], *shape[2:], shape[1]), -1, 1)
    context = execute_onnx(wrapped, {"x": real.reshape(shape)}, return_full_exec_context=True)
    trace = network.trace(raw)
    found = set()
    for name, values in trace.items():
        tensor = (names or {}).get(name, name)
        if tensor in context:
            image = context[tensor]
            flat = (np.moveaxis(image, 1, -1) if image.ndim == 4 else image).reshape(len(image), -1)
            np.testing.assert_array_equal(np.ldexp(values, -network.types[name].fraction), flat, err_msg=name)
            found.add(name)
    return found


def weights(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    """Weights before they are quantised, as training leaves them."""
    return np.random.default_rng(seed).normal(0, 0.6, shape).astype(np.float32)


def brevitas_mlp() -> Graph:
    """Write what Brevitas writes: Gemm, weights transposed, scales per channel, a bias in the sum's steps."""
    graph = Graph(6)
    graph.quant("x", "scaled", scale=0.125, bits=8)
    graph.constant(weights(5, 6), "fc1.weight")
    per_channel = np.array([0.125, 0.25, 0.0625, 0.125, 0.5], dtype=np.float32)
    graph.quant("fc1.weight", "w1", scale=per_channel[:, None], bits=4, narrow=1)
    graph.constant(weights(5, seed=1), "fc1.bias")
    graph.quant("fc1.bias", "b1", scale=per_channel * np.float32(0.125), bits=16)
    graph.node("Gemm", ["scaled", "w1", "b1"], "fc1", transB=1, alpha=1.0, beta=1.0)
    graph.node("Relu", ["fc1"], "r1")
    graph.quant("r1", "relu1", scale=0.25, bits=6, signed=0)
    graph.constant(weights(3, 5, seed=2), "fc2.weight")
    graph.quant("fc2.weight", "w2", scale=0.25, bits=5)
    graph.node("Transpose", ["w2"], "w2t", perm=[1, 0])
    graph.node("MatMul", ["relu1", "w2t"], "fc2")
    graph.quant("fc2", "mean", scale=0.5, bits=7, mode="FLOOR")
    return graph


def brevitas_cnn(channels: int = 2, batch: int = 64, *, scale_per_channel: bool = True) -> Graph:
    """Write a small image network: convolutions, pooling, a flatten, channels first as PyTorch has them."""
    graph = Graph(channels, 6, 5, batch=batch)
    graph.quant("x", "scaled", scale=1.0, bits=5, signed=0)
    graph.constant(weights(4, channels, 3, 3), "conv1.weight")
    scale = np.array([0.25, 0.125, 0.25, 0.5], dtype=np.float32).reshape(4, 1, 1, 1)
    graph.quant("conv1.weight", "wc", scale=scale, bits=3, narrow=1)
    graph.node(
        "Conv",
        ["scaled", "wc"],
        "conv1",
        kernel_shape=[3, 3],
        pads=[1, 1, 1, 1],
        strides=[1, 1],
        dilations=[1, 1],
        group=1,
    )
    graph.node("Relu", ["conv1"], "rc")
    steps = np.array([0.5, 0.25, 1.0, 0.5], dtype=np.float32).reshape(1, 4, 1, 1)
    graph.quant("rc", "relu1", scale=steps if scale_per_channel else 0.25, bits=6, signed=0)
    graph.node("MaxPool", ["relu1"], "pool1", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0])
    graph.node("Reshape", ["pool1", graph.constant(np.array([batch, -1]))], "flat")
    graph.constant(weights(2, 24, seed=3), "fc.weight")
    graph.quant("fc.weight", "wf", scale=0.0625, bits=6)
    graph.node("Gemm", ["flat", "wf"], "fc", transB=1)
    graph.quant("fc", "mean", scale=0.25, bits=9)
    return graph


def test_a_graph_as_brevitas_writes_it_gives_the_same_integers(tmp_path: Path) -> None:
    graph = brevitas_mlp()
    network = imported_network(graph, "mean", tmp_path)
    assert [type(layer) for layer in network.layers] == [Dense, Activation, Dense, Activation]
    assert network.input_type.types == (FixedType(8, 5, True, Rounding.RND_CONV, Overflow.SAT),)
    found = compared_with_qonnx(graph.model("mean"), network)
    assert found == {"fc1", "relu1", "fc2", "mean"}


@pytest.mark.parametrize("channels", [1, 2])
def test_an_image_network_gives_the_same_integers_channels_last(tmp_path: Path, channels: int) -> None:
    graph = brevitas_cnn(channels)
    imported = network_from_qonnx(graph.save("mean", tmp_path / "cnn.onnx"))
    network = imported.network
    kinds = [Reshape, Conv2D, Activation, Pooling2D, Reshape, Dense, Activation]
    assert [type(layer) for layer in network.layers] == kinds
    found = compared_with_qonnx(graph.model("mean"), network)
    assert found >= {"conv1", "relu1", "pool1", "fc", "mean"}
    assert bool(imported.notes) == (channels > 1)


def test_a_graph_that_qonnx_made_channels_last_is_read_too(tmp_path: Path) -> None:
    graph = brevitas_cnn(2, scale_per_channel=False)  # qonnx leaves scales per channel as they were
    model = ModelWrapper(graph.model("mean")).transform(InferShapes())
    path = tmp_path / "last.onnx"
    model.transform(ConvertToChannelsLastAndClean()).save(str(path))
    network = network_from_qonnx(path).network
    assert compared_with_qonnx(graph.model("mean"), network) >= {"mean"}


def test_a_graph_that_qonnx_turned_into_qcdq_gives_the_same_integers(tmp_path: Path) -> None:
    graph = Graph(6)
    graph.quant("x", "scaled", scale=0.125, bits=7)
    graph.constant(weights(6, 4), "w")
    graph.quant("w", "wq", scale=np.array([[0.25, 0.125, 0.5, 0.25]]), bits=5, narrow=1)
    graph.node("MatMul", ["scaled", "wq"], "dense")
    graph.node("Relu", ["dense"], "r")
    graph.quant("r", "relu", scale=0.25, bits=8, signed=0)
    model = ModelWrapper(graph.model("relu")).transform(InferShapes()).transform(QuantToQCDQ())
    ops = [node.op_type for node in model.graph.node]
    assert "QuantizeLinear" in ops
    assert "Quant" not in ops
    path = tmp_path / "qcdq.onnx"
    model.save(str(path))
    network = network_from_qonnx(path).network
    assert compared_with_qonnx(graph.model("relu"), network) >= {"dense", "relu"}


def one_layer(after: Callable[[Graph], object] | None = None, **quantiser: Any) -> Graph:
    """Write an input of 5 bits, one dense layer, and a quantiser that loses bits and saturates."""
    graph = Graph(4)
    graph.quant("x", "scaled", scale=0.25, bits=5)
    graph.quant(graph.constant(weights(4, 3), "w"), "wq", scale=0.25, bits=4)
    graph.node("MatMul", ["scaled", "wq"], "dense")
    if after is not None:
        after(graph)
    else:
        graph.quant("dense", "out", **{"scale": 0.5, "bits": 4, **quantiser})
    return graph


@pytest.mark.parametrize(
    ("mode", "rounding"),
    [
        ("ROUND", Rounding.RND_CONV),
        ("HALF_EVEN", Rounding.RND_CONV),
        ("half_even", Rounding.RND_CONV),
        ("FLOOR", Rounding.TRN),
        ("DOWN", Rounding.TRN_ZERO),
        ("HALF_UP", Rounding.RND_INF),
        ("HALF_DOWN", Rounding.RND_ZERO),
    ],
)
@pytest.mark.parametrize(("signed", "narrow"), [(1, 0), (1, 1), (0, 0)])
def test_every_rounding_mode_that_ap_fixed_has_is_read_as_what_qonnx_computes(
    tmp_path: Path, mode: str, rounding: Rounding, signed: int, narrow: int
) -> None:
    graph = one_layer(mode=mode, signed=signed, narrow=narrow)
    network = imported_network(graph, "out", tmp_path)
    overflow = Overflow.SAT_SYM if narrow else Overflow.SAT
    assert network.output_type.types == (FixedType(4, 3, bool(signed), rounding, overflow),)
    assert compared_with_qonnx(graph.model("out"), network) == {"dense", "out"}


@pytest.mark.parametrize(
    ("domain", "op"), [("onnx.brevitas", "Quant"), (GENERAL, "IntQuant"), ("finn.custom_op.general", "Quant")]
)
def test_older_and_newer_names_of_quant_are_read(tmp_path: Path, domain: str, op: str) -> None:
    graph = one_layer(domain=domain, op=op)
    graph.domains[domain] = 1
    network = imported_network(graph, "out", tmp_path)
    assert compared_with_qonnx(graph.model("out"), network) == {"dense", "out"}


def normalised(graph: Graph) -> None:
    """Normalise by exact numbers: standard deviations 2, 1/2 and 1, as float32 holds them with epsilon."""
    epsilon = 2.0**-10
    variance = np.array([4 - epsilon, 0.25 - epsilon, 1 - epsilon], dtype=np.float32)
    names = [
        graph.constant(np.array(one, dtype=np.float32)) for one in ([1, -0.5, 3], [0.5, 0, -2], [1, 0.25, 0])
    ]
    graph.node("BatchNormalization", ["dense", *names, graph.constant(variance)], "normal", epsilon=epsilon)
    graph.node("Relu", ["normal"], "r")
    graph.quant("r", "out", scale=0.25, bits=6, signed=0)


def scaled_and_moved(graph: Graph) -> None:
    graph.node("Mul", ["dense", graph.constant(np.array([0.5, 2, -1.5], dtype=np.float32))], "m")
    graph.node("Add", [graph.quant(graph.constant(weights(3), "b"), "bq", scale=0.125, bits=5), "m"], "a")
    graph.node("Div", ["a", graph.constant(4.0)], "d")
    graph.node("Sub", ["d", graph.constant([0.5, 0.25, 0.0])], "moved")
    graph.quant("moved", "out", scale=0.25, bits=5)


def bare_relu(graph: Graph) -> None:
    graph.node("Relu", ["dense"], "r")
    graph.node("Identity", ["r"], "same")
    graph.quant(graph.constant(weights(2, 3), "v"), "vq", scale=0.5, bits=3)
    graph.node("Gemm", ["same", "vq"], "out", transB=1)


def limited(graph: Graph) -> None:
    graph.node("Clip", ["dense", graph.constant(-0.5), graph.constant(3.75)], "clipped")
    graph.node("Max", ["clipped", graph.constant([0.0, -0.5, -0.25])], "raised")
    graph.node("Min", [graph.constant([3.75, 0.25, 0.0]), "raised"], "lowered")
    graph.quant("lowered", "out", scale=0.25, bits=6)


def signs(graph: Graph) -> None:
    graph.node(
        "BipolarQuant", [graph.constant(weights(3, 2, seed=5), "v"), graph.constant(0.25)], "vq", GENERAL
    )
    graph.quant("dense", "cast", scale=0.5, bits=5)
    graph.node("MatMul", ["cast", "vq"], "signed")
    graph.quant(graph.constant(weights(2, 2, seed=6), "u"), "uq", scale=0.5, bits=1)
    graph.node("MatMul", ["signed", "uq"], "out")


def half_step_first(graph: Graph) -> None:
    graph.node("Add", ["dense", graph.constant(0.25)], "h")
    graph.quant("h", "rnd", scale=0.5, bits=4, mode="FLOOR")
    graph.node("Sub", ["rnd", graph.constant(0.5)], "g")
    graph.quant("g", "out", scale=1.0, bits=3, mode="CEIL")


@pytest.mark.parametrize(
    "after",
    [normalised, scaled_and_moved, bare_relu, limited, signs, half_step_first],
    ids=lambda one: one.__name__,
)
def test_what_may_stand_after_a_layer_is_exact(tmp_path: Path, after: Callable[[Graph], None]) -> None:
    graph = one_layer(after)
    network = imported_network(graph, "out", tmp_path)
    assert "out" in compared_with_qonnx(graph.model("out"), network)


def test_a_truncation_of_version_two_is_a_cast(tmp_path: Path) -> None:
    def truncated(graph: Graph) -> None:
        parameters = [graph.constant(one) for one in (0.0625, 0.0, 10.0, 0.5, 4.0)]
        graph.node("Trunc", ["dense", *parameters], "out", GENERAL, rounding_mode="FLOOR", signed=1, narrow=0)

    graph = one_layer(truncated)
    graph.domains[GENERAL] = 2
    network = imported_network(graph, "out", tmp_path)
    assert network.output_type.types == (FixedType(4, 3, True, Rounding.TRN, Overflow.SAT),)
    assert compared_with_qonnx(graph.model("out"), network) == {"dense", "out"}


@pytest.mark.parametrize(
    ("op", "attributes"),
    [
        ("AveragePool", {"kernel_shape": [2, 1], "strides": [1, 2]}),
        ("GlobalAveragePool", {}),
        ("GlobalMaxPool", {}),
        ("MaxPool", {"kernel_shape": [3, 2]}),
    ],
)
def test_pooling_is_read(tmp_path: Path, op: str, attributes: dict[str, Any]) -> None:
    graph = Graph(2, 4, 2)
    graph.quant("x", "scaled", scale=0.5, bits=4)
    graph.node(op, ["scaled"], "pooled", **attributes)
    graph.node("Flatten", ["pooled"], "flat")
    graph.quant(graph.constant(weights(graph_size(graph, "flat"), 2), "w"), "wq", scale=0.25, bits=4)
    graph.node("MatMul", ["flat", "wq"], "out")
    network = imported_network(graph, "out", tmp_path)
    assert compared_with_qonnx(graph.model("out"), network) >= {"pooled", "out"}


def graph_size(graph: Graph, tensor: str) -> int:
    return int(ModelWrapper(graph.model(tensor)).transform(InferShapes()).get_tensor_shape(tensor)[1])


@pytest.mark.parametrize(
    ("pads", "strides", "padding"),
    [
        ([0, 0, 0, 0], [2, 1], Padding.VALID),
        ([1, 0, 1, 1], [1, 1], Padding.SAME),
        ([0, 0, 1, 0], [2, 2], Padding.SAME),
    ],
)
def test_convolutions_with_steps_and_padding_are_read(
    tmp_path: Path, pads: list[int], strides: list[int], padding: Padding
) -> None:
    graph = Graph(1, 6, 6)
    graph.quant("x", "scaled", scale=0.5, bits=4)
    graph.quant(graph.constant(weights(3, 1, 3, 2), "w"), "wq", scale=0.25, bits=4)
    graph.quant(graph.constant(weights(3), "b"), "bq", scale=0.125, bits=8)
    graph.node("Conv", ["scaled", "wq", "bq"], "conv", kernel_shape=[3, 2], pads=pads, strides=strides)
    graph.quant("conv", "out", scale=0.5, bits=4)
    network = imported_network(graph, "out", tmp_path)
    convolution = next(layer for layer in network.layers if isinstance(layer, Conv2D))
    assert convolution.padding is padding
    assert compared_with_qonnx(graph.model("out"), network) >= {"conv", "out"}


def test_one_of_several_outputs_can_be_named(tmp_path: Path) -> None:
    graph = one_layer()
    graph.quant(graph.constant(weights(3, 2), "v"), "vq", scale=0.25, bits=4)
    graph.node("MatMul", ["out", "vq"], "mean")
    graph.node("Exp", ["out"], "spread")
    path = graph.save("spread", tmp_path / "heads.onnx")
    network = network_from_qonnx(path, output="mean").network
    assert network.layers[-1].name == "mean"
    assert compared_with_qonnx(graph.model("mean"), network) == {"dense", "out", "mean"}


def test_a_given_input_type_makes_the_first_quant_a_cast(tmp_path: Path) -> None:
    finer = TensorType.uniform(FixedType(7, 3))
    network = imported_network(one_layer(), "out", tmp_path, input_type=finer)
    assert network.input_type == finer
    assert [layer.name for layer in network.layers] == ["quant_1", "dense", "out"]  # no layer may be "scaled"
    found = compared_with_qonnx(one_layer().model("out"), network, names={"quant_1": "scaled"})
    assert found == {"quant_1", "dense", "out"}
    same = TensorType.uniform(FixedType(5, 3))
    network = imported_network(one_layer(), "out", tmp_path, input_type=same)
    assert [layer.name for layer in network.layers] == ["dense", "out"]


def test_sums_that_float32_does_not_hold_are_told(tmp_path: Path) -> None:
    graph = Graph(4)
    graph.quant("x", "scaled", scale=2.0**-12, bits=16)
    graph.quant(graph.constant(weights(4, 3), "w"), "wq", scale=2.0**-12, bits=16)
    graph.node("MatMul", ["scaled", "wq"], "dense")
    imported = network_from_qonnx(graph.save("dense", tmp_path / "wide.onnx"))
    assert len(imported.notes) == 1
    assert "layer 'dense': sums need" in imported.notes[0]
    assert "float32" in imported.notes[0]


def after_dense(*nodes: tuple[str, list[Any], dict[str, Any]]) -> Callable[[], Graph]:
    """Make a graph of one dense layer and nodes after it; their other inputs are constants."""

    def written() -> Graph:
        graph = one_layer(lambda _: None)
        tensor = "dense"
        for number, (op, others, attributes) in enumerate(nodes):
            inputs = [tensor, *(other if isinstance(other, str) else graph.constant(other) for other in others)]
            last = number == len(nodes) - 1
            tensor = graph.node(op, inputs, "out" if last else f"t{number}", **attributes)
        return graph

    return written


def with_quant(**changes: Any) -> Callable[[], Graph]:
    return lambda: one_layer(**changes)


def plain_weights() -> Graph:
    graph = Graph(4)
    graph.quant("x", "scaled", scale=0.25, bits=5)
    graph.node("MatMul", ["scaled", graph.constant(weights(4, 3), "w")], "out")
    return graph


def plain_bias() -> Graph:
    graph = one_layer(lambda _: None)
    graph.node("Add", ["dense", graph.constant(weights(3), "b")], "out")
    return graph


def without_input_type() -> Graph:
    graph = Graph(4)
    graph.quant(graph.constant(weights(4, 3), "w"), "wq", scale=0.25, bits=4)
    graph.node("MatMul", ["x", "wq"], "out")
    return graph


def residual() -> Graph:
    graph = one_layer(lambda _: None)
    graph.quant("dense", "a", scale=0.5, bits=4)
    graph.quant("dense", "b", scale=0.25, bits=4)
    graph.node("Add", ["a", "b"], "out")
    return graph


def channels_lost() -> Graph:
    graph = brevitas_cnn(2)
    del graph.nodes[-5:]
    graph.node("Flatten", ["relu1"], "out")
    return graph


QUANT = {"domain": GENERAL, "signed": 1, "narrow": 0, "rounding_mode": "ROUND"}

REFUSED: dict[str, tuple[Callable[[], Graph], str]] = {
    "scale": (with_quant(scale=0.3), r"'Quant_out'.*scale 0\.300000012 is no power of two"),
    "negative scale": (with_quant(scale=-0.5), r"scale -0\.5 is no power of two"),
    "zero point": (with_quant(zero=3.0), r"zero point 3; only zero points of 0"),
    "width": (with_quant(bits=4.5), r"a width of 4\.5 bits"),
    "widths": (with_quant(bits=[4.0, 5.0, 6.0]), r"3 bit widths"),
    "ceiling": (with_quant(mode="CEIL"), r"no number format rounds by CEIL; known are FLOOR"),
    "up": (with_quant(mode="UP"), r"no number format rounds by UP"),
    "mode": (with_quant(mode="ROUND_TO_ZERO"), r"'ROUND_TO_ZERO' is no rounding mode of Quant"),
    "narrow unsigned": (with_quant(signed=0, narrow=1), r"end at 0 and 14 steps of 2\*\*-1"),
    "one signed bit": (with_quant(bits=1), r"gives -1 and \+1 steps"),
    "bipolar": (after_dense(("BipolarQuant", [0.5], {"domain": GENERAL})), r"gives -1 and \+1 steps"),
    "old trunc": (
        after_dense(("Trunc", [0.5, 0.0, 8.0, 4.0], {"domain": GENERAL, "rounding_mode": "FLOOR"})),
        r"Trunc with four parameters changes what its numbers mean",
    ),
    "no flag": (
        after_dense(("Quant", [0.5, 0.0, 4.0], {"domain": GENERAL, "signed": 1})),
        r"'narrow' is missing",
    ),
    "few parameters": (
        after_dense(("Quant", [0.5, 4.0], QUANT)),
        r"has 2 parameters after the tensor; 3 are wanted",
    ),
    "not finite": (with_quant(scale=np.array(np.nan, dtype=np.float32)), r"holds no finite number"),
    "unknown": (
        after_dense(("Softmax", [], {})),
        r"node 'Softmax_out' \(Softmax\): the operator is not known; known",
    ),
    "foreign": (
        after_dense(("MultiThreshold", [[[0.5]]], {"domain": GENERAL})),
        r"\(MultiThreshold\): the operator of 'qonnx.custom_op.general' is not known",
    ),
    "float weights": (
        plain_weights,
        r"weights in floating point, which no firmware holds; put a Quant on the weights",
    ),
    "float bias": (plain_bias, r"bias in floating point"),
    "no input type": (
        without_input_type,
        r"whose number format nothing tells; put a Quant on it, or give input_type",
    ),
    "residual": (residual, r"'dense' is read by .*only chains are imported"),
    "limit": (
        after_dense(("Clip", [0.0, 3.0], {}), ("Quant", [0.5, 0.0, 6.0], QUANT)),
        r"end at 0 and 6 steps of 2\*\*-1, which are the ends of no number format",
    ),
    "limit between": (
        after_dense(("Clip", [0.0, 3.1], {}), ("Quant", [0.5, 0.0, 6.0], QUANT)),
        r"a limit before it lies at 6\.2 steps",
    ),
    "bare limit": (after_dense(("Clip", [0.0, 3.0], {})), r"after a lower limit without a Quant"),
    "factor": (
        after_dense(("Relu", [], {}), ("Mul", [0.5], {})),
        r"a factor can only be folded into the layer",
    ),
    "divisor": (after_dense(("Div", [3.0], {})), r"divides by 3, which is no power of two"),
    "odd half": (
        after_dense(
            ("Relu", [], {}),
            ("Add", [0.125], {}),
            ("Quant", [0.5, 0.0, 6.0], {**QUANT, "rounding_mode": "FLOOR"}),
        ),
        r"is not half a step before a floor",
    ),
    "normalisation": (
        after_dense(("BatchNormalization", [[1.0, 1.0, 1.0], [0.0] * 3, [0.0] * 3, [3.0, 4.0, 4.0]], {})),
        r"channel 0 multiplies by 1 / sqrt\(3\.00001\), which is no binary fraction; fold",
    ),
    "transposed events": (
        after_dense(("Transpose", [], {"perm": [1, 0]})),
        r"axes \[1, 0\]; the events must stay",
    ),
    "flat events": (after_dense(("Flatten", [], {"axis": 0})), r"flattens events together"),
    "order": (channels_lost, r"gives its elements in an order that the network does not have"),
    "integers": (
        after_dense(("QuantizeLinear", [0.5], {}), ("Relu", [], {})),
        r"computes on integers; after QuantizeLinear only",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_exact_or_not_known_is_refused_by_name(tmp_path: Path, case: str) -> None:
    written, words = REFUSED[case]
    path = written().save("out", tmp_path / "refused.onnx")
    with pytest.raises(ModelFileError, match=words) as refusal:
        network_from_qonnx(path)
    assert str(refusal.value).startswith(str(path))


def cyclic(model: Any) -> None:
    model.graph.node[-2].input[0] = "out"


def two_inputs(model: Any) -> None:
    model.graph.input.append(helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4]))


def two_outputs(model: Any) -> None:
    model.graph.output.append(helper.make_tensor_value_info("dense", TensorProto.FLOAT, None))


def elsewhere(model: Any) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")


def truncated_constant(model: Any) -> None:
    model.graph.initializer[0].raw_data = b"\0"


def own_quant(model: Any) -> None:
    nodes = [helper.make_node("Identity", ["x"], ["y"])]
    names = ["x", "scale", "zeropt", "bitwidth"]
    model.functions.append(
        helper.make_function(GENERAL, "Quant", names, ["y"], nodes, [helper.make_opsetid("", 13)])
    )


def inner_graph(model: Any) -> None:
    inner = helper.make_graph([helper.make_node("Identity", ["dense"], ["z"])], "inner", [], [])
    model.graph.node[-1].attribute.append(helper.make_attribute("body", inner))


def shapeless(model: Any) -> None:
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "m"]))


def enormous(model: Any) -> None:
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1 << 40]))


def given_twice(model: Any) -> None:
    model.graph.node.append(helper.make_node("Identity", ["x"], ["dense"]))


def read_from_nowhere(model: Any) -> None:
    model.graph.node[-1].input[0] = "nothing"


def emptied(model: Any) -> None:
    del model.graph.node[:]


def constant_output(model: Any) -> None:
    model.graph.output[0].name = "wq"


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (cyclic, r"the graph goes in circles through node"),
        (two_inputs, r"2 inputs \(x, y\); a network with one is wanted"),
        (two_outputs, r"2 outputs \(out, dense\); name the one that is wanted, e\.g\. output='mean'"),
        (elsewhere, r"'c0' lies in another file; save the model as one file"),
        (truncated_constant, r"constant 'c0' cannot be read"),
        (own_quant, r"defines a function qonnx\.custom_op\.general\.Quant of its own; inline"),
        (inner_graph, r"\(Quant\) holds a graph of its own"),
        (shapeless, r"input 'x' has the shape \[0, 0\]; every size but the batch must be known"),
        (enormous, r"more than any trigger reads"),
        (given_twice, r"tensor 'dense' is given twice"),
        (read_from_nowhere, r"reads 'nothing', which nothing gives"),
        (emptied, r"the graph has no nodes"),
        (constant_output, r"the output 'wq' does not depend on 'x'"),
    ],
)
def test_a_graph_that_is_no_chain_from_one_input_is_refused(
    tmp_path: Path, broken: Callable[[Any], None], words: str
) -> None:
    model = one_layer().model("out")
    broken(model)
    path = tmp_path / "broken.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelFileError, match=words):
        network_from_qonnx(path)


def test_what_is_no_onnx_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.onnx"
    with pytest.raises(ModelFileError, match="No such file"):
        network_from_qonnx(path)
    path.write_text("not a model")
    with pytest.raises(ModelFileError, match="not an ONNX file"):
        network_from_qonnx(path)
    with pytest.raises(ModelFileError, match="no node gives a tensor 'mean'"):
        network_from_qonnx(one_layer().save("out", path), output="mean")


def test_sums_wider_than_is_emulated_are_refused(tmp_path: Path) -> None:
    graph = Graph(4)
    graph.quant("x", "scaled", scale=1.0, bits=32)
    graph.constant(np.full((4, 3), 2.0**30, dtype=np.float32) + 128, "w")
    graph.quant("w", "wq", scale=1.0, bits=32)
    graph.node("MatMul", ["scaled", "wq"], "out")
    with pytest.raises(L1adError, match="need more than 62 bits"):
        imported_network(graph, "out", tmp_path)
