"""What stands between a layer and the `Quant` that ends it, and the number formats that all of it says."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.exchange.imported import ModelFileError
from l1ad.exchange.qonnx.formats import QuantSpec, Scalars, step_bits
from l1ad.exchange.qonnx.quant import ROUNDING_OF_QUANT
from l1ad.exchange.qonnx.read import Node

__all__ = ["Pending", "types_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pending:
    """Nodes that only a `Quant` after them gives a meaning in hardware, in the order in which they may stand.

    Attributes:
        relu: Whether negative values become zero.
        wrap: Lowest value and span of elements whose high bits are cut off; a span of 0 where they are not.
        zeroed: Ends beyond which values become zero; infinite where they do not.
        half: What is added before rounding.
        low: Values below are raised to this.
        high: Values above are lowered to this.
    """

    relu: bool = False
    wrap: tuple[Scalars, Scalars] | None = None
    zeroed: tuple[Scalars, Scalars] | None = None
    half: Scalars | None = None
    low: Scalars | None = None
    high: Scalars | None = None

    def limited(self, low: Scalars | None, high: Scalars | None) -> "Pending":
        """Put limits after what stands here."""
        lows = [one for one in (self.low, low) if one is not None]
        highs = [one for one in (self.high, high) if one is not None]
        # A lower limit above an upper one before it would win; types of such limits are refused.
        return replace(
            self,
            low=np.maximum.reduce(lows) if lows else None,
            high=np.minimum.reduce(highs) if highs else None,
        )

    def moved(self, node: Node, half: Scalars) -> "Pending":
        """Put an addition after what stands here."""
        if self.half is not None or self.low is not None or self.high is not None:
            raise ModelFileError(f"{node}: an addition after {self.needs_quant}, without a Quant between them")
        return replace(self, half=half)

    @property
    def needs_quant(self) -> str | None:
        """Name what has no meaning in hardware without a Quant after it."""
        found = {
            "a wrap": self.wrap,
            "a limit to zero": self.zeroed,
            "an addition": self.half,
            "a lower limit": self.low,
            "an upper limit": self.high,
        }
        return next((what for what, part in found.items() if part is not None), None)


def types_of(pending: Pending, spec: QuantSpec, shape: tuple[int, ...]) -> NDArray[Any]:
    """Find the number format of every element of a tensor.

    Args:
        pending: What comes before.
        spec: The quantiser; its scale goes with `shape`.
        shape: Shape of the tensor in the graph, the batch not counted.

    Raises:
        ModelFileError: If no number format rounds or limits so.
    """
    if spec.bipolar:
        raise ModelFileError(f"{spec.where}: gives -1 and +1 steps, which no number format does; use two bits")
    fractions = step_bits(np.broadcast_to(spec.scale, shape))
    steps = np.ldexp(1.0, -fractions)
    rounding = _rounding(pending, spec, steps)
    low = _limit(pending.low, spec.low, steps, spec, np.maximum)
    high = _limit(pending.high, spec.high, steps, spec, np.minimum)
    found = np.empty(shape, dtype=object)
    known: dict[tuple[int, int, int], FixedType] = {}
    for place in np.ndindex(*shape):
        key = (int(low[place]), int(high[place]), int(fractions[place]))
        if key not in known:
            known[key] = _type(*key, rounding, spec)
        found[place] = known[key]
    return _with_overflow(found, pending, spec)


def _rounding(pending: Pending, spec: QuantSpec, steps: Scalars) -> Rounding:
    if pending.half is not None:
        half = np.broadcast_to(pending.half, steps.shape)
        if spec.mode == "FLOOR" and (half == steps / 2).all():
            return Rounding.RND
        if spec.mode == "CEIL" and (half == -steps / 2).all():
            return Rounding.RND_MIN_INF
        raise ModelFileError(f"{spec.where}: what is added before it is not half a step before a floor")
    if spec.mode not in ROUNDING_OF_QUANT:
        raise ModelFileError(
            f"{spec.where}: no number format rounds by {spec.mode}; known are {', '.join(ROUNDING_OF_QUANT)}"
        )
    return ROUNDING_OF_QUANT[spec.mode]


def _limit(limit: Scalars | None, own: int, steps: Scalars, spec: QuantSpec, closer: np.ufunc) -> Scalars:
    """Give the closer of a limit and of the quantiser's own, in steps."""
    if limit is None:
        return np.full(steps.shape, float(own))
    found = np.asarray(closer(np.broadcast_to(limit, steps.shape) / steps, own))
    if (found != np.rint(found)).any():
        odd = float(found[found != np.rint(found)].flat[0])
        raise ModelFileError(f"{spec.where}: a limit before it lies at {odd:g} steps, between two of them")
    return found


def _type(low: int, high: int, fraction: int, rounding: Rounding, spec: QuantSpec) -> FixedType:
    """Find the type that saturates at two numbers of steps."""
    if low == high == 0:
        return FixedType(0, 0, False, rounding, Overflow.SAT)
    width = high.bit_length()
    if high == (1 << width) - 1:
        if low == 0:
            return FixedType(width, width - fraction, False, rounding, Overflow.SAT)
        if low == -high - 1:
            return FixedType(width + 1, width + 1 - fraction, True, rounding, Overflow.SAT)
        if low == -high and width:
            return FixedType(width + 1, width + 1 - fraction, True, rounding, Overflow.SAT_SYM)
    raise ModelFileError(
        f"{spec.where}: its values end at {low} and {high} steps of 2**{-fraction}, which are the ends of no "
        "number format, e.g. -8 and 7, -7 and 7, or 0 and 15"
    )


def _with_overflow(found: NDArray[Any], pending: Pending, spec: QuantSpec) -> NDArray[Any]:
    """Change the overflow mode where a wrap or a limit to zero has come before."""
    if pending.wrap is None and pending.zeroed is None:
        return found
    least, span = pending.wrap or (np.zeros(()), np.zeros(()))
    below, above = pending.zeroed or (np.array(-np.inf), np.array(np.inf))
    parts = [np.broadcast_to(one, found.shape) for one in (least, span, below, above)]
    for place, one in np.ndenumerate(found):
        low, size, least_kept, most_kept = (float(part[place]) for part in parts)
        step = float(one.lsb)
        if size:
            if (low, size) != (one.raw_min * step, (1 << one.width) * step):
                raise ModelFileError(f"{spec.where}: what wraps before it is not the range of {one}")
            found[place] = FixedType(one.width, one.integer, one.signed, one.rounding, Overflow.WRAP)
        elif np.isfinite(least_kept) or np.isfinite(most_kept):
            if (least_kept, most_kept) != (one.raw_min * step, one.raw_max * step):
                raise ModelFileError(f"{spec.where}: what becomes zero before it is not all beyond {one}")
            found[place] = FixedType(one.width, one.integer, one.signed, one.rounding, Overflow.SAT_ZERO)
    return found
