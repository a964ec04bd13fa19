"""What hls4ml is told of layers, and what is refused."""

import math

import numpy as np
import pytest

from l1ad.core.errors import ToolError
from l1ad.core.fixed import FixedType
from l1ad.core.network import Activation, ActivationFunction, Conv2D, FrozenNetwork, Layer, Padding, Reshape
from l1ad.core.tensor import TensorType
from l1ad.hls.layers import computed_layers, described_layers

GIVEN = TensorType.uniform(FixedType(6, 3))


def linear(name: str, result: TensorType) -> Activation:
    return Activation(name=name, function=ActivationFunction.LINEAR, n=6, result=result)


def network(*layers: Layer) -> FrozenNetwork:
    return FrozenNetwork(n_inputs=6, input_type=GIVEN, layers=layers)


def test_a_network_that_computes_nothing_is_refused() -> None:
    reshape = Reshape(name="image", input_shape=(6,), target_shape=(3, 2, 1))
    with pytest.raises(ToolError, match="only gives its inputs another shape; there is nothing to build"):
        described_layers(network(reshape))
    both = network(reshape, linear("cast", TensorType.uniform(FixedType(4, 2))))
    assert [layer.name for layer in computed_layers(both)] == ["cast"]
    assert [one.layer["name"] for one in described_layers(both)] == ["scaled", "image", "cast"]


def test_a_linear_layer_that_hls4ml_would_remove_is_written_by_us() -> None:
    found = described_layers(
        network(linear("same", GIVEN), linear("other", TensorType.uniform(FixedType(5, 3))))
    )
    assert [one.layer["class_name"] for one in found] == ["InputLayer", "L1adWritten", "Activation"]
    assert found[1].layer["statements"][5] == "res[5] = ap_fixed<6,3>(data[5]);"


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
def test_padding_is_that_of_keras(kernel: int, stride: int) -> None:
    """As Keras: of an odd number of zeros the extra one goes below and right; never fewer than none."""
    for side in range(4, 9):
        conv = Conv2D(
            name="conv", input_shape=(side, 5, 1), weights_raw=np.ones((kernel, 2, 1, 1), dtype=np.int64),
            weight_type=FixedType(2, 2), bias_raw=np.zeros(1, dtype=np.int64), bias_type=FixedType(2, 2),
            accumulator=FixedType(20, 17), strides=(stride, 1), padding=Padding.SAME,
        )  # fmt: skip
        image = Reshape(name="image", input_shape=(side * 5,), target_shape=(side, 5, 1))
        whole = FrozenNetwork(n_inputs=side * 5, input_type=GIVEN, layers=(image, conv))
        told = described_layers(whole)[-1].layer
        zeros = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
        assert (told["pad_top"], told["pad_bottom"]) == (zeros // 2, zeros - zeros // 2)
        assert (told["pad_left"], told["pad_right"]) == (0, 1)
