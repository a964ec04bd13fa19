"""Dead filters and dead pixels: a filter goes with all its positions, or stays."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.dead import Removed, without_dead
from l1ad.core.dead_images import stretches
from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.layouts import numbered_inputs
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
    Weighted,
)
from l1ad.core.scaling import Scaling
from l1ad.core.score import Score
from l1ad.core.tensor import TensorType
from l1ad.core.trigger import TriggerAlgorithm

Events = Callable[[TriggerAlgorithm, int], NDArray[np.int64]]

WEIGHT, BIAS, SUM = FixedType(6, 3), FixedType(8, 4), FixedType(30, 20)
PIXEL = TensorType.uniform(FixedType(5, 5))
POSITIVE = FixedType(8, 4, False, Rounding.RND, Overflow.SAT)
COARSE = FixedType(9, 6, False, Rounding.TRN, Overflow.SAT)
NO_BIT = FixedType(0, 0, signed=False)
NOTHING = Removed(inputs=(), neurons={}, latents=())


def of_layers(*layers: Layer) -> TriggerAlgorithm:
    """Give an algorithm that reads an image of whole numbers from -16 to 15 as they are."""
    layout = numbered_inputs(layers[0].n_in, width=5, signed=True)
    n = layout.n_inputs
    scaling = Scaling(layout=layout, offsets=(0.0,) * n, shifts=(0,) * n, working=FixedType(8, 8), result=PIXEL)
    network = FrozenNetwork(n_inputs=n, input_type=PIXEL, layers=layers)
    score = Score(FixedType(24, 20, False, Rounding.TRN, Overflow.SAT))
    return TriggerAlgorithm(name="image", scaling=scaling, network=network, score=score)


def drawn(seed: int, *shape: int) -> NDArray[np.int64]:
    """Draw weights, none of them zero."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.choice([-1, 1], shape) * rng.integers(4, 32, shape))


def conv(
    name: str,
    shape: Shape,
    weights_raw: NDArray[np.int64],
    bias: list[int],
    *,
    padding: Padding = Padding.VALID,
    strides: tuple[int, int] = (1, 1),
) -> Conv2D:
    return Conv2D(
        name=name, input_shape=shape, weights_raw=weights_raw, weight_type=WEIGHT, bias_raw=np.array(bias),
        bias_type=BIAS, accumulator=SUM, padding=padding, strides=strides,
    )  # fmt: skip


def dense(name: str, weights_raw: NDArray[np.int64]) -> Dense:
    return Dense(
        name=name, weights_raw=weights_raw, weight_type=WEIGHT, bias_raw=np.arange(weights_raw.shape[1]),
        bias_type=BIAS, accumulator=SUM,
    )  # fmt: skip


def relu(name: str, n: int, *types: FixedType) -> Activation:
    return Activation(name=name, function=ActivationFunction.RELU, n=n, result=TensorType(types or (POSITIVE,)))


def one_filter_idle(constant: int, *, second: Padding) -> TriggerAlgorithm:
    """Give two convolutions with pooling, of which a filter of the first sees nothing but its bias."""
    first = drawn(1, 2, 2, 1, 3)
    first[..., 1] = 0
    after = conv("conv_2", (2, 3, 3), drawn(2, 1, 2, 3, 2), [30, -5], padding=second)
    height, width, _ = after.result_shape
    windows: dict[str, tuple[int, int]] = {"pool": (2, width), "strides": (1, 1)}
    return of_layers(
        Reshape(name="image", input_shape=(12,), target_shape=(4, 3, 1)),
        conv("conv_1", (4, 3, 1), first, [9, constant, 20], padding=Padding.SAME),
        relu("relu_1", 36),
        Pooling2D(
            name="largest", function=PoolingFunction.MAX, input_shape=(4, 3, 3), pool=(2, 1), strides=(2, 1)
        ),
        after,
        relu("relu_2", after.n_out, *[POSITIVE, COARSE] * (height * width)),
        Pooling2D(name="row", function=PoolingFunction.MAX, input_shape=(height, width, 2), **windows),
        Reshape(name="flat", input_shape=(1, 1, 2), target_shape=(2,)),
        dense("dense", drawn(3, 2, 2)),
        Activation(
            name="mean", function=ActivationFunction.LINEAR, n=2,
            result=TensorType.uniform(FixedType(12, 8, True, Rounding.RND, Overflow.SAT)),
        ),
    )  # fmt: skip


def assert_the_rest_is_the_same(
    before: TriggerAlgorithm, after: TriggerAlgorithm, removed: Removed, inputs_raw: NDArray[np.int64]
) -> None:
    """Compare the numbers of all tensors; channels stand last, so that the elements of a filter recur."""
    traced = [one.network.trace(one.scaling.apply(inputs_raw)) for one in (before, after)]
    source: Dense | Conv2D | None = None
    for layer in before.network.layers:
        source = layer if isinstance(layer, Weighted) else source
        if source is None:  # of the inputs dead ones are zero
            continue
        kept = ~np.isin(np.arange(layer.n_out) % len(source.bias_raw), removed.neurons.get(source.name, ()))
        was, found = (
            np.ldexp(one[layer.name], -each.network.types[layer.name].fraction)
            for one, each in zip(traced, (before, after), strict=True)
        )
        np.testing.assert_array_equal(found, was[:, kept], err_msg=layer.name)
    scores = [
        one.score.apply(trace[one.network.layers[-1].name], one.network.output_type)
        for one, trace in zip((before, after), traced, strict=True)
    ]
    np.testing.assert_array_equal(scores[1], scores[0])
    assert np.unique(scores[0]).size > 20
    assert without_dead(after) == (after, NOTHING)


