"""Calls of hls4ml that read an image: convolutions and poolings; a line is an image one pixel high."""

import math

import numpy as np

from l1ad.core.fixed import FixedType, Rounding
from l1ad.core.network import Conv2D, Padding, Pooling2D, PoolingFunction, Shape
from l1ad.exchange.hls4ml.chain import Call, Chain
from l1ad.exchange.hls4ml.source import Config
from l1ad.exchange.hls4ml.sums import is_transposed, multiplied, wrapping_accumulator

__all__ = [
    "add_conv1d",
    "add_conv2d",
    "add_global_pooling1d",
    "add_global_pooling2d",
    "add_pooling1d",
    "add_pooling2d",
]

Sides = tuple[int, int]


def add_conv2d(call: Call, chain: Chain) -> None:
    """Add `nnet::conv_2d_cl`."""
    _add_convolution(call, chain, ("height", "width"))


def add_conv1d(call: Call, chain: Chain) -> None:
    """Add `nnet::conv_1d_cl`."""
    _add_convolution(call, chain, ("width",))


def _add_convolution(call: Call, chain: Chain, sides: tuple[str, ...]) -> None:
    for name in ("dilation", "dilation_height", "dilation_width"):
        if call.value(name, 1) != 1:
            raise call.refused(f"{name} {call.value(name)} is not read; only 1 is")
    image = (*_sides(call, "in", sides), call.value("n_chan"))
    kernel, strides = _sides(call, "filt", sides), _sides(call, "stride", sides)
    n_filters = call.value("n_filt")
    padding = _padding(call, image, kernel, strides, sides)
    products = _product_config(call)
    transposed = is_transposed(call, products)
    chain.reshape(image, call)
    count = math.prod(kernel) * image[2] * n_filters
    weights, weight_type = chain.constants(call, 2, "weight_t", count)
    bias, bias_type = chain.constants(call, 3, "bias_t", n_filters)
    weights, weight_type = multiplied(call, products, chain.declared, weights, weight_type)
    if transposed:
        weights = weights.reshape(n_filters, *kernel, image[2]).transpose(1, 2, 3, 0)
    weights = np.ascontiguousarray(weights.reshape(*kernel, image[2], n_filters))
    low, high = (end.reshape(-1, image[2]) for end in chain.given.raw_bounds(chain.n))
    bounds = (np.tile(low.min(axis=0), math.prod(kernel)), np.tile(high.max(axis=0), math.prod(kernel)))
    accumulator = wrapping_accumulator(
        call, chain, bounds=bounds, weights_raw=weights.reshape(-1, n_filters), weight_type=weight_type,
        bias_raw=bias, bias_type=bias_type,
    )  # fmt: skip
    chain.append(
        Conv2D(
            name=chain.unique(call.name), input_shape=image, weights_raw=weights, weight_type=weight_type,
            bias_raw=bias, bias_type=bias_type, accumulator=accumulator, strides=strides, padding=padding,
        )
    )  # fmt: skip
    chain.cast(f"{call.name}_result", call.source.fixed(call.templates[1]))


def _sides(call: Call, what: str, sides: tuple[str, ...]) -> Sides:
    """Read e.g. `in_height` and `in_width`; a line has height 1."""
    found = [call.value(f"{what}_{side}") for side in sides]
    return (1, found[0]) if len(found) == 1 else (found[0], found[1])


def _product_config(call: Call) -> Config:
    """Find the configuration that multiplies: a convolution has one of its own for that."""
    own = call.config
    if "mult_config" not in own.types:
        return own
    products = call.source.config(own.types["mult_config"])
    for kind in ("accum_t", "weight_t"):
        if call.source.fixed(kind, products) != call.source.fixed(kind, own):
            raise call.refused(f"{kind} of {products.name} is not that of {own.name}")
    strategies = {one.numbers["strategy"] for one in (own, products) if "strategy" in one.numbers}
    if len(strategies) > 1:
        raise call.refused(f"{own.name} and {products.name} say different strategies")
    return products if "strategy" in products.numbers else own


