"""Tables of the number-format page, computed by the code that the page is about."""

from fractions import Fraction

import numpy as np

from l1ad.core.fixed import FixedType, Overflow, Rounding
from l1ad.core.integer import requantize, shift_raw

__all__ = ["overflow", "rounding", "shifts", "spellings", "sums"]

_EIGHTHS = 3
"""Fraction bits of the values that are rounded."""

_ROUNDED = ("-1.375", "-1.25", "-0.25", "0.25", "1.25", "1.375", "1.75")
_BEYOND = (-17, -9, -8, -1, 7, 8, 15, 16, 23)
_RULES = {
    Rounding.TRN: "towards −∞: the bits are cut off",
    Rounding.TRN_ZERO: "towards zero",
    Rounding.RND: "nearest, halves towards +∞",
    Rounding.RND_ZERO: "nearest, halves towards zero",
    Rounding.RND_INF: "nearest, halves away from zero",
    Rounding.RND_MIN_INF: "nearest, halves towards −∞",
    Rounding.RND_CONV: "nearest, halves to the even step",
}
_ENDS = {
    Overflow.WRAP: "the high bits are cut off",
    Overflow.SAT: "the nearest end of the range",
    Overflow.SAT_SYM: "as SAT, and no lower than minus the highest",
    Overflow.SAT_ZERO: "zero",
}


def rounding() -> str:
    """Cast values in steps of an eighth to steps of a half by every rounding mode."""
    raw = np.array([int(Fraction(one) * 2**_EIGHTHS) for one in _ROUNDED])
    rows = []
    for mode in Rounding:
        to = FixedType(5, 4, rounding=mode, overflow=Overflow.SAT)
        values = requantize(raw, fraction=_EIGHTHS, to=to) / 2**to.fraction
        rows.append([f"`{mode}`", _RULES[mode], *(_number(one) for one in values)])
    return _table(["mode", "rule", *(_number(float(one)) for one in _ROUNDED)], rows)


def overflow() -> str:
    """Cast whole numbers to four bits, with and without sign, by every overflow mode."""
    parts = []
    for signed in (True, False):
        rows = []
        for mode in Overflow:
            to = FixedType(4, 4, signed, overflow=mode)
            values = requantize(np.array(_BEYOND), fraction=0, to=to)
            rows.append([f"`{mode}`", _ENDS[mode], *(_number(one) for one in values)])
        to = FixedType(4, 4, signed)
        title = f"Into `{to}`, which holds {_number(to.raw_min)} to {to.raw_max}:"
        parts.append(f"{title}\n\n{_table(['mode', 'rule', *(_number(one) for one in _BEYOND)], rows)}")
    return "\n\n".join(parts)


def shifts() -> str:
    """Shift whole numbers to the right inside a working type, and cast what is left to the input type."""
    to = FixedType.from_cpp("ap_fixed<8,6,AP_RND_CONV,AP_SAT>")
    rows = []
    for spelling in ("ap_fixed<18,13>", "ap_fixed<20,13>"):
        working = FixedType.from_cpp(spelling)
        for value, by in ((35, 6), (9, 6), (-23, 6), (35, 2), (3, -2)):
            kept = shift_raw(np.array([value << working.fraction]), by)
            cast = requantize(kept, fraction=working.fraction, to=to)
            exact = Fraction(value) / Fraction(2) ** by
            rows.append(
                [
                    f"`{spelling}`",
                    f"{_number(value)} >> {_number(by)}",
                    _number(float(exact)),
                    _number(kept[0] / 2**working.fraction),
                    _number(cast[0] / 2**to.fraction),
                ]
            )
    return _table(["working type", "shift", "exact", "in the working type", f"cast to `{to}`"], rows)


def sums() -> str:
    """Show how many bits products and sums of a layer of the demo's kind need."""
    inputs, weights = FixedType.from_cpp("ap_fixed<8,5>"), FixedType.from_cpp("ap_fixed<6,1>")
    rows = []
    for n in (1, 16, 57, 1024, 8192):
        largest = n * inputs.raw_min * weights.raw_min
        lowest = n * inputs.raw_min * weights.raw_max
        bits = 1 + max(int(largest).bit_length(), int(-lowest - 1).bit_length())
        needed = FixedType(bits, bits - inputs.fraction - weights.fraction)
        fits = "yes" if largest < 2**24 else "no"
        rows.append([f"{n:,}", f"{largest:,}", f"`{needed}`", fits, "yes" if largest < 2**53 else "no"])
    header = ["products summed", "largest raw sum", "type that holds it", "below 2²⁴", "below 2⁵³"]
    return _table(header, rows)


def spellings() -> str:
    """Write the same formats in C++, QKeras and HGQ2."""
    bits, relu = FixedType.from_qkeras_bits, FixedType.from_qkeras_relu
    rows = [
        ["`quantized_bits(6, 0, alpha=1)`", *_both(bits(6, 0))],
        ["`quantized_bits(8, 2, alpha=1)`", *_both(bits(8, 2))],
        ["`quantized_relu(8, 5)`", *_both(relu(8, 5))],
        ["`quantized_relu(6, 0)`", *_both(relu(6, 0))],
    ]
    return _table(["QKeras", "C++", "HGQ2: k, i, f", "lowest", "highest", "step"], rows)


def _both(one: FixedType) -> list[str]:
    k, i, f = one.kif
    ends = [_number(float(raw * one.lsb)) for raw in (one.raw_min, one.raw_max)]
    return [f"`{one}`", f"{k}, {i}, {f}", *ends, _number(float(one.lsb))]


def _number(value: float) -> str:
    text = f"{value:.6g}"
    return text.replace("-", "−")


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [
        header,
        ["---" if one in ("mode", "rule") or not n else ":---:" for n, one in enumerate(header)],
        *rows,
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
