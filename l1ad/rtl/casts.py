"""Casts between number formats as logic: every rounding and overflow of `ap_fixed`."""

from typing import Any

import numpy as np

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import requantize, rounded_raw
from l1ad.rtl.circuit import Circuit, Operand, Term, Wire, constant, shifted

__all__ = ["cast"]

_LUT_INPUTS = 6


def cast(
    circuit: Circuit, name: str, given: Term, *, fraction: int, to: FixedType, rectified: bool = False
) -> Operand:
    """Cast an integer to another number format.

    Args:
        circuit: Takes the wires; they are called `name` and names that begin with it.
        name: Name of the result.
        given: The integer.
        fraction: Fraction bits of the integer.
        to: The number format.
        rectified: Whether negative values become zero before they are cast.

    Returns:
        The raw integer of the format, a constant where it cannot vary.
    """
    if isinstance(given.wire, int):
        value = max(given.wire, 0) if rectified else given.wire
        raw = np.array([value << max(given.shift, 0)], dtype=object)
        return int(requantize(raw, fraction=fraction - min(given.shift, 0), to=to)[0])
    source, fraction = given.wire, fraction - given.shift
    dropped = fraction - to.fraction
    if dropped <= 0:
        return _limited(circuit, name, source, source, -dropped, to, rectified=rectified)
    bounds = (_rounded(source.low, fraction, to), _rounded(source.high, fraction, to))
    rounded = _rounding(circuit, name, source, dropped, to.rounding, bounds)
    return _limited(circuit, name, source, rounded, 0, to, rectified=rectified)


def _rounded(value: int, fraction: int, to: FixedType) -> int:
    raw: Any = rounded_raw(np.array([value], dtype=object), fraction=fraction, to=to)
    return int(raw[0])


def _rounding(
    circuit: Circuit, name: str, source: Wire, dropped: int, rounding: Rounding, bounds: tuple[int, int]
) -> Wire:
    """Drop the last bits: the quotient rounded down, and one more where the rounding says so."""
    if dropped >= source.width:  # the bits that are looked at are copies of the sign
        source = circuit.wire(
            f"{name}_ext", (-(1 << dropped), (1 << dropped) - 1), source.read, (source,), delay_ns=0.0
        )
    if rounding is Rounding.TRN:
        return circuit.wire(name + "_flr", bounds, f"{source.read} >>> {dropped}", (source,), delay_ns=0.0)
    up, inputs = _one_more(source, dropped, rounding)
    levels = 1 if inputs <= _LUT_INPUTS else 2
    more = circuit.wire(f"{name}_up", (0, 1), up, (source,), delay_ns=circuit.delay.logic(levels))
    expression = f"({source.read} >>> {dropped}) + {more.read}"
    delay = circuit.delay.adder(max(1, source.width - dropped))
    return circuit.wire(f"{name}_rnd", bounds, expression, (source, more), delay_ns=delay)


def _one_more(source: Wire, dropped: int, rounding: Rounding) -> tuple[str, int]:
    """Write when the quotient is rounded up, and count the bits that this reads."""
    half = f"{source.name}[{dropped - 1}]"
    rest = f"(|{source.name}[{dropped - 2}:0])" if dropped > 1 else "1'b0"
    negative = f"{source.name}[{source.width - 1}]" if source.signed else "1'b0"
    last = f"{source.name}[{dropped}]"
    formula = {
        Rounding.RND: half,
        Rounding.RND_MIN_INF: f"{half} & {rest}",
        Rounding.RND_INF: f"{half} & ({rest} | ~{negative})",
        Rounding.RND_ZERO: f"{half} & ({rest} | {negative})",
        Rounding.RND_CONV: f"{half} & ({rest} | {last})",
        Rounding.TRN_ZERO: f"({half} | {rest}) & {negative}",
    }[rounding]
    return formula, 1 if rounding is Rounding.RND else dropped + 1


def _limited(
    circuit: Circuit, name: str, source: Wire, value: Wire, shift: int, to: FixedType, *, rectified: bool
) -> Operand:
    """Bring a rounded value, times `2**shift`, into the range, after negative sources became zero."""
    low, high = value.low << shift, value.high << shift
    if rectified:
        low = max(low, 0)
        if source.high <= 0:
            return 0
    result = shifted(value, shift)
    negative = rectified and source.low < 0
    if to.raw_min <= low and high <= to.raw_max:
        if not negative:
            if not shift:
                return value
            return circuit.wire(name, (low, high), result, (value,), delay_ns=0.0)
        expression = f"({source.read} < 0) ? {constant(0)} : {result}"
        return circuit.wire(name, (low, high), expression, (source, value), delay_ns=circuit.delay.logic())
    if to.overflow is Overflow.WRAP:
        bounds = -(1 << (to.width - 1)) if to.signed else 0, to.raw_max
        expression = f"({source.read} < 0) ? {constant(0)} : {result}" if negative else result
        operands = (source, value) if negative else (value,)
        delay = circuit.delay.logic() if negative else 0.0
        return circuit.wire(name, bounds, expression, operands, delay_ns=delay)
    over, under = (0, 0) if to.overflow is Overflow.SAT_ZERO else (to.raw_max, to.raw_min)
    if low > to.raw_max or high < to.raw_min:  # every value is outside; a negative source would be zero
        beyond = over if low > to.raw_max else under
        if not negative or beyond == 0:
            return beyond
    choices = []
    if negative:
        choices.append(f"({source.read} < 0) ? {constant(0)} :")
    # A value times 2**shift is above the top where the value itself is above the top divided, rounded down.
    if high > to.raw_max:
        choices.append(f"({value.read} > {constant(to.raw_max >> shift)}) ? {constant(over)} :")
    if low < to.raw_min:
        choices.append(f"({value.read} < {constant(-(-to.raw_min >> shift))}) ? {constant(under)} :")
    ends = (min(max(low, to.raw_min), to.raw_max), max(min(high, to.raw_max), to.raw_min))
    bounds = (min(0, ends[0]), max(0, ends[1])) if to.overflow is Overflow.SAT_ZERO else ends
    looked_at = value.width + shift - (to.width - int(to.signed)) + 1 + int(negative)
    delay = circuit.delay.logic(1 if looked_at < _LUT_INPUTS else 2)
    return circuit.wire(name, bounds, " ".join([*choices, result]), (source, value), delay_ns=delay)