@pytest.mark.parametrize("second", list(Padding))
@pytest.mark.parametrize("constant", [0, 40, -40])
def test_a_constant_filter_goes_unless_a_convolution_sees_it_beside_zeros(
    constant: int, second: Padding, events_for: Events
) -> None:
    trigger = one_filter_idle(constant, second=second)
    smaller, removed = without_dead(trigger)
    stays = constant > 0 and second is Padding.SAME
    assert removed.neurons == ({} if stays else {"conv_1": (1,)})
    assert (smaller is trigger) == stays
    kernel = next(one for one in smaller.network.layers if one.name == "conv_2")
    assert isinstance(kernel, Conv2D)
    assert kernel.weights_raw.shape == (1, 2, 3 if stays else 2, 2)
    assert_the_rest_is_the_same(trigger, smaller, removed, events_for(trigger, 1000))


def flattened(weights_raw: NDArray[np.int64], *types: FixedType, padding: Padding) -> TriggerAlgorithm:
    """Give a convolution of three filters over a 4 x 3 image, then a dense layer over its pixels."""
    first = conv("conv", (4, 3, 1), drawn(4, 2, 2, 1, 3), [9, 30, 20], padding=padding)
    return of_layers(
        Reshape(name="image", input_shape=(12,), target_shape=(4, 3, 1)),
        first,
        relu("relu", first.n_out, *types),
        Reshape(name="flat", input_shape=first.result_shape, target_shape=(first.n_out,)),
        dense("dense", weights_raw),
    )


def test_a_filter_without_bits_or_readers_goes_from_a_flattened_image(events_for: Events) -> None:
    weights = drawn(5, 36, 2)
    weights[2::3] = 0
    types = [POSITIVE, NO_BIT, FixedType(9, 4, False, Rounding.TRN, Overflow.SAT)] * 12
    trigger = flattened(weights, *types, padding=Padding.SAME)
    smaller, removed = without_dead(trigger)
    assert removed == Removed(inputs=(), neurons={"conv": (1, 2)}, latents=())
    assert smaller.network.shapes["conv"] == (4, 3, 1)
    assert smaller.network.shapes["flat"] == (12,)
    assert_the_rest_is_the_same(trigger, smaller, removed, events_for(trigger, 1000))


def test_a_filter_of_which_one_pixel_counts_stays_whole() -> None:
    weights = drawn(5, 36, 2)
    weights[1::3] = 0
    weights[19, 1] = 7
    trigger = flattened(weights, padding=Padding.SAME)
    assert without_dead(trigger) == (trigger, NOTHING)


def test_pixels_that_no_window_reaches_lose_their_bits(events_for: Events) -> None:
    trigger = of_layers(
        Reshape(name="image", input_shape=(12,), target_shape=(4, 3, 1)),
        conv("conv", (4, 3, 1), drawn(6, 2, 2, 1, 2), [1, 2], strides=(2, 2)),
        relu("relu", 4),
        Reshape(name="flat", input_shape=(2, 1, 2), target_shape=(4,)),
        dense("dense", drawn(7, 4, 2)),
    )
    smaller, removed = without_dead(trigger)
    assert removed.inputs == tuple(f"input_{number}_value" for number in (3, 6, 9, 12))
    assert [one.width for one in smaller.scaling.result.types] == [5, 5, 0] * 4
    assert_the_rest_is_the_same(trigger, smaller, removed, events_for(trigger, 1000))


def test_neurons_before_a_change_of_shape_that_mixes_them_stay() -> None:
    first = dense("first", drawn(8, 3, 8))
    mixed = conv("conv", (2, 2, 2), drawn(9, 2, 2, 2, 2) * np.array([[1], [0]]), [1, 2])
    shaped = Reshape(name="shaped", input_shape=(8,), target_shape=(2, 2, 2))
    flat = Reshape(name="flat", input_shape=(1, 1, 2), target_shape=(2,))
    trigger = of_layers(first, shaped, mixed, flat)
    assert without_dead(trigger) == (trigger, NOTHING)


def test_inputs_that_are_pooled_before_the_first_weights_stay() -> None:
    trigger = of_layers(
        Reshape(name="image", input_shape=(12,), target_shape=(4, 3, 1)),
        Pooling2D(
            name="pool", function=PoolingFunction.MAX, input_shape=(4, 3, 1), pool=(2, 2), strides=(2, 2)
        ),
        Reshape(name="flat", input_shape=(2, 1, 1), target_shape=(2,)),
        dense("dense", drawn(10, 2, 2)),
    )
    assert without_dead(trigger) == (trigger, NOTHING)


def test_the_ends_of_every_tensor_hold_what_events_reach(
    images_trigger: TriggerAlgorithm, events_for: Events
) -> None:
    scaled = images_trigger.scaling.apply(events_for(images_trigger, 1000))
    traced = images_trigger.network.trace(scaled)
    parts = stretches(images_trigger)
    assert [part.reader.name for part in parts if part.reader] == [
        "conv_1",
        "conv_2",
        "conv_3",
        "point",
        "dense",
    ]
    for part in parts:
        raw = traced[part.chain[-1].name] if part.chain else traced[part.source.name] if part.source else scaled
        low, high = part.ends
        assert (low <= raw.min(axis=0)).all()
        assert (raw.max(axis=0) <= high).all()
