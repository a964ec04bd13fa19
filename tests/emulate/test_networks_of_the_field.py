"""The shapes that the field deploys and studies, both engines equal on them and no bound left."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from l1ad.core.fixed import FixedType
from l1ad.core.layout import InputLayout
from l1ad.core.layouts import numbered_inputs, regions_18x14
from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Conv2D,
    Dense,
    FrozenNetwork,
    Layer,
    Reshape,
    exact_accumulator,
    exact_conv_accumulator,
)
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score, ScoreFunction
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.bounds import bounds, sum_of
from l1ad.emulate.compare import crafted_extremes
from l1ad.emulate.engine import trace
from l1ad.emulate.fast import fast_engine

RELU = "ap_ufixed<8,5,AP_RND_CONV,AP_SAT>"


class Chain:
    """Layers with random weights, one after the other."""

    def __init__(self, layout: InputLayout, shift: int) -> None:
        self.rng = np.random.default_rng(5)
        self.layers: list[Layer] = []
        self.given = TensorType.from_spelling("ap_fixed<8,5,AP_RND_CONV,AP_SAT>")
        self.n, self.layout = layout.n_inputs, layout
        self.scaling = Scaling(
            layout=layout, offsets=(0.0,) * self.n, shifts=(shift,) * self.n, working=FixedType(18, 13),
            result=self.given,
        )  # fmt: skip

    def weights(self, shape: tuple[int, ...]) -> dict[str, Any]:
        return {
            "weights_raw": self.rng.integers(-8, 8, shape) * (self.rng.random(shape) < 0.5),
            "weight_type": FixedType(4, 0), "bias_raw": self.rng.integers(-9, 9, shape[-1]),
            "bias_type": FixedType(6, 2),
        }  # fmt: skip

    def activated(self, spelling: str = RELU) -> None:
        kind = TensorType.from_spelling(spelling)
        name = f"relu_{len(self.layers)}"
        self.layers.append(Activation(name=name, function=ActivationFunction.RELU, n=self.n, result=kind))
        self.given = kind

    def shaped(self, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        self.layers.append(Reshape(name=f"shape_{len(self.layers)}", input_shape=before, target_shape=after))

    def conv(
        self, shape: tuple[int, ...], kernel: tuple[int, int], filters: int, strides: tuple[int, int]
    ) -> None:
        parts = self.weights((*kernel, shape[2], filters))
        place: dict[str, Any] = {"input_shape": shape, "strides": strides}
        exact = exact_conv_accumulator(given=self.given, **place, **parts)
        layer = Conv2D(name=f"conv_{len(self.layers)}", accumulator=exact, **place, **parts)
        self.layers.append(layer)
        self.n = layer.n_out
        self.activated()

    def dense(self, n_out: int) -> None:
        parts = self.weights((self.n, n_out))
        exact = exact_accumulator(given=self.given, **parts)
        self.layers.append(Dense(name=f"dense_{len(self.layers)}", accumulator=exact, **parts))
        self.n = n_out
        self.activated()

    def trigger(self, function: ScoreFunction) -> TriggerAlgorithm:
        network = FrozenNetwork(
            n_inputs=self.layout.n_inputs, input_type=self.scaling.result, layers=tuple(self.layers)
        )
        score = Score(FixedType.from_cpp("ap_ufixed<16,12,AP_RND_CONV,AP_SAT>"), function)
        return TriggerAlgorithm(name="field", scaling=self.scaling, network=network, score=score)


def cicada() -> TriggerAlgorithm:
    """A student as CICADA's: regions 18 x 14, one convolution, dense layers, the output is the score."""
    chain = Chain(regions_18x14(), shift=5)
    chain.shaped((252,), (18, 14, 1))
    chain.conv((18, 14, 1), (2, 2), 4, (2, 2))
    chain.shaped((9, 7, 4), (252,))
    chain.dense(16)
    chain.dense(1)
    return chain.trigger(ScoreFunction.OUTPUT)


def cnn_vae() -> TriggerAlgorithm:
    """The encoder of a jet VAE: 100 constituents x 3, first kernel (1, 3) with 12 filters, latent 12."""
    chain = Chain(numbered_inputs(300, width=10, signed=True), shift=5)
    chain.shaped((300,), (100, 3, 1))
    chain.conv((100, 3, 1), (1, 3), 12, (1, 1))
    chain.conv((100, 1, 12), (3, 1), 8, (2, 1))
    chain.shaped((49, 1, 8), (392,))
    chain.dense(32)
    chain.dense(12)
    return chain.trigger(ScoreFunction.SUM_OF_SQUARES)


@pytest.mark.parametrize("made", [cicada, cnn_vae], ids=["CICADA", "CNN VAE"])
def test_networks_over_images_as_the_field_has_them_are_exact(made: Callable[[], TriggerAlgorithm]) -> None:
    trigger = made()
    layout = trigger.layout
    drawn = np.random.default_rng(1).integers(layout.raw_min, layout.raw_max + 1, (2000, layout.n_inputs))
    inputs_raw = np.concatenate([crafted_extremes(layout), drawn])
    traced, known = trace(trigger, inputs_raw), bounds(trigger)
    for layer in trigger.network.layers:
        assert np.all(known[layer.name].low <= traced[layer.name].min(axis=0)), layer.name
        assert np.all(traced[layer.name].max(axis=0) <= known[layer.name].high), layer.name
    engine = fast_engine(trigger)
    assert engine is not None
    assert engine.dtype == "float32"
    np.testing.assert_array_equal(engine.scores(inputs_raw), traced["score"][:, 0])
    assert np.unique(traced["score"]).size > 15
    for layer in trigger.network.layers:
        if isinstance(layer, Dense | Conv2D):  # every accumulator is proven
            total = known[sum_of(layer.name)]
            assert layer.accumulator.holds_raw(int(total.low.min()))
            assert layer.accumulator.holds_raw(int(total.high.max()))
