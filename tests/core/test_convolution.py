"""Convolution and pooling against loops over Python integers, written as their definitions read."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType
from l1ad.core.network import (
    Conv2D,
    Dense,
    FrozenNetwork,
    Layer,
    Padding,
    Pooling2D,
    PoolingFunction,
    Reshape,
    exact_conv_accumulator,
)
from l1ad.core.tensor import TensorType

INPUT = TensorType.uniform(FixedType(6, 4))
WEIGHT, BIAS = FixedType(5, 2), FixedType(6, 4)
Image = tuple[int, int, int]


def conv(
    shape: Image,
    kernel: tuple[int, int],
    filters: int,
    strides: tuple[int, int],
    padding: Padding,
    seed: int = 1,
) -> Conv2D:
    rng = np.random.default_rng(seed)
    weights_raw, bias_raw = rng.integers(-16, 16, (*kernel, shape[2], filters)), rng.integers(-32, 32, filters)
    accumulator = exact_conv_accumulator(
        given=INPUT, input_shape=shape, weights_raw=weights_raw, weight_type=WEIGHT, bias_raw=bias_raw,
        bias_type=BIAS, strides=strides, padding=padding,
    )  # fmt: skip
    return Conv2D(
        name="conv", input_shape=shape, weights_raw=weights_raw, weight_type=WEIGHT, bias_raw=bias_raw,
        bias_type=BIAS, accumulator=accumulator, strides=strides, padding=padding,
    )  # fmt: skip


def keras_padding(size: int, kernel: int, stride: int) -> int:
    """Give the zeros before a side with padding 'same' (TensorFlow's documentation of `tf.nn`)."""
    total = max(kernel - stride, 0) if size % stride == 0 else max(kernel - size % stride, 0)
    return total // 2


def placed(layer: Conv2D, event: list[int]) -> Iterator[Fraction]:
    """Compute a convolution of one event by its definition, in real numbers."""
    (height, width, channels), (down, right) = layer.input_shape, layer.strides
    kernel_height, kernel_width = layer.kernel
    same = layer.padding is Padding.SAME
    top = keras_padding(height, kernel_height, down) if same else 0
    left = keras_padding(width, kernel_width, right) if same else 0
    rows, columns, _ = layer.result_shape
    for row, column, one in product(range(rows), range(columns), range(layer.n_filters)):
        total = int(layer.bias_raw[one]) * layer.bias_type.lsb
        for i, j, channel in product(range(kernel_height), range(kernel_width), range(channels)):
            y, x = row * down + i - top, column * right + j - left
            if 0 <= y < height and 0 <= x < width:
                value = event[(y * width + x) * channels + channel] * INPUT.types[0].lsb
                total += value * int(layer.weights_raw[i, j, channel, one]) * layer.weight_type.lsb
        yield total


@pytest.mark.parametrize("padding", list(Padding))
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (1, 3)], ids=str)
@pytest.mark.parametrize(("shape", "kernel"), [((5, 4, 2), (3, 2)), ((4, 7, 1), (2, 3)), ((6, 3, 3), (1, 3))])
def test_a_convolution_agrees_with_its_definition_in_exact_arithmetic(
    shape: Image, kernel: tuple[int, int], strides: tuple[int, int], padding: Padding
) -> None:
    layer = conv(shape, kernel, 3, strides, padding)
    inputs_raw = np.random.default_rng(2).integers(-32, 32, (6, layer.n_in))
    found = layer.apply(inputs_raw, INPUT)
    assert found.shape == (6, layer.n_out)
    for event, row in zip(inputs_raw.tolist(), found.tolist(), strict=True):
        assert [value * layer.accumulator.lsb for value in row] == list(placed(layer, event))


def test_the_accumulator_of_a_convolution_holds_its_largest_sum_and_no_narrower_one_does() -> None:
    layer = conv((4, 4, 2), (3, 3), 2, (1, 1), Padding.VALID, seed=5)
    low, high = INPUT.raw_bounds(layer.n_in)
    reached = []
    for position, one in product(range(4), range(2)):
        weights = layer.sum.weights_raw[:, one]
        window = layer.window_indices()[position]
        for ends in (
            np.where(weights > 0, high[window], low[window]),
            np.where(weights > 0, low[window], high[window]),
        ):
            event = np.zeros((1, layer.n_in), dtype=np.int64)
            event[0, window] = ends
            total = layer.sum.of(layer.terms(event), INPUT.fraction)[0, position, one]
            reached.append(int(total))
    narrower = FixedType(layer.accumulator.width - 1, layer.accumulator.integer - 1)
    assert layer.accumulator.holds_raw(max(reached))
    assert layer.accumulator.holds_raw(min(reached))
    assert not (narrower.holds_raw(max(reached)) and narrower.holds_raw(min(reached)))


def pooled(
    function: PoolingFunction, given: TensorType
) -> tuple[Pooling2D, NDArray[np.int64], NDArray[np.int64]]:
    layer = Pooling2D(name="pool", function=function, input_shape=(5, 6, 2), pool=(2, 2), strides=(2, 3))
    low, high = given.raw_bounds(layer.n_in)
    inputs_raw = np.random.default_rng(4).integers(low, high + 1, (20, layer.n_in))
    return layer, inputs_raw, layer.apply(inputs_raw, given)


