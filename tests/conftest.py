"""Small algorithms that several rooms are tested on: seeded weights, every number format chosen."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import numbered_inputs, regions_18x14, ugt_57
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
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import crafted_extremes

Builder = Callable[..., TriggerAlgorithm]
Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]


@pytest.fixture(scope="session")
def build_trigger() -> Builder:
    return _built


@pytest.fixture(scope="session")
def events_for() -> Events:
    """Give crafted extremes, then events drawn evenly over the ranges."""

    def events(trigger: TriggerAlgorithm, n_events: int) -> NDArray[np.int64]:
        layout = trigger.layout
        low, high = layout.raw_min, layout.raw_max + 1
        drawn = np.random.default_rng(5).integers(low, high, (n_events, layout.n_inputs))
        return np.concatenate([crafted_extremes(layout), drawn])

    return events


@pytest.fixture(scope="session")
def elements_trigger() -> TriggerAlgorithm:
    """Dense layers between activations whose elements have types of their own."""
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
    return chain.trigger("elements", numbered_inputs(10, width=9, signed=True), scaled, score)


@pytest.fixture(scope="session")
def images_trigger() -> TriggerAlgorithm:
    """Convolutions and pooling over the regions that CICADA reads."""
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
    return chain.trigger("images", regions_18x14(), scaled, score)


@pytest.fixture(scope="session")
def small_image_network() -> FrozenNetwork:
    """A convolution and a mean over an image of twelve inputs with types of their own."""
    rng = np.random.default_rng(9)
    scaled = TensorType(tuple(learned(rng, 12)))
    chain = Chain(3, scaled, (12,))
    chain.reshape("image", (4, 3, 1))
    chain.conv("conv", (2, 2), 2, (1, 1), Padding.SAME)
    chain.activation("relu", RELU, list(learned(rng, 24)))
    chain.pool("mean", PoolingFunction.AVERAGE, (2, 2), (2, 1))
    return FrozenNetwork(n_inputs=12, input_type=scaled, layers=tuple(chain.layers))


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


EVERY_MODE = [
    FixedType(5, 4 if signed else 3, signed, rounding, overflow)
    for rounding, overflow, signed in product(Rounding, Overflow, (True, False))
]


def _built(
    *,
    seed: int = 1,
    name: str = "small",
    widths: tuple[int, ...] = (6, 3),
    input_type: str | list[str] = "ap_fixed<8,4,AP_RND_CONV,AP_SAT>",
    hidden_type: str = "ap_ufixed<8,4,AP_RND_CONV,AP_SAT>",
    mean_type: str = "ap_fixed<8,4,AP_RND_CONV,AP_SAT>",
    score_type: str = "ap_ufixed<18,14,AP_TRN,AP_SAT>",
    working_type: str = "ap_fixed<24,14>",
    thresholds: dict[str, int] | None = None,
    score_function: ScoreFunction = ScoreFunction.SUM_OF_SQUARES,
) -> TriggerAlgorithm:
    rng = np.random.default_rng(seed)
    layout = ugt_57()
    given = TensorType.from_spelling(input_type)
    scaling = Scaling(
        layout=layout,
        offsets=tuple(float(one) for one in rng.integers(-20, 20, layout.n_inputs)),
        shifts=tuple(int(one) for one in rng.integers(-1, 7, layout.n_inputs)),
        working=FixedType.from_cpp(working_type),
        result=given,
    )
    layers: list[Layer] = []
    n_in = layout.n_inputs
    for number, n_out in enumerate(widths, start=1):
        weights = rng.integers(-16, 16, (n_in, n_out)) * (rng.random((n_in, n_out)) < 0.5)
        bias = rng.integers(-60, 60, n_out)
        weight_type, bias_type = FixedType(6, 1), FixedType(8, 3)
        accumulator = exact_accumulator(
            given=given, weights_raw=weights, weight_type=weight_type, bias_raw=bias, bias_type=bias_type
        )
        layers.append(
            Dense(
                name=f"dense_{number}", weights_raw=weights, weight_type=weight_type, bias_raw=bias,
                bias_type=bias_type, accumulator=accumulator,
            )
        )  # fmt: skip
        is_last = number == len(widths)
        given = TensorType.from_spelling(mean_type if is_last else hidden_type)
        function = ActivationFunction.LINEAR if is_last else ActivationFunction.RELU
        layers.append(
            Activation(name="mean" if is_last else f"relu_{number}", function=function, n=n_out, result=given)
        )
        n_in = n_out
    return TriggerAlgorithm(
        name=name,
        scaling=scaling,
        network=FrozenNetwork(n_inputs=layout.n_inputs, input_type=scaling.result, layers=tuple(layers)),
        score=Score(FixedType.from_cpp(score_type), score_function),
        thresholds=thresholds or {},
    )
