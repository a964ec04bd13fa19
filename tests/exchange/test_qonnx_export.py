"""Exported files run by qonnx and by ONNX Runtime: every tensor equals the emulator's, integer for integer."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import l1ad
from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.layout import InputField, InputLayout
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
    Shape,
    exact_accumulator,
    exact_conv_accumulator,
)
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trace import SCALED_INPUTS, SCORE, Trace
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.trigger_file import algorithm_digest
from l1ad.emulate.engine import trace

onnx = pytest.importorskip("onnx")
pytest.importorskip("qonnx")
onnxruntime = pytest.importorskip("onnxruntime")

from l1ad.exchange.qonnx.export import export_network_qonnx, export_qonnx  # noqa: E402
from l1ad.exchange.qonnx.network import network_from_qonnx  # noqa: E402
from l1ad.exchange.qonnx.run import onnxruntime_trace, qonnx_trace  # noqa: E402

MIXED_SEEDS, WIDE_SEEDS, PLAIN_SEEDS = range(24), range(100, 108), range(200, 224)


def assert_equal_traces(expected: Trace, found: Trace) -> None:
    assert list(found) == list(expected)
    for name, raw in expected.items():
        np.testing.assert_array_equal(found[name], raw, err_msg=name)


def dtypes(path: Path) -> set[str]:
    """Name the floating-point types of a file's tensors."""
    tensors = onnx.load(path).graph.value_info
    kinds = {onnx.helper.tensor_dtype_to_np_dtype(one.type.tensor_type.elem_type) for one in tensors}
    return {str(kind) for kind in kinds if kind.kind == "f"}


@pytest.mark.parametrize("seed", [*MIXED_SEEDS, *WIDE_SEEDS])
def test_qonnx_and_onnx_runtime_give_every_integer_of_the_emulator(tmp_path: Path, seed: int) -> None:
    trigger = Draw(seed, wide=seed in WIDE_SEEDS).algorithm()
    inputs_raw = events(trigger, 200)
    expected = trace(trigger, inputs_raw)
    path = tmp_path / "drawn.qonnx"
    export_qonnx(trigger, path)
    assert_equal_traces(expected, onnxruntime_trace(path, inputs_raw))
    assert_equal_traces(expected, qonnx_trace(path, inputs_raw))
    # The file as it is, without the outputs that a trace adds.
    session = onnxruntime.InferenceSession(path)
    kind = np.float64 if "double" in session.get_inputs()[0].type else np.float32
    (score,) = session.run(None, {"inputs": inputs_raw.astype(kind)})
    np.testing.assert_array_equal(score, expected[SCORE])


def test_the_drawn_algorithms_hold_what_has_to_be_tested() -> None:
    drawn = [Draw(seed).algorithm() for seed in MIXED_SEEDS]
    network = [(layer, given) for one in drawn for layer, given in one.network.given()]
    weighted = [(layer, given) for layer, given in network if isinstance(layer, Dense | Conv2D)]
    types = [one for layer, _ in network if isinstance(layer, Activation) for one in layer.result.types]
    assert {one.rounding for one in types} == set(Rounding)
    assert {one.overflow for one in types} == set(Overflow)
    assert any(not one.width for one in types)
    assert any(layer.sum.drops_bits(given.fraction) for layer, given in weighted)
    assert {type(layer) for layer, _ in network} == {Dense, Conv2D, Pooling2D, Reshape, Activation}
    assert {one.score.function for one in drawn} == set(ScoreFunction)
    assert not all(one.scaling.lossless_before_cast for one in drawn)


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("overflow", list(Overflow))
def test_every_cast_is_exact_for_every_8_bit_value(
    tmp_path: Path, rounding: Rounding, overflow: Overflow
) -> None:
    targets = [
        FixedType(width, integer, signed, rounding, overflow)
        for signed in (True, False)
        for width, integer in ((1, 4), (4, 3), (9, 6))
    ]
    given = FixedType(8, 5)
    layers = [
        Activation(name=f"cast_{number}", function=ActivationFunction.LINEAR, n=1, result=TensorType((one,)))
        for number, one in enumerate(targets)
    ]
    every_value = np.arange(-128, 128)[:, None]
    for layer in layers:
        network = FrozenNetwork(n_inputs=1, input_type=TensorType((given,)), layers=(layer,))
        path = tmp_path / "cast.qonnx"
        export_network_qonnx(network, path)
        expected = {SCALED_INPUTS: every_value, **network.trace(every_value)}
        assert_equal_traces(expected, onnxruntime_trace(path, every_value))
        assert_equal_traces(expected, qonnx_trace(path, every_value))


