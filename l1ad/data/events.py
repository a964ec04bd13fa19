"""The batch of events that every room speaks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l1ad.core.errors import DataError
from l1ad.core.layout import InputLayout

__all__ = ["EventBatch"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventBatch:
    """Events as hardware integers of a layout.

    Attributes:
        layout: What the columns mean.
        inputs_raw: Hardware integers, shape (n_events, n_inputs).
        event_number: Number of each event in its sample, shape (n_events,).
        sample: Name of the sample, for messages and reports.
        where: Where the events come from, for messages; the sample's name unless told.
    """

    layout: InputLayout
    inputs_raw: NDArray[np.signedinteger]
    event_number: NDArray[np.int64]
    sample: str
    where: str | None = None

    def __post_init__(self) -> None:
        self.layout.check(self.inputs_raw, where=self.where or self.sample)
        if self.event_number.shape != (len(self.inputs_raw),):
            raise DataError(
                f"{self.sample}: {self.event_number.shape} event numbers for {len(self.inputs_raw)} events"
            )

    def __len__(self) -> int:
        return len(self.inputs_raw)

    def select(self, start: int, stop: int) -> "EventBatch":
        """Return the events from `start` up to but not including `stop`."""
        return EventBatch(
            layout=self.layout,
            inputs_raw=self.inputs_raw[start:stop],
            event_number=self.event_number[start:stop],
            sample=self.sample,
        )
