"""C++ of the layers that hls4ml does not have: casts element by element, exact means."""

from l1ad.core.fixed import FixedType
from l1ad.core.network import Activation, ActivationFunction, Pooling2D
from l1ad.core.tensor import TensorType
from l1ad.hls.storage import cast_to, stored_type

__all__ = ["activation_statements", "mean_statements"]


def activation_statements(layer: Activation) -> list[str]:
    """Write an activation whose elements are each cast to a type of their own."""
    positive = layer.function is ActivationFunction.RELU
    value = "data[{0}] > 0 ? data[{0}] : data_T(0)" if positive else "data[{0}]"
    return [
        f"res[{index}] = {cast_to(one, value.format(index))};"
        for index, one in enumerate(layer.result.of_each(layer.n))
    ]


def mean_statements(layer: Pooling2D, given: TensorType) -> list[str]:
    """Write the mean of each window: its sum in a type with room below, then a shift.

    `nnet::pooling2d_cl` divides instead, a signed number by an unsigned one, which synthesis would have
    to recognise as a shift.
    """
    stored, bits = stored_type(given), layer.grown_bits
    total = FixedType(stored.width + 2 * bits, stored.integer + bits, stored.signed)
    return [
        f"res[{index}] = {total}({' + '.join(f'data[{one}]' for one in window)}) >> {bits};"
        for index, window in enumerate(layer.window_indices().tolist())
    ]