def test_all_casts_side_by_side_in_one_tensor_are_exact(tmp_path: Path) -> None:
    targets = [
        FixedType(width, 3, signed, rounding, overflow)
        for rounding in Rounding
        for overflow in Overflow
        for signed in (True, False)
        for width in (1, 4, 6)
    ]
    n = len(targets)
    cast = Activation(name="cast", function=ActivationFunction.LINEAR, n=n, result=TensorType(tuple(targets)))
    network = FrozenNetwork(n_inputs=n, input_type=TensorType((FixedType(8, 5),)), layers=(cast,))
    every_value = np.repeat(np.arange(-128, 128)[:, None], n, axis=1)
    path = tmp_path / "casts.qonnx"
    export_network_qonnx(network, path)
    expected = {SCALED_INPUTS: every_value, **network.trace(every_value)}
    assert_equal_traces(expected, onnxruntime_trace(path, every_value))
    assert_equal_traces(expected, qonnx_trace(path, every_value))


@pytest.mark.parametrize("seed", PLAIN_SEEDS)
def test_an_exported_network_read_back_gives_the_same_integers(tmp_path: Path, seed: int) -> None:
    trigger = Draw(seed, mixed=False).algorithm()
    network = trigger.network
    inputs_raw = trigger.scaling.apply(events(trigger, 200))
    path = tmp_path / "network.qonnx"
    export_network_qonnx(network, path)
    imported = network_from_qonnx(path)
    expected, found = network.trace(inputs_raw), imported.network.trace(inputs_raw)
    assert imported.network.input_type.fraction == network.input_type.fraction
    assert set(expected) <= set(found)
    for name, raw in expected.items():
        steps = imported.network.types[name].fraction - network.types[name].fraction
        np.testing.assert_array_equal(np.ldexp(found[name], -steps), raw, err_msg=name)


@pytest.mark.parametrize(("width", "dtype"), [(18, "float32"), (20, "float64")])
def test_float64_is_taken_only_where_float32_does_not_hold_the_sums(
    tmp_path: Path, width: int, dtype: str
) -> None:
    given = TensorType.uniform(FixedType(width, 4))
    parts: dict[str, Any] = {"weights_raw": np.full((4, 2), 15), "bias_raw": np.zeros(2, dtype=np.int64)}
    types: dict[str, Any] = {"weight_type": FixedType(5, 1), "bias_type": FixedType(2, 1)}
    accumulator = exact_accumulator(given=given, **parts, **types)
    dense = Dense(name="dense", accumulator=accumulator, **parts, **types)
    path = tmp_path / "dense.qonnx"
    export_network_qonnx(FrozenNetwork(n_inputs=4, input_type=given, layers=(dense,)), path)
    assert (dtype == "float64") == ("float64" in dtypes(path))


def test_the_same_algorithm_gives_the_same_bytes_and_no_other_file(tmp_path: Path) -> None:
    for name in ("one.qonnx", "two.qonnx"):
        export_qonnx(Draw(3).algorithm(), tmp_path / name)
    assert (tmp_path / "one.qonnx").read_bytes() == (tmp_path / "two.qonnx").read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["one.qonnx", "two.qonnx"]


def test_the_file_tells_what_it_was_made_from(tmp_path: Path) -> None:
    trigger = Draw(3).algorithm().with_thresholds({"tight": 200, "loose": 17})
    export_qonnx(trigger, tmp_path / "one.qonnx")
    model = onnx.load(tmp_path / "one.qonnx")
    metadata = {one.key: one.value for one in model.metadata_props}
    assert metadata["l1ad.algorithm_digest"] == algorithm_digest(trigger)
    assert json.loads(metadata["l1ad.thresholds"]) == {"tight": 200, "loose": 17}
    assert json.loads(metadata["l1ad.inputs"]) == list(trigger.layout.names)
    assert metadata["l1ad.version"] == l1ad.__version__
    assert (model.producer_name, model.producer_version) == ("l1ad", l1ad.__version__)


