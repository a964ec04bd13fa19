"""What the emulator tests share: one small algorithm, and random events over the whole range."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.layouts import numbered_inputs, ugt_57
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
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.compare import crafted_extremes

N_LATENT = 3


@pytest.fixture(scope="session")
def trigger() -> TriggerAlgorithm:
    """Give a one-layer encoder with random weights on `ugt_57`, with two thresholds."""
    rng = np.random.default_rng(2026)
    layout = ugt_57()
    fixed = FixedType.from_cpp
    scaling = Scaling(
        layout=layout,
        offsets=(0.0,) * layout.n_inputs,
        shifts=(5,) * layout.n_inputs,
        working=fixed("ap_fixed<18,13>"),
        result=TensorType.uniform(fixed("ap_fixed<8,5,AP_RND_CONV,AP_SAT>")),
    )
    weights_raw = rng.integers(-15, 16, size=(layout.n_inputs, N_LATENT))
    bias_raw = rng.integers(-20, 21, size=N_LATENT)
    weight_type, bias_type = fixed("ap_fixed<6,1>"), fixed("ap_fixed<8,3>")
    accumulator = exact_accumulator(
        given=scaling.result,
        weights_raw=weights_raw,
        weight_type=weight_type,
        bias_raw=bias_raw,
        bias_type=bias_type,
    )
    dense = Dense(
        name="dense_1",
        weights_raw=weights_raw,
        weight_type=weight_type,
        bias_raw=bias_raw,
        bias_type=bias_type,
        accumulator=accumulator,
    )
    mean_type = TensorType.uniform(fixed("ap_fixed<9,6,AP_RND_CONV,AP_SAT>"))
    mean = Activation(name="mean", function=ActivationFunction.LINEAR, n=N_LATENT, result=mean_type)
    return TriggerAlgorithm(
        name="small",
        scaling=scaling,
        network=FrozenNetwork(n_inputs=layout.n_inputs, input_type=scaling.result, layers=(dense, mean)),
        score=Score(fixed("ap_ufixed<18,14,AP_TRN,AP_SAT>")),
        thresholds={"tight": 12_000, "loose": 3_000},
    )


@pytest.fixture(scope="session")
def events() -> Callable[[int], NDArray[np.int16]]:
    """Give a maker of events over the whole range of the layout."""

    def made(n_events: int) -> NDArray[np.int16]:
        layout = ugt_57()
        rng = np.random.default_rng(n_events)
        inputs = rng.integers(layout.raw_min, layout.raw_max + 1, size=(n_events, layout.n_inputs))
        return inputs.astype(np.int16)

    return made


@pytest.fixture(scope="session")
def random_algorithm() -> Callable[..., TriggerAlgorithm]:
    """Give a maker of algorithms: seed in, shape, weights, formats, roundings and overflows drawn."""
    return _random_algorithm


@pytest.fixture(scope="session")
def random_image_algorithm() -> Callable[..., TriggerAlgorithm]:
    """Give a maker of networks over images: convolutions, pooling, types of each element, any score."""
    return _random_image_algorithm


@pytest.fixture(scope="session")
def drawn_images() -> Callable[[int], NDArray[np.int64]]:
    """Give a maker of images for those networks: seed in, crafted extremes and 1000 random ones out."""
    return _drawn_images


@pytest.fixture(scope="session")
def drawn_events() -> Callable[[int], NDArray[np.int64]]:
    """Give a maker of events: seed in, crafted extremes and 3000 events over the whole range out."""
    return _drawn_events


_LAYOUT = ugt_57()


def _random_algorithm(seed: int, *, weight_bits: int = 6, wide: int = 0) -> TriggerAlgorithm:
    """Draw an algorithm: shape, weights, every number format, rounding and overflow."""
    rng = np.random.default_rng(seed)

    def drawn(width: int, integer: int, *, signed: bool = True) -> FixedType:
        rounding, overflow = rng.choice(list(Rounding)), rng.choice(list(Overflow))
        return FixedType(width + wide, integer, signed, Rounding(rounding), Overflow(overflow))

    fraction = int(rng.integers(0, 7))
    scaling = Scaling(
        layout=_LAYOUT,
        offsets=tuple(float(x) for x in rng.integers(-30, 30, 57)),
        shifts=tuple(int(x) for x in rng.integers(-1, 7, 57)),
        working=FixedType(15 + fraction, 15),
        result=TensorType.uniform(drawn(8, int(rng.integers(2, 7)))),
    )
    layers: list[Layer] = []
    given, n_in = scaling.result, 57
    for number, n_out in enumerate(rng.integers(2, 12, int(rng.integers(1, 4))), start=1):
        limit = 2 ** (weight_bits - 1)
        weights = rng.integers(-limit, limit, (n_in, n_out)) * (rng.random((n_in, n_out)) < 0.5)
        bias = rng.integers(-120, 120, n_out)
        weight_type, bias_type = FixedType(weight_bits, 1), FixedType(8, int(rng.integers(1, 5)))
        exact = exact_accumulator(
            given=given, weights_raw=weights, weight_type=weight_type, bias_raw=bias, bias_type=bias_type
        )
        dropped = int(rng.choice([0, 0, 3]))  # sometimes too narrow, so that it wraps
        accumulator = FixedType(exact.width - dropped, exact.integer - dropped)
        layers.append(
            Dense(
                name=f"dense_{number}", weights_raw=weights, weight_type=weight_type,
                bias_raw=bias, bias_type=bias_type, accumulator=accumulator,
            )
        )  # fmt: skip
        function = ActivationFunction(rng.choice(list(ActivationFunction)))
        given = TensorType.uniform(drawn(7, int(rng.integers(1, 7)), signed=bool(rng.integers(2))))
        layers.append(Activation(name=f"cast_{number}", function=function, n=int(n_out), result=given))
        n_in = int(n_out)
    network = FrozenNetwork(n_inputs=57, input_type=scaling.result, layers=tuple(layers))
    score = Score(drawn(int(rng.integers(8, 20)), 9, signed=False))
    return TriggerAlgorithm(name="drawn", scaling=scaling, network=network, score=score)


_IMAGE = numbered_inputs(40, width=6, signed=True)


def _drawn_images(seed: int) -> NDArray[np.int64]:
    drawn = np.random.default_rng(seed).integers(_IMAGE.raw_min, _IMAGE.raw_max + 1, (1000, 40))
    return np.concatenate([crafted_extremes(_IMAGE), drawn])


def _random_image_algorithm(seed: int, *, drops: bool = False) -> TriggerAlgorithm:
    """Draw a network over 5 x 4 images of 2 channels; `drops` lets accumulators cast each product."""
    rng = np.random.default_rng(seed)

    def each(n: int) -> TensorType:
        modes = [(Rounding(rng.choice(list(Rounding))), Overflow(rng.choice(list(Overflow)))) for _ in range(2)]
        types = []
        for _ in range(n):
            width, (rounding, overflow) = int(rng.integers(n == 1, 8)), modes[int(rng.integers(2))]
            signed = bool(rng.integers(2)) and width > 0
            integer = int(rng.integers(0, 5)) if width else 0
            types.append(FixedType(width, integer, signed, rounding, overflow))
        return TensorType(tuple(types))

    def weights(shape: tuple[int, ...]) -> dict[str, Any]:
        return {
            "weights_raw": rng.integers(-16, 16, shape) * (rng.random(shape) < 0.7),
            "weight_type": FixedType(5, 1),
            "bias_raw": rng.integers(-30, 30, shape[-1]), "bias_type": FixedType(6, 3),
        }  # fmt: skip

    def accumulator(exact: FixedType) -> FixedType:
        dropped = int(rng.integers(0, 4)) if drops else 0
        top = int(rng.choice([0, 0, 2]))
        rounding = Rounding(rng.choice(list(Rounding)))
        return FixedType(exact.width - dropped - top, exact.integer - top, True, rounding)

    scaling = Scaling(
        layout=_IMAGE, offsets=tuple(float(x) for x in rng.integers(-5, 6, 40)),
        shifts=tuple(int(x) for x in rng.integers(-1, 4, 40)), working=FixedType(12, 9), result=each(40),
    )  # fmt: skip
    padding = Padding(rng.choice(list(Padding)))
    place: dict[str, Any] = {
        "input_shape": (5, 4, 2),
        "strides": (1, int(rng.integers(1, 3))),
        "padding": padding,
    }
    kernel = weights((2, 2, 2, 3))
    exact = exact_conv_accumulator(given=scaling.result, **place, **kernel)
    conv = Conv2D(name="conv", accumulator=accumulator(exact), **place, **kernel)
    relu = Activation(name="relu", function=ActivationFunction.RELU, n=conv.n_out, result=each(conv.n_out))
    function, shape = PoolingFunction(rng.choice(list(PoolingFunction))), conv.result_shape
    pool = Pooling2D(name="pool", function=function, input_shape=shape, pool=(2, 1), strides=(2, 1))
    pooled_type = pool.output_type(relu.result)
    last = weights((pool.n_out, 1 if seed % 3 == 0 else 4))
    dense = Dense(name="dense", accumulator=accumulator(exact_accumulator(given=pooled_type, **last)), **last)
    layers: list[Layer] = [
        Reshape(name="image", input_shape=(40,), target_shape=(5, 4, 2)), conv, relu, pool,
        Reshape(name="flat", input_shape=pool.result_shape, target_shape=(pool.n_out,)), dense,
    ]  # fmt: skip
    if seed % 2:
        layers.append(
            Activation(name="mean", function=ActivationFunction.LINEAR, n=dense.n_out, result=each(dense.n_out))
        )
    network = FrozenNetwork(n_inputs=40, input_type=scaling.result, layers=tuple(layers))
    function_of_score = ScoreFunction.OUTPUT if seed % 3 == 0 else ScoreFunction.SUM_OF_SQUARES
    score = Score(FixedType(16, 11, False, Rounding.RND_CONV, Overflow.SAT), function_of_score)
    return TriggerAlgorithm(name="image", scaling=scaling, network=network, score=score)


def _drawn_events(seed: int) -> NDArray[np.int64]:
    drawn = np.random.default_rng(seed).integers(_LAYOUT.raw_min, _LAYOUT.raw_max + 1, (3000, 57))
    return np.concatenate([crafted_extremes(_LAYOUT), drawn])
