"""Casts between number formats, written as `Quant` nodes and, where `Quant` lacks a mode, as standard ones.

`Quant` clamps to whole steps before it rounds, which is the same as `ap_fixed`'s rounding before
saturating: no rounding leaves a range whose ends are whole. It cannot wrap, set to zero, take a bit width
for each element, or hold one signed bit; those are said by nodes before it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import INT64_SAFE_BITS, requantize
from l1ad.core.tensor import TensorType
from l1ad.exchange.qonnx.graph import Graph, Value, arranged, exact_dtype, power_of_two
from l1ad.exchange.qonnx.quant import QUANT_OF_ROUNDING

__all__ = ["cast", "rounded"]

_HALF_FIRST = {Rounding.RND: ("Add", "FLOOR"), Rounding.RND_MIN_INF: ("Sub", "CEIL")}
_ADDS_HALF = (Rounding.RND, Rounding.RND_MIN_INF, Rounding.RND_INF, Rounding.RND_ZERO)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Plan:
    """What a cast has to do to each element, arrays in the tensor's shape, limits in each element's steps."""

    types: NDArray[Any]
    fractions: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    rounds: NDArray[np.bool_]
    overflows: NDArray[np.bool_]
    ends: tuple[NDArray[np.int64], NDArray[np.int64]]
    needed: int

    @property
    def steps(self) -> NDArray[np.float64]:
        """Size of each element's step."""
        return power_of_two(-self.fractions)

    @property
    def roundings(self) -> list[Rounding]:
        """Modes of the elements that lose bits."""
        return sorted({one.rounding for one in self.types[self.rounds]})

    def overflowing(self, *modes: Overflow) -> NDArray[np.bool_]:
        """Elements that can leave their range and have one of these modes."""
        chosen = np.array([one.overflow in modes for one in self.types.flat], dtype=np.bool_)
        return np.asarray(self.overflows & chosen.reshape(self.low.shape))

    def result(self, value: Value, fraction: int) -> Value:
        """Give a value the range that the cast leaves, in units of `2**-fraction`."""
        ends = (np.clip(end, self.low, self.high) for end in self.ends)
        anywhere = self.overflowing(Overflow.WRAP, Overflow.SAT_ZERO)
        low, high = (
            np.where(anywhere, limit, end) << (fraction - self.fractions)
            for end, limit in zip(ends, (self.low, self.high), strict=True)
        )
        return replace(value, fraction=fraction, low=low, high=high)


def cast(graph: Graph, value: Value, to: TensorType) -> Value:
    """Write the cast of a value to number formats, listed channels last as in `TensorType`.

    Raises:
        NotExactError: If float64 does not hold every value on the way.
    """
    plan = _planned(value, to)
    after = plan.result(value, to.fraction)
    after_dtype = exact_dtype(after.magnitude, to.fraction, f"a cast in {graph.scope!r}")
    before_dtype = exact_dtype(plan.needed, value.fraction, f"a cast in {graph.scope!r}")
    # Of the two names the wider type's comes later.
    current = graph.in_dtype(value, max(before_dtype, after_dtype))
    mode = "ROUND"
    fused = current.dtype == "float32" and len(plan.roundings) < 2
    if fused and not plan.overflowing(Overflow.WRAP, Overflow.SAT_ZERO).any():
        for one in plan.roundings:
            current, mode = _half_moved(graph, current, one, plan.steps)
    else:
        current = _rounded_each(graph, current, plan)
        current = _zeroed(graph, _wrapped(graph, current, plan), plan)
    like = plan.types.flat[0]
    alike = all((one.raw_min, one.raw_max) == (like.raw_min, like.raw_max) for one in set(plan.types.flat))
    if current.dtype == "float64" or not alike or like.width < 1 + int(like.signed):
        current = graph.apply("Max", current, plan.low * plan.steps)
        current = graph.apply("Min", current, plan.high * plan.steps)
        # The widest range of all elements, with the sign that any of them has.
        signed = any(one.signed for one in plan.types.flat)
        width = max(one.width + int(signed and not one.signed) for one in plan.types.flat)
        like = FixedType(max(width, 1 + int(signed)), 0, signed)
    current = graph.in_dtype(current, after_dtype)
    if after_dtype == "float32":
        narrow = like.overflow is Overflow.SAT_SYM and like.signed
        name = graph.quant(
            current.name, current.shape, plan.steps, like.width, signed=like.signed, narrow=narrow, mode=mode
        )
        current = replace(current, name=name)
    return plan.result(current, to.fraction)


def rounded(graph: Graph, value: Value, one: Rounding, fractions: NDArray[np.int64]) -> Value:
    """Write the rounding to whole steps, without a range; the value's own range is left to the caller."""
    steps = power_of_two(-fractions)
    value, mode = _half_moved(graph, value, one, steps)
    if value.dtype == "float32":
        reach = int(np.max(np.ldexp(float(value.magnitude), fractions - value.fraction))) + 1
        bits = reach.bit_length() + 1
        return replace(value, name=graph.quant(value.name, value.shape, steps, bits, signed=True, mode=mode))
    scaled = graph.apply("Mul", value, 1 / steps)
    return graph.apply("Mul", _STANDARD[mode](graph, scaled), steps)


