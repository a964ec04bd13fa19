"""Weighted sums in raw integers: what dense layers and convolutions have in common."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import NotExactError
from l1ad.core.fixed import FixedType, Overflow
from l1ad.core.integer import INT64_SAFE_BITS, RawArray, requantize, rounded_raw
from l1ad.core.tensor import TensorType

__all__ = ["WeightedSum", "checked_constants", "narrowest_accumulator"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightedSum:
    """Sums `values @ weights + bias`, held in an accumulator that wraps.

    An accumulator with all fraction bits of the products gives the exact sum, modulo its width. One with
    fewer casts each product, and the bias, on its own before the sum, as `nnet::dense_latency` of hls4ml
    does (its `mult[]` is of the accumulator's type). Either way the order of the sum does not matter.

    Attributes:
        weights_raw: Raw integers in units of `weight_type.lsb`, shape (n_terms, n_sums).
        weight_type: Number format that holds every weight.
        bias_raw: Raw integers in units of `bias_type.lsb`, shape (n_sums,).
        bias_type: Number format of the bias.
        accumulator: Number format of the sum.
    """

    weights_raw: NDArray[np.int64]
    weight_type: FixedType
    bias_raw: NDArray[np.int64]
    bias_type: FixedType
    accumulator: FixedType

    @property
    def sparsity(self) -> float:
        """Fraction of weights that are zero."""
        return float(np.mean(self.weights_raw == 0))

    def drops_bits(self, given_fraction: int) -> bool:
        """Tell whether products or bias lose fraction bits on their way into the accumulator."""
        finest = max(given_fraction + self.weight_type.fraction, self.bias_type.fraction)
        return self.accumulator.fraction < finest

    def check(self, given: TensorType, name: str) -> None:
        """Refuse an accumulator whose result would depend on the order of the sum, or sums too wide to emulate.

        Raises:
            NotExactError: Naming the layer.
        """
        if self.accumulator.overflow is not Overflow.WRAP:
            raise NotExactError(
                f"layer {name!r}: accumulator {self.accumulator} saturates, so that its result would "
                "depend on the order of the sum; use AP_WRAP, and saturate in the activation that follows"
            )
        n_terms = len(self.weights_raw)
        product_fraction = given.fraction + self.weight_type.fraction
        widest = max(one.width + given.fraction - one.fraction for one in given.types)
        grown = max(0, self.accumulator.fraction - product_fraction)
        bias_bits = self.bias_type.width + max(0, self.accumulator.fraction - self.bias_type.fraction)
        if max(widest + self.weight_type.width + n_terms.bit_length() + grown, bias_bits) >= INT64_SAFE_BITS:
            raise NotExactError(
                f"layer {name!r}: sums of {given.spelling} times {self.weight_type} need more than "
                f"{INT64_SAFE_BITS} bits, more than is emulated; use narrower types"
            )

    def of(self, values: NDArray[np.int64], given_fraction: int) -> NDArray[np.int64]:
        """Sum raw integers of shape (..., n_terms) to (..., n_sums), before the accumulator wraps."""
        if self.drops_bits(given_fraction):
            total = np.zeros((*values.shape[:-1], self.weights_raw.shape[1]), dtype=np.int64)
            for term, weights in enumerate(self.weights_raw):
                total += self._rounded(values[..., term, None] * weights, given_fraction)
            return total + self._bias()
        align = self.accumulator.fraction - given_fraction - self.weight_type.fraction
        return np.asarray((values @ self.weights_raw << align) + self._bias())

    def bounds(
        self, low: NDArray[np.int64], high: NDArray[np.int64], given_fraction: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bound the sums of values between `low` and `high`, each of shape (..., n_terms).

        By interval arithmetic: each weight meets the end of its value's range that takes the sum furthest.
        """
        if not self.drops_bits(given_fraction):
            positive, negative = np.maximum(self.weights_raw, 0), np.minimum(self.weights_raw, 0)
            align = self.accumulator.fraction - given_fraction - self.weight_type.fraction
            return (
                (low @ positive + high @ negative << align) + self._bias(),
                (high @ positive + low @ negative << align) + self._bias(),
            )
        least = np.zeros((*low.shape[:-1], self.weights_raw.shape[1]), dtype=np.int64)
        most = least.copy()
        for term, weights in enumerate(self.weights_raw):
            ends = np.stack([low[..., term, None] * weights, high[..., term, None] * weights])
            rounded = self._rounded(ends, given_fraction)
            least += rounded.min(axis=0)
            most += rounded.max(axis=0)
        return least + self._bias(), most + self._bias()

    def wrapped(self, total: NDArray[np.int64]) -> NDArray[np.int64]:
        """Bring sums into the accumulator."""
        return requantize(total, fraction=self.accumulator.fraction, to=self.accumulator)

    def _rounded(self, products: NDArray[np.int64], given_fraction: int) -> RawArray:
        """Cast products to the accumulator's steps; its width can wait for the end of the sum."""
        fraction = given_fraction + self.weight_type.fraction
        return rounded_raw(products, fraction=fraction, to=self.accumulator)

    def _bias(self) -> RawArray:
        return rounded_raw(self.bias_raw, fraction=self.bias_type.fraction, to=self.accumulator)


def checked_constants(array: NDArray[np.int64], kind: FixedType, layer: str, what: str) -> NDArray[np.int64]:
    """Copy raw integers into an array that nobody changes, all of them in the range of their type."""
    if array.dtype.kind not in "iu":
        raise ValueError(f"layer {layer!r}: weights and bias are raw integers, not {array.dtype}")
    if array.size and not (kind.holds_raw(int(array.min())) and kind.holds_raw(int(array.max()))):
        raise NotExactError(
            f"layer {layer!r}: a {what} lies outside {kind} "
            f"(raw {array.min()} to {array.max()}, allowed {kind.raw_min} to {kind.raw_max})"
        )
    if kind.width > INT64_SAFE_BITS:
        raise NotExactError(
            f"layer {layer!r}: the {what} type {kind} is wider than the {INT64_SAFE_BITS} bits emulated"
        )
    constant = array.astype(np.int64)
    constant.flags.writeable = False
    return constant


def narrowest_accumulator(
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    *,
    given_fraction: int,
    weights_raw: NDArray[np.int64],
    weight_type: FixedType,
    bias_raw: NDArray[np.int64],
    bias_type: FixedType,
) -> FixedType:
    """Find the narrowest signed type that holds every sum of values between `low` and `high`, exactly.

    Partial sums may leave the type on the way and come back, in any order: two's complement sums are
    exact modulo its width.

    Args:
        low: Lowest raw integers, shape (..., n_terms).
        high: Highest.
        given_fraction: Fraction bits of the values.
        weights_raw: Shape (n_terms, n_sums).
        weight_type: Number format of the weights.
        bias_raw: Shape (n_sums,).
        bias_type: Number format of the bias.
    """
    fraction = max(given_fraction + weight_type.fraction, bias_type.fraction)
    align = fraction - given_fraction - weight_type.fraction
    # Python's integers: the widths are not known to fit before this has answered.
    weights, bias = weights_raw.astype(object), bias_raw.astype(object) << (fraction - bias_type.fraction)
    positive, negative = np.maximum(weights, 0), np.minimum(weights, 0)
    low, high = low.astype(object), high.astype(object)
    highest = int(((high @ positive + low @ negative << align) + bias).max(initial=0))
    lowest = int(((low @ positive + high @ negative << align) + bias).min(initial=0))
    width = max(highest.bit_length(), (-lowest - 1).bit_length() if lowest < 0 else 0) + 1
    return FixedType(width, width - fraction)
