"""Fingerprints of events, by which those of a training are known again in another file."""

import numpy as np
from numpy.typing import NDArray

from l1ad.data.events import EventBatch

__all__ = ["ONE_OF", "fingerprints"]

ONE_OF = 16
"""Events whose number is a multiple of this have one; the same in every file, whatever their order."""

_ODD = np.uint64(0x9E3779B97F4A7C15)


def fingerprints(events: EventBatch) -> NDArray[np.uint64]:
    """Digest number and inputs of one event in `ONE_OF` to 64 bits.

    The number and the inputs decide, so that neither a copy in another order or format, nor other events with
    the same numbers, are taken for something else. Two different events share one with a chance of 2^-64.

    Returns:
        Shape (n_events with a number divisible by `ONE_OF`,).
    """
    chosen = np.flatnonzero(events.event_number % ONE_OF == 0)
    inputs = events.inputs_raw[chosen].astype(np.int64).view(np.uint64)
    factors = _mixed(np.arange(1, inputs.shape[1] + 2, dtype=np.uint64) * _ODD) | np.uint64(1)
    with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is meant
        mixed = events.event_number[chosen].view(np.uint64) * factors[0]
        for column, factor in zip(inputs.T, factors[1:], strict=True):
            mixed = mixed + _mixed(column * factor)
    return _mixed(mixed)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every bit over all (splitmix64; Steele, Lea & Flood, OOPSLA 2014; constants from memory)."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(values ^ (values >> np.uint64(31)), dtype=np.uint64)