def _padding(call: Call, image: Shape, kernel: Sides, strides: Sides, sides: tuple[str, ...]) -> Padding:
    """Find which padding the numbers mean.

    Raises:
        ModelFileError: For a padding that Keras does not have.
    """
    ends = {"height": ("top", "bottom"), "width": ("left", "right")}
    pads = [tuple(call.value(f"pad_{end}", 0) for end in ends[side]) for side in sides]
    pads = [(0, 0)] * (2 - len(pads)) + pads
    result = _sides(call, "out", sides)
    valid, same = [], []
    for size, k, stride, pad, out in zip(image[:2], kernel, strides, pads, result, strict=True):
        valid.append(pad == (0, 0) and out == (size - k) // stride + 1)
        total = max((math.ceil(size / stride) - 1) * stride + k - size, 0)
        same.append(pad == (total // 2, total - total // 2) and out == math.ceil(size / stride))
    if not all(valid) and not all(same):
        raise call.refused(
            f"padding {pads} with a result of {result[0]} x {result[1]} is neither 'valid' nor 'same'"
        )
    return Padding.VALID if all(valid) else Padding.SAME


def add_pooling2d(call: Call, chain: Chain) -> None:
    """Add `nnet::pooling2d_cl`."""
    sides = ("height", "width")
    image = (*_sides(call, "in", sides), call.value("n_filt"))
    _add_pooling(call, chain, image, _sides(call, "pool", sides), _sides(call, "stride", sides))


def add_pooling1d(call: Call, chain: Chain) -> None:
    """Add `nnet::pooling1d_cl`."""
    image = (1, call.value("n_in"), call.value("n_filt"))
    _add_pooling(call, chain, image, (1, call.value("pool_width")), (1, call.value("stride_width")))


def add_global_pooling2d(call: Call, chain: Chain) -> None:
    """Add `nnet::global_pooling2d_cl`: one window over the whole image."""
    whole = _sides(call, "in", ("height", "width"))
    _add_pooling(call, chain, (*whole, call.value("n_filt")), whole, whole)


def add_global_pooling1d(call: Call, chain: Chain) -> None:
    """Add `nnet::global_pooling1d_cl`: one window over the whole line."""
    whole = (1, call.value("n_in"))
    _add_pooling(call, chain, (*whole, call.value("n_filt")), whole, whole)


def _add_pooling(call: Call, chain: Chain, image: Shape, pool: Sides, strides: Sides) -> None:
    if any(call.value(f"pad_{end}", 0) for end in ("top", "bottom", "left", "right")):
        raise call.refused("padding of a pooling is not read")
    operation = call.config.numbers.get("pool_op", "").rpartition("::")[2]
    if operation not in ("Max", "Average"):
        raise call.refused(f"pooling {operation or 'without pool_op'} is not read; Max and Average are")
    chain.reshape(image, call)
    accumulator = call.source.fixed("accum_t", call.config) if "accum_t" in call.config.types else None
    if operation == "Average":
        _add_mean(call, chain, pool, strides, accumulator)
    else:
        function = PoolingFunction.MAX
        name = chain.unique(call.name)
        chain.append(Pooling2D(name=name, function=function, input_shape=image, pool=pool, strides=strides))
        if accumulator is not None:
            chain.cast(f"{call.name}_accum", accumulator)
    chain.cast(f"{call.name}_result", call.source.fixed(call.templates[1]))


def _add_mean(call: Call, chain: Chain, pool: Sides, strides: Sides, accumulator: FixedType | None) -> None:
    """Add a mean: a sum in the accumulator, which may wrap, divided towards zero in the accumulator's steps.

    The sum is a convolution with a diagonal kernel of 1/n, whose accumulator has the bits of hls4ml's,
    n times finer; the cast back is the division.
    """
    if accumulator is None:
        raise call.refused("a mean without accum_t is not read: how it rounds depends on the version of hls4ml")
    elements, channels = math.prod(pool), chain.shape[2]
    bits = elements.bit_length() - 1
    if elements != 1 << bits:
        raise call.refused(f"the mean of {pool[0]} x {pool[1]} elements is not read; only of a power of two")
    rounds = accumulator.fraction < chain.given.fraction
    if rounds and accumulator.rounding not in (Rounding.TRN, Rounding.RND, Rounding.RND_MIN_INF):
        raise call.refused(
            f"{accumulator} rounds partial sums, and how depends on their order; give it more fraction bits"
        )
    weights = np.broadcast_to(np.eye(channels, dtype=np.int64), (*pool, channels, channels)).copy()
    weight_type = FixedType(1, 1 - bits, signed=False)
    bias = np.zeros(channels, dtype=np.int64)
    low, high = chain.given.raw_bounds(chain.n)
    one = FixedType(1, 1, signed=False)
    wrapping = wrapping_accumulator(
        call,
        chain,
        bounds=(np.full(elements, low.min()), np.full(elements, high.max())),
        weights_raw=np.ones((elements, 1), dtype=np.int64),
        weight_type=one,
        bias_raw=bias[:1],
        bias_type=one,
    )
    finer = FixedType(wrapping.width, wrapping.integer - bits, wrapping.signed, wrapping.rounding)
    chain.append(
        Conv2D(
            name=chain.unique(call.name), input_shape=chain.shape, weights_raw=weights, weight_type=weight_type,
            bias_raw=bias, bias_type=one, accumulator=finer, strides=strides,
        )
    )  # fmt: skip
    towards_zero = FixedType(wrapping.width, wrapping.integer, wrapping.signed, Rounding.TRN_ZERO)
    chain.append_cast(f"{call.name}_mean", towards_zero)
