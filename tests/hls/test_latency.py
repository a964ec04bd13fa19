"""Adders counted by the textbook, and the latency that follows."""

from collections.abc import Callable

import numpy as np

from l1ad.core.fixed import FixedType
from l1ad.core.layout import numbered_inputs
from l1ad.core.network import (
    Conv2D,
    Dense,
    FrozenNetwork,
    Padding,
    Pooling2D,
    PoolingFunction,
    Reshape,
    exact_accumulator,
)
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.core.units import Clock
from l1ad.hls.latency import adder_levels, estimated_latency

Builder = Callable[..., TriggerAlgorithm]


def test_adder_levels_of_a_known_network(build_trigger: Builder) -> None:
    trigger = build_trigger(widths=(2,), seed=1)
    levels = adder_levels(trigger)
    weights = trigger.network.layers[0].weights_raw  # type: ignore[union-attr]
    # Signed digits by the textbook: replace runs of ones, count what is left.
    digits = [[sum(1 for digit in signed_digits(int(w)) if digit) for w in row] for row in weights]
    busiest = max(sum(column) + 1 for column in zip(*digits, strict=True))
    assert levels["dense_1"] == int(np.ceil(np.log2(busiest)))
    assert (levels["scaling"], levels["mean"], levels["threshold"]) == (2, 1, 1)
    assert levels["score"] == 3 + 1
    estimate = estimated_latency(trigger, Clock(40), level_ns=1.5)
    assert estimate.latency_ns == 1.5 * sum(levels.values())
    assert estimate.latency_cycles == int(np.ceil(estimate.latency_ns / 25))


def signed_digits(value: int) -> list[int]:
    digits = []
    while value:
        digit = 2 - value % 4 if value % 2 else 0
        digits.append(digit)
        value = (value - digit) // 2
    return digits


def image_trigger(function: ScoreFunction) -> TriggerAlgorithm:
    """Give a convolution whose middle window is busiest, then a mean of four, a maximum and an output."""
    plain = TensorType.uniform(FixedType(4, 4, signed=False))
    weights = np.zeros((3, 3, 1, 2), dtype=np.int64)
    weights[..., 0] = 7  # 8 - 1: two digits each
    conv = Conv2D(
        name="conv", input_shape=(4, 4, 1), weights_raw=weights, weight_type=FixedType(5, 5),
        bias_raw=np.array([0, 1]), bias_type=FixedType(5, 5), accumulator=FixedType(12, 12),
        padding=Padding.SAME,
    )  # fmt: skip
    mean = Pooling2D(
        name="mean", function=PoolingFunction.AVERAGE, input_shape=(4, 4, 2), pool=(2, 2), strides=(2, 2)
    )
    largest = Pooling2D(
        name="largest", function=PoolingFunction.MAX, input_shape=(2, 2, 2), pool=(2, 1), strides=(1, 1)
    )
    constants = {"weights_raw": np.array([[1], [0], [0], [4]]), "bias_raw": np.array([0])}
    types = {"weight_type": FixedType(4, 4), "bias_type": FixedType(4, 4)}
    given = largest.output_type(mean.output_type(TensorType.uniform(conv.accumulator)))
    accumulator = exact_accumulator(given=given, **constants, **types)  # type: ignore[arg-type]
    dense = Dense(name="dense", accumulator=accumulator, **constants, **types)  # type: ignore[arg-type]
    layers = (
        Reshape(name="image", input_shape=(16,), target_shape=(4, 4, 1)),
        conv, mean, largest,
        Reshape(name="flat", input_shape=(1, 2, 2), target_shape=(4,)),
        dense,
    )  # fmt: skip
    layout = numbered_inputs(16, width=4, signed=False)
    scaling = Scaling(
        layout=layout, offsets=(0.0,) * 16, shifts=(0,) * 16, working=FixedType(6, 6), result=plain
    )
    return TriggerAlgorithm(
        name="image", scaling=scaling, network=FrozenNetwork(n_inputs=16, input_type=plain, layers=layers),
        score=Score(FixedType.from_cpp("ap_ufixed<16,12,AP_TRN,AP_SAT>"), function),
    )  # fmt: skip


def test_adder_levels_of_images() -> None:
    levels = adder_levels(image_trigger(ScoreFunction.OUTPUT))
    assert levels == {
        "scaling": 1, "conv": 5, "mean": 2, "largest": 1, "dense": 1, "score": 1, "threshold": 1,
    }  # fmt: skip  # 9 weights of 2 digits: 18 terms
    squared = adder_levels(image_trigger(ScoreFunction.SUM_OF_SQUARES))
    assert squared["score"] == 5  # a square of 20 bits


def test_inputs_that_are_always_zero_add_no_terms(build_trigger: Builder) -> None:
    trigger = build_trigger(widths=(1,), seed=1)
    pruned = ["ap_ufixed<0,0>"] * 55 + ["ap_fixed<8,4>"] * 2
    few = build_trigger(widths=(1,), seed=1, input_type=pruned)
    weights = trigger.network.layers[0].weights_raw[55:, 0]  # type: ignore[union-attr]
    terms = sum(1 for weight in weights for digit in signed_digits(int(weight)) if digit)
    bias = trigger.network.layers[0].bias_raw[0]  # type: ignore[union-attr]
    assert adder_levels(few)["dense_1"] == int(np.ceil(np.log2(terms + (bias != 0))))
    assert adder_levels(few)["dense_1"] < adder_levels(trigger)["dense_1"]
