"""What a report says of number formats: what is proven of each tensor, and what events make of it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from l1ad.core.fixed import FixedType
from l1ad.core.integer import rounded_raw
from l1ad.core.trigger import TriggerAlgorithm
from l1ad.emulate.bounds import Interval, before_cast_bounds
from l1ad.emulate.casts import Cast, casts, values_before_casts
from l1ad.emulate.inspection import inspect
from l1ad.flow.events import BACKGROUND
from l1ad.flow.report_latent import TRACED_EVENTS, drawn_events
from l1ad.flow.run_directory import RunDirectory
from l1ad.report.formats_section import FormatsContent, ObservedTensor

__all__ = ["bits_needed", "gather_formats", "observed_tensors"]


def gather_formats(run: RunDirectory, trigger: TriggerAlgorithm) -> FormatsContent:
    """Inspect the formats of an algorithm, and look at the events of its run in them.

    Raises:
        DataError: If a sample is of another layout.
    """
    events = drawn_events(run, trigger)
    n_background = len(events[BACKGROUND])
    return FormatsContent(
        reports=tuple(inspect(trigger)),
        observed=observed_tensors(trigger, np.concatenate(list(events.values()))),
        n_background=n_background,
        n_signal=sum(map(len, events.values())) - n_background,
    )


def observed_tensors(
    trigger: TriggerAlgorithm, inputs_raw: NDArray[np.signedinteger]
) -> tuple[ObservedTensor, ...]:
    """Tell what events of shape (n_events, n_inputs) make of each tensor just before its cast, in order."""
    places = casts(trigger)
    seen = {cast.tensor: _Seen(cast) for cast in places}
    for start in range(0, len(inputs_raw), TRACED_EVENTS):
        before = values_before_casts(trigger, inputs_raw[start : start + TRACED_EVENTS])
        for tensor, one in seen.items():
            one.add(before[tensor])
    proven = before_cast_bounds(trigger)
    return tuple(_told(cast, seen[cast.tensor], proven[cast.tensor], len(inputs_raw)) for cast in places)


def bits_needed(cast: Cast, values: Interval) -> int:
    """Count the bits that values need of a tensor's formats, of the element that has the fewest to spare.

    Told as the width of the widest element less the high bits that this one has to spare; more than the width
    where values leave the format. Elements without a bit are zero by design and not counted.
    """
    given = max(one.width for one in cast.types())
    spare = [
        one.width - _width_for(one, *_ends(one, cast, values, elements))
        for one, elements in cast.result.groups(cast.n_elements)
        if one.width
    ]
    return given - min(spare, default=given)


def _ends(one: FixedType, cast: Cast, values: Interval, elements: NDArray[np.int64]) -> tuple[int, int]:
    low = rounded_raw(values.low[elements], fraction=cast.fraction, to=one).min()
    high = rounded_raw(values.high[elements], fraction=cast.fraction, to=one).max()
    return int(low), int(high)


def _width_for(one: FixedType, low: int, high: int) -> int:
    """Find the narrowest width that holds both; a sign that the format does not have counts a bit."""
    width, signed = 1, one.signed or low < 0
    while True:
        tried = replace(one, width=width, integer=one.integer - one.width + width, signed=signed)
        if tried.holds_raw(low) and tried.holds_raw(high):
            return width
        width += 1


@dataclass(slots=True)
class _Seen:
    """Ends of the values of each element, and how many lie outside its format; grows block by block."""

    cast: Cast
    low: NDArray[np.int64] | None = None
    high: NDArray[np.int64] | None = None
    n_outside: int = 0

    def add(self, before: NDArray[np.int64]) -> None:
        low, high = before.min(axis=0), before.max(axis=0)
        self.low = low if self.low is None else np.minimum(self.low, low)
        self.high = high if self.high is None else np.maximum(self.high, high)
        for one, elements in self.cast.result.groups(self.cast.n_elements):
            if one.width:
                rounded = rounded_raw(before[:, elements], fraction=self.cast.fraction, to=one)
                self.n_outside += int(np.count_nonzero((rounded < one.raw_min) | (rounded > one.raw_max)))

    @property
    def interval(self) -> Interval:
        if self.low is None or self.high is None:
            raise ValueError(f"{self.cast.tensor}: no events were looked at")
        return Interval(low=self.low, high=self.high)


def _told(cast: Cast, seen: _Seen, proven: Interval, n_events: int) -> ObservedTensor:
    step, found = 2.0**-cast.fraction, seen.interval
    n_values = n_events * sum(1 for one in cast.types() if one.width)
    return ObservedTensor(
        low=float(found.low.min()) * step,
        high=float(found.high.max()) * step,
        outside=seen.n_outside / max(1, n_values),
        given_bits=max(one.width for one in cast.types()),
        proven_bits=bits_needed(cast, proven),
        used_bits=bits_needed(cast, found),
    )
