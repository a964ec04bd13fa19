"""Calls of hls4ml that read elements as they come: dense layers, activations and scalings."""

import re

import numpy as np

from l1ad.core.network import (
    Activation,
    ActivationFunction,
    Conv2D,
    Dense,
    exact_accumulator,
    exact_conv_accumulator,
)
from l1ad.core.tensor import TensorType
from l1ad.exchange.hls4ml.chain import Call, Chain
from l1ad.exchange.hls4ml.sums import is_transposed, multiplied, wrapping_accumulator

__all__ = ["add_dense", "add_linear", "add_normalize", "add_relu", "add_thresholded_relu"]


def add_dense(call: Call, chain: Chain) -> None:
    """Add `nnet::dense`: products cast to the accumulator, summed there, cast to the result."""
    n_in, n_out = call.value("n_in"), call.value("n_out")
    transposed = is_transposed(call, call.config)
    chain.reshape((n_in,), call)
    weights, weight_type = chain.constants(call, 2, "weight_t", n_in * n_out)
    bias, bias_type = chain.constants(call, 3, "bias_t", n_out)
    weights, weight_type = multiplied(call, call.config, chain.declared, weights, weight_type)
    matrix = weights.reshape(n_out, n_in).T if transposed else weights.reshape(n_in, n_out)
    accumulator = wrapping_accumulator(
        call, chain, bounds=chain.given.raw_bounds(n_in), weights_raw=matrix, weight_type=weight_type,
        bias_raw=bias, bias_type=bias_type,
    )  # fmt: skip
    chain.append(
        Dense(
            name=chain.unique(call.name), weights_raw=matrix, weight_type=weight_type, bias_raw=bias,
            bias_type=bias_type, accumulator=accumulator,
        )
    )  # fmt: skip
    chain.cast(f"{call.name}_result", call.source.fixed(call.templates[1]))


def add_relu(call: Call, chain: Chain) -> None:
    """Add `nnet::relu`."""
    _add_activation(call, chain, ActivationFunction.RELU)


def add_linear(call: Call, chain: Chain) -> None:
    """Add `nnet::linear`, a cast."""
    _add_activation(call, chain, ActivationFunction.LINEAR)


def add_thresholded_relu(call: Call, chain: Chain) -> None:
    """Add `nnet::thresholded_relu` with threshold 0, as hls4ml writes Keras's layer `ReLU`."""
    if not re.fullmatch(r"0*\.?0*", call.arguments[1]):
        raise call.refused(f"threshold {call.arguments[1]} is not read; only 0 is, which makes it a ReLU")
    _add_activation(call, chain, ActivationFunction.RELU)


def _add_activation(call: Call, chain: Chain, function: ActivationFunction) -> None:
    if call.value("n_in") != chain.n:
        raise call.refused(f"it reads {call.value('n_in')} values but is given {chain.n}")
    result = TensorType.uniform(call.source.fixed(call.templates[-2]))
    chain.append(Activation(name=chain.unique(call.name), function=function, n=chain.n, result=result))


def add_normalize(call: Call, chain: Chain) -> None:
    """Add `nnet::normalize`: `x * scale + bias` in full width, then the cast; a dense layer with a diagonal.

    With one scale a channel it is a convolution of one pixel with a diagonal kernel.
    """
    n, n_channels = call.value("n_in"), call.value("n_filt", -1)
    if n != chain.n:
        raise call.refused(f"it reads {n} values but is given {chain.n}")
    n_scales = n if n_channels in (-1, 2**32 - 1) else n_channels
    if n % n_scales:
        raise call.refused(f"{n} values are not a whole number of pixels of {n_scales} channels")
    scale, scale_type = chain.constants(call, 2, "scale_t", n_scales)
    bias, bias_type = chain.constants(call, 3, "bias_t", n_scales)
    scale, scale_type = multiplied(call, call.config, chain.declared, scale, scale_type)
    diagonal, name, shape = np.diag(scale), chain.unique(call.name), chain.shape
    if n_scales == n:
        chain.reshape((n,), call)
        accumulator = exact_accumulator(
            given=chain.given, weights_raw=diagonal, weight_type=scale_type, bias_raw=bias, bias_type=bias_type
        )
        chain.append(
            Dense(
                name=name, weights_raw=diagonal, weight_type=scale_type, bias_raw=bias, bias_type=bias_type,
                accumulator=accumulator,
            )
        )  # fmt: skip
    else:
        image = shape if len(shape) == 3 and shape[2] == n_scales else (1, n // n_scales, n_scales)
        chain.reshape(image, call)
        kernel = diagonal[None, None]
        accumulator = exact_conv_accumulator(
            given=chain.given, input_shape=image, weights_raw=kernel, weight_type=scale_type, bias_raw=bias,
            bias_type=bias_type,
        )  # fmt: skip
        chain.append(
            Conv2D(
                name=name, input_shape=image, weights_raw=kernel, weight_type=scale_type, bias_raw=bias,
                bias_type=bias_type, accumulator=accumulator,
            )
        )  # fmt: skip
    chain.cast(f"{call.name}_result", call.source.fixed(call.templates[1]))
    chain.reshape(shape, call)
