"""Networks of every kind of layer and format: the generated C++ equals the emulator on every tensor."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import requantize
from l1ad.core.layout import InputLayout, numbered_inputs, regions_18x14
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
from l1ad.core.trace import Trace
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.engine import trace
from l1ad.hls.csim import compile_test_bench, simulated_traces
from l1ad.hls.predict import hls4ml_predict
from l1ad.hls.target import HlsTarget

Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]
Writer = Callable[[TriggerAlgorithm, Path], Path]

LINEAR, RELU = ActivationFunction.LINEAR, ActivationFunction.RELU
WEIGHT, BIAS = FixedType(6, 2), FixedType(8, 4)
ZERO = FixedType(0, 0, signed=False)


class Chain:
    """Layers one after another, with seeded weights; each reads what the last one gives."""

    def __init__(self, seed: int, given: TensorType, shape: Shape) -> None:
        self.rng = np.random.default_rng(seed)
        self.given, self.shape = given, shape
        self.layers: list[Layer] = []

    def add(self, layer: Layer) -> None:
        self.given, self.shape = layer.output_type(self.given), layer.output_shape(self.shape)
        self.layers.append(layer)

    def dense(self, name: str, n_out: int, accumulator: FixedType | None = None) -> None:
        weights, bias = self._constants(self.shape[0], n_out)
        exact = exact_accumulator(
            given=self.given, weights_raw=weights, weight_type=WEIGHT, bias_raw=bias, bias_type=BIAS
        )
        self.add(
            Dense(name=name, weights_raw=weights, weight_type=WEIGHT, bias_raw=bias, bias_type=BIAS,
                  accumulator=accumulator or exact)
        )  # fmt: skip

    def conv(
        self,
        name: str,
        kernel: tuple[int, int],
        n_filters: int,
        strides: tuple[int, int],
        padding: Padding,
        accumulator: FixedType | None = None,
    ) -> None:
        weights, bias = self._constants(*kernel, self.shape[2], n_filters)
        exact = exact_conv_accumulator(
            given=self.given, input_shape=self.shape, weights_raw=weights, weight_type=WEIGHT, bias_raw=bias,
            bias_type=BIAS, strides=strides, padding=padding,
        )  # fmt: skip
        self.add(
            Conv2D(name=name, input_shape=self.shape, weights_raw=weights, weight_type=WEIGHT, bias_raw=bias,
                   bias_type=BIAS, accumulator=accumulator or exact, strides=strides, padding=padding)
        )  # fmt: skip

    def pool(
        self, name: str, function: PoolingFunction, pool: tuple[int, int], strides: tuple[int, int]
    ) -> None:
        self.add(Pooling2D(name=name, function=function, input_shape=self.shape, pool=pool, strides=strides))

    def reshape(self, name: str, shape: Shape) -> None:
        self.add(Reshape(name=name, input_shape=self.shape, target_shape=shape))

    def activation(self, name: str, function: ActivationFunction, types: Sequence[FixedType]) -> None:
        n = int(np.prod(self.shape))
        self.add(Activation(name=name, function=function, n=n, result=TensorType(tuple(types))))

    def _constants(self, *shape: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self.rng.integers(-32, 32, shape), self.rng.integers(-128, 128, shape[-1])

    def trigger(self, name: str, layout: InputLayout, scaled: TensorType, score: Score) -> TriggerAlgorithm:
        n = layout.n_inputs
        scaling = Scaling(
            layout=layout,
            offsets=tuple(self.rng.integers(-3, 4, n).astype(float).tolist()),
            shifts=tuple(self.rng.integers(-1, 4, n).tolist()),
            working=FixedType(20, 14),
            result=scaled,
        )
        network = FrozenNetwork(n_inputs=n, input_type=scaled, layers=tuple(self.layers))
        return TriggerAlgorithm(
            name=name, scaling=scaling, network=network, score=score, thresholds={"some": 40}
        )


def learned(rng: np.random.Generator, n: int, **modes: Rounding | Overflow) -> Iterator[FixedType]:
    """Draw types as HGQ learns them: k, i, f of each element, some of them pruned to no bit at all."""
    for _ in range(n):
        k, i, f = int(rng.integers(2)), int(rng.integers(-1, 5)), int(rng.integers(-2, 5))
        yield FixedType.from_kif(k, i, f, **modes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """An algorithm, what the emulator says of events, and what its C++ does."""

    trigger: TriggerAlgorithm
    expected: Trace
    found: Trace


@pytest.fixture(scope="module")
def simulate(
    events_for: Events, write: Writer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Simulated]:
    def simulated(trigger: TriggerAlgorithm, n_events: int) -> Simulated:
        inputs_raw = events_for(trigger, n_events)
        executable = compile_test_bench(write(trigger, tmp_path_factory.mktemp("firmware")) / "hls")
        ((_, found),) = simulated_traces(trigger, executable, inputs_raw, block_events=len(inputs_raw))
        return Simulated(trigger=trigger, expected=trace(trigger, inputs_raw), found=found)

    return simulated


EVERY_MODE = [
    FixedType(5, 4 if signed else 3, signed, rounding, overflow)
    for rounding, overflow, signed in product(Rounding, Overflow, (True, False))
]


@pytest.fixture(scope="module")
def elements(needs_compiler: None, simulate: Callable[..., Simulated]) -> Simulated:  # noqa: ARG001
    """Simulate dense layers between activations whose elements have types of their own."""
    rng = np.random.default_rng(7)
    scaled = TensorType((ZERO, *EVERY_MODE[:12:3], *learned(rng, 5)))
    chain = Chain(1, scaled, (10,))
    chain.dense("dense_1", 1 + len(EVERY_MODE))
    chain.activation("modes", LINEAR, [ZERO, *EVERY_MODE])
    chain.dense("dense_2", 8)
    chain.activation("learned", RELU, list(learned(rng, 8)))
    chain.activation("kept", LINEAR, chain.given.types)
    chain.dense("dense_3", 6)
    chain.activation("clipped", RELU, list(learned(rng, 6, rounding=Rounding.RND_CONV, overflow=Overflow.SAT)))
    for rounding in Rounding:
        chain.dense(f"drops_{rounding.name.lower()}", 6, FixedType(7, 5, True, rounding))
    chain.activation("unchanged", LINEAR, chain.given.types)
    chain.dense("unsigned_sum", 4, FixedType(6, 4, False, Rounding.RND_MIN_INF))
    score = Score(FixedType(14, 12, False, Rounding.RND_ZERO, Overflow.SAT))
    return simulate(chain.trigger("elements", numbered_inputs(10, width=9, signed=True), scaled, score), 4000)


@pytest.fixture(scope="module")
def images(needs_compiler: None, simulate: Callable[..., Simulated]) -> Simulated:  # noqa: ARG001
    """Simulate convolutions and pooling over the regions that CICADA reads."""
    rng = np.random.default_rng(8)
    scaled = TensorType.uniform(FixedType(8, 8, False, Rounding.RND, Overflow.SAT))
    chain = Chain(2, scaled, (252,))
    chain.reshape("image", (18, 14, 1))
    chain.conv("conv_1", (3, 3), 2, (2, 2), Padding.VALID)
    chain.activation("relu_1", RELU, [FixedType(6, 7, False, Rounding.RND_CONV, Overflow.SAT)])
    chain.pool("largest", PoolingFunction.MAX, (2, 1), (2, 1))
    chain.conv("conv_2", (2, 3), 3, (1, 2), Padding.SAME, FixedType(10, 8, True, Rounding.RND_CONV))
    pruned = [*learned(rng, 11, overflow=Overflow.SAT), ZERO]
    chain.activation("relu_2", RELU, pruned * 3)
    chain.pool("largest_of_each", PoolingFunction.MAX, (2, 2), (1, 1))
    chain.pool("mean_of_each", PoolingFunction.AVERAGE, (1, 2), (1, 1))
    chain.conv("conv_3", (2, 1), 2, (2, 1), Padding.SAME, FixedType(9, 7, True, Rounding.RND_INF))
    chain.conv("point", (1, 1), 4, (1, 1), Padding.VALID)
    chain.activation("rounded", LINEAR, [FixedType(6, 5, True, Rounding.RND, Overflow.WRAP)])
    chain.pool("mean", PoolingFunction.AVERAGE, (2, 1), (1, 1))
    chain.reshape("flat", (4,))
    chain.reshape("flat_again", (4,))
    chain.dense("dense", 1)
    chain.activation("output", RELU, [FixedType(12, 8, False, Rounding.RND, Overflow.SAT)])
    chain.reshape("scalar", (1, 1, 1))
    score = Score(FixedType(10, 8, False, Rounding.TRN, Overflow.SAT), ScoreFunction.OUTPUT)
    return simulate(chain.trigger("images", regions_18x14(), scaled, score), 1500)


def differing(both: Simulated) -> dict[str, int]:
    """Count the integers that differ in each tensor of the C++."""
    return {
        name: int((both.expected[name] != found).sum())
        for name, found in both.found.items()
        if (both.expected[name] != found).any()
    }


def test_types_of_each_element_are_exact_in_every_rounding_overflow_and_sign(elements: Simulated) -> None:
    assert list(elements.found) == list(elements.expected)
    assert differing(elements) == {}
    modes = elements.found["modes"]
    assert not modes[:, 0].any()
    assert (np.array([len(np.unique(column)) for column in modes.T[1:]]) > 4).all()
    np.testing.assert_array_equal(elements.found["learned"], elements.found["kept"])
    assert not elements.found["scaled_inputs"][:, 0].any()
    assert len(np.unique(elements.found["score"])) > 50


def test_accumulators_that_drop_bits_cast_each_product_on_its_own(elements: Simulated) -> None:
    """Not the sum: for every rounding there are events where that would be another integer."""
    for layer, given in elements.trigger.network.given():
        if not layer.name.startswith("drops_") or not isinstance(layer, Dense):
            continue
        names = list(elements.found)
        raw = elements.found[names[names.index(layer.name) - 1]]
        fraction = given.fraction + layer.weight_type.fraction
        whole = raw @ layer.weights_raw + (layer.bias_raw << (fraction - layer.bias_type.fraction))
        at_once = requantize(whole, fraction=fraction, to=layer.accumulator)
        assert (at_once != elements.found[layer.name]).any(), layer.name


def test_convolutions_and_pooling_are_exact_on_every_tensor_but_reshapes(images: Simulated) -> None:
    reshapes = ["image", "flat", "flat_again", "scalar"]
    assert list(images.found) == [name for name in images.expected if name not in reshapes]
    assert differing(images) == {}
    varied = {name: len(np.unique(found)) for name, found in images.found.items()}
    assert min(count for name, count in varied.items() if not name.startswith("accept")) > 10, varied
    shapes = images.trigger.network.shapes
    assert (shapes["conv_2"], shapes["mean_of_each"], shapes["conv_3"]) == ((4, 3, 3), (3, 1, 3), (2, 1, 2))


def test_predict_of_hls4ml_gives_the_same_integers(
    needs_compiler: None,  # noqa: ARG001
    target: HlsTarget,
) -> None:
    rng = np.random.default_rng(9)
    scaled = TensorType(tuple(learned(rng, 12)))
    chain = Chain(3, scaled, (12,))
    chain.reshape("image", (4, 3, 1))
    chain.conv("conv", (2, 2), 2, (1, 1), Padding.SAME)
    chain.activation("relu", RELU, list(learned(rng, 24)))
    chain.pool("mean", PoolingFunction.AVERAGE, (2, 2), (2, 1))
    network = FrozenNetwork(n_inputs=12, input_type=scaled, layers=tuple(chain.layers))
    low, high = scaled.raw_bounds(12)
    inputs_raw = scaled.cast(rng.integers(low, high + 1, (3000, 12)), fraction=scaled.fraction)
    with hls4ml_predict(network, target) as predict:
        found = predict(inputs_raw)
    np.testing.assert_array_equal(found, network.trace(inputs_raw)["mean"])
    assert len(np.unique(found)) > 10
