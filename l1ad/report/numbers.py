"""Numbers as they are shown."""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

__all__ = ["UNKNOWN", "plain_number", "rate_text", "value_text"]

UNKNOWN = "–"
"""What stands where nothing is known."""

_WHOLE_UP_TO = 1e15


def value_text(
    value: float, low: float | None = None, high: float | None = None, *, decimals: int = 2, unit: str = ""
) -> str:
    """Write a number with its unit and its interval, e.g. `1.02 kHz (0.93 to 1.12)`.

    Ties are rounded away from zero, as `toFixed` of JavaScript does, so that a page that moves shows the
    same digits.

    Args:
        value: The number; NaN is not known.
        low: Lower end of the interval; None or NaN without one.
        high: Upper end, likewise.
        decimals: Decimals that are shown.
        unit: Unit; empty of plain numbers.
    """
    if not math.isfinite(value):
        return UNKNOWN
    text = f"{_fixed(value, decimals)} {unit}".rstrip()
    ends = [end for end in (low, high) if end is not None and math.isfinite(end)]
    return f"{text} ({_fixed(ends[0], decimals)} to {_fixed(ends[1], decimals)})" if len(ends) == 2 else text


def plain_number(value: float, digits: int = 6) -> str:
    """Write a number as it is set or read: whole ones in full, others to some digits."""
    if not math.isfinite(value):
        return UNKNOWN
    shown = value if float(value).is_integer() else float(f"{value:.{digits}g}")
    whole = float(shown).is_integer() and abs(shown) < _WHOLE_UP_TO
    return str(int(shown)) if whole else f"{value:.{digits}g}"


def rate_text(rate: dict[str, Any]) -> str:
    """Write a rate with its interval: kHz from 100 Hz up, events per day below a hundredth of a hertz.

    Of a rate of 0 the upper end decides.
    """
    decisive = rate["rate_hz"] or rate["high_hz"]
    unit, size = (
        ("kHz", 1e3) if decisive >= 100 else ("Hz", 1.0) if decisive >= 0.01 else ("events/day", 1 / 86_400)
    )
    low, value, high = (rate[key] / size for key in ("low_hz", "rate_hz", "high_hz"))
    # As many decimals as show two digits of the smaller error.
    error = min(high - value, value - low) or high - value or 1.0
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{decimals}f} +{high - value:.{decimals}f} −{value - low:.{decimals}f} {unit}"


def _fixed(value: float, decimals: int) -> str:
    # Zero has no sign here.
    return f"{Decimal(value + 0.0).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
