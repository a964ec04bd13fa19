"""What every reader of events offers, whatever its file format, and the account of what it repaired."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from l1ad.core.layout import InputLayout
from l1ad.data.events import EventBatch

__all__ = ["BLOCK_EVENTS", "EventFormat", "EventReader", "Repairs"]

BLOCK_EVENTS = 131_072
"""15 MB of the global trigger's inputs: long enough for every core, short enough for any machine."""


class EventFormat(StrEnum):
    """Formats that events come in."""

    L1AD = "l1ad"
    """Our own HDF5: hardware integers with layout, digests and provenance inside."""
    ADC2021 = "adc2021"
    """HDF5 of the anomaly detection challenge 2021: `Particles`, physical units."""
    NANOAOD = "nanoaod"
    """CMS NanoAOD with Level-1 objects, or HLT scouting objects."""
    UGT = "ugt"
    """µGT test vectors: one crossing a line, 60 hexadecimal fields."""
    TABLE = "table"
    """Named columns in HDF5, Parquet or CSV; needs a layout that names them."""
    IMAGES = "images"
    """Constituents of jets, (events, constituents, quantities) in HDF5."""


@dataclass(frozen=True, slots=True)
class Repairs:
    """Counts of what a reader put right, by what it was; grows while the events are read."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, times: int) -> None:
        """Count a repair, e.g. `jets beyond |η| = 4 removed`; nothing where it was never needed."""
        if times:
            self.counts[what] += int(times)


class EventReader(Protocol):
    """Events of one or more files, checked as far as a header tells, read block by block.

    Attributes:
        format: Format of the files.
        layout: What the inputs of each event are.
        sample: Name of the sample.
        n_events: Events there are to read.
        provenance: What made the events, as far as the files say; empty where they do not.
        repairs: What was put right in the blocks that were read so far.
    """

    @property
    def format(self) -> EventFormat: ...  # noqa: D102 -- told above, once for all
    @property
    def layout(self) -> InputLayout: ...  # noqa: D102
    @property
    def sample(self) -> str: ...  # noqa: D102
    @property
    def n_events(self) -> int: ...  # noqa: D102
    @property
    def provenance(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def repairs(self) -> Repairs: ...  # noqa: D102

    def blocks(self, block_events: int = BLOCK_EVENTS, *, start: int = 0) -> Iterator[EventBatch]:
        """Read the events from number `start` on, in order and in constant memory."""
        ...