def _rounded_ends(
    value: Value, one: FixedType, mask: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bound what a rounding makes of some elements, in steps of the type: order is kept, so the ends decide."""
    wide = FixedType(INT64_SAFE_BITS, INT64_SAFE_BITS - one.fraction, True, one.rounding, Overflow.SAT)
    low, high = (requantize(end[mask], fraction=value.fraction, to=wide) for end in (value.low, value.high))
    return low, high


def _planned(value: Value, to: TensorType) -> _Plan:
    each = np.empty(value.low.size, dtype=object)
    each[:] = to.of_each(value.low.size)
    types = arranged(each, value.shape)
    numbers = {
        what: np.zeros(value.shape, dtype=np.int64) for what in ("fraction", "low", "high", "least", "most")
    }
    rounds, overflows = (np.zeros(value.shape, dtype=np.bool_) for _ in range(2))
    needed = value.magnitude
    adds_half = any(value.fraction > one.fraction and one.rounding in _ADDS_HALF for one in to.types)
    for one in sorted(set(to.types), key=str):
        mask = np.array(types == one, dtype=np.bool_)
        low, high = _rounded_ends(value, one, mask)
        lowest, highest = one.raw_min, one.raw_max
        overflow = (low < lowest) | (high > highest)
        for what, numbered in (("fraction", one.fraction), ("low", lowest), ("high", highest)):
            numbers[what][mask] = numbered
        numbers["least"][mask], numbers["most"][mask] = low, high
        dropped = value.fraction - one.fraction
        rounds[mask], overflows[mask] = dropped > 0, overflow
        reach = max(abs(int(low.min())), abs(int(high.max())))
        if dropped > 0:
            needed = max(needed, value.magnitude + (1 << (dropped - 1)))
        # Half a step may be added to elements that lose no bit, too, where others of the tensor do.
        needed = max(needed, 2 * reach + 2 if adds_half else reach)
        if one.overflow is Overflow.WRAP and overflow.any():
            needed = max(needed, reach + abs(lowest) + (1 << one.width))
    return _Plan(
        types=types, fractions=numbers["fraction"], low=numbers["low"], high=numbers["high"], rounds=rounds,
        overflows=overflows, ends=(numbers["least"], numbers["most"]), needed=needed,
    )  # fmt: skip


def _half_moved(graph: Graph, value: Value, one: Rounding, steps: NDArray[np.float64]) -> tuple[Value, str]:
    """Add or take off half a step where the rounding is a floor or ceiling after that; name the mode left."""
    if one not in _HALF_FIRST:
        return value, QUANT_OF_ROUNDING[one]
    op, mode = _HALF_FIRST[one]
    return graph.apply(op, value, steps / 2), mode


def _rounded_each(graph: Graph, value: Value, plan: _Plan) -> Value:
    """Round each element by its own mode."""
    if len(plan.roundings) == 1:
        return rounded(graph, value, plan.roundings[0], plan.fractions)
    result = value
    for one in plan.roundings:
        chosen = plan.rounds & np.array([t.rounding is one for t in plan.types.flat]).reshape(value.shape)
        this = rounded(graph, value, one, plan.fractions)
        mask = graph.constant(chosen, "mask")
        name = graph.node("Where", [mask, this.name, result.name], value.shape, value.dtype)
        result = replace(this, name=name)
    return result


def _wrapped(graph: Graph, value: Value, plan: _Plan) -> Value:
    """Cut high bits off: x - floor((x - low) / span) * span; a zero stands for 1 / span where nothing wraps."""
    wraps = plan.overflowing(Overflow.WRAP)
    if not wraps.any():
        return value
    low, span = plan.low * plan.steps, (plan.high - plan.low + 1) * plan.steps
    current = graph.apply("Mul", graph.apply("Sub", value, low), wraps / span)
    times = graph.apply("Mul", graph.apply("Floor", current), span)
    name = graph.node("Sub", [value.name, times.name], value.shape, value.dtype)
    return replace(value, name=name)


def _zeroed(graph: Graph, value: Value, plan: _Plan) -> Value:
    """Set to zero what lies outside; where the mode is another, nothing does."""
    zeroes = plan.overflowing(Overflow.SAT_ZERO)
    if not zeroes.any():
        return value
    low, high = (
        np.where(zeroes, limit * plan.steps, endless)
        for limit, endless in ((plan.low, -np.inf), (plan.high, np.inf))
    )
    kept = graph.apply("Max", graph.apply("Min", value, high), low)
    same = graph.node("Equal", [value.name, kept.name], value.shape, "bool")
    zero = graph.constant(np.zeros(1, dtype=value.dtype), "zero")
    return replace(value, name=graph.node("Where", [same, value.name, zero], value.shape, value.dtype))


def _of_magnitude(graph: Graph, value: Value, inner: str, half: str = "") -> Value:
    size = graph.apply("Abs", value)
    if half:
        size = graph.apply(half, size, np.array(0.5))
    sign = graph.apply("Sign", value)
    name = graph.node("Mul", [graph.apply(inner, size).name, sign.name], value.shape, value.dtype)
    return replace(value, name=name)


_STANDARD: dict[str, Callable[[Graph, Value], Value]] = {
    "FLOOR": lambda graph, value: graph.apply("Floor", value),
    "CEIL": lambda graph, value: graph.apply("Ceil", value),
    "ROUND": lambda graph, value: graph.apply("Round", value),
    "DOWN": lambda graph, value: _of_magnitude(graph, value, "Floor"),
    "HALF_UP": lambda graph, value: _of_magnitude(graph, value, "Floor", "Add"),
    "HALF_DOWN": lambda graph, value: _of_magnitude(graph, value, "Ceil", "Sub"),
}
"""Roundings to whole numbers by standard operators, for float64, which qonnx's `Quant` makes float32."""