@pytest.mark.parametrize("function", list(PoolingFunction))
@pytest.mark.parametrize("uniform", [True, False])
def test_pooling_agrees_with_its_definition_and_stays_in_its_type(
    function: PoolingFunction, uniform: bool
) -> None:
    each = [FixedType(3 + i % 4, 2 + i % 3, signed=bool(i % 2)) for i in range(60)]
    given = INPUT if uniform else TensorType(tuple(each))
    layer, inputs_raw, found = pooled(function, given)
    result = layer.output_type(given)
    low, high = result.raw_bounds(layer.n_out)
    assert (found >= low).all()
    assert (found <= high).all()
    assert layer.result_shape == (2, 2, 2)
    images = inputs_raw.reshape(-1, 5, 6, 2)
    for event, row in zip(images, found, strict=True):
        for index, (i, j, channel) in enumerate(product(range(2), range(2), range(2))):
            window = [
                Fraction(int(x), 2**given.fraction)
                for x in event[2 * i : 2 * i + 2, 3 * j : 3 * j + 2, channel].flat
            ]
            wanted = max(window) if function is PoolingFunction.MAX else sum(window) / 4
            assert Fraction(int(row[index]), 2**result.fraction) == wanted


def test_a_mean_over_other_than_a_power_of_two_of_elements_is_refused() -> None:
    with pytest.raises(
        NotExactError, match="layer 'pool': the mean of 3 x 2 elements is exact in no number of bits"
    ):
        Pooling2D(
            name="pool", function=PoolingFunction.AVERAGE, input_shape=(6, 6, 1), pool=(3, 2), strides=(3, 2)
        )


def test_pooling_that_leaves_the_finest_elements_out_keeps_the_others() -> None:
    each = [FixedType(4, 4)] * 4 + [FixedType(6, 2)] * 2  # the last row, in no window, has 4 fraction bits
    layer = Pooling2D(
        name="pool", function=PoolingFunction.MAX, input_shape=(3, 2, 1), pool=(2, 2), strides=(2, 2)
    )
    given = TensorType(tuple(each))
    assert layer.output_type(given).fraction == 0
    raw = np.array([[1 << 4, 2 << 4, -3 << 4, 5 << 4, 31, 31]])
    assert layer.apply(raw, given).tolist() == [[5]]


def chain(*layers: Layer, n_inputs: int = 40) -> FrozenNetwork:
    return FrozenNetwork(n_inputs=n_inputs, input_type=INPUT, layers=layers)


def test_a_chain_knows_the_shape_of_every_tensor() -> None:
    image = Reshape(name="image", input_shape=(40,), target_shape=(5, 4, 2))
    flat = Reshape(name="flat", input_shape=(5, 4, 3), target_shape=(60,))
    network = chain(image, conv((5, 4, 2), (3, 3), 3, (1, 1), Padding.SAME), flat)
    assert network.shapes == {"image": (5, 4, 2), "conv": (5, 4, 3), "flat": (60,)}
    assert network.types["flat"] == network.types["conv"]


def test_layers_given_another_shape_are_refused() -> None:
    layer = conv((5, 4, 2), (3, 3), 3, (1, 1), Padding.SAME)
    with pytest.raises(ValueError, match=r"'conv' reads a tensor of shape \(5, 4, 2\) but is given \(40,\)"):
        chain(layer)
    image = Reshape(name="image", input_shape=(40,), target_shape=(5, 4, 2))
    dense = Dense(
        name="dense", weights_raw=np.ones((60, 1), dtype=np.int64), weight_type=WEIGHT,
        bias_raw=np.zeros(1, dtype=np.int64), bias_type=BIAS, accumulator=FixedType(30, 20),
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"'dense' is given \(5, 4, 3\); flatten it first"):
        chain(image, layer, dense)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((40,), (5, 4, 1)), r"\(40,\) has not the elements of \(5, 4, 1\)"),
        (((0,), (0,)), r"\(0,\) is not the shape of a tensor"),
    ],
)
def test_shapes_that_do_not_belong_together_are_refused(
    shapes: tuple[tuple[int, ...], ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Reshape(name="image", input_shape=shapes[0], target_shape=shapes[1])


def test_kernels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="windows of 3 in steps of 1 do not fit into a side of 2"):
        conv((2, 4, 1), (3, 3), 1, (1, 1), Padding.VALID)
    with pytest.raises(ValueError, match="a kernel of shape"):
        Conv2D(
            name="conv", input_shape=(4, 4, 2), weights_raw=np.ones((2, 2, 1, 1), dtype=np.int64),
            weight_type=WEIGHT, bias_raw=np.zeros(1, dtype=np.int64), bias_type=BIAS,
            accumulator=FixedType(9, 9),
        )  # fmt: skip


def test_images_of_more_elements_than_memory_are_refused() -> None:
    shape = (10**9, 10**9, 1)
    with pytest.raises(ValueError, match="has more than 1048576 elements"):
        Pooling2D(name="pool", function=PoolingFunction.MAX, input_shape=shape, pool=(2, 2), strides=(2, 2))