def test_sums_that_no_floating_point_type_holds_are_refused(tmp_path: Path) -> None:
    wide = TensorType.uniform(FixedType(30, 15))
    weights = np.full((4, 1), 2**24)
    parts: dict[str, Any] = {
        "weights_raw": weights,
        "weight_type": FixedType(27, 3),
        "bias_raw": np.zeros(1, dtype=np.int64),
    }
    accumulator = FixedType(58, 18)
    dense = Dense(name="dense", bias_type=FixedType(2, 1), accumulator=accumulator, **parts)
    network = FrozenNetwork(n_inputs=4, input_type=wide, layers=(dense,))
    with pytest.raises(
        NotExactError, match=r"a sum of layer 'dense' reaches raw integers of 56 bits.*holds 53"
    ):
        export_network_qonnx(network, tmp_path / "wide.qonnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["inputs", "score_raw"])
def test_a_layer_named_as_another_tensor_is_refused(tmp_path: Path, name: str) -> None:
    trigger = Draw(3).algorithm()
    first, *others = trigger.network.layers
    layers = (replace(first, name=name), *others)
    network = replace(trigger.network, layers=layers)
    with pytest.raises(
        NotExactError, match=f"a tensor of the graph is named '{name}' already; rename the layer"
    ):
        export_qonnx(replace(trigger, network=network), tmp_path / "one.qonnx")


class Draw:
    """Draws algorithms: dense and image layers, every rounding and overflow, one type or one for each element.

    Not `mixed`, all elements of a tensor round alike and no product is cast on its own, as graphs that are
    read back must be. `wide` ones need float64.
    """

    def __init__(self, seed: int, *, mixed: bool = True, wide: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        self.mixed, self.wide = mixed, wide
        self.layers: list[Layer] = []

    def fixed(self, width: int, integer: int, *, signed: bool, rounding: Rounding | None = None) -> FixedType:
        drawn = Rounding(self.rng.choice(list(Rounding)))
        overflow = Overflow(self.rng.choice(list(Overflow)))
        return FixedType(width, integer, signed, rounding or drawn, overflow)

    def number(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def tensor(self, n: int) -> TensorType:
        width = 14 if self.wide else 7
        signed = bool(self.number(0, 1))
        if self.number(0, 1):
            return TensorType.uniform(self.fixed(width, self.number(-1, width), signed=signed))
        rounding = None if self.mixed else Rounding(self.rng.choice(list(Rounding)))
        few = [
            self.fixed(
                self.number(1, width), self.number(-2, width), signed=bool(self.number(0, 1)), rounding=rounding
            )
            for _ in range(self.number(2, 4))
        ]
        none = FixedType(0, 0, False, few[0].rounding, few[0].overflow)
        each = [few[self.number(0, len(few) - 1)] if self.number(0, 9) else none for _ in range(n)]
        return TensorType((few[0], *each[1:]))

    def accumulator(self, exact: FixedType) -> FixedType:
        kind = self.number(0, 3)
        if kind == 0:  # too narrow, so that it wraps
            less = self.number(1, 4)
            return FixedType(max(2, exact.width - less), exact.integer - less)
        if kind == 1 and self.mixed:  # without all fraction bits, so that each product is cast
            less = self.number(1, 5)
            rounding = Rounding(self.rng.choice(list(Rounding)))
            return FixedType(max(2, exact.width + 1 - less), exact.integer + 1, True, rounding)
        return exact

    def weights(self, *shape: int) -> NDArray[np.int64]:
        limit = 256 if self.wide else 16
        return self.rng.integers(-limit, limit, shape) * (self.rng.random(shape) < 0.7)

    def constant_types(self) -> tuple[FixedType, FixedType]:
        return FixedType(9 if self.wide else 5, self.number(-1, 3)), FixedType(7, self.number(0, 5))

    def dense(self, name: str, given: TensorType, n_in: int, n_out: int) -> TensorType:
        weights, bias = self.weights(n_in, n_out), self.rng.integers(-64, 64, n_out)
        weight_type, bias_type = self.constant_types()
        exact = exact_accumulator(
            given=given, weights_raw=weights, weight_type=weight_type, bias_raw=bias, bias_type=bias_type
        )
        layer = Dense(
            name=name, weights_raw=weights, weight_type=weight_type, bias_raw=bias, bias_type=bias_type,
            accumulator=self.accumulator(exact),
        )  # fmt: skip
        self.layers.append(layer)
        return layer.output_type(given)

    def convolution(self, name: str, given: TensorType, shape: Shape) -> tuple[TensorType, Shape]:
        kernel = (self.number(1, min(3, shape[0])), self.number(1, min(3, shape[1])))
        weights, bias = self.weights(*kernel, shape[2], 3), self.rng.integers(-64, 64, 3)
        weight_type, bias_type = self.constant_types()
        strides = (self.number(1, 2), self.number(1, 2))
        padding = Padding(self.rng.choice(list(Padding)))
        exact = exact_conv_accumulator(
            given=given, input_shape=shape, weights_raw=weights, weight_type=weight_type, bias_raw=bias,
            bias_type=bias_type, strides=strides, padding=padding,
        )  # fmt: skip
        layer = Conv2D(
            name=name, input_shape=shape, weights_raw=weights, weight_type=weight_type, bias_raw=bias,
            bias_type=bias_type, accumulator=self.accumulator(exact), strides=strides, padding=padding,
        )  # fmt: skip
        self.layers.append(layer)
        return layer.output_type(given), layer.result_shape

    def activation(self, name: str, n: int) -> TensorType:
        function = ActivationFunction(self.rng.choice(list(ActivationFunction)))
        layer = Activation(name=name, function=function, n=n, result=self.tensor(n))
        self.layers.append(layer)
        return layer.result

    def images(self, given: TensorType, shape: Shape) -> tuple[TensorType, int]:
        n = int(np.prod(shape))
        self.layers.append(Reshape(name="image", input_shape=(n,), target_shape=shape))
        for number in range(self.number(1, 2)):
            given, shape = self.convolution(f"conv_{number}", given, shape)
            given = self.activation(f"conv_cast_{number}", int(np.prod(shape)))
            if min(shape[:2]) >= 2:
                pool = Pooling2D(
                    name=f"pool_{number}", function=PoolingFunction(self.rng.choice(list(PoolingFunction))),
                    input_shape=shape, pool=(2, 2), strides=(self.number(1, 2), self.number(1, 2)),
                )  # fmt: skip
                self.layers.append(pool)
                given, shape = pool.output_type(given), pool.result_shape
        n = int(np.prod(shape))
        self.layers.append(Reshape(name="flat", input_shape=shape, target_shape=(n,)))
        return given, n

    def algorithm(self) -> TriggerAlgorithm:
        shape = (self.number(4, 6), self.number(3, 5), self.number(1, 2))
        n = int(np.prod(shape))
        spare = self.number(0, 4)
        scaling = Scaling(
            layout=layout(n),
            offsets=tuple(float(x) for x in self.rng.integers(-30, 30, n) / 2 ** min(1, spare)),
            shifts=tuple(int(x) for x in self.rng.integers(-1, 6, n)),
            working=FixedType(11 + spare, 11),
            result=self.tensor(n),
        )
        given = scaling.result
        if self.number(0, 1):
            given, n = self.images(given, shape)
        for number in range(self.number(1, 2)):
            size = self.number(1, 6)
            given = self.dense(f"dense_{number}", given, n, size)
            n = size
            if self.number(0, 3):
                given = self.activation(f"cast_{number}", n)
        function = ScoreFunction.OUTPUT if n == 1 else ScoreFunction.SUM_OF_SQUARES
        word = self.fixed(self.number(8, 16), self.number(4, 12), signed=False)
        if function is ScoreFunction.OUTPUT:
            word = FixedType(word.width, word.integer, False, word.rounding, Overflow.SAT)
        network = FrozenNetwork(
            n_inputs=scaling.layout.n_inputs, input_type=scaling.result, layers=tuple(self.layers)
        )
        return TriggerAlgorithm(name="drawn", scaling=scaling, network=network, score=Score(word, function))


def layout(n_inputs: int) -> InputLayout:
    fields = (
        InputField(
            object_type="in", slot=i, quantity="pt", lsb=1.0, unit="1", raw_min=-256 * (i % 2), raw_max=255
        )
        for i in range(n_inputs)
    )
    return InputLayout(name="test", fields=tuple(fields))


def events(trigger: TriggerAlgorithm, n_events: int) -> NDArray[np.int64]:
    """Both ends of every input, and the range between."""
    low, high = trigger.layout.raw_min, trigger.layout.raw_max
    drawn = np.random.default_rng(1).integers(low, high + 1, (n_events, len(low)))
    return np.concatenate([np.zeros_like(low)[None], low[None], high[None], np.diag(low), np.diag(high), drawn])
