"""What hls4ml's weighted sums do with products and accumulators, where that can be said without their order."""

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.integer import requantize
from l1ad.exchange.hls4ml.chain import Call, Chain
from l1ad.exchange.hls4ml.source import Config

__all__ = ["is_transposed", "multiplied", "wrapping_accumulator"]

_BIT = FixedType(1, 1, signed=False)
_KERNELS = {"DenseLatency": "latency", "DenseResource": "resource", "dense_resource_unrolled": "resource"}
_UNROLLED = "resource_unrolled"


def is_transposed(call: Call, config: Config) -> bool:
    """Tell whether weights are stored with the outputs first, as the resource strategies do.

    Raises:
        ModelFileError: For any strategy but latency, resource and resource_unrolled.
    """
    strategy = config.numbers.get("strategy", "nnet::latency").rpartition("::")[2].lower()
    if strategy not in ("latency", "resource", _UNROLLED):
        raise call.refused(f"strategy {strategy} is not read; latency and resource are")
    family = "resource" if strategy == _UNROLLED else strategy
    kernel = config.templates.get("kernel")
    if kernel is not None:
        function = kernel.rpartition("::")[2]
        chosen = next((_KERNELS[known] for known in _KERNELS if function.startswith(known)), None)
        if chosen != family:
            raise call.refused(f"kernel {kernel} does not go with strategy {strategy}")
    return family == "resource"


def multiplied(
    call: Call, config: Config, given: FixedType, weights_raw: NDArray[np.int64], weight_type: FixedType
) -> tuple[NDArray[np.int64], FixedType]:
    """Give the weights as factors, whatever way the project multiplies by them.

    Raises:
        ModelFileError: For products that are not a multiplication by a constant.
    """
    product = config.templates.get("product", "nnet::product::mult").rpartition("::")[2]
    if product == "mult" and not (given == weight_type == _BIT):  # C++ counts equal bits then
        return weights_raw, weight_type
    if product == "weight_ternary" and weights_raw.min(initial=0) >= -1:
        return weights_raw, weight_type
    if product == "weight_binary" and weight_type == _BIT:
        return 2 * weights_raw - 1, FixedType(2, 2)
    raise call.refused(f"product {product} of {given} and {weight_type} is not read")


def wrapping_accumulator(
    call: Call,
    chain: Chain,
    *,
    bounds: tuple[NDArray[np.int64], NDArray[np.int64]],
    weights_raw: NDArray[np.int64],
    weight_type: FixedType,
    bias_raw: NDArray[np.int64],
    bias_type: FixedType,
) -> FixedType:
    """Give the accumulator's type with AP_WRAP, where that makes no difference.

    An accumulator that saturates gives results that depend on the order of the sum, unless no partial sum
    can leave its range, whatever the order: that is proven here by adding up all that is positive and all
    that is negative.

    Args:
        call: The call, for its configuration.
        chain: What the layer is given; a note is left there.
        bounds: Lowest and highest raw integer of each term, shape (n_terms,).
        weights_raw: Shape (n_terms, n_sums).
        weight_type: Number format of the weights.
        bias_raw: Shape (n_sums,).
        bias_type: Number format of the bias.

    Raises:
        ModelFileError: If the accumulator can saturate.
    """
    accumulator = call.source.fixed("accum_t", call.config)
    wrapping = FixedType(accumulator.width, accumulator.integer, accumulator.signed, accumulator.rounding)
    if accumulator.overflow is Overflow.WRAP:
        return wrapping
    wide = FixedType(256, 256 - accumulator.fraction, True, accumulator.rounding)
    fraction = chain.given.fraction + weight_type.fraction
    products = [end.astype(object)[:, None] * weights_raw.astype(object) for end in bounds]
    ends = np.stack([requantize(product, fraction=fraction, to=wide) for product in products])
    bias = requantize(bias_raw.astype(object), fraction=bias_type.fraction, to=wide)
    most = int((np.maximum(ends.max(axis=0), 0).sum(axis=0) + np.maximum(bias, 0)).max())
    least = int((np.minimum(ends.min(axis=0), 0).sum(axis=0) + np.minimum(bias, 0)).min())
    if least < accumulator.raw_min or most > accumulator.raw_max:
        raise call.refused(
            f"accumulator {accumulator} can saturate, so that the result depends on the order of the sum; "
            "give the accumulator AP_WRAP, or enough integer bits"
        )
    chain.notes.append(f"{call.name}: accumulator {accumulator} never saturates; it is held as {wrapping}")
    return wrapping
